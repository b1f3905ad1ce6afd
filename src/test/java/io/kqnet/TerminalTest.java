package io.kqnet;

import static io.kqnet.KqDescriptorChannelTest.register;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Counts;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OpenFds;
import io.kqnet.support.OverLoops;
import io.kqnet.support.RawEnds;
import io.kqnet.sys.Constants;
import io.kqnet.sys.DescriptorCalls;
import io.kqnet.sys.Platform;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Terminals, by way of pseudo-terminals: {@code [0]} is the master, {@code [1]} a bare descriptor of the other side. */
@Timeout(60)
class TerminalTest {
    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    @AfterEach
    void turnSwitchesOff() {
        Platform.emulate("stuckwrite", false);
    }

    private static KqDescriptorChannel raw(KqDescriptorChannel channel) {
        assertTrue(channel.config().setOption(KqChannelOption.TTY_RAW, true));
        return channel;
    }

    @OverLoops
    void bytesPassARawTerminalUnchanged(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            int[] pty = ends.pty();
            Inbox master = new Inbox();
            Inbox line = new Inbox();
            KqDescriptorChannel program = raw(new KqDescriptorChannel(ends.give(pty[1])));
            register(net, program, line);
            KqDescriptorChannel terminal = register(net, new KqDescriptorChannel(ends.give(pty[0])), master);
            byte[] bytes = Bytes.pattern(0, 200_000);
            terminal.writeAndFlush(Bytes.direct(bytes));
            line.awaitBytes(bytes.length);
            Bytes.assertSame(bytes, line.bytes());
            program.writeAndFlush(Bytes.direct(bytes));
            master.awaitBytes(bytes.length);
            Bytes.assertSame(bytes, master.bytes());
        }
    }

    @OverLoops
    void hangUpOfEitherSideIsTheEndAndNoError(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            for (int side = 0; side < 2; side++) {
                int[] pty = ends.pty();
                raw(new KqDescriptorChannel(ends.duplicate(pty[1]))).unsafe().closeForcibly();
                Inbox inbox = new Inbox();
                register(net, new KqDescriptorChannel(ends.give(pty[side])), inbox);
                RawEnds.write(pty[1 - side], "bye\n".getBytes(StandardCharsets.US_ASCII));
                inbox.awaitBytes(4);
                ends.close(pty[1 - side]);
                inbox.await("inactive");
                assertEquals(List.of(), inbox.causes());
            }
        }
    }

    @OverLoops
    void lineSettingsAreOptions(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            int[] pty = ends.pty();
            KqDescriptorChannel channel = new KqDescriptorChannel(ends.give(pty[1]));
            KqDescriptorChannelConfig config = channel.config();
            Map<ChannelOption<?>, Object> all = config.getOptions();
            assertEquals(false, all.get(KqChannelOption.TTY_RAW));
            assertEquals(8, all.get(KqChannelOption.TTY_DATA_BITS));
            assertEquals(1, all.get(KqChannelOption.TTY_STOP_BITS));
            assertEquals(TtyParity.NONE, all.get(KqChannelOption.TTY_PARITY));
            assertEquals(TtyFlowControl.NONE, all.get(KqChannelOption.TTY_FLOW_CONTROL));
            for (int speed : new int[] {300, 9600, 115200, 921600}) {
                assertTrue(config.setOption(KqChannelOption.TTY_SPEED, speed));
                assertEquals(speed, config.getOption(KqChannelOption.TTY_SPEED));
            }
            config.setOption(KqChannelOption.TTY_STOP_BITS, 2);
            config.setOption(KqChannelOption.TTY_RAW, true);
            assertTrue(config.getOption(KqChannelOption.TTY_RAW));
            assertEquals(2, config.getOption(KqChannelOption.TTY_STOP_BITS), "raw mode changed the line's format");
            for (TtyFlowControl flow : new TtyFlowControl[] {TtyFlowControl.HARDWARE, TtyFlowControl.SOFTWARE, TtyFlowControl.NONE}) {
                config.setOption(KqChannelOption.TTY_FLOW_CONTROL, flow);
                assertEquals(flow, config.getOption(KqChannelOption.TTY_FLOW_CONTROL));
            }
            for (boolean carrier : new boolean[] {true, false}) {
                config.setOption(KqChannelOption.TTY_CARRIER, carrier);
                assertEquals(carrier, config.getOption(KqChannelOption.TTY_CARRIER));
            }
            config.setOption(KqChannelOption.TTY_RAW, false);
            assertFalse(config.getOption(KqChannelOption.TTY_RAW));
            register(net, channel, new Inbox());
        }
    }

    @OverLoops
    void settingThatTheLineDoesNotTakeIsAnError(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            int[] pty = ends.pty();
            KqDescriptorChannel channel = register(net, new KqDescriptorChannel(ends.give(pty[1])), new Inbox());
            KqDescriptorChannelConfig config = channel.config();
            for (int bits : new int[] {0, 4, 9}) {
                assertThrows(ChannelException.class, () -> config.setOption(KqChannelOption.TTY_DATA_BITS, bits));
            }
            assertThrows(ChannelException.class, () -> config.setOption(KqChannelOption.TTY_STOP_BITS, 3));
            assertThrows(IllegalArgumentException.class, () -> config.setOption(KqChannelOption.TTY_SPEED, -1));
            Assumptions.assumeTrue(Constants.EMULATION, "what a pseudo-terminal refuses and which speeds there are differs per kernel");
            ChannelException bits = assertThrows(ChannelException.class, () -> config.setOption(KqChannelOption.TTY_DATA_BITS, 7));
            assertTrue(bits.getMessage().contains("tcsetattr(..) failed: EINVAL") && bits.getMessage().contains("TTY_DATA_BITS = 7 of fd "),
                    bits::getMessage);
            assertThrows(ChannelException.class, () -> config.setOption(KqChannelOption.TTY_SPEED, 12_345));
            assertThrows(ChannelException.class, () -> config.setOption(KqChannelOption.TTY_PARITY, TtyParity.EVEN));
        }
    }

    @OverLoops
    void terminalGetsItsModesBackAndKeepsItsSpeed(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            int[] pty = ends.pty();
            DescriptorCalls.restore(pty[1]);
            KqDescriptorChannel observer = new KqDescriptorChannel(ends.give(ends.open(
                    Paths.get("/proc/self/fd/" + pty[1]).toRealPath(), Constants.O_RDWR)));
            KqDescriptorChannel channel = register(net, raw(new KqDescriptorChannel(ends.duplicate(pty[1]))), new Inbox());
            channel.config().setOption(KqChannelOption.TTY_SPEED, 1200);
            assertTrue(observer.config().getOption(KqChannelOption.TTY_RAW));
            assertFalse(RawEnds.isBlocking(pty[1]));
            channel.close().sync();
            assertFalse(observer.config().getOption(KqChannelOption.TTY_RAW));
            assertEquals(1200, observer.config().getOption(KqChannelOption.TTY_SPEED));
            assertTrue(RawEnds.isBlocking(pty[1]));
            observer.unsafe().closeForcibly();
        }
    }

    @OverLoops
    void oneDescriptorForBothDirectionsCannotEndItsOutput(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            int[] pty = ends.pty();
            KqDescriptorChannel channel = register(net, new KqDescriptorChannel(ends.give(pty[0])), new Inbox());
            Throwable cause = channel.shutdownOutput().await().cause();
            assertTrue(cause.getMessage().contains("(terminal) is one descriptor for both directions"), cause::getMessage);
            assertFalse(channel.isOutputShutdown());
            channel.writeAndFlush(Bytes.direct("a\n".getBytes(StandardCharsets.US_ASCII))).sync();
            assertEquals(2, RawEnds.read(pty[1], 2).length);
        }
    }

    @OverLoops
    void deviceWhoseWriteFilterKeepsFiringDoesNotSpinTheLoop(LoopKind loops) throws Exception {
        Assumptions.assumeTrue(Constants.EMULATION, "the emulation plays such a device");
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            assertEquals(0, Platform.emulate("stuckwrite", true));
            int[] pty = ends.pty();
            KqDescriptorChannel channel = register(net, raw(new KqDescriptorChannel(ends.give(pty[1]))), new Inbox());
            for (int round = 0; round < 3; round++) {
                byte[] bytes = Bytes.pattern(round, 100_000);
                ChannelFuture write = channel.writeAndFlush(Bytes.direct(bytes));
                Net.settle(net.loop());
                assertFalse(write.isDone(), "a terminal took 100,000 bytes at once");
                Bytes.assertSame(bytes, RawEnds.read(pty[0], bytes.length));
                write.sync();
                Net.settle(net.loop());
                Net.settle(net.loop());
                Counts before = Counts.of(net.loop());
                Await.quiet(100);
                Counts idle = before.since(net.loop());
                assertTrue(idle.kevents <= 1 && idle.events == 0, () -> idle.kevents + " kevents, " + idle.events + " events in 100 ms");
            }
        }
    }

    private static String text(Inbox inbox) {
        return new String(inbox.bytes(), StandardCharsets.US_ASCII);
    }

    @OverLoops
    void programRunsOnAPseudoTerminal(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqPty pty = KqPty.open();
            assertTrue(Files.exists(pty.path()));
            pty.resize(91, 17);
            Inbox inbox = new Inbox();
            KqDescriptorChannel channel = register(net, pty.channel(), inbox);
            Process process = pty.start(new ProcessBuilder("sh", "-c", "tty; stty size; read line; echo \"got $line\"; exit 3"));
            Await.until(() -> text(inbox).contains("17 91"));
            assertTrue(text(inbox).startsWith(pty.path().toString()), () -> text(inbox));
            channel.writeAndFlush(Bytes.direct("word\r".getBytes(StandardCharsets.US_ASCII))).sync();
            inbox.await("inactive");
            assertTrue(text(inbox).contains("got word"), () -> text(inbox));
            assertEquals(List.of(), inbox.causes());
            assertTrue(process.waitFor(10, TimeUnit.SECONDS));
            assertEquals(3, process.exitValue());
        }
    }

    @OverLoops
    void programThatDoesNotExistIsToldOnTheTerminal(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqPty pty = KqPty.open();
            Inbox inbox = new Inbox();
            register(net, pty.channel(), inbox);
            Process process = pty.start(new ProcessBuilder("no-such-program-here"));
            inbox.await("inactive");
            assertTrue(text(inbox).contains("no-such-program-here"), () -> text(inbox));
            assertTrue(process.waitFor(10, TimeUnit.SECONDS));
            assertTrue(process.exitValue() != 0);
        }
    }

    @Test
    void pseudoTerminalThatIsNotUsedLeavesNothing() throws Exception {
        OpenFds open = OpenFds.now();
        try (KqPty pty = KqPty.open()) {
            assertNull(pty.channel().localAddress());
            assertThrows(IOException.class, () -> pty.resize(-1, 1));
            pty.channel().unsafe().closeForcibly();
        }
        open.awaitNoneLeft();
    }
}
