package io.kqnet;

import static io.kqnet.DatagramPeers.address;
import static io.kqnet.DatagramPeers.bind;
import static io.kqnet.DatagramPeers.bound;
import static io.kqnet.DatagramPeers.letter;
import static io.kqnet.DatagramPeers.numbered;
import static io.kqnet.DatagramPeers.peer;
import static io.kqnet.DatagramPeers.receive;
import static io.kqnet.DatagramPeers.send;
import static io.kqnet.DatagramPeers.sendTogether;
import static io.kqnet.DatagramPeers.text;
import static io.kqnet.DatagramPeers.unbound;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.SegmentedDatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.PortUnreachableException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/** Datagrams when the system call fails. */
@Tag("faults")
@Timeout(60)
@SuppressWarnings("deprecation") // DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION: still what its users set
class DatagramFaultsTest {
    @BeforeEach
    void load() {
        Faults.load();
    }

    @AfterEach
    void clear() {
        Faults.clear();
        System.clearProperty(KqDatagramChannelConfig.CALLS_PROP_NAME);
        System.clearProperty(Addresses.DUAL_STACK_PROP_NAME);
    }

    private static void assertMentions(Throwable cause, String... parts) {
        for (String part : parts) {
            assertTrue(String.valueOf(cause).contains(part), () -> part + " is not in: " + cause);
        }
    }

    private static List<ChannelFuture> writeTogether(KqDatagramChannel channel, DatagramSocket to, int count) throws Exception {
        return Net.inLoop(channel.eventLoop(), () -> {
            List<ChannelFuture> futures = new ArrayList<>();
            for (String text : numbered(count)) {
                futures.add(channel.write(letter(text, to)));
            }
            channel.flush();
            return futures;
        });
    }

    @OverLoops
    void aFullInterfaceIsOfferedTheDatagramAgainUntilItTakesIt(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bound(net, new DatagramInbox());
            DatagramSocket peer = peer(net);
            Faults.failNext("sendmmsg", "ENOBUFS", 0, 3);
            for (ChannelFuture future : writeTogether(channel, peer, 5)) {
                future.sync();
            }
            assertEquals(4, Faults.made("sendmmsg"), "after 1, 2 and 4 ms");
            for (String expected : numbered(5)) {
                assertEquals(expected, receive(peer));
            }
        }
    }

    @OverLoops
    void anInterfaceThatStaysFullFailsTheDatagramAndDoesNotHoldUpTheNext(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bound(net, new DatagramInbox());
            DatagramSocket peer = peer(net);
            Faults.failNext("sendmmsg", "ENOBUFS", 0, 8);
            List<ChannelFuture> futures = writeTogether(channel, peer, 3);
            assertMentions(futures.get(0).await().cause(), "sendmsg(..) failed: ENOBUFS", address(peer).toString());
            assertMentions(futures.get(1).await().cause(), "sendmsg(..) failed: ENOBUFS");
            futures.get(2).sync();
            assertEquals(9, Faults.made("sendmmsg"), "seven attempts, one, and one that succeeds");
            assertEquals("letter 2", receive(peer));
            Faults.failNext("sendmmsg", "ENOBUFS", 0, 1);
            channel.writeAndFlush(letter("patient again", peer)).sync();
        }
    }

    @OverLoops
    void whatWaitsForTheInterfaceFailsWithTheClose(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bound(net, new DatagramInbox());
            DatagramSocket peer = peer(net);
            Faults.failNext("sendmmsg", "ENOBUFS", 0, Integer.MAX_VALUE);
            ChannelFuture waiting = channel.writeAndFlush(letter("waiting", peer));
            Await.until(() -> Faults.hit("sendmmsg") > 2);
            channel.close().sync();
            assertFalse(waiting.await().isSuccess());
            int hit = Faults.hit("sendmmsg");
            Await.quiet(100);
            assertEquals(hit, Faults.hit("sendmmsg"));
        }
    }

    @OverLoops
    void aFullSocketWaitsForRoomWhereverInTheBatchItGotFull(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bound(net, new DatagramInbox());
            DatagramSocket peer = peer(net);
            for (int taken = 0; taken <= 10; taken += 5) {
                if (taken > 0) {
                    Faults.shortenNext("sendmmsg", taken, channel.descriptor().number(), 1);
                } else {
                    Faults.failNext("sendmmsg", "EAGAIN");
                }
                for (ChannelFuture future : writeTogether(channel, peer, 12)) {
                    future.sync();
                }
                for (String expected : numbered(12)) {
                    assertEquals(expected, receive(peer));
                }
            }
            assertEquals(1, Faults.hit("sendmmsg"));
        }
    }

    @OverLoops
    void anErrorConcernsTheFirstUnsentDatagramAlone(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bound(net, new DatagramInbox());
            DatagramSocket peer = peer(net);
            for (String errno : List.of("EHOSTUNREACH", "ENETDOWN", "EPERM", "EINVAL", "ENOMEM")) {
                Faults.failNext("sendmmsg", errno);
                List<ChannelFuture> futures = writeTogether(channel, peer, 4);
                assertMentions(futures.get(0).await().cause(), "sendmsg(..) failed: " + errno, address(peer).toString());
                for (int i = 1; i < 4; i++) {
                    futures.get(i).sync();
                    assertEquals("letter " + i, receive(peer));
                }
            }
            Faults.failNext("sendmmsg", "ECONNREFUSED");
            assertInstanceOf(PortUnreachableException.class, channel.writeAndFlush(letter("refused", peer)).await().cause());
            assertTrue(channel.isActive());
        }
    }

    @OverLoops
    void interruptedCallsAreRepeated(LoopKind loops) throws Exception {
        for (String calls : new String[] {"", "loop"}) {
            System.setProperty(KqDatagramChannelConfig.CALLS_PROP_NAME, calls);
            try (Net net = Net.with(loops)) {
                DatagramInbox inbox = new DatagramInbox();
                KqDatagramChannel channel = bound(net, inbox);
                DatagramSocket peer = peer(net);
                String write = calls.isEmpty() ? "sendmmsg" : "sendmsg";
                String read = calls.isEmpty() ? "recvmmsg" : "recvmsg";
                Faults.failNext(write, "EINTR", 0, 2);
                Faults.failNext(read, "EINTR", 0, 2);
                channel.writeAndFlush(letter("out", peer)).sync();
                assertEquals("out", receive(peer));
                send(peer, channel, "in");
                inbox.await(1);
                assertEquals(2, Faults.hit(write));
                assertEquals(2, Faults.hit(read));
                assertEquals(List.of(), inbox.causes());
            }
        }
    }

    @OverLoops
    void anErrorOfReadingIsToldAndReadingGoesOn(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = bound(net, inbox);
            DatagramSocket peer = peer(net);
            for (String errno : List.of("EHOSTUNREACH", "ENOBUFS", "ECONNREFUSED")) {
                int before = inbox.count();
                inbox.causes().clear();
                Faults.failNext("recvmmsg", errno);
                send(peer, channel, "in spite of " + errno);
                assertEquals("in spite of " + errno, inbox.await(before + 1).text);
                assertMentions(inbox.awaitCause(), "recvmsg(..) failed: " + errno);
            }
            assertInstanceOf(PortUnreachableException.class, inbox.awaitCause());
            assertTrue(channel.isActive());
        }
    }

    @OverLoops
    void anErrorThatStaysCausesNoSpin(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = bound(net, inbox);
            DatagramSocket peer = peer(net);
            Faults.failNext("recvmmsg", "EIO", 0, Integer.MAX_VALUE);
            send(peer, channel, "first");
            Await.until(() -> Faults.hit("recvmmsg") == 2);
            Await.quiet(100);
            assertEquals(2, Faults.hit("recvmmsg"));
            assertEquals(2, inbox.causes().size());
            Faults.clear();
            send(peer, channel, "second");
            inbox.await(2);
            assertEquals(List.of("first", "second"), inbox.texts());
        }
    }

    @OverLoops
    void aSocketShutDownForReadingCausesNoSpinAndNoDatagrams(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = bound(net, inbox);
            DatagramSocket peer = peer(net);
            Faults.shortenNext("recvmmsg", 0, channel.descriptor().number(), Integer.MAX_VALUE);
            send(peer, channel, "unread");
            Await.until(() -> Faults.hit("recvmmsg") > 0);
            Await.quiet(50);
            assertEquals(1, Faults.hit("recvmmsg"));
            assertEquals(List.of(), inbox.texts());
            assertEquals(List.of(), inbox.causes());
        }
    }

    /** One call per datagram: what came before the error is delivered, and then the error. */
    @OverLoops
    void anErrorInTheMiddleOfABatchIsNotLostNorIsTheBatch(LoopKind loops) throws Exception {
        System.setProperty(KqDatagramChannelConfig.CALLS_PROP_NAME, "loop");
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = bound(net, inbox);
            DatagramSocket peer = peer(net);
            sendTogether(net, peer, channel, numbered(8));
            inbox.await(8);
            Net.settle(channel.eventLoop());
            Faults.failNext("recvmsg", "ECONNREFUSED", 3, 1);
            sendTogether(net, peer, channel, numbered(6));
            inbox.await(14);
            assertEquals(List.of(numbered(6)), inbox.texts().subList(8, 14));
            assertInstanceOf(PortUnreachableException.class, inbox.awaitCause());
            assertEquals(1, inbox.causes().size());
        }
    }

    @OverLoops
    void aBatchThatEndsEarlyLosesNothing(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = bound(net, inbox);
            DatagramSocket peer = peer(net);
            sendTogether(net, peer, channel, numbered(10));
            inbox.await(10);
            assertEquals(List.of(numbered(10)), inbox.texts());
            // As many as asked for, so that the call after it is the one that finds nothing.
            Faults.failNext("recvmmsg", "EAGAIN", 1, 1);
            sendTogether(net, peer, channel, numbered(11));
            inbox.await(21);
        }
    }

    @OverLoops
    void aSegmentThatFailsFailsItsPacketAlone(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bound(net, new DatagramInbox());
            DatagramSocket peer = peer(net);
            Faults.shortenNext("sendmmsg", 2, channel.descriptor().number(), 1);
            ChannelFuture whole = channel.writeAndFlush(new SegmentedDatagramPacket(text("aabbccdd"), 2, address(peer)));
            whole.sync();
            for (String expected : List.of("aa", "bb", "cc", "dd")) {
                assertEquals(expected, receive(peer));
            }
            System.setProperty(KqDatagramChannelConfig.CALLS_PROP_NAME, "loop");
            KqDatagramChannel singly = bound(net, new DatagramInbox());
            Faults.failNext("sendmsg", "EPERM", 2, 2);
            List<ChannelFuture> futures = Net.inLoop(singly.eventLoop(), () -> {
                List<ChannelFuture> made = new ArrayList<>();
                made.add(singly.write(new SegmentedDatagramPacket(text("aabbccdd"), 2, address(peer))));
                made.add(singly.write(letter("after", peer)));
                singly.flush();
                return made;
            });
            assertMentions(futures.get(0).await().cause(), "sendmsg(..) failed: EPERM");
            futures.get(1).sync();
            for (String expected : List.of("aa", "bb", "after")) {
                assertEquals(expected, receive(peer));
            }
        }
    }

    @OverLoops
    void failingMembershipSaysOfWhichGroup(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bound(net, new DatagramInbox());
            NetworkInterface loopback = NetworkInterface.getByInetAddress(DatagramPeers.LOCAL);
            InetSocketAddress group = new InetSocketAddress("239.1.1.1", 0);
            Faults.failNext("setsockopt", "ENOBUFS");
            assertMentions(channel.joinGroup(group, loopback).await().cause(), "setsockopt(..) failed: ENOBUFS", "join /239.1.1.1 on ");
            Faults.failNext("setsockopt", "EPERM");
            assertMentions(channel.joinGroup(group.getAddress(), loopback, DatagramPeers.LOCAL).await().cause(), "EPERM", "from /127.0.0.1");
            Faults.failNext("setsockopt", "ENODEV");
            assertMentions(channel.block(group.getAddress(), DatagramPeers.LOCAL).await().cause(), "ENODEV", "block /239.1.1.1");
            Faults.failNext("setsockopt", "EINVAL");
            assertMentions(bindFailing(net), "IP_RECVDSTADDR = true", "EINVAL");
            channel.joinGroup(group, loopback).sync();
        }
    }

    private static Throwable bindFailing(Net net) throws InterruptedException {
        KqDatagramChannel channel = bound(net, new DatagramInbox());
        try {
            channel.config().setOption(KqChannelOption.IP_RECVDSTADDR, true);
            return null;
        } catch (RuntimeException e) {
            return e;
        }
    }

    @OverLoops
    void failingConnectAndDisconnectLeaveTheChannelAsItWas(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bound(net, new DatagramInbox());
            DatagramSocket peer = peer(net);
            Faults.failNext("connect", "ENETUNREACH");
            assertMentions(channel.connect(address(peer)).await().cause(), "connect(..) failed: ENETUNREACH", address(peer).toString());
            assertFalse(channel.isConnected());
            channel.connect(address(peer)).sync();
            Faults.failNext("connect", "EPERM");
            assertMentions(channel.disconnect().await().cause(), "connect(..) failed: EPERM", "disconnect from " + address(peer));
            assertTrue(channel.isConnected());
            channel.writeAndFlush(text("still connected")).sync();
            assertEquals("still connected", receive(peer));
        }
    }

    @OverLoops
    void aSocketThatCannotBeReplacedFailsWhatNeededIt(LoopKind loops) throws Exception {
        System.setProperty(Addresses.DUAL_STACK_PROP_NAME, "false");
        try (Net net = Net.with(loops)) {
            InetSocketAddress six = new InetSocketAddress(Inet6Address.getByName("::1"), 9);
            Faults.failNext("dup2", "EMFILE");
            assertMentions(unbound(net, new DatagramInbox()).connect(six).await().cause(), "dup2(..) failed: EMFILE");
            KqDatagramChannel channel = (KqDatagramChannel) unbound(net, new DatagramInbox())
                    .option(ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, true).register().sync().channel();
            Faults.failNext("dup2", "EMFILE");
            assertMentions(channel.writeAndFlush(new io.netty.channel.socket.DatagramPacket(text("x"), six)).await().cause(), "EMFILE");
            channel.writeAndFlush(letter("the IPv4 socket is as good as before", peer(net))).sync();
        }
    }

    @OverLoops
    void socketsThatCannotBeMadeFailTheBind(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Faults.failNext("socket", "EMFILE");
            Throwable cause = unbound(net, new DatagramInbox()).bind(0).await().cause();
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            assertMentions(cause, "socket(..) failed: EMFILE");
            Faults.failNext("bind", "EACCES");
            ChannelFuture refused = unbound(net, new DatagramInbox()).bind(DatagramPeers.LOCAL, 0).await();
            assertMentions(refused.cause(), "bind(..) failed: EACCES", "127.0.0.1");
            refused.channel().closeFuture().sync();
            bind(unbound(net, new DatagramInbox()));
        }
    }
}
