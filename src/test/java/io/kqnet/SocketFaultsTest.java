package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
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
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.ServerSocket;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Making, binding, connecting, accepting and closing sockets when the system call fails. */
@Tag("faults")
@Timeout(60)
class SocketFaultsTest {
    @BeforeEach
    void load() {
        Faults.load();
    }

    @AfterEach
    void clear() {
        Faults.clear();
        System.clearProperty(Addresses.DUAL_STACK_PROP_NAME);
    }

    private static void assertMentions(Throwable cause, String... parts) {
        StringBuilder text = new StringBuilder();
        for (Throwable t = cause; t != null; t = t.getCause()) {
            text.append(t.getMessage()).append(" | ");
        }
        for (String part : parts) {
            assertTrue(text.indexOf(part) >= 0, () -> part + " is not in: " + text);
        }
    }

    @OverLoops
    void socketThatCannotBeMadeFailsThePromise(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Faults.failNext("socket", "EMFILE");
            assertMentions(net.client(new Inbox()).connect(Net.deadAddress()).await().cause(), "socket(..) failed: EMFILE");
            Faults.failNext("setsockopt", "ENOBUFS");
            assertMentions(net.server(new Inbox()).bind(0).await().cause(), "setsockopt(..) failed: ENOBUFS", "TCP_NODELAY");
        }
    }

    @OverLoops
    void failingBindAndListenNameTheAddressAndCloseTheSocket(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Faults.failNext("bind", "EACCES");
            ChannelFuture bind = net.server(new Inbox()).bind("127.0.0.1", 0).await();
            assertInstanceOf(BindException.class, bind.cause());
            assertMentions(bind.cause(), "bind(..) failed: EACCES", "127.0.0.1");
            bind.channel().closeFuture().sync();
            Faults.failNext("listen", "EADDRINUSE");
            ChannelFuture listen = net.server(new Inbox()).bind("127.0.0.1", 0).await();
            assertMentions(listen.cause(), "listen(..) failed: EADDRINUSE", "127.0.0.1");
            assertFalse(listen.channel().isActive());
            listen.channel().closeFuture().sync();
        }
    }

    @OverLoops
    void failingConnectNamesTheAddressAndClosesTheSocket(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ServerSocket listener = net.peerListener();
            for (String errno : List.of("ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "EACCES", "ENOBUFS", "EAGAIN", "ETIMEDOUT",
                    "ECONNREFUSED", "ECONNRESET")) {
                Inbox inbox = new Inbox();
                Faults.failNext("connect", errno);
                ChannelFuture connect = net.client(inbox).connect(listener.getLocalSocketAddress()).await();
                assertMentions(connect.cause(), "connect(..) failed: " + errno, listener.getLocalSocketAddress().toString());
                connect.channel().closeFuture().sync();
                assertFalse(inbox.saw("active"));
            }
            Faults.failNext("connect", "ENETUNREACH");
            assertInstanceOf(NoRouteToHostException.class, net.client(new Inbox()).connect(Net.deadAddress()).await().cause());
            Faults.failNext("connect", "ETIMEDOUT");
            assertInstanceOf(ConnectException.class, net.client(new Inbox()).connect(Net.deadAddress()).await().cause());
        }
    }

    @OverLoops
    void interruptedConnectGoesOn(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Faults.failNext("connect", "EINTR");
            Net.Pair pair = net.pair(new Inbox());
            assertEquals(1, Faults.hit("connect"));
            pair.channel.writeAndFlush(Bytes.direct(new byte[2])).sync();
            assertEquals(2, pair.read(2).length);
        }
    }

    /** A connect on the loopback is over at once unless the transport cannot see it. */
    private static ChannelFuture pending(Net net, Inbox inbox, ServerSocket listener) {
        Faults.failNext("getpeername", "ENOTCONN");
        return net.client(inbox).connect(listener.getLocalSocketAddress());
    }

    @OverLoops
    void resultOfAConnectThatCannotBeAskedForFailsIt(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ServerSocket listener = net.peerListener();
            assertTrue(pending(net, new Inbox(), listener).await().isSuccess());
            Faults.failNext("getsockopt", "ENOBUFS");
            ChannelFuture connect = pending(net, new Inbox(), listener).await();
            assertMentions(connect.cause(), "ENOBUFS", listener.getLocalSocketAddress().toString());
            connect.channel().closeFuture().sync();
        }
    }

    @OverLoops
    void pendingConnectWhoseFilterIsRefusedFails(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ServerSocket listener = net.peerListener();
            Faults.failNext("epoll_ctl", "ENOSPC");
            Inbox inbox = new Inbox();
            ChannelFuture connect = pending(net, inbox, listener).await();
            assertMentions(connect.cause(), "kevent(EVFILT_WRITE)", "ENOSPC");
            connect.channel().closeFuture().sync();
            assertFalse(inbox.saw("active"));
        }
    }

    @OverLoops
    void connectThatIsPendingFailsThoughCloseFails(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ServerSocket hole = net.blackHole();
            ChannelFuture connect = net.client(new Inbox()).connect(hole.getLocalSocketAddress());
            Net.settle(net.loop());
            Faults.failNext("close", "EIO", ((KqSocketChannel) connect.channel()).fd().intValue());
            assertMentions(connect.channel().close().await().cause(), "close(..) failed: EIO");
            assertInstanceOf(ClosedChannelException.class, connect.await().cause());
        }
    }

    @OverLoops
    void failingCloseIsReportedAndTheChannelIsClosedAllTheSame(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(inbox);
            Faults.failNext("close", "EIO", pair.channel.fd().intValue());
            assertMentions(pair.channel.close().await().cause(), "close(..) failed: EIO");
            pair.channel.closeFuture().sync();
            inbox.await("inactive");
            assertEquals(-1, pair.peer.getInputStream().read());
        }
    }

    private static Channel listen(Net net, Inbox accepted, List<Throwable> causes) throws InterruptedException {
        return Net.bind(net.server(accepted).handler(new ChannelInboundHandlerAdapter() {
            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                causes.add(cause);
            }
        }));
    }

    @OverLoops
    void acceptThatOnlyHasToBeRepeatedIs(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            for (String errno : List.of("EINTR", "ECONNABORTED", "EPROTO", "EAGAIN")) {
                List<Throwable> causes = new CopyOnWriteArrayList<>();
                Inbox accepted = new Inbox();
                Channel server = listen(net, accepted, causes);
                Faults.failNext("accept4", errno);
                net.dial(server);
                Await.until(() -> Faults.hit("accept4") == 1);
                // What was counted as gone is found with the next one.
                net.dial(server);
                Await.until(() -> accepted.count("active") == 2);
                assertEquals(1, Faults.hit("accept4"), errno);
                assertEquals(List.of(), causes);
            }
        }
    }

    @OverLoops
    void acceptThatFailsForWantOfSomethingIsTriedAgainLater(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            for (String errno : List.of("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM")) {
                List<Throwable> causes = new CopyOnWriteArrayList<>();
                Inbox accepted = new Inbox();
                Channel server = listen(net, accepted, causes);
                Faults.failNext("accept4", errno);
                net.dial(server);
                Await.until(() -> !causes.isEmpty());
                assertMentions(causes.get(0), "accept(..) failed: " + errno);
                accepted.await("active");
                assertEquals(1, causes.size());
                assertEquals(2, Faults.made("accept4"));
            }
        }
    }

    @OverLoops
    void acceptThatIsForbiddenIsReportedAndTheListenerGoesOn(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            List<Throwable> causes = new CopyOnWriteArrayList<>();
            Inbox accepted = new Inbox();
            Channel server = listen(net, accepted, causes);
            Faults.failNext("accept4", "EPERM");
            net.dial(server);
            Await.until(() -> !causes.isEmpty());
            assertMentions(causes.get(0), "accept(..) failed: EPERM");
            net.dial(server);
            Await.until(() -> accepted.count("active") == 2);
            assertTrue(server.isActive());
        }
    }

    @OverLoops
    void acceptedSocketCostsNoCallForNoDelay(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox accepted = new Inbox();
            Channel server = Net.bind(net.server(accepted).childOption(ChannelOption.TCP_NODELAY, true));
            net.dial(server);
            accepted.await("active");
            Faults.count("setsockopt");
            Faults.count("getsockname");
            Faults.count("getpeername");
            for (int i = 0; i < 10; i++) {
                net.dial(server);
            }
            Await.until(() -> accepted.count("active") == 11);
            assertEquals(0, Faults.made("setsockopt"));
            assertEquals(0, Faults.made("getsockname"));
            assertEquals(0, Faults.made("getpeername"));
        }
    }

    @OverLoops
    void addressesThatCannotBeAskedForAreNull(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            Faults.failNext("getsockname", "ENOBUFS");
            assertNull(pair.channel.localAddress());
            assertEquals(pair.peer.getRemoteSocketAddress(), pair.channel.localAddress());
        }
    }

    @OverLoops
    void failingChangeOfFamilyFailsTheConnect(LoopKind loops) throws Exception {
        System.setProperty(Addresses.DUAL_STACK_PROP_NAME, "false");
        try (Net net = Net.with(loops)) {
            byte[] loopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
            ServerSocket listener = net.keep(new ServerSocket(0, 5, InetAddress.getByAddress(loopback)));
            Faults.failNext("dup2", "EMFILE");
            assertMentions(net.client(new Inbox()).connect(listener.getLocalSocketAddress()).await().cause(), "dup2(..) failed: EMFILE");
            // The first call makes the IPv4 socket, the second the IPv6 one.
            Faults.failNext("socket", "ENFILE", 1, 1);
            assertMentions(net.client(new Inbox()).connect(listener.getLocalSocketAddress()).await().cause(), "socket(..) failed: ENFILE");
        }
    }

    @Test
    void descriptorThatCannotBeAdoptedStaysOpen() throws Exception {
        OpenFds open = OpenFds.now();
        KqSocketChannel owner = new KqSocketChannel();
        Faults.failNext("fcntl", "EINVAL", owner.fd().intValue());
        assertMentions(assertThrows(ChannelException.class, () -> new KqSocketChannel(owner.fd().intValue())), "fcntl(..) failed: EINVAL");
        assertTrue(owner.config().isTcpNoDelay() && owner.config().getSendBufferSize() > 0);
        owner.unsafe().closeForcibly();
        open.awaitNoneLeft();
    }

    @Test
    void failingOptionCallsNameOptionAndValue() throws Exception {
        KqSocketChannel channel = new KqSocketChannel();
        try {
            Faults.failNext("setsockopt", "ENOBUFS");
            assertMentions(assertThrows(ChannelException.class, () -> channel.config().setSendBufferSize(1 << 20)),
                    "setsockopt(..) failed: ENOBUFS", "SO_SNDBUF = 1048576");
            Faults.failNext("setsockopt", "EDOM");
            assertMentions(assertThrows(ChannelException.class, () -> channel.config().setSoLinger(5)),
                    "setsockopt(..) failed: EDOM", "SO_LINGER = 5");
            Faults.failNext("setsockopt", "EINVAL");
            assertThrows(ChannelException.class, () -> channel.config().setTcpNoDelay(false));
            assertTrue(channel.config().isTcpNoDelay(), "a value that was not taken is not remembered");
            Faults.failNext("getsockopt", "EINVAL");
            assertMentions(assertThrows(ChannelException.class, () -> channel.config().getReceiveBufferSize()),
                    "getsockopt(..) failed: EINVAL", "SO_RCVBUF");
            assertInstanceOf(IOException.class, assertThrows(ChannelException.class, () -> {
                Faults.failNext("getsockopt", "EINVAL");
                channel.config().getSoLinger();
            }).getCause());
        } finally {
            channel.unsafe().closeForcibly();
        }
    }
}
