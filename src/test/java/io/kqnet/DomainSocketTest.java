package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Counts;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.kqnet.support.UnixNet;
import io.kqnet.support.UnixPeer;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Streams of the Unix domain: connecting, addresses, ends, stalls. */
@Timeout(60)
class DomainSocketTest {
    @TempDir
    Path directory;

    @ChannelHandler.Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }
    }

    @OverLoops
    void whatIsSentComesBack(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Channel server = net.server(new Echo()).bind(net.address("server")).sync().channel();
            Inbox inbox = new Inbox();
            Channel client = net.client(inbox).connect(net.address("server")).sync().channel();
            int size = 3_000_000;
            client.writeAndFlush(Bytes.direct(Bytes.pattern(0, size)));
            inbox.awaitBytes(size);
            Bytes.assertSame(Bytes.pattern(0, size), inbox.bytes());
            client.close().sync();
            server.close().sync();
        }
    }

    @OverLoops
    void anEchoIsOneReadAndOneWrite(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Echo());
            pair.peer.write(new byte[10]);
            assertEquals(10, pair.peer.read(10).length);
            Net.settle(net.net().loop());
            Counts before = Counts.of(net.net().loop());
            for (int i = 0; i < 10; i++) {
                pair.peer.write(new byte[10]);
                assertEquals(10, pair.peer.read(10).length);
            }
            Counts delta = before.since(net.net().loop());
            assertEquals("10 reads, 10 writes, 0 changes", delta.reads + " reads, " + delta.writes + " writes, " + delta.changes + " changes");
        }
    }

    @OverLoops
    void addressesAreThePathsAndEmptyWithoutOne(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Inbox accepted = new Inbox();
            Channel server = net.server(accepted).bind(net.address("server")).sync().channel();
            assertEquals(net.address("server"), server.localAddress());
            assertNull(server.remoteAddress());
            Channel client = net.client(new Inbox()).register().sync().channel();
            assertNull(client.localAddress());
            assertNull(client.remoteAddress());
            client.connect(net.address("server")).sync();
            accepted.await("active");
            assertEquals(new DomainSocketAddress(""), client.localAddress());
            assertEquals(net.address("server"), client.remoteAddress());
            assertEquals(net.address("server"), accepted.channel().localAddress());
            assertEquals(new DomainSocketAddress(""), accepted.channel().remoteAddress());
            client.close().sync();
            Inbox named = new Inbox();
            server.close().sync();
            server = net.server(named).bind(net.address("server")).sync().channel();
            client = net.client(new Inbox()).connect(net.address("server"), net.address("client")).sync().channel();
            named.await("active");
            assertEquals(net.address("client"), client.localAddress());
            assertEquals(net.address("client"), named.channel().remoteAddress());
            assertEquals(List.of("client", "server"), net.files());
            client.close().sync();
            server.close().sync();
        }
    }

    @OverLoops
    void theJdksAddressesDoToo(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            SocketAddress address = UnixAddressesTest.jdkAddress(net.path("server").toString());
            Channel server = net.server(new Echo()).bind(address).sync().channel();
            assertEquals(net.address("server"), server.localAddress());
            Inbox inbox = new Inbox();
            Channel client = net.client(inbox).connect(address).sync().channel();
            assertEquals(net.address("server"), client.remoteAddress());
            client.writeAndFlush(Bytes.direct(new byte[5]));
            inbox.awaitBytes(5);
            client.close().sync();
            server.close().sync();
        }
    }

    private static void assertFails(ChannelFuture future, Class<?> type, String... parts) throws InterruptedException {
        Throwable cause = future.await().cause();
        assertInstanceOf(type, cause);
        for (String part : parts) {
            assertTrue(cause.getMessage().contains(part), cause::getMessage);
        }
        future.channel().closeFuture().sync();
    }

    @OverLoops
    void connectTellsWhatIsWrongWithThePath(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixPeer.stream().bind(net.path("dead")).close();
            net.keep(UnixPeer.datagram().bind(net.path("datagram")));
            Files.writeString(net.path("file"), "");
            String call = "connect(..) failed: ";
            assertFails(net.client(new Inbox()).connect(net.address("none")), FileNotFoundException.class, call + "ENOENT",
                    net.path("none").toString());
            assertFails(net.client(new Inbox()).connect(net.address("dead")), ConnectException.class, call + "ECONNREFUSED",
                    net.path("dead").toString());
            assertFails(net.client(new Inbox()).connect(net.address("datagram")), ConnectException.class, call + "EPROTOTYPE");
            assertFails(net.client(new Inbox()).connect(net.address("file")), IOException.class, call);
            assertFails(net.client(new Inbox()).connect(new DomainSocketAddress("a\0b")), IOException.class, call + "EINVAL", "NUL");
            assertFails(net.client(new Inbox()).connect(net.address("x".repeat(200))), IOException.class, call + "ENAMETOOLONG");
            assertFails(net.client(new Inbox()).connect(new InetSocketAddress("127.0.0.1", 1)), UnsupportedAddressTypeException.class,
                    "DomainSocketAddress");
            for (String name : net.files()) {
                Files.delete(net.path(name));
            }
        }
    }

    @OverLoops
    void failedConnectLeavesNoFileOfTheLocalAddress(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            assertFails(net.client(new Inbox()).connect(net.address("none"), net.address("local")), IOException.class, "ENOENT");
            assertEquals(List.of(), net.files());
        }
    }

    @OverLoops
    void secondConnectIsRefused(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Inbox());
            assertInstanceOf(AlreadyConnectedException.class, pair.channel.connect(net.address("again")).await().cause());
            assertTrue(pair.channel.isActive());
        }
    }

    @OverLoops
    void pairIsConnectedWithEachOther(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            KqDomainSocketChannel[] pair = KqDomainSocketChannel.socketpair();
            assertTrue(pair[0].isActive() && pair[1].isActive());
            Inbox inbox = new Inbox();
            pair[0].pipeline().addLast(inbox);
            net.net().group().register(pair[0]).sync();
            net.net().group().register(pair[1]).sync();
            assertEquals(new DomainSocketAddress(""), pair[0].localAddress());
            assertEquals(new DomainSocketAddress(""), pair[0].remoteAddress());
            pair[1].writeAndFlush(Bytes.direct(Bytes.pattern(0, 100))).sync();
            inbox.awaitBytes(100);
            pair[1].close().sync();
            inbox.await("inactive");
        }
    }

    @OverLoops
    void halfClosedStreamStillReceives(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Inbox inbox = new Inbox();
            UnixNet.Pair pair = net.pair(net.client(inbox).option(ChannelOption.ALLOW_HALF_CLOSURE, true));
            pair.channel.shutdownOutput().sync();
            assertTrue(pair.peer.isAtEnd());
            pair.peer.write(Bytes.pattern(0, 1000));
            inbox.awaitBytes(1000);
            pair.peer.shutdownOutput();
            inbox.await("ChannelInputShutdownReadComplete");
            assertEquals(1, inbox.count("ChannelInputShutdownEvent"));
            assertTrue(pair.channel.isOpen());
            pair.channel.close().sync();
        }
    }

    @OverLoops
    void whatThePeerSentArrivesBeforeItsClose(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Inbox inbox = new Inbox();
            UnixNet.Pair pair = net.pair(net.client(inbox).option(ChannelOption.AUTO_READ, false));
            pair.peer.write(Bytes.pattern(0, 100_000));
            pair.peer.close();
            inbox.await("inactive");
            Bytes.assertSame(Bytes.pattern(0, 100_000), inbox.bytes());
            assertFalse(inbox.saw("exception"));
        }
    }

    @OverLoops
    void peerThatClosesWithUnreadBytesIsAReset(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Inbox inbox = new Inbox();
            UnixNet.Pair pair = net.pair(inbox);
            pair.channel.writeAndFlush(Bytes.direct(new byte[100])).sync();
            pair.peer.write(Bytes.pattern(0, 50));
            pair.peer.close();
            inbox.await("inactive");
            assertEquals(50, inbox.received());
            assertFalse(pair.channel.isOpen());
        }
    }

    @OverLoops
    void stalledWriteGoesOnWhenThePeerReads(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Inbox());
            int size = 5_000_000;
            ChannelFuture written = pair.channel.writeAndFlush(Bytes.direct(Bytes.pattern(0, size)));
            Net.settle(net.net().loop());
            assertFalse(written.isDone());
            Bytes.assertSame(Bytes.pattern(0, size), pair.peer.read(size));
            written.sync();
        }
    }

    @OverLoops
    void stalledWriteFailsWhenThePeerCloses(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Inbox inbox = new Inbox();
            UnixNet.Pair pair = net.pair(inbox);
            ByteBuf message = Bytes.direct(new byte[5_000_000]);
            ChannelFuture written = pair.channel.writeAndFlush(message);
            Net.settle(net.net().loop());
            pair.peer.close();
            assertInstanceOf(IOException.class, written.await().cause());
            inbox.await("inactive");
            assertEquals(0, message.refCnt());
        }
    }

    @OverLoops
    void filesAreSent(LoopKind loops) throws Exception {
        Path file = Files.write(directory.resolve("file"), Bytes.pattern(0, 1_000_000));
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Inbox());
            pair.channel.write(Bytes.direct(Bytes.pattern(0, 10)));
            ChannelFuture sent = pair.channel.writeAndFlush(new DefaultFileRegion(file.toFile(), 10, 999_990));
            Bytes.assertSame(Bytes.pattern(0, 1_000_000), pair.peer.read(1_000_000));
            sent.sync();
        }
    }

    @OverLoops
    void answersToRequestsThatArriveTogetherLeaveTogether(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    ByteBuf buf = (ByteBuf) message;
                    while (buf.isReadable()) {
                        context.writeAndFlush(buf.readRetainedSlice(1));
                    }
                    buf.release();
                }
            });
            Net.settle(net.net().loop());
            Counts before = Counts.of(net.net().loop());
            pair.peer.write(Bytes.pattern(0, 20));
            Bytes.assertSame(Bytes.pattern(0, 20), pair.peer.read(20));
            assertEquals(1, before.since(net.net().loop()).writes);
        }
    }

    @OverLoops
    void optionsAreKept(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.SO_SNDBUF, 20_000).option(ChannelOption.SO_RCVBUF, 30_000)
                    .option(KqChannelOption.COALESCE_FLUSH, false).option(KqChannelOption.DESCRIPTOR_MESSAGES, true));
            Map<ChannelOption<?>, Object> options = pair.channel.config().getOptions();
            assertTrue((Integer) options.get(ChannelOption.SO_SNDBUF) >= 20_000);
            assertTrue((Integer) options.get(ChannelOption.SO_RCVBUF) >= 30_000);
            assertEquals(false, options.get(KqChannelOption.COALESCE_FLUSH));
            assertEquals(true, options.get(KqChannelOption.DESCRIPTOR_MESSAGES));
            assertEquals(false, options.get(ChannelOption.ALLOW_HALF_CLOSURE));
            assertTrue(pair.channel.config().setOption(ChannelOption.SO_KEEPALIVE, true), "set on every kind of stream by libraries above");
            assertFalse(pair.channel.config().setOption(ChannelOption.SO_LINGER, 1), "means nothing to this kind");
        }
    }

    @OverLoops
    void serversOptionsAreKept(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Channel server = net.server(new Inbox()).option(ChannelOption.SO_REUSEADDR, true).option(ChannelOption.SO_BACKLOG, 7)
                    .bind(net.address("server")).sync().channel();
            assertEquals(true, server.config().getOption(ChannelOption.SO_REUSEADDR));
            assertEquals(7, server.config().getOption(ChannelOption.SO_BACKLOG));
        }
    }

    @OverLoops
    void manyConnectionsAreAccepted(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Inbox accepted = new Inbox();
            net.server(accepted).bind(net.address("server")).sync();
            UnixPeer[] peers = new UnixPeer[100];
            for (int i = 0; i < peers.length; i++) {
                peers[i] = net.keep(UnixPeer.stream().connect(net.path("server")));
            }
            Await.until(() -> accepted.count("active") == peers.length);
            Arrays.stream(peers).forEach(UnixPeer::close);
            Await.until(() -> accepted.count("inactive") == peers.length);
        }
    }
}
