package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;

/** A channel that moves from loop to loop in the middle of its stream. */
@Timeout(60)
class ReRegisterTest {
    private static final int SIZE = 4 * 1024 * 1024;

    /** Counts buffers that are taken outside the loop the channel belongs to; a handler would not notice, the pipeline changes threads. */
    private static final class Confined extends PooledByteBufAllocator {
        final AtomicInteger strayed = new AtomicInteger();
        private final Inbox inbox;

        Confined(Inbox inbox) {
            super(true);
            this.inbox = inbox;
        }

        @Override
        protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
            if (!inbox.channel().eventLoop().inEventLoop()) {
                strayed.incrementAndGet();
            }
            return super.newDirectBuffer(initialCapacity, maxCapacity);
        }
    }

    private static void move(Net net, Channel channel) throws Exception {
        EventLoop next = net.loop();
        channel.deregister().sync();
        next.register(channel).sync();
    }

    @OverLoops
    void readingLosesNothing(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops, 2)) {
            Inbox inbox = new Inbox();
            Confined allocator = new Confined(inbox);
            Net.Pair pair = net.pair(net.client(inbox).option(ChannelOption.ALLOCATOR, allocator).option(Net.RCVBUF_ALLOCATOR,
                    new FixedRecvByteBufAllocator(2048).maxMessagesPerRead(1)));
            Thread writer = new Thread(() -> write(pair.peer));
            writer.start();
            for (int i = 0; i < 1000 && inbox.received() < SIZE; i++) {
                move(net, pair.channel);
            }
            inbox.awaitBytes(SIZE);
            writer.join();
            Bytes.assertSame(Bytes.pattern(0, SIZE), inbox.bytes());
            assertEquals(0, allocator.strayed.get(), "reads in a loop that is not the channel's");
        }
    }

    @OverLoops
    void continuationLeftInTheOldLoopDoesNothing(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops, 2)) {
            Inbox inbox = new Inbox() {
                private boolean moved;

                @Override
                public void channelReadComplete(ChannelHandlerContext context) {
                    if (!moved) {
                        moved = true;
                        // Done as a task, and before it the read loop queues another to go on.
                        EventLoop next = net.loopOtherThan(context.channel().eventLoop());
                        context.executor().execute(() -> context.deregister().addListener(left ->
                                next.register(context.channel()).syncUninterruptibly()));
                    }
                }
            };
            Confined allocator = new Confined(inbox);
            Net.Pair pair = net.pair(net.client(inbox).option(ChannelOption.ALLOCATOR, allocator).option(Net.RCVBUF_ALLOCATOR,
                    new FixedRecvByteBufAllocator(16).maxMessagesPerRead(1)));
            pair.peer.getOutputStream().write(Bytes.pattern(0, 1600));
            inbox.awaitBytes(1600);
            Bytes.assertSame(Bytes.pattern(0, 1600), inbox.bytes());
            assertEquals(0, allocator.strayed.get(), "reads in a loop that is not the channel's");
        }
    }

    private static void write(Socket peer) {
        try {
            peer.getOutputStream().write(Bytes.pattern(0, SIZE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @OverLoops
    void writingLosesNothing(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops, 2)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.SO_SNDBUF, 32 * 1024)
                    .option(ChannelOption.WRITE_SPIN_COUNT, 1));
            ChannelFuture last = null;
            for (int i = 0; i < 16; i++) {
                last = pair.channel.writeAndFlush(Bytes.direct(Bytes.pattern(i * (SIZE / 16), SIZE / 16)));
            }
            int got = 0;
            for (int i = 0; i < 16; i++) {
                move(net, pair.channel);
                byte[] part = pair.read(SIZE / 16);
                Bytes.assertSame(Bytes.pattern(got, SIZE / 16), part);
                got += part.length;
            }
            last.sync();
        }
    }

    @OverLoops
    void pendingConnectCompletes(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops, 2)) {
            ServerSocket hole = net.blackHole();
            Inbox inbox = new Inbox();
            ChannelFuture connect = net.client(inbox).connect(hole.getLocalSocketAddress());
            Await.until(() -> connect.channel().isRegistered());
            Net.settle(connect.channel().eventLoop());
            move(net, connect.channel());
            int port = ((InetSocketAddress) connect.channel().localAddress()).getPort();
            while (net.keep(hole.accept()).getPort() != port) {
                assertFalse(connect.isDone());
            }
            assertTrue(connect.await(5, TimeUnit.SECONDS), "the end of the connect went unnoticed");
            assertTrue(connect.isSuccess());
            inbox.await("active");
        }
    }

    @OverLoops
    void listenerKeepsAccepting(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops, 2)) {
            Inbox accepted = new Inbox();
            Channel server = net.listen(accepted);
            for (int i = 1; i <= 20; i++) {
                net.dial(server);
                move(net, server);
                net.dial(server);
                int expected = 2 * i;
                Await.until(() -> accepted.count("active") == expected);
                Net.settle(server.eventLoop());
            }
        }
    }

    @OverLoops
    void whatArrivedWhileOffTheLoopIsRead(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops, 2)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(inbox);
            EventLoop next = net.loop();
            pair.channel.deregister().sync();
            pair.peer.getOutputStream().write(Bytes.pattern(0, 100));
            pair.peer.close();
            next.register(pair.channel).sync();
            inbox.await("inactive");
            Bytes.assertSame(Bytes.pattern(0, 100), inbox.bytes());
        }
    }
}
