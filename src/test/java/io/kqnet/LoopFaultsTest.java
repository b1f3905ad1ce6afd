package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OpenFds;
import io.kqnet.support.OverLoops;
import io.netty.channel.Channel;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/** The kqueue itself when the calls beneath it fail. */
@Tag("faults")
@Timeout(60)
class LoopFaultsTest {
    @BeforeEach
    void load() {
        Faults.load();
    }

    @AfterEach
    void clear() {
        Faults.clear();
        System.clearProperty("io.kqnet.wakeupPipe");
    }

    private static void assertCannotOpen(LoopKind loops, String expected) throws Exception {
        OpenFds open = OpenFds.now();
        Throwable cause = assertThrows(Throwable.class, () -> loops.newGroup(1));
        StringBuilder text = new StringBuilder();
        for (Throwable t = cause; t != null; t = t.getCause()) {
            text.append(t.getMessage()).append(" | ");
        }
        assertTrue(text.indexOf(expected) >= 0, text::toString);
        open.awaitNoneLeft();
    }

    @OverLoops
    void loopWithoutAKqueueIsRefusedAndLeavesNoDescriptor(LoopKind loops) throws Exception {
        Faults.failNext("epoll_create1", "EMFILE");
        assertCannotOpen(loops, "kqueue(..) failed: EMFILE");
        Faults.failNext("eventfd", "ENFILE");
        assertCannotOpen(loops, "kqueue(..) failed: ENFILE");
        Faults.failNext("epoll_ctl", "ENOSPC");
        assertCannotOpen(loops, "kqueue(..) failed: ENOSPC");
        System.setProperty("io.kqnet.wakeupPipe", "true");
        Faults.failNext("pipe2", "EMFILE");
        assertCannotOpen(loops, "pipe(..) failed: EMFILE");
    }

    @OverLoops
    void laterLoopOfAGroupThatCannotBeMadeLeavesNoDescriptor(LoopKind loops) throws Exception {
        OpenFds open = OpenFds.now();
        Faults.failNext("epoll_create1", "EMFILE", 2, 1);
        assertThrows(Throwable.class, () -> loops.newGroup(3));
        open.awaitNoneLeft();
    }

    private static void assertEchoes(Net.Pair pair, Inbox inbox, int round) throws Exception {
        pair.channel.writeAndFlush(Bytes.direct(new byte[1])).sync();
        assertEquals(1, pair.read(1).length);
        pair.peer.getOutputStream().write(1);
        inbox.awaitBytes(round);
    }

    /** Fails the wait after the one that goes on. */
    private static void failWaits(Net net, String errno, int times) throws Exception {
        Net.inLoop(net.loop(), () -> {
            Faults.failNext("epoll_wait", errno, 0, times);
            return null;
        });
    }

    @OverLoops
    void waitThatFailsLosesNoConnectionAndNoTask(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(inbox);
            assertEchoes(pair, inbox, 1);
            int round = 2;
            for (String errno : new String[] {"EINTR", "ENOMEM", "EINVAL"}) {
                failWaits(net, errno, 3);
                assertEchoes(pair, inbox, round++);
                assertEquals(7, net.loop().submit(() -> 7).get(10, TimeUnit.SECONDS), errno);
                assertEquals(8, net.loop().schedule(() -> 8, 5, TimeUnit.MILLISECONDS).get(10, TimeUnit.SECONDS), errno);
                assertTrue(Faults.hit("epoll_wait") > 0);
            }
            assertEquals(0, inbox.count("inactive"));
        }
    }

    @OverLoops
    void waitThatKeepsFailingIsNoSpin(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(inbox);
            failWaits(net, "ENOMEM", Integer.MAX_VALUE);
            Await.quiet(300);
            int failed = Faults.hit("epoll_wait");
            Faults.clear();
            assertTrue(failed > 0 && failed < 10, () -> failed + " failing waits in 300 ms");
            assertEchoes(pair, inbox, 1);
        }
    }

    @OverLoops
    void kqueueThatTurnsBadIsReplaced(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(inbox);
            assertEchoes(pair, inbox, 1);
            failWaits(net, "EBADF", 1);
            for (int round = 2; round < 10; round++) {
                assertEchoes(pair, inbox, round);
            }
            assertEquals(1, KqLoopMetrics.of(net.loop()).rebuilds());
        }
    }

    @OverLoops
    void refusedReadFilterClosesThatChannelOnly(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox other = new Inbox();
            Net.Pair untouched = net.pair(other);
            assertEchoes(untouched, other, 1);
            Inbox inbox = new Inbox();
            Channel server = net.listen(inbox);
            Net.settle(net.loop());
            for (String errno : new String[] {"ENOSPC", "ENOMEM"}) {
                long inactive = inbox.count("inactive");
                Faults.failNext("epoll_ctl", errno);
                Socket refused = net.dial(server);
                Await.until(() -> inbox.count("inactive") == inactive + 1);
                Throwable cause = inbox.causes().get((int) inactive);
                assertTrue(cause.getMessage().contains("kevent(EVFILT_READ)(..) failed: " + errno), cause::getMessage);
                assertEquals(-1, refused.getInputStream().read());
            }
            net.dial(server).getOutputStream().write(1);
            inbox.awaitBytes(1);
            assertEchoes(untouched, other, 2);
        }
    }

    @OverLoops
    void listenerWhoseFilterIsRefusedCloses(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Faults.failNext("epoll_ctl", "ENOMEM");
            Inbox inbox = new Inbox();
            Channel server = net.server(new Inbox()).handler(inbox).bind("127.0.0.1", 0).channel();
            server.closeFuture().sync();
            inbox.await("inactive");
            assertTrue(inbox.causes().get(0).getMessage().contains("ENOMEM"), () -> "" + inbox.causes());
        }
    }
}
