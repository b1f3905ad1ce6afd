package io.kqnet;

import static io.kqnet.KqDescriptorChannelTest.register;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Bytes;
import io.kqnet.support.ChildJvm;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OpenFds;
import io.kqnet.support.OverLoops;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class KqProcessTest {
    private static void assertExits(int status, KqProcess child) throws InterruptedException {
        assertTrue(child.process().waitFor(10, TimeUnit.SECONDS));
        assertEquals(status, child.process().exitValue());
    }

    @OverLoops
    void allThatIsWrittenComesBackThroughCat(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqProcess child = KqProcess.start(new ProcessBuilder("cat").redirectErrorStream(true));
            Inbox inbox = new Inbox();
            register(net, child.channel(), inbox);
            byte[] bytes = Bytes.pattern(0, 2 << 20);
            child.channel().writeAndFlush(Bytes.direct(bytes)).addListener(written -> child.channel().shutdownOutput());
            inbox.await("inactive");
            Bytes.assertSame(bytes, inbox.bytes());
            assertEquals(List.of(), inbox.causes());
            assertExits(0, child);
        }
    }

    @OverLoops
    void childThatReadsNoMoreStillIsReadToItsEnd(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqProcess child = KqProcess.start(new ProcessBuilder("sh", "-c", "exec <&-; sleep 0.2; seq 9999; exit 4"));
            Inbox inbox = new Inbox();
            register(net, child.channel(), inbox);
            child.channel().writeAndFlush(Bytes.direct(new byte[1 << 20]));
            inbox.await("ChannelOutputShutdownEvent");
            inbox.await("inactive");
            assertTrue(new String(inbox.bytes(), StandardCharsets.US_ASCII).endsWith("\n9999\n"));
            assertExits(4, child);
        }
    }

    @Test
    void programThatDoesNotExistLeavesNothing() throws Exception {
        Kq.ensureAvailability();
        OpenFds open = OpenFds.now();
        assertThrows(IOException.class, () -> KqProcess.start(new ProcessBuilder("no-such-program-here")));
        open.awaitNoneLeft();
    }

    @Test
    void standardStreamsAreOneChannelAndAreLeftAsTheyWere() throws Exception {
        String output = new ChildJvm().under("sh", "-c", "echo hello | \"$@\" | cat", "sh").with("-Dio.kqnet.emulation=true")
                .run(StandardStreamsProbe.class);
        assertTrue(output.contains("hello\n") && output.contains("; blocking again: 11"), output);
    }
}
