package io.kqnet;

import static io.kqnet.KqDescriptorChannelTest.register;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.KqDescriptorChannelTest.PairEnds;
import io.kqnet.poll.Poller;
import io.kqnet.support.Bytes;
import io.kqnet.support.Counts;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.kqnet.support.RawEnds;
import io.kqnet.sys.Constants;
import io.kqnet.sys.DescriptorCalls;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes a descriptor channel, what does not, and in what state it is given back. */
@Timeout(60)
class DescriptorAdoptionTest {
    @TempDir
    Path directory;

    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    @Test
    void whatIsAlwaysReadyIsRefusedWithAReasonAndStaysTheCallers() throws Exception {
        Path file = Files.write(directory.resolve("file"), new byte[10]);
        try (RawEnds ends = new RawEnds()) {
            int fd = ends.open(file, Constants.O_RDWR);
            DescriptorCalls.restore(fd);
            ChannelException refused = assertThrows(ChannelException.class, () -> new KqDescriptorChannel(fd));
            assertTrue(refused.getMessage().contains("regular file") && refused.getMessage().contains("fd " + fd), refused::getMessage);
            assertTrue(RawEnds.isOpen(fd) && RawEnds.isBlocking(fd));
            int dir = ends.open(directory, Constants.O_RDONLY);
            assertTrue(assertThrows(ChannelException.class, () -> new KqDescriptorChannel(dir)).getMessage().contains("directory"));
            int[] pipe = ends.pipe();
            DescriptorCalls.restore(pipe[0]);
            assertThrows(ChannelException.class, () -> new KqDescriptorChannel(pipe[0], fd));
            assertTrue(RawEnds.isOpen(pipe[0]) && RawEnds.isBlocking(pipe[0]), "the half of a pair that was adopted already");
            String message = assertThrows(ChannelException.class, () -> new KqDescriptorChannel(pipe[1], pipe[0])).getMessage();
            assertTrue(message.contains("not open for reading"), message);
            assertThrows(ChannelException.class, () -> new KqDescriptorChannel(pipe[0], pipe[0]));
            assertThrows(IOException.class, () -> KqDescriptorChannel.open(file));
        }
        ChannelException closed = assertThrows(ChannelException.class, () -> new KqDescriptorChannel(100_000));
        assertTrue(closed.getMessage().contains("fstat(..) failed: EBADF"), closed::getMessage);
        assertThrows(UnsupportedOperationException.class, () -> KqDescriptorChannel.open(file, StandardOpenOption.APPEND));
    }

    @OverLoops
    void openFileIsGivenBackAsItWas(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            int[] pipe = ends.pipe();
            DescriptorCalls.restore(pipe[0]);
            int shared = ends.duplicate(pipe[0]);
            KqDescriptorChannel channel = register(net, new KqDescriptorChannel(ends.give(pipe[0])), new Inbox());
            assertFalse(RawEnds.isBlocking(shared));
            channel.close().sync();
            assertTrue(RawEnds.isBlocking(shared));
            KqDescriptorChannel neverRegistered = new KqDescriptorChannel(ends.give(shared));
            neverRegistered.unsafe().closeForcibly();
            assertFalse(RawEnds.isOpen(shared));
            int[] nonblocking = ends.pipe();
            int copy = ends.duplicate(nonblocking[0]);
            register(net, new KqDescriptorChannel(ends.give(nonblocking[0])), new Inbox()).close().sync();
            assertFalse(RawEnds.isBlocking(copy), "it was non-blocking before");
        }
    }

    @OverLoops
    void channelHasNoAddressAndTellsWhatItCannotDo(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            PairEnds pair = new PairEnds(ends);
            KqDescriptorChannel channel = register(net, pair.channel(ends), new Inbox());
            assertNull(channel.localAddress());
            assertNull(channel.remoteAddress());
            assertFalse(channel.bind(new InetSocketAddress(0)).await().isSuccess());
            assertFalse(channel.connect(new InetSocketAddress(1)).await().isSuccess());
            assertTrue(channel.isActive());
            ChannelException refused = assertThrows(ChannelException.class, () -> channel.config().setOption(KqChannelOption.TTY_SPEED, 9600));
            assertTrue(refused.getMessage().contains("ENOTTY") && refused.getMessage().contains("TTY_SPEED"), refused::getMessage);
            assertThrows(ChannelException.class, () -> channel.config().getOption(KqChannelOption.TTY_RAW));
            assertFalse(channel.config().getOptions().containsKey(KqChannelOption.TTY_RAW));
            assertNotNull(channel.config().getOptions().get(ChannelOption.ALLOW_HALF_CLOSURE));
            channel.close().sync();
            assertTrue(channel.writeAndFlush(Bytes.direct(new byte[1])).await().cause() instanceof ClosedChannelException);
        }
    }

    /** kqueue.md E.116: a change that waits would go to whoever gets the number next. */
    @Test
    void closedPairLeavesNeitherRegistrationsNorChanges() throws Exception {
        try (Net net = Net.with(LoopKind.OWN); RawEnds ends = new RawEnds()) {
            Poller poller = ((KqEventLoop) net.loop()).poller();
            PairEnds closed = new PairEnds(ends);
            KqDescriptorChannel channel = register(net, closed.channel(ends), new Inbox());
            PairEnds shut = new PairEnds(ends);
            KqDescriptorChannel half = register(net, shut.channel(ends), new Inbox());
            Net.settle(net.loop());
            assertEquals(4, Net.inLoop(net.loop(), poller::registrations));
            Counts before = Counts.of(net.loop());
            Net.inLoop(net.loop(), () -> {
                channel.writeAndFlush(Bytes.direct(new byte[1 << 20]));
                half.writeAndFlush(Bytes.direct(new byte[1 << 20]));
                channel.close();
                half.shutdownOutput();
                return null;
            });
            Net.settle(net.loop());
            assertEquals(1, Net.inLoop(net.loop(), poller::registrations));
            assertEquals(0, before.since(net.loop()).changes, "a change for a closed descriptor was submitted");
            half.close().sync();
            assertEquals(0, Net.inLoop(net.loop(), poller::registrations));
        }
    }

    @OverLoops
    void loopThatShutsDownClosesBothDescriptors(LoopKind loops) throws Exception {
        try (RawEnds ends = new RawEnds()) {
            PairEnds pair = new PairEnds(ends);
            try (Net net = Net.with(loops)) {
                register(net, pair.channel(ends), new Inbox());
            }
            assertFalse(RawEnds.isOpen(pair.input) || RawEnds.isOpen(pair.output));
        }
    }
}
