package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kqnet.support.Bytes;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Messages;
import io.kqnet.support.OverLoops;
import io.kqnet.support.UnixNet;
import io.kqnet.support.UnixPeer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.UnixChannel;
import java.io.File;
import java.net.BindException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/** The files of sockets, and datagrams, when the system call fails. */
@Tag("faults")
@Timeout(60)
class SocketFileFaultsTest {
    @BeforeEach
    void load() {
        Faults.load();
    }

    @AfterEach
    void clear() {
        Faults.clear();
    }

    private static void assertMentions(Throwable cause, String part) {
        assertTrue(cause != null && cause.getMessage() != null && cause.getMessage().contains(part), () -> part + " is not in: " + cause);
    }

    @OverLoops
    void failingChmodOrListenFailsBindAndLeavesNoFile(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Faults.failNext("fchmodat", "EPERM");
            ChannelFuture bound = net.server(new Inbox()).option(KqChannelOption.SOCKET_FILE_MODE, 0600).bind(net.address("a")).await();
            assertMentions(bound.cause(), "chmod(..) failed: EPERM");
            bound.channel().closeFuture().sync();
            assertEquals(List.of(), net.files());
            Faults.failNext("listen", "EACCES");
            bound = net.server(new Inbox()).bind(net.address("a")).await();
            assertMentions(bound.cause(), "listen(..) failed: EACCES");
            bound.channel().closeFuture().sync();
            assertEquals(List.of(), net.files());
        }
    }

    /** What is left if chmod fails, and the file then cannot be removed either. */
    @OverLoops
    void fileIsNotOpenToMoreThanItsModeBeforeChmod(LoopKind loops) throws Exception {
        assumeTrue(new File("/proc/self").exists(), "only Linux lets a socket have permissions before it has a file");
        try (UnixNet net = UnixNet.with(loops)) {
            Faults.failNext("fchmodat", "EPERM");
            Faults.failNext("unlink", "EPERM", 0, 2);
            ChannelFuture bound = net.datagrams(new Messages()).option(KqChannelOption.SOCKET_FILE_MODE, 0600).bind(net.address("a")).await();
            assertMentions(bound.cause(), "chmod(..) failed: EPERM");
            bound.channel().closeFuture().sync();
            assertEquals(0600, (int) Files.getAttribute(net.path("a"), "unix:mode") & 0777);
            Files.delete(net.path("a"));
        }
    }

    @OverLoops
    void modeIsSetWithoutTheHelpOfThePermissionsOfSockets(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Faults.failNext("fchmod", "EINVAL");
            Channel channel = net.server(new Inbox()).option(KqChannelOption.SOCKET_FILE_MODE, 0640).bind(net.address("a")).sync().channel();
            assertEquals(1, Faults.hit("fchmod"));
            assertEquals(0640, (int) Files.getAttribute(net.path("a"), "unix:mode") & 0777);
            channel.close().sync();
        }
    }

    @OverLoops
    void deadFileThatCannotBeProvedDeadOrRemovedIsInUse(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixPeer.stream().bind(net.path("a")).close();
            for (String call : List.of("lstat", "unlink", "connect")) {
                Faults.failNext(call, "EACCES");
                ChannelFuture bound = net.server(new Inbox()).bind(net.address("a")).await();
                assertEquals(1, Faults.hit(call), call);
                assertInstanceOf(BindException.class, bound.cause());
                assertMentions(bound.cause(), "bind(..) failed: EADDRINUSE");
                bound.channel().closeFuture().sync();
                assertEquals(List.of("a"), net.files());
            }
            Faults.failNext("socket", "EMFILE", 1, 1);
            ChannelFuture bound = net.server(new Inbox()).bind(net.address("a")).await();
            assertMentions(bound.cause(), "socket(..) failed: EMFILE");
            bound.channel().closeFuture().sync();
            assertEquals(List.of("a"), net.files());
            Files.delete(net.path("a"));
        }
    }

    @OverLoops
    void lockThatCannotBeHadDoesNotKeepFromBinding(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            for (String errno : List.of("EAGAIN", "EOPNOTSUPP", "ENOLCK")) {
                UnixPeer.stream().bind(net.path("a")).close();
                Faults.failNext("flock", errno, 0, 1000);
                net.server(new Inbox()).bind(net.address("a")).sync().channel().close().sync();
                assertTrue(Faults.hit("flock") >= 1);
            }
        }
    }

    @OverLoops
    void fileThatCannotBeLookedAtOrRemovedAtCloseStays(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            for (String call : List.of("lstat", "unlink")) {
                Channel channel = net.server(new Inbox()).bind(net.address("a")).sync().channel();
                Faults.failNext(call, "EACCES");
                channel.close().sync();
                assertFalse(channel.isOpen());
                assertEquals(List.of("a"), net.files());
            }
            Channel channel = net.server(new Inbox()).bind(net.address("a")).sync().channel();
            channel.close().sync();
            assertEquals(List.of(), net.files());
        }
    }

    @OverLoops
    void refusedConnectLeavesNothing(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            net.server(new Inbox()).bind(net.address("a")).sync();
            for (String errno : List.of("EAGAIN", "EACCES", "EPROTOTYPE")) {
                Faults.failNext("connect", errno);
                ChannelFuture connected = net.client(new Inbox()).connect(net.address("a"), net.address("local")).await();
                assertMentions(connected.cause(), "connect(..) failed: " + errno);
                connected.channel().closeFuture().sync();
                assertEquals(List.of("a"), net.files());
            }
        }
    }

    @OverLoops
    void datagramThatTheSystemHasNoMemoryForIsTriedAgain(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixPeer peer = net.keep(UnixPeer.datagram().bind(net.path("peer")));
            Channel channel = net.datagrams(new Messages()).connect(net.address("peer")).sync().channel();
            Faults.failNext("sendmsg", "ENOBUFS", 0, 5);
            channel.writeAndFlush(Bytes.direct(new byte[3])).sync();
            assertEquals(5, Faults.hit("sendmsg"));
            assertEquals(3, peer.receive().bytes.length);
            Faults.failNext("sendmsg", "ENOBUFS", 0, 1000);
            Throwable cause = channel.writeAndFlush(Bytes.direct(new byte[3])).await().cause();
            assertMentions(cause, "sendmsg(..) failed: ENOBUFS");
            assertMentions(cause, net.path("peer").toString());
            assertTrue(Faults.hit("sendmsg") < 40, "no spinning");
            Faults.clear();
            channel.writeAndFlush(Bytes.direct(new byte[3])).sync();
            Files.delete(net.path("peer"));
        }
    }

    @OverLoops
    void failingDatagramReadIsReportedAndTheChannelGoesOn(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Messages messages = new Messages();
            Channel channel = net.datagrams(messages).bind(net.address("channel")).sync().channel();
            UnixPeer peer = net.keep(UnixPeer.datagram().connect(net.path("channel")));
            for (String errno : List.of("ECONNRESET", "ENOMEM")) {
                Faults.failNext("recvmsg", errno, ((UnixChannel) channel).fd().intValue());
                peer.write(new byte[1]);
                messages.await(1);
                assertMentions((Throwable) messages.all().get(0), "recvmsg(..) failed: " + errno);
                peer.write(new byte[2]);
                messages.await(3);
                assertEquals(1, ((DomainDatagramPacket) messages.all().get(1)).content().readableBytes());
                messages.release();
            }
            assertNull(channel.remoteAddress());
        }
    }
}
