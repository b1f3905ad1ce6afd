package io.kqnet;

import static io.kqnet.KqDescriptorChannelTest.register;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.KqDescriptorChannelTest.PairEnds;
import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OpenFds;
import io.kqnet.support.OverLoops;
import io.kqnet.support.RawEnds;
import io.kqnet.sys.DescriptorCalls;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Descriptor channels and terminals when a system call fails. */
@Tag("faults")
@Timeout(60)
class DescriptorFaultsTest {
    @TempDir
    Path directory;

    @BeforeEach
    void load() {
        Faults.load();
    }

    @AfterEach
    void clear() {
        Faults.clear();
    }

    private static void assertFails(String message, Executable action) {
        Throwable cause = assertThrows(Exception.class, action);
        assertTrue(cause.getMessage().contains(message), cause::toString);
    }

    private static void assertMentions(Throwable cause, String part) {
        StringBuilder text = new StringBuilder();
        for (Throwable t = cause; t != null; t = t.getCause()) {
            text.append(t.getMessage()).append(" | ");
        }
        assertTrue(text.indexOf(part) >= 0, () -> part + " is not in: " + text);
    }

    @Test
    void descriptorThatCannotBeAdoptedStaysAsItWas() throws Exception {
        OpenFds open = OpenFds.now();
        try (RawEnds ends = new RawEnds()) {
            int[] pipe = ends.pipe();
            DescriptorCalls.restore(pipe[0]);
            Faults.failNext("fstat", "EIO");
            assertFails("fstat(..) failed: EIO", () -> new KqDescriptorChannel(pipe[0]));
            for (int call = 0; call < 4; call++) {
                Faults.failNext("fcntl", "EINVAL", call, 1);
                assertFails("fcntl(..) failed: EINVAL", () -> new KqDescriptorChannel(pipe[0]));
                assertEquals(1, Faults.hit("fcntl"));
                Faults.clear();
                assertTrue(RawEnds.isBlocking(pipe[0]));
            }
            Faults.failNext("isatty", "EBADF");
            assertFails("isatty(..) failed: EBADF", () -> new KqDescriptorChannel(pipe[0]));
            Faults.failNext("fstat", "EIO", 1, 1);
            assertFails("fstat(..) failed: EIO", () -> new KqDescriptorChannel(pipe[0], pipe[1]));
            assertTrue(RawEnds.isBlocking(pipe[0]), "the input was not given back");
        }
        open.awaitNoneLeft();
    }

    @Test
    void deviceThatTheKqueueRefusesIsNamedWithTheReason() throws Exception {
        OpenFds open = OpenFds.now();
        try (RawEnds ends = new RawEnds()) {
            int[] pty = ends.pty();
            Faults.failNext("epoll_ctl", "EINVAL", pty[0]);
            assertFails("kevent(..) failed: EINVAL", () -> new KqDescriptorChannel(pty[0]));
            Faults.failNext("epoll_create1", "EMFILE");
            assertFails("kevent(..) failed: EMFILE", () -> new KqDescriptorChannel(pty[0]));
        }
        open.awaitNoneLeft();
    }

    @Test
    void openAndPipeAndPtyThatFailLeaveNothing() throws Exception {
        OpenFds open = OpenFds.now();
        Path fifo = RawEnds.fifo(directory, "f");
        Faults.failNext("open", "EMFILE");
        assertFails("open(..) failed: EMFILE", () -> KqDescriptorChannel.open(fifo));
        Faults.failNext("open", "EINTR");
        KqDescriptorChannel.open(fifo, StandardOpenOption.READ).unsafe().closeForcibly();
        assertEquals(1, Faults.hit("open"));
        Faults.failNext("fstat", "EIO");
        assertFails("fstat(..) failed: EIO", () -> KqDescriptorChannel.open(fifo));
        Faults.failNext("pipe2", "ENFILE");
        assertFails("pipe(..) failed: ENFILE", KqDescriptorChannel::pipe);
        for (int end = 0; end < 2; end++) {
            Faults.failNext("fstat", "EIO", end, 1);
            assertFails("fstat(..) failed: EIO", KqDescriptorChannel::pipe);
        }
        for (String call : List.of("posix_openpt", "grantpt", "unlockpt", "ptsname_r", "fcntl")) {
            Faults.failNext(call, "EACCES");
            assertFails("posix_openpt(..) failed: EACCES", KqPty::open);
            Faults.clear();
        }
        Faults.failNext("open", "EIO");
        assertFails("open(..) failed: EIO", KqPty::open);
        Faults.failNext("fstat", "EIO");
        assertFails("fstat(..) failed: EIO", KqPty::open);
        Faults.failNext("fcntl", "EMFILE");
        assertFails("fcntl(..) failed: EMFILE", KqDescriptorChannel::standardStreams);
        Faults.failNext("fcntl", "EMFILE", 1, 1);
        assertFails("fcntl(..) failed: EMFILE", KqDescriptorChannel::standardStreams);
        open.awaitNoneLeft();
    }

    @Test
    void processThatCannotHaveItsPipesIsNotStartedOrIsEnded() throws Exception {
        OpenFds open = OpenFds.now();
        ProcessBuilder builder = new ProcessBuilder("cat");
        for (int pipe = 0; pipe < 2; pipe++) {
            Faults.failNext("pipe2", "EMFILE", pipe, 1);
            assertFails("pipe(..) failed: EMFILE", () -> KqProcess.start(builder));
        }
        Faults.failNext("fcntl", "EIO");
        assertFails("fcntl(..) failed: EIO", () -> KqProcess.start(builder));
        Faults.failNext("fstat", "EIO", 1, 1);
        assertFails("fstat(..) failed: EIO", () -> KqProcess.start(builder));
        open.awaitNoneLeft();
        Await.until(() -> ProcessHandle.current().children().noneMatch(child -> child.info().command().orElse("").endsWith("/cat")));
    }

    @OverLoops
    void interruptedAndShortCallsLoseNothing(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            PairEnds pair = new PairEnds(ends);
            Inbox inbox = new Inbox();
            KqDescriptorChannel channel = register(net, pair.channel(ends), inbox);
            Faults.failNext("read", "EINTR", pair.input);
            RawEnds.write(pair.feed, Bytes.pattern(0, 100));
            inbox.awaitBytes(100);
            assertEquals(1, Faults.hit("read"));
            Faults.failNext("write", "EINTR", pair.output);
            channel.writeAndFlush(Bytes.direct(Bytes.pattern(0, 10))).sync();
            assertEquals(1, Faults.hit("write"));
            Faults.shortenNext("write", 3, pair.output, 2);
            channel.writeAndFlush(Bytes.direct(Bytes.pattern(10, 10))).sync();
            Faults.failNext("writev", "EINTR", pair.output);
            channel.write(Bytes.direct(Bytes.pattern(20, 10)));
            channel.writeAndFlush(Bytes.direct(Bytes.pattern(30, 10))).sync();
            assertEquals(1, Faults.hit("writev"));
            Faults.failNext("write", "EAGAIN", pair.output);
            channel.writeAndFlush(Bytes.direct(Bytes.pattern(40, 10))).sync();
            Faults.failNext("writev", "EAGAIN", pair.output);
            channel.write(Bytes.direct(Bytes.pattern(50, 10)));
            channel.writeAndFlush(Bytes.direct(Bytes.pattern(60, 10))).sync();
            Bytes.assertSame(Bytes.pattern(0, 70), RawEnds.read(pair.drain, 70));
        }
    }

    @OverLoops
    void failingReadEndsAPipeWithItsReasonAndATerminalByHangUp(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            int[] pipe = ends.pipe();
            Inbox inbox = new Inbox();
            register(net, new KqDescriptorChannel(ends.give(pipe[0])), inbox);
            Faults.failNext("read", "EIO", pipe[0]);
            RawEnds.write(pipe[1], new byte[1]);
            inbox.await("inactive");
            assertMentions(inbox.causes().get(0), "read(..) failed: EIO");
            int[] pty = ends.pty();
            Inbox line = new Inbox();
            register(net, new KqDescriptorChannel(ends.give(pty[1])), line);
            Faults.failNext("read", "EIO", pty[1]);
            RawEnds.write(pty[0], new byte[] {'\n'});
            line.await("inactive");
            assertEquals(List.of(), line.causes());
        }
    }

    @OverLoops
    void failingWriteNamesItsReason(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            int[] pipe = ends.pipe();
            KqDescriptorChannel channel = register(net, new KqDescriptorChannel(ends.give(pipe[1])), new Inbox());
            Faults.failNext("write", "EIO", pipe[1]);
            assertMentions(channel.writeAndFlush(Bytes.direct(new byte[1])).await().cause(), "write(..) failed: EIO");
            channel.closeFuture().sync();
            PairEnds pair = new PairEnds(ends);
            Inbox inbox = new Inbox();
            KqDescriptorChannel both = register(net, pair.channel(ends), inbox);
            Faults.failNext("write", "EIO", pair.output);
            assertMentions(both.writeAndFlush(Bytes.direct(new byte[1])).await().cause(), "write(..) failed: EIO");
            inbox.await("ChannelOutputShutdownEvent");
            RawEnds.write(pair.feed, new byte[2]);
            inbox.awaitBytes(2);
        }
    }

    /** What NetBSD, FreeBSD and OpenBSD answer to EV_ADD of EVFILT_WRITE when a pipe's reader has gone. */
    @OverLoops
    void refusedWriteFilterOfAPipeLeavesItToTheWrite(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            for (String errno : List.of("EBADF", "EPIPE", "EPERM")) {
                PairEnds pair = new PairEnds(ends);
                KqDescriptorChannel channel = register(net, pair.channel(ends), new Inbox());
                Net.settle(net.loop());
                RawEnds.fill(pair.output);
                Faults.failNext("epoll_ctl", errno, pair.output);
                ChannelFuture write = channel.writeAndFlush(Bytes.direct(new byte[1]));
                Await.until(() -> Faults.hit("epoll_ctl") == 1);
                while (RawEnds.readNow(pair.drain) != null) {
                    Thread.onSpinWait();
                }
                write.sync();
                assertTrue(channel.isActive());
            }
        }
    }

    @OverLoops
    void refusedFilterFailsTheChannelUnlessItOnlyWatches(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            PairEnds input = new PairEnds(ends);
            Inbox inbox = new Inbox();
            Faults.failNext("epoll_ctl", "ENOMEM", input.input);
            register(net, input.channel(ends), inbox);
            inbox.await("inactive");
            assertMentions(inbox.causes().get(0), "kevent(EVFILT_READ)(..) failed: ENOMEM");
            PairEnds output = new PairEnds(ends);
            Inbox other = new Inbox();
            Faults.failNext("epoll_ctl", "ENOMEM", output.output);
            KqDescriptorChannel channel = register(net, output.channel(ends), other);
            Net.settle(net.loop());
            assertEquals(1, Faults.hit("epoll_ctl"));
            assertTrue(channel.isActive(), "what was refused only watches for the reader's end");
            RawEnds.fill(output.output);
            Faults.failNext("epoll_ctl", "ENOMEM", output.output);
            channel.writeAndFlush(Bytes.direct(new byte[1]));
            other.await("inactive");
            assertMentions(other.causes().get(0), "kevent(EVFILT_WRITE)(..) failed: ENOMEM");
        }
    }

    @OverLoops
    void failingCloseOfOneEndClosesTheOther(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            PairEnds pair = new PairEnds(ends);
            KqDescriptorChannel channel = register(net, pair.channel(ends), new Inbox());
            Faults.failNext("close", "EIO", pair.input);
            assertMentions(channel.close().await().cause(), "close(..) failed: EIO");
            assertFalse(RawEnds.isOpen(pair.input) || RawEnds.isOpen(pair.output));
            PairEnds half = new PairEnds(ends);
            KqDescriptorChannel other = register(net, half.channel(ends), new Inbox());
            Faults.failNext("close", "EIO", half.output);
            assertMentions(other.shutdownOutput().await().cause(), "close(..) failed: EIO");
            assertFalse(RawEnds.isOpen(half.output));
        }
    }

    /** No pseudo-terminal of Linux has unsent output; one that does not tell may have. */
    @OverLoops
    void terminalWithUnsentOutputIsClosedByAnotherThread(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            for (boolean unsent : new boolean[] {true, false}) {
                int[] pty = ends.pty();
                KqDescriptorChannel channel = register(net, new KqDescriptorChannel(ends.give(pty[1])), new Inbox());
                channel.config().setOption(KqChannelOption.TTY_RAW, true);
                ChannelFuture write = channel.writeAndFlush(Bytes.direct(new byte[200_000]));
                Net.settle(net.loop());
                if (unsent) {
                    Faults.failNext("ioctl", "EIO", pty[1]);
                }
                channel.close().sync();
                assertFalse(write.await().isSuccess());
                assertFalse(RawEnds.isOpen(pty[1]));
                assertEquals(unsent ? 1 : 0, Faults.hit("ioctl"));
                Faults.clear();
            }
        }
    }

    @Test
    void failingTerminalCallsAreNamed() throws Exception {
        try (RawEnds ends = new RawEnds()) {
            KqDescriptorChannel channel = new KqDescriptorChannel(ends.give(ends.pty()[1]));
            KqDescriptorChannelConfig config = channel.config();
            Faults.failNext("tcgetattr", "EIO");
            assertFails("tcgetattr(..) failed: EIO", () -> config.getOption(KqChannelOption.TTY_SPEED));
            for (String call : List.of("tcgetattr", "tcsetattr")) {
                Faults.failNext(call, "EIO");
                assertFails("tcsetattr(..) failed: EIO", () -> config.setOption(KqChannelOption.TTY_SPEED, 300));
                Faults.failNext(call, "EINTR");
                config.setOption(KqChannelOption.TTY_SPEED, 600);
                assertEquals(1, Faults.hit(call));
            }
            Faults.failNext("tcgetattr", "EIO");
            config.setOption(KqChannelOption.TTY_RAW, true);
            Faults.failNext("tcgetattr", "EIO", 1, 1);
            assertFails("tcsetattr(..) failed: EIO", () -> config.setOption(KqChannelOption.TTY_RAW, true));
            Faults.failNext("tcsetattr", "EIO");
            channel.unsafe().closeForcibly();
            assertFalse(channel.isOpen());
        }
    }

    /** No pseudo-terminal has characters of seven bits or parity: the line is played by the wrapper of tcgetattr. */
    @Test
    void lineThatTakesEverythingGetsEverySetting() throws Exception {
        try (RawEnds ends = new RawEnds()) {
            KqDescriptorChannel channel = new KqDescriptorChannel(ends.give(ends.pty()[1]));
            int fd = channel.fd().intValue();
            channel.config().setOption(KqChannelOption.TTY_SPEED, 9600);
            for (int bits = 5; bits <= 8; bits++) {
                for (TtyParity parity : TtyParity.values()) {
                    Faults.shortenNext("tcgetattr", 0, fd, Integer.MAX_VALUE);
                    set(channel, KqChannelOption.TTY_DATA_BITS, bits);
                    set(channel, KqChannelOption.TTY_PARITY, parity);
                    set(channel, KqChannelOption.TTY_RAW, bits % 2 == 0);
                    assertEquals(bits, channel.config().getOption(KqChannelOption.TTY_DATA_BITS), "raw mode changed the line's format");
                    assertEquals(parity, channel.config().getOption(KqChannelOption.TTY_PARITY));
                }
            }
            channel.unsafe().closeForcibly();
        }
    }

    private static <T> void set(KqDescriptorChannel channel, ChannelOption<T> option, T value) {
        assertTrue(channel.config().setOption(option, value));
        assertEquals(value, channel.config().getOption(option));
    }
}
