package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Counts;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Timeout;

/** A flush made during a read batch leaves at its end, unless something happens that it has to precede. */
@Timeout(60)
class FlushCoalescingTest {
    private static final byte[] ANSWER = Bytes.pattern(0, 100);

    /** Does something for the first bytes that come. */
    private static class OnRead extends Inbox {
        private final Consumer<ChannelHandlerContext> action;

        OnRead(Consumer<ChannelHandlerContext> action) {
            this.action = action;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            super.channelRead(context, message);
            action.accept(context);
        }
    }

    /** Half of the answer flushed, then the rest. */
    private static void answer(ChannelHandlerContext context) {
        context.writeAndFlush(Bytes.direct(Bytes.pattern(0, 50)));
        context.writeAndFlush(Bytes.direct(Bytes.pattern(50, 50)));
    }

    private static void assertAnswered(Net.Pair pair) throws Exception {
        pair.peer.getOutputStream().write(1);
        assertArrayEquals(ANSWER, pair.read(ANSWER.length));
        assertEquals(-1, pair.peer.getInputStream().read());
    }

    @OverLoops
    void closeRightAfterAFlushInChannelReadLosesNothing(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            assertAnswered(net.pair(new OnRead(context -> {
                answer(context);
                context.close();
            })));
        }
    }

    @OverLoops
    void closeRightAfterAFlushLosesNothingWithLinger(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            OnRead handler = new OnRead(context -> {
                answer(context);
                context.close();
            });
            Net.Pair pair = net.pair(net.client(handler).option(ChannelOption.SO_LINGER, 5));
            assertAnswered(pair);
            pair.channel.closeFuture().sync();
            handler.await("inactive");
        }
    }

    @OverLoops
    void closeListenerOfACoalescedFlushRunsAfterIt(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            assertAnswered(net.pair(new OnRead(context -> {
                context.write(Bytes.direct(Bytes.pattern(0, 50)));
                context.writeAndFlush(Bytes.direct(Bytes.pattern(50, 50))).addListener(future -> context.close());
            })));
        }
    }

    @OverLoops
    void promisesOfACoalescedFlushSucceedThoughTheChannelCloses(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            List<ChannelFuture> written = new CopyOnWriteArrayList<>();
            Net.Pair pair = net.pair(new OnRead(context -> {
                written.add(context.writeAndFlush(Bytes.direct(ANSWER)));
                written.add(context.close());
            }));
            assertAnswered(pair);
            Await.until(() -> written.size() == 2);
            assertTrue(written.get(0).await().isSuccess());
            assertTrue(written.get(1).await().isSuccess());
        }
    }

    @OverLoops
    void shutdownOutputAfterACoalescedFlushLosesNothing(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            assertAnswered(net.pair(new OnRead(context -> {
                answer(context);
                ((KqSocketChannel) context.channel()).shutdownOutput();
            })));
        }
    }

    @OverLoops
    void flushLeavesThoughTheHandlerThrows(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            OnRead handler = new OnRead(context -> {
                answer(context);
                throw new IllegalStateException("on purpose");
            });
            Net.Pair pair = net.pair(handler);
            pair.peer.getOutputStream().write(1);
            assertArrayEquals(ANSWER, pair.read(ANSWER.length));
            assertInstanceOf(IllegalStateException.class, handler.causes().get(0));
            assertTrue(pair.channel.isActive());
        }
    }

    @OverLoops
    void flushInChannelReadCompleteLeavesAtOnceWithTheOthers(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new OnRead(context -> context.writeAndFlush(Bytes.direct(Bytes.pattern(0, 50)))) {
                @Override
                public void channelReadComplete(ChannelHandlerContext context) {
                    context.writeAndFlush(Bytes.direct(Bytes.pattern(50, 50)));
                }
            });
            Net.settle(net.loop());
            Counts before = Counts.of(net.loop());
            pair.peer.getOutputStream().write(1);
            assertArrayEquals(ANSWER, pair.read(ANSWER.length));
            assertEquals(1, before.since(net.loop()).writes);
        }
    }

    @OverLoops
    void flushOutsideAReadBatchLeavesAtOnce(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            Counts before = Counts.of(net.loop());
            Net.inLoop(net.loop(), () -> {
                answer(pair.channel.pipeline().firstContext());
                return null;
            });
            assertEquals(2, before.since(net.loop()).writes);
            assertArrayEquals(ANSWER, pair.read(ANSWER.length));
        }
    }

    @OverLoops
    void fullOutboundBufferDoesNotWaitForTheBatch(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            List<Long> writes = new CopyOnWriteArrayList<>();
            Net.Pair pair = net.pair(net.client(new OnRead(context -> {
                Counts before = Counts.of(context.channel().eventLoop());
                context.writeAndFlush(Bytes.direct(Bytes.pattern(0, 50)));
                writes.add(before.since(context.channel().eventLoop()).writes);
                // A message counts 96 bytes beside its own, so this one crosses the high mark.
                context.writeAndFlush(Bytes.direct(Bytes.pattern(50, 50)));
                writes.add(before.since(context.channel().eventLoop()).writes);
            })).option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(10, 200)));
            pair.peer.getOutputStream().write(1);
            assertArrayEquals(ANSWER, pair.read(ANSWER.length));
            Net.settle(net.loop());
            assertEquals(List.of(0L, 1L), writes);
        }
    }

    @OverLoops
    void optionTurnedOffInTheBatchLetsTheNextFlushOut(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            AtomicReference<Counts> atFlush = new AtomicReference<>();
            Net.Pair pair = net.pair(new OnRead(context -> {
                Counts before = Counts.of(context.channel().eventLoop());
                context.writeAndFlush(Bytes.direct(Bytes.pattern(0, 50)));
                context.channel().config().setOption(KqChannelOption.COALESCE_FLUSH, false);
                context.writeAndFlush(Bytes.direct(Bytes.pattern(50, 50)));
                atFlush.set(before.since(context.channel().eventLoop()));
            }));
            pair.peer.getOutputStream().write(1);
            assertArrayEquals(ANSWER, pair.read(ANSWER.length));
            Net.settle(net.loop());
            assertEquals(1, atFlush.get().writes, "both messages leave with the second flush, at once");
        }
    }

    @OverLoops
    void unwritableChannelBecomesWritableAgain(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            List<Boolean> changes = new CopyOnWriteArrayList<>();
            Net.Pair pair = net.pair(net.client(new OnRead(context -> {
                for (int i = 0; i < 64; i++) {
                    context.writeAndFlush(Unpooled.directBuffer().writeZero(64 * 1024));
                }
            }) {
                @Override
                public void channelWritabilityChanged(ChannelHandlerContext context) {
                    changes.add(context.channel().isWritable());
                }
            }).option(ChannelOption.SO_SNDBUF, 32 * 1024).option(ChannelOption.WRITE_BUFFER_WATER_MARK,
                    new WriteBufferWaterMark(64 * 1024, 128 * 1024)));
            pair.peer.getOutputStream().write(1);
            Await.until(() -> !changes.isEmpty() && !pair.channel.isWritable());
            pair.read(64 * 64 * 1024);
            Await.until(pair.channel::isWritable);
            assertEquals(Boolean.FALSE, changes.get(0));
            assertEquals(Boolean.TRUE, changes.get(changes.size() - 1));
        }
    }

    @OverLoops
    void bufferOfAFlushTheResetOvertakesIsReleased(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ByteBuf stuck = Unpooled.directBuffer().writeZero(8 * 1024 * 1024);
            AtomicReference<ChannelFuture> written = new AtomicReference<>();
            Net.Pair pair = net.pair(new OnRead(context -> written.set(context.writeAndFlush(stuck))));
            pair.peer.getOutputStream().write(1);
            Await.until(() -> written.get() != null);
            Net.settle(net.loop());
            pair.reset();
            pair.channel.closeFuture().sync();
            Await.until(() -> stuck.refCnt() == 0);
            Await.until(() -> written.get().isDone() && !written.get().isSuccess());
        }
    }
}
