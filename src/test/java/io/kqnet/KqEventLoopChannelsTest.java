package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.LoopKind;
import io.kqnet.support.OpenFds;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultEventLoopGroup;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.HashSet;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Channels as their loop sees them. */
@Timeout(60)
class KqEventLoopChannelsTest {
    private final OpenFds open = OpenFds.now();
    private EventLoopGroup group;

    static LoopKind[] loops() {
        return LoopKind.available();
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (group != null) {
            group.shutdownGracefully(0, 20, TimeUnit.SECONDS).sync();
        }
        open.awaitNoneLeft();
    }

    @ChannelHandler.Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }
    }

    /** Counts bytes. */
    private static final class Sink extends ChannelInboundHandlerAdapter {
        final AtomicInteger bytes = new AtomicInteger();

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            bytes.addAndGet(((ByteBuf) message).readableBytes());
            ((ByteBuf) message).release();
        }
    }

    private Channel serve(ChannelHandler handler) throws InterruptedException {
        return new ServerBootstrap().group(group).channel(KqServerSocketChannel.class).childHandler(handler).bind("127.0.0.1", 0).sync()
                .channel();
    }

    private Channel connect(Channel server, ChannelHandler handler) throws InterruptedException {
        return new Bootstrap().group(group).channel(KqSocketChannel.class).handler(handler).connect(server.localAddress()).sync().channel();
    }

    private static void assertEchoes(Channel client, Sink sink) throws InterruptedException {
        int before = sink.bytes.get();
        client.writeAndFlush(Unpooled.wrappedBuffer(new byte[1000])).sync();
        Await.until(() -> sink.bytes.get() == before + 1000);
    }

    private Set<Channel> registered() throws Exception {
        SingleThreadEventLoop loop = (SingleThreadEventLoop) group.next();
        return loop.submit(() -> {
            Set<Channel> channels = new HashSet<>();
            loop.registeredChannelsIterator().forEachRemaining(channels::add);
            assertEquals(loop.registeredChannels(), channels.size());
            return channels;
        }).get();
    }

    @Test
    void theLoopKnowsItsChannels() throws Exception {
        group = new KqEventLoopGroup(1);
        assertEquals(Set.of(), registered());
        Channel server = serve(new Echo());
        Channel client = connect(server, new Sink());
        Await.until(() -> ((SingleThreadEventLoop) group.next()).registeredChannels() == 3);
        Set<Channel> all = registered();
        assertTrue(all.containsAll(Set.of(server, client)), all::toString);
        server.close().sync();
        assertFalse(registered().contains(server));
        client.deregister().sync();
        Await.until(() -> ((SingleThreadEventLoop) group.next()).registeredChannels() == 1);
        client.close().sync();
        Await.until(() -> ((SingleThreadEventLoop) group.next()).registeredChannels() == 0);
    }

    @Test
    void theIteratorIsReadOnlyAndEnds() throws Exception {
        group = new KqEventLoopGroup(1);
        serve(new Echo());
        SingleThreadEventLoop loop = (SingleThreadEventLoop) group.next();
        loop.submit(() -> {
            Iterator<Channel> channels = loop.registeredChannelsIterator();
            assertTrue(channels.hasNext());
            assertNotNull(channels.next());
            assertThrows(UnsupportedOperationException.class, channels::remove);
            assertFalse(channels.hasNext());
            assertThrows(NoSuchElementException.class, channels::next);
        }).sync();
    }

    @Test
    void channelsMayCloseWhileTheyAreListed() throws Exception {
        group = new KqEventLoopGroup(1);
        for (int i = 0; i < 5; i++) {
            serve(new Echo());
        }
        SingleThreadEventLoop loop = (SingleThreadEventLoop) group.next();
        int closed = loop.submit(() -> {
            int n = 0;
            for (Iterator<Channel> channels = loop.registeredChannelsIterator(); channels.hasNext(); n++) {
                channels.next().close();
            }
            return n;
        }).get();
        assertEquals(5, closed);
        Await.until(() -> loop.registeredChannels() == 0);
    }

    @Test
    void connectionsOutliveARebuild() throws Exception {
        KqEventLoopGroup own = new KqEventLoopGroup(2);
        group = own;
        Channel server = serve(new Echo());
        Sink sink = new Sink();
        Channel client = connect(server, sink);
        assertEchoes(client, sink);
        OpenFds before = OpenFds.now();
        for (int i = 0; i < 3; i++) {
            own.rebuild();
            assertEchoes(client, sink);
        }
        before.awaitNoneLeft();
        Sink another = new Sink();
        assertEchoes(connect(server, another), another);
        assertEquals(3, KqLoopMetrics.of(client.eventLoop()).rebuilds());
    }

    @ParameterizedTest
    @MethodSource("loops")
    void aHandlerThatThrowsHarmsItsOwnChannelOnly(LoopKind kind) throws Exception {
        group = kind.newGroup(1);
        Channel echo = serve(new Echo());
        Channel bad = serve(new ChannelInboundHandlerAdapter() {
            @Override
            public boolean isSharable() {
                return true;
            }

            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                ((ByteBuf) message).release();
                throw new IllegalStateException("thrown by a handler");
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                context.close();
            }
        });
        Sink sink = new Sink();
        Channel good = connect(echo, sink);
        Channel victim = connect(bad, new Sink());
        victim.writeAndFlush(Unpooled.wrappedBuffer(new byte[1]));
        assertTrue(victim.closeFuture().await(20, TimeUnit.SECONDS));
        assertEchoes(good, sink);
    }

    @Test
    @SuppressWarnings("deprecation") // NioEventLoopGroup: what Netty 4.1 has
    void refusesLoopsOfOtherTransports() throws Exception {
        group = new NioEventLoopGroup(1);
        for (Channel channel : new Channel[] {new KqSocketChannel(), new KqServerSocketChannel()}) {
            ChannelFuture registration = group.register(channel).await();
            IllegalStateException e = assertInstanceOf(IllegalStateException.class, registration.cause());
            assertTrue(e.getMessage().startsWith("incompatible event loop type: "), e.getMessage());
            channel.unsafe().closeForcibly();
        }
        ChannelFuture connect = new Bootstrap().group(group).channel(KqSocketChannel.class).handler(new Sink())
                .connect("127.0.0.1", 9).await();
        assertInstanceOf(IllegalStateException.class, connect.cause());
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> KqLoopMetrics.of(group.next()));
        assertTrue(e.getMessage().startsWith("not a loop of this transport: io.netty.channel."), e.getMessage());
    }

    @ParameterizedTest
    @MethodSource("loops")
    void refusesChannelsOfOtherTransports(LoopKind kind) throws Exception {
        group = kind.newGroup(1);
        for (Channel channel : new Channel[] {new NioSocketChannel(), new LocalChannel()}) {
            ChannelFuture registration = group.register(channel).await();
            if (channel instanceof NioSocketChannel) {
                IllegalStateException e = assertInstanceOf(IllegalStateException.class, registration.cause());
                assertTrue(e.getMessage().startsWith("incompatible event loop type: "), e.getMessage());
                channel.unsafe().closeForcibly();
            } else {
                channel.close().sync();
            }
        }
        assertEquals(5, group.next().submit(() -> 5).get());
    }

    @Test
    @SuppressWarnings("deprecation") // DefaultEventLoopGroup: what Netty 4.1 has
    void refusesALoopWithoutAPoller() throws Exception {
        group = new DefaultEventLoopGroup(1);
        Channel channel = new KqSocketChannel();
        assertInstanceOf(IllegalStateException.class, group.register(channel).await().cause());
        channel.unsafe().closeForcibly();
    }
}
