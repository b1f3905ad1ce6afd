package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.local.LocalAddress;
import io.netty.resolver.NoopAddressResolverGroup;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConnectTest {
    private static void assertMentions(Throwable cause, String... parts) {
        for (String part : parts) {
            assertTrue(cause.getMessage().contains(part), () -> part + " is not in: " + cause.getMessage());
        }
    }

    @OverLoops
    void refusedConnectNamesCallErrnoAndAddress(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            InetSocketAddress dead = Net.deadAddress();
            ChannelFuture connect = net.client(new Inbox()).connect(dead).await();
            ConnectException cause = assertInstanceOf(ConnectException.class, connect.cause());
            assertMentions(cause, "connect(..)", "ECONNREFUSED", dead.toString());
            connect.channel().closeFuture().sync();
            assertNull(connect.channel().remoteAddress());
        }
    }

    @OverLoops
    void closeFailsAPendingConnectAtOnce(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ChannelFuture connect = pending(net, new Inbox());
            assertFalse(connect.isDone());
            connect.channel().close().sync();
            assertTrue(connect.await(5, TimeUnit.SECONDS));
            assertInstanceOf(ClosedChannelException.class, connect.cause());
        }
    }

    /** A connect that nobody answers; not a bootstrap's, which would close the channel of every connect that fails. */
    private static ChannelFuture pending(Net net, Inbox inbox) throws Exception {
        ServerSocket hole = net.blackHole();
        ChannelFuture connect = net.client(inbox).register().sync().channel().connect(hole.getLocalSocketAddress());
        Net.settle(net.loop());
        return connect;
    }

    @OverLoops
    void shutdownOfTheGroupFailsAPendingConnect(LoopKind loops) throws Exception {
        ChannelFuture connect;
        try (Net net = Net.with(loops)) {
            connect = pending(net, new Inbox());
        }
        assertInstanceOf(ClosedChannelException.class, connect.await().cause());
    }

    @OverLoops
    void closesDescriptorWhenConnectTimesOut(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ServerSocket hole = net.blackHole();
            Inbox inbox = new Inbox();
            ChannelFuture connect = net.client(inbox).option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 50)
                    .register().sync().channel().connect(hole.getLocalSocketAddress());
            assertTrue(connect.await(10, TimeUnit.SECONDS));
            ConnectTimeoutException cause = assertInstanceOf(ConnectTimeoutException.class, connect.cause());
            assertMentions(cause, "50 ms", hole.getLocalSocketAddress().toString());
            connect.channel().closeFuture().sync();
            assertFalse(inbox.saw("active"));
        }
    }

    @OverLoops
    void cancelledConnectClosesTheChannel(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            ChannelFuture connect = pending(net, inbox);
            assertTrue(connect.cancel(false));
            connect.channel().closeFuture().sync();
            assertTrue(connect.isCancelled());
            assertFalse(inbox.saw("active"));
        }
    }

    @OverLoops
    void unresolvedAddressFailsThePromiseAndIsNamed(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            InetSocketAddress unresolved = InetSocketAddress.createUnresolved("nowhere.invalid", 80);
            ChannelFuture connect = net.client(new Inbox()).resolver(NoopAddressResolverGroup.INSTANCE).connect(unresolved).await();
            assertInstanceOf(UnresolvedAddressException.class, connect.cause());
            assertMentions(connect.cause(), "nowhere.invalid");
            connect.channel().closeFuture().sync();
            ChannelFuture bind = net.server(new Inbox()).bind(unresolved).await();
            assertInstanceOf(UnresolvedAddressException.class, bind.cause());
        }
    }

    @OverLoops
    void addressOfAnotherTypeFailsThePromiseAndIsNamed(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            SocketAddress local = new LocalAddress("elsewhere");
            ChannelFuture connect = net.client(new Inbox()).resolver(NoopAddressResolverGroup.INSTANCE).connect(local).await();
            assertInstanceOf(UnsupportedAddressTypeException.class, connect.cause());
            assertMentions(connect.cause(), "InetSocketAddress", "LocalAddress");
            ChannelFuture bind = net.server(new Inbox()).bind(local).await();
            assertInstanceOf(UnsupportedAddressTypeException.class, bind.cause());
            Channel fresh = net.client(new Inbox()).register().sync().channel();
            InetSocketAddress dead = Net.deadAddress();
            assertInstanceOf(UnsupportedAddressTypeException.class, fresh.connect(dead, local).await().cause());
            fresh.close().sync();
        }
    }

    @OverLoops
    void portInUseNamesCallErrnoAndAddress(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Channel first = net.listen(new Inbox());
            ChannelFuture second = net.server(new Inbox()).bind(first.localAddress()).await();
            assertInstanceOf(BindException.class, second.cause());
            assertMentions(second.cause(), "bind(..)", "EADDRINUSE", first.localAddress().toString());
            second.channel().closeFuture().sync();
            assertTrue(first.isActive());
        }
    }

    @OverLoops
    void foreignLocalAddressNamesCallErrnoAndAddress(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            // Reserved for documentation (RFC 5737): bound only, never dialled.
            ChannelFuture bind = net.server(new Inbox()).bind("192.0.2.1", 0).await();
            assertInstanceOf(BindException.class, bind.cause());
            assertMentions(bind.cause(), "bind(..)", "EADDRNOTAVAIL", "192.0.2.1");
        }
    }

    @OverLoops
    void connectingTwiceFailsTheSecondAndLeavesTheFirst(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(inbox);
            SocketAddress remote = pair.channel.remoteAddress();
            ChannelFuture second = pair.channel.connect(net.peerListener().getLocalSocketAddress()).await();
            assertInstanceOf(AlreadyConnectedException.class, second.cause());
            assertEquals(remote, pair.channel.remoteAddress());
            pair.peer.getOutputStream().write(7);
            inbox.awaitBytes(1);
        }
    }

    @OverLoops
    void connectDuringAConnectFailsTheSecond(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ChannelFuture first = pending(net, new Inbox());
            ChannelFuture second = first.channel().connect(Net.deadAddress()).await();
            assertInstanceOf(ConnectionPendingException.class, second.cause());
            assertFalse(first.isDone());
            assertTrue(first.channel().isOpen());
        }
    }

    @OverLoops
    void whatIsWrittenWhileConnectingArrives(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ServerSocket hole = net.blackHole();
            Inbox inbox = new Inbox();
            ChannelFuture connect = net.client(inbox).connect(hole.getLocalSocketAddress());
            Net.settle(net.loop());
            ChannelFuture written = connect.channel().writeAndFlush(Unpooled.copiedBuffer(new byte[] {1, 2, 3}));
            Net.settle(net.loop());
            assertFalse(written.isDone());
            // With room in the queue the kernel's next try succeeds.
            Socket peer;
            do {
                peer = net.keep(hole.accept());
            } while (!new InetSocketAddress("127.0.0.1", peer.getPort()).equals(connect.channel().localAddress()));
            connect.sync();
            written.sync();
            assertEquals(3, peer.getInputStream().readNBytes(3).length);
            Await.until(() -> inbox.saw("active"));
        }
    }

    @OverLoops
    void writeBeforeConnectFailsAndReleasesTheMessage(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Channel fresh = net.client(new Inbox()).register().sync().channel();
            ByteBuf message = Unpooled.directBuffer().writeByte(1);
            assertFalse(fresh.writeAndFlush(message).await().isSuccess());
            assertEquals(0, message.refCnt());
            fresh.close().sync();
        }
    }

    @OverLoops
    void localAddressIsTheOneAskedFor(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            InetSocketAddress local = Net.deadAddress();
            ServerSocket listener = net.peerListener();
            Channel channel = net.client(new Inbox()).connect(listener.getLocalSocketAddress(), local).sync().channel();
            assertEquals(local, channel.localAddress());
            assertEquals(local, net.keep(listener.accept()).getRemoteSocketAddress());
        }
    }
}
