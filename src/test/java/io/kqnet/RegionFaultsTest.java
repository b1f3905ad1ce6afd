package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.kqnet.sys.Constants;
import io.netty.channel.ChannelFuture;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.FileRegion;
import io.netty.util.ReferenceCounted;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A file region with buffers around it when the kernel stops anywhere in it. */
@Tag("faults")
@Timeout(120)
class RegionFaultsTest {
    /** Three buffers, 100 bytes of a file, two buffers. */
    private static final int[] HEADERS = {5, 1, 7};
    private static final int FILE = 100;
    private static final int[] TRAILERS = {4, 6};
    private static final int TOTAL = 123;

    @TempDir
    Path directory;

    private File file;
    /** Of the stream of pattern bytes that all transfers of a connection make. */
    private int offset;

    @BeforeEach
    void load() throws IOException {
        Faults.load();
        file = Files.write(directory.resolve("content"), Bytes.pattern(0, 1 << 20)).toFile();
    }

    @AfterEach
    void clear() {
        Faults.clear();
    }

    private static int fd(Net.Pair pair) {
        return pair.channel.fd().intValue();
    }

    private List<Object> messages() {
        List<Object> messages = new ArrayList<>();
        for (int length : HEADERS) {
            add(messages, length);
        }
        messages.add(new DefaultFileRegion(file, offset, FILE));
        offset += FILE;
        for (int length : TRAILERS) {
            add(messages, length);
        }
        return messages;
    }

    private void add(List<Object> messages, int length) {
        messages.add(Bytes.direct(Bytes.pattern(offset, length)));
        offset += length;
    }

    private static List<ChannelFuture> write(Net net, Net.Pair pair, List<Object> messages) throws Exception {
        return Net.inLoop(net.loop(), () -> {
            List<ChannelFuture> written = new ArrayList<>();
            for (Object message : messages) {
                written.add(pair.channel.write(message));
            }
            pair.channel.flush();
            return written;
        });
    }

    /** All arrives once and in order, and whoever wrote is told so. */
    private void assertSends(Net net, Net.Pair pair) throws Exception {
        int start = offset;
        List<Object> messages = messages();
        List<ChannelFuture> written = write(net, pair, messages);
        Bytes.assertSame(Bytes.pattern(start, TOTAL), pair.read(TOTAL));
        for (int i = 0; i < messages.size(); i++) {
            written.get(i).sync();
            assertEquals(0, ((ReferenceCounted) messages.get(i)).refCnt());
        }
        assertEquals(FILE, ((FileRegion) messages.get(HEADERS.length)).transferred());
    }

    /** None: there is room again at once. A kernel of macOS's kind never cuts so few bytes of headers as these. */
    private static String[] errnos(int stop) {
        return Constants.SENDFILE_BOTH_ENDS || stop == TOTAL ? new String[] {"EAGAIN", "EINTR", null} : new String[] {"EAGAIN", "EINTR"};
    }

    @OverLoops
    void kernelMayStopAtEveryByte(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            for (int stop = 0; stop <= TOTAL; stop++) {
                for (String errno : errnos(stop)) {
                    Faults.room(fd(pair), stop, errno, 1);
                    assertSends(net, pair);
                }
            }
        }
    }

    @OverLoops
    void kernelMayStopAgainAndAgain(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            for (int step = 1; step <= TOTAL; step++) {
                for (String errno : errnos(step)) {
                    Faults.room(fd(pair), step, errno, TOTAL / step);
                    assertSends(net, pair);
                }
            }
        }
    }

    @OverLoops
    void interruptionsWithoutProgressAreRepeated(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            for (String call : List.of("sendmsg", "sendfile")) {
                for (int times = 1; times < 4; times++) {
                    Faults.failNext(call, "EINTR", 0, times);
                    assertSends(net, pair);
                    assertEquals(times, Faults.hit(call));
                }
            }
        }
    }

    /** The headers are sent and the file is not: they must not be sent once more with the copy. */
    @OverLoops
    void fileWithoutSendfileFollowsItsHeadersAsACopy(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            for (String errno : List.of("EINVAL", "ENOSYS")) {
                Faults.failNext("sendfile", errno, 0, 1000);
                assertSends(net, pair);
                Faults.failNext("sendmsg", errno, 0, 1);
                Faults.failNext("sendfile", errno, 0, 1000);
                assertSends(net, pair);
            }
        }
    }

    /** The kernel meets the file's end and goes on with the trailers; whose bytes are whose cannot be told then. */
    @OverLoops
    void fileThatShrinksDuringTheCallFailsTheRegion(LoopKind loops) throws Exception {
        assumeTrue(Constants.SENDFILE_BOTH_ENDS, "trailers do not go with headers");
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            Faults.failNext("fstat", "EIO", 1, 1);
            Faults.shortenNext("sendfile", 0, fd(pair), 1);
            List<Object> messages = messages();
            List<ChannelFuture> written = write(net, pair, messages);
            Throwable cause = written.get(HEADERS.length).await().cause();
            assertTrue(cause.getMessage().contains("sendfile(..) failed: EIO"), cause::getMessage);
            pair.channel.closeFuture().sync();
            for (Object message : messages) {
                assertEquals(0, ((ReferenceCounted) message).refCnt());
            }
        }
    }

    @OverLoops
    void emptyBufferBeforeAFileThatIsCopiedIsDoneFirst(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            Faults.failNext("sendfile", "EINVAL", 0, 1000);
            Faults.room(fd(pair), 10, "EAGAIN", 1);
            List<Integer> order = new CopyOnWriteArrayList<>();
            FileRegion region = new DefaultFileRegion(file, 0, FILE);
            Net.inLoop(net.loop(), () -> {
                pair.channel.write(Bytes.direct(new byte[0])).addListener(done -> order.add(0));
                pair.channel.write(region).addListener(done -> order.add(1));
                return pair.channel.flush();
            });
            Bytes.assertSame(Bytes.pattern(0, FILE), pair.read(FILE));
            Await.until(() -> order.size() == 2);
            assertEquals(List.of(0, 1), order);
            assertEquals(0, region.refCnt());
        }
    }

    @OverLoops
    void failureFailsEveryMessageAndReleasesAll(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            for (String call : List.of("sendmsg", "sendfile")) {
                Net.Pair pair = net.pair(new Inbox());
                Faults.failNext(call, "EPIPE", 0, 1000);
                List<Object> messages = messages();
                List<ChannelFuture> written = write(net, pair, messages);
                for (int i = 0; i < messages.size(); i++) {
                    written.get(i).await();
                    assertEquals(0, ((ReferenceCounted) messages.get(i)).refCnt());
                }
                Throwable cause = written.get(messages.size() - 1).cause();
                assertInstanceOf(IOException.class, cause);
                assertTrue(cause.getMessage().contains("EPIPE"), cause::getMessage);
                pair.channel.closeFuture().sync();
            }
        }
    }

    /** macOS goes on with the file when it has sent a part of the headers and there is room again; up to 2048 bytes it sends whole. */
    @OverLoops
    void headersThatAreCutAreSentToTheirEndBeforeTheFile(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            for (int length : new int[] {2000, 2048, 2049, 5000}) {
                for (int stop : new int[] {1, 2047, 2048, 2049, 4999}) {
                    if (length > 2048) {
                        Faults.room(fd(pair), stop, null, 1);
                    }
                    int start = offset;
                    List<Object> messages = new ArrayList<>();
                    add(messages, length);
                    messages.add(new DefaultFileRegion(file, offset, FILE));
                    offset += FILE;
                    write(net, pair, messages);
                    Bytes.assertSame(Bytes.pattern(start, length + FILE), pair.read(length + FILE));
                }
            }
        }
    }

    @OverLoops
    void sixtyFourMebibytesArriveThroughInterruptionsAndRefusals(LoopKind loops) throws Exception {
        int step = 512 * 1024;
        int rounds = 128;
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            List<Object> messages = new ArrayList<>();
            Path content = Files.write(directory.resolve("large"), Bytes.pattern(0, step * rounds));
            for (int i = 0; i < rounds; i++) {
                int start = i * step;
                messages.add(Bytes.direct(Bytes.pattern(start, 300)));
                messages.add(new DefaultFileRegion(content.toFile(), start + 300, step - 1300));
                messages.add(Bytes.direct(Bytes.pattern(start + step - 1000, 1000)));
            }
            Faults.room(fd(pair), 77_777, "EINTR", 300);
            List<ChannelFuture> written = write(net, pair, messages);
            Bytes.assertSame(Bytes.pattern(0, step * rounds / 2), pair.read(step * rounds / 2));
            Faults.room(fd(pair), 33_333, "EAGAIN", 300);
            Bytes.assertSame(Bytes.pattern(step * rounds / 2, step * rounds / 2), pair.read(step * rounds / 2));
            for (ChannelFuture future : written) {
                future.sync();
            }
        }
    }
}
