package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Bytes;
import io.kqnet.support.Counts;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Timeout;

/** Reading: handlers and allocators that misbehave, sizes of buffers, closing in the middle. */
@Timeout(60)
class ReadTest {
    /** Throws what it is given, once. */
    private static final class ThrowingAllocator extends AbstractByteBufAllocator {
        private Throwable next;

        synchronized void failNext(Throwable cause) {
            next = cause;
        }

        private synchronized void check() {
            Throwable cause = next;
            next = null;
            if (cause instanceof Error) {
                throw (Error) cause;
            }
            if (cause != null) {
                throw (RuntimeException) cause;
            }
        }

        @Override
        protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
            check();
            return UnpooledByteBufAllocator.DEFAULT.heapBuffer(initialCapacity, maxCapacity);
        }

        @Override
        protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
            check();
            return UnpooledByteBufAllocator.DEFAULT.directBuffer(initialCapacity, maxCapacity);
        }

        @Override
        public boolean isDirectBufferPooled() {
            return true;
        }
    }

    @OverLoops
    void handlerThatThrowsDoesNotStopReading(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    super.channelRead(context, message);
                    throw new IllegalStateException("on purpose");
                }
            };
            Net.Pair pair = net.pair(net.client(inbox).option(Net.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(10)));
            pair.peer.getOutputStream().write(Bytes.pattern(0, 1000));
            inbox.awaitBytes(1000);
            Bytes.assertSame(Bytes.pattern(0, 1000), inbox.bytes());
            assertTrue(pair.channel.isActive());
            assertInstanceOf(IllegalStateException.class, inbox.causes().get(0));
        }
    }

    @OverLoops
    void allocatorThatThrowsCostsNoData(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ThrowingAllocator allocator = new ThrowingAllocator();
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(net.client(inbox).option(ChannelOption.ALLOCATOR, allocator));
            allocator.failNext(new IllegalStateException("no buffer"));
            pair.peer.getOutputStream().write(Bytes.pattern(0, 1000));
            inbox.awaitBytes(1000);
            assertEquals("no buffer", inbox.causes().get(0).getMessage());
            assertTrue(pair.channel.isActive());
        }
    }

    @OverLoops
    void allocatorOutOfMemoryClosesTheChannel(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ThrowingAllocator allocator = new ThrowingAllocator();
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(net.client(inbox).option(ChannelOption.ALLOCATOR, allocator));
            allocator.failNext(new OutOfMemoryError("on purpose"));
            pair.peer.getOutputStream().write(1);
            inbox.await("inactive");
            assertInstanceOf(OutOfMemoryError.class, inbox.causes().get(0));
        }
    }

    @OverLoops
    void allocatorThatThrowsInAWriteFailsThatWriteOnly(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ThrowingAllocator allocator = new ThrowingAllocator();
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.ALLOCATOR, allocator));
            ByteBuf heap = UnpooledByteBufAllocator.DEFAULT.heapBuffer().writeZero(10);
            allocator.failNext(new IllegalStateException("no buffer"));
            assertEquals("no buffer", pair.channel.writeAndFlush(heap).await().cause().getMessage());
            assertEquals(0, heap.refCnt());
            pair.channel.writeAndFlush(Bytes.direct(new byte[4])).sync();
            assertEquals(4, pair.read(4).length);
        }
    }

    @OverLoops
    void closeInChannelReadEndsTheBatch(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    super.channelRead(context, message);
                    context.close();
                }
            };
            Net.Pair pair = net.pair(net.client(inbox).option(Net.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(10)));
            pair.peer.getOutputStream().write(Bytes.pattern(0, 1000));
            inbox.await("inactive");
            assertEquals(10, inbox.received());
            assertEquals(List.of("active", "inactive"), inbox.events());
        }
    }

    @OverLoops
    void maxMessagesPerReadLetsOthersHaveATurnAndLosesNothing(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            List<Integer> batches = new CopyOnWriteArrayList<>();
            Inbox inbox = new Inbox() {
                private int reads;

                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    reads++;
                    super.channelRead(context, message);
                }

                @Override
                public void channelReadComplete(ChannelHandlerContext context) {
                    batches.add(reads);
                    reads = 0;
                }
            };
            Net.Pair pair = net.pair(net.client(inbox).option(Net.RCVBUF_ALLOCATOR,
                    new FixedRecvByteBufAllocator(10).maxMessagesPerRead(3)));
            pair.peer.getOutputStream().write(Bytes.pattern(0, 300));
            inbox.awaitBytes(300);
            Net.settle(net.loop());
            assertTrue(batches.stream().allMatch(reads -> reads <= 3), batches::toString);
            Bytes.assertSame(Bytes.pattern(0, 300), inbox.bytes());
        }
    }

    @OverLoops
    void kernelsCountSizesTheBufferWhenAskedFor(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            List<Integer> sizes = new CopyOnWriteArrayList<>();
            Inbox inbox = new Inbox() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    sizes.add(((ByteBuf) message).readableBytes());
                    super.channelRead(context, message);
                }
            };
            Net.Pair pair = net.pair(net.client(inbox).option(KqChannelOption.RCV_ALLOC_TRANSPORT_PROVIDES_GUESS, true)
                    .option(ChannelOption.AUTO_READ, false).option(Net.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(16)));
            Net.settle(net.loop());
            Counts before = Counts.of(net.loop());
            pair.peer.getOutputStream().write(Bytes.pattern(0, 40_000));
            pair.channel.read();
            inbox.awaitBytes(1);
            pair.channel.config().setAutoRead(true);
            inbox.awaitBytes(40_000);
            assertTrue(sizes.get(0) > 16, sizes::toString);
            long reads = before.since(net.loop()).reads;
            assertTrue(reads <= 4, () -> reads + " reads");
        }
    }
}
