package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kqnet.support.Bytes;
import io.kqnet.support.Counts;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.kqnet.sys.Constants;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.util.ReferenceCounted;
import java.io.File;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Buffers before and after a file region: what leaves together, and what becomes of one when the other fails. */
@Timeout(60)
class RegionNeighboursTest {
    private static final int SIZE = 1 << 20;

    @TempDir
    Path directory;

    private File file;

    @BeforeEach
    void makeFile() throws IOException {
        Kq.ensureAvailability();
        file = Files.write(directory.resolve("content"), Bytes.pattern(0, SIZE)).toFile();
    }

    private static ByteBuf buffer(int offset, int length) {
        return Bytes.direct(Bytes.pattern(offset, length));
    }

    private DefaultFileRegion region(int offset, int length) {
        return new DefaultFileRegion(file, offset, length);
    }

    /** The calls that sendfile needs for a header, a file and a trailer. */
    private static int callsForBothEnds() {
        return Constants.SENDFILE_BOTH_ENDS ? 1 : 2;
    }

    private static List<ChannelFuture> write(Net net, Net.Pair pair, Object... messages) throws Exception {
        return Net.inLoop(net.loop(), () -> {
            List<ChannelFuture> written = new ArrayList<>();
            for (Object message : messages) {
                written.add(pair.channel.write(message));
            }
            pair.channel.flush();
            return written;
        });
    }

    private static long calls(Net net, Net.Pair pair, int total, Object... messages) throws Exception {
        Counts before = Counts.of(net.loop());
        List<ChannelFuture> written = write(net, pair, messages);
        Bytes.assertSame(Bytes.pattern(0, total), pair.read(total));
        for (int i = 0; i < messages.length; i++) {
            written.get(i).sync();
            assertEquals(0, ((ReferenceCounted) messages[i]).refCnt());
        }
        return before.since(net.loop()).writes;
    }

    @OverLoops
    void headerAndFileAndTrailerLeaveWithOneCall(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            assertEquals(1, calls(net, pair, 300, region(0, 300)));
            assertEquals(1, calls(net, pair, 300, buffer(0, 100), region(100, 200)));
            assertEquals(1, calls(net, pair, 300, buffer(0, 40), buffer(40, 60), region(100, 200)));
            assertEquals(1, calls(net, pair, 300, region(0, 200), buffer(200, 50), buffer(250, 50)));
            assertEquals(callsForBothEnds(), calls(net, pair, 300, buffer(0, 100), region(100, 100), buffer(200, 100)));
        }
    }

    /** The chunks of a multipart answer: what stands between two files goes with the second. */
    @OverLoops
    void eachFurtherFileCostsOneCall(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            assertEquals(3 + callsForBothEnds() - 1, calls(net, pair, 700, buffer(0, 100), region(100, 100), buffer(200, 100),
                    region(300, 100), buffer(400, 100), region(500, 100), buffer(600, 100)));
            assertEquals(2, calls(net, pair, 300, region(0, 100), region(100, 200)));
        }
    }

    @OverLoops
    void emptyMessagesAroundAFileAreDone(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            ByteBuf composite = Unpooled.wrappedBuffer(buffer(100, 30), buffer(130, 70));
            calls(net, pair, 600, buffer(0, 0), buffer(0, 100), buffer(100, 0), composite, region(200, 0), region(200, 200), buffer(400, 0),
                    buffer(400, 200), buffer(600, 0), region(600, 0));
            calls(net, pair, 100, buffer(0, 0), region(0, 100), buffer(100, 0));
            List<ChannelFuture> written = write(net, pair, buffer(0, 0), region(0, 0), buffer(0, 0));
            assertTrue(written.get(2).await().isSuccess());
        }
    }

    @OverLoops
    void headerAndFileShareASegment(LoopKind loops) throws Exception {
        assumeTrue(Constants.EMULATION && Constants.SENDFILE_BOTH_ENDS, "only Linux counts segments, and macOS sends the headers by themselves");
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.TCP_NODELAY, true));
            int before = segmentsWithData(pair);
            for (int i = 0; i < 20; i++) {
                calls(net, pair, 310, buffer(0, 10), region(10, 300));
            }
            assertEquals(20, segmentsWithData(pair) - before);
        }
    }

    /** {@code tcpi_data_segs_out} of Linux's {@code struct tcp_info}. */
    private static int segmentsWithData(Net.Pair pair) {
        RawUnixChannelOption tcpInfo = new RawUnixChannelOption("TCP_INFO", Constants.IPPROTO_TCP, 11, 160);
        return pair.channel.config().getOption(tcpInfo).order(ByteOrder.nativeOrder()).getInt(156);
    }

    @OverLoops
    void largeNeighboursArriveInOrder(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.SO_SNDBUF, 16 * 1024));
            calls(net, pair, SIZE, buffer(0, 200_000), region(200_000, 300_000), buffer(500_000, 300_000), region(800_000, 100_000),
                    buffer(900_000, SIZE - 900_000));
        }
    }

    @OverLoops
    void moreBuffersThanOneCallTakesArriveInOrder(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            int around = Constants.IOV_MAX + 10;
            List<Object> messages = new ArrayList<>();
            for (int i = 0; i < around; i++) {
                messages.add(buffer(i, 1));
            }
            messages.add(region(around, 1000));
            for (int i = 0; i < around; i++) {
                messages.add(buffer(around + 1000 + i, 1));
            }
            calls(net, pair, 2 * around + 1000, messages.toArray());
        }
    }

    @OverLoops
    void headerOfAFileThatCannotBeOpenedArrives(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            DefaultFileRegion missing = new DefaultFileRegion(directory.resolve("missing").toFile(), 0, 10);
            List<ChannelFuture> written = write(net, pair, buffer(0, 100), missing, buffer(110, 10));
            assertTrue(written.get(0).await().isSuccess());
            assertTrue(written.get(1).await().cause().getMessage().contains("missing"), () -> written.get(1).cause().toString());
            assertFalse(written.get(2).await().isSuccess());
            assertArrayEquals(Bytes.pattern(0, 100), pair.peer.getInputStream().readAllBytes());
        }
    }

    /** The peer would take it for the rest of the file. */
    @OverLoops
    void trailerOfAFileThatEndsEarlyIsNotSent(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            DefaultFileRegion tooLong = region(SIZE - 50, 200);
            List<ChannelFuture> written = write(net, pair, buffer(SIZE - 150, 100), tooLong, buffer(0, 150));
            assertTrue(written.get(0).await().isSuccess());
            assertInstanceOf(IOException.class, written.get(1).await().cause());
            assertFalse(written.get(2).await().isSuccess());
            assertEquals(0, tooLong.refCnt());
            assertArrayEquals(Bytes.pattern(SIZE - 150, 150), pair.peer.getInputStream().readAllBytes());
        }
    }

    @OverLoops
    void promisesAreKeptInOrder(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            List<Integer> order = new CopyOnWriteArrayList<>();
            Net.inLoop(net.loop(), () -> {
                Object[] messages = {buffer(0, 10), region(10, 100), buffer(110, 10)};
                for (int i = 0; i < messages.length; i++) {
                    int number = i;
                    pair.channel.write(messages[i]).addListener(done -> order.add(number));
                }
                return pair.channel.flush();
            });
            Bytes.assertSame(Bytes.pattern(0, 120), pair.read(120));
            Net.settle(net.loop());
            assertEquals(List.of(0, 1, 2), order);
        }
    }

    @OverLoops
    void listenerOfTheHeaderMayCloseTheChannel(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            DefaultFileRegion region = region(10, 100);
            ByteBuf trailer = buffer(110, 10);
            Net.inLoop(net.loop(), () -> {
                pair.channel.write(buffer(0, 10)).addListener(done -> pair.channel.close());
                pair.channel.write(region);
                pair.channel.write(trailer);
                return pair.channel.flush();
            });
            pair.channel.closeFuture().sync();
            assertArrayEquals(Bytes.pattern(0, callsForBothEnds() == 1 ? 120 : 110), pair.peer.getInputStream().readAllBytes());
            Net.settle(net.loop());
            assertEquals(0, region.refCnt());
            assertEquals(0, trailer.refCnt());
        }
    }
}
