package io.kqnet.netty42;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.KqEventLoopGroup;
import io.kqnet.KqLoopMetrics;
import io.kqnet.KqServerSocketChannel;
import io.kqnet.KqSocketChannel;
import io.kqnet.support.Await;
import io.kqnet.support.OpenFds;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.AutoScalingEventExecutorChooserFactory;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ThreadPerTaskExecutor;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The handler under Netty 4.2's own loops. */
@Timeout(60)
class KqIoLoopTest {
    private final OpenFds open = OpenFds.now();
    private EventLoopGroup group;

    @AfterEach
    void stop() throws InterruptedException {
        if (group != null) {
            assertTrue(group.shutdownGracefully(0, 20, TimeUnit.SECONDS).await(30, TimeUnit.SECONDS));
        }
        open.awaitNoneLeft();
    }

    private IoEventLoop loop() {
        group = new MultiThreadIoEventLoopGroup(1, KqIoHandler.newFactory());
        return (IoEventLoop) group.next();
    }

    private static Executor threads() {
        return new ThreadPerTaskExecutor(new DefaultThreadFactory("kq-io-test"));
    }

    /** Echoes as a server, counts as a client. */
    private static final class Peer extends ChannelInboundHandlerAdapter {
        final AtomicInteger bytes = new AtomicInteger();
        private final boolean echoes;

        Peer(boolean echoes) {
            this.echoes = echoes;
        }

        @Override
        public boolean isSharable() {
            return echoes;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            bytes.addAndGet(((ByteBuf) message).readableBytes());
            if (echoes) {
                context.writeAndFlush(message);
            } else {
                ((ByteBuf) message).release();
            }
        }
    }

    private void assertServes() throws InterruptedException {
        Channel server = new ServerBootstrap().group(group).channel(KqServerSocketChannel.class).childHandler(new Peer(true))
                .bind("127.0.0.1", 0).sync().channel();
        Peer peer = new Peer(false);
        Channel client = new Bootstrap().group(group).channel(KqSocketChannel.class).handler(peer).connect(server.localAddress()).sync()
                .channel();
        client.writeAndFlush(Unpooled.wrappedBuffer(new byte[1000])).sync();
        Await.until(() -> peer.bytes.get() == 1000);
        client.close().sync();
        server.close().sync();
    }

    @Test
    void servesAUsersOwnHandle() throws Exception {
        IoEventLoop loop = loop();
        PipeHandle pipe = new PipeHandle();
        IoRegistration registration = loop.register(pipe).get();
        assertTrue(registration.submit(KqIoOps.READ) >= 0);
        pipe.fill(2);
        Await.until(() -> pipe.events.equals(List.of("READ 2")));
        assertTrue(registration.cancel());
        assertFalse(registration.cancel());
        Await.until(() -> pipe.unregistered.get() == 1);
        pipe.closeEnds();
    }

    @Test
    void closesAHandleItStillHasWhenItEnds() throws Exception {
        IoEventLoop loop = loop();
        PipeHandle pipe = new PipeHandle();
        IoRegistration registration = loop.register(pipe).get();
        group.shutdownGracefully(0, 20, TimeUnit.SECONDS).sync();
        assertEquals(1, pipe.unregistered.get());
        assertTrue(pipe.closed.get() >= 1);
        assertFalse(registration.isValid());
        assertFalse(registration.cancel());
    }

    @Test
    void refusesAForeignHandle() throws Exception {
        IoEventLoop loop = loop();
        assertFalse(loop.isCompatible(KqIoRegistrationTest.ForeignHandle.class));
        assertTrue(loop.isIoType(KqIoHandler.class));
        Future<IoRegistration> registration = loop.register(new KqIoRegistrationTest.ForeignHandle()).await();
        assertInstanceOf(IllegalArgumentException.class, registration.cause());
        assertEquals(4, loop.submit(() -> 4).get());
    }

    @Test
    void aHandleThatThrowsDoesNotEndTheLoop() throws Exception {
        IoEventLoop loop = loop();
        PipeHandle pipe = new PipeHandle();
        pipe.reaction = () -> {
            throw new IllegalStateException("thrown by a handle");
        };
        loop.register(pipe).get().submit(KqIoOps.READ);
        pipe.fill(1);
        Await.until(() -> pipe.events.size() == 1);
        assertServes();
    }

    @Test
    void aStrategyThatThrowsDoesNotEndTheLoop() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        group = new MultiThreadIoEventLoopGroup(1, KqIoHandler.newFactory(0, () -> (supplier, hasTasks) -> {
            if (asked.incrementAndGet() % 3 == 0) {
                throw new IllegalStateException("thrown by a strategy");
            }
            return DefaultSelectStrategyFactory.INSTANCE.newSelectStrategy().calculateStrategy(supplier, hasTasks);
        }));
        assertServes();
        assertTrue(asked.get() > 3);
    }

    @Test
    void tasksForAnAwakeLoopDoNotTrigger() throws Exception {
        IoEventLoop loop = loop();
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        loop.execute(() -> {
            running.countDown();
            await(go);
        });
        running.await();
        KqLoopMetrics metrics = KqLoopMetrics.of(loop);
        long before = metrics.triggers();
        for (int i = 0; i < 1000; i++) {
            loop.execute(() -> { });
        }
        assertEquals(before, metrics.triggers());
        go.countDown();
        assertEquals(9, loop.submit(() -> 9).get());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void neverIsALongTime() throws Exception {
        IoEventLoop loop = loop();
        AtomicInteger ran = new AtomicInteger();
        Future<?> timer = loop.schedule(ran::incrementAndGet, Long.MAX_VALUE, TimeUnit.DAYS);
        assertEquals(1, loop.submit(() -> 1).get());
        long calls = KqLoopMetrics.of(loop).keventCalls();
        Await.quiet(100);
        assertTrue(KqLoopMetrics.of(loop).keventCalls() <= calls + 2, "the loop spins");
        assertTrue(timer.cancel(false));
        assertEquals(0, ran.get());
    }

    @Test
    void aSuspendedLoopResumesOnAnotherThread() throws Exception {
        group = new MultiThreadIoEventLoopGroup(1, threads(), KqIoHandler.newFactory());
        EventExecutor loop = group.next();
        Thread before = loop.submit(() -> Thread.currentThread()).get();
        for (int i = 0; i < 3; i++) {
            Thread leaving = before;
            assertTrue(loop.trySuspend());
            // isSuspended() is true already while it is on its way.
            Await.until(() -> !leaving.isAlive());
            Thread after = loop.submit(() -> Thread.currentThread()).get();
            assertNotSame(before, after);
            before = after;
            assertServes();
        }
    }

    @Test
    void aLoopWithARegistrationDoesNotSuspend() throws Exception {
        group = new MultiThreadIoEventLoopGroup(1, threads(), KqIoHandler.newFactory());
        IoEventLoop loop = (IoEventLoop) group.next();
        PipeHandle pipe = new PipeHandle();
        IoRegistration registration = loop.register(pipe).get();
        Thread before = loop.submit(() -> Thread.currentThread()).get();
        loop.trySuspend();
        Await.quiet(50);
        assertSame(before, loop.submit(() -> Thread.currentThread()).get());
        assertTrue(registration.cancel());
        Await.until(() -> pipe.unregistered.get() == 1);
        pipe.closeEnds();
        Await.until(() -> loop.isSuspended() || loop.trySuspend());
        Await.until(loop::isSuspended);
        assertServes();
    }

    @Test
    void aSuspendedLoopMayBeShutDown() throws Exception {
        group = new MultiThreadIoEventLoopGroup(2, threads(), KqIoHandler.newFactory());
        for (EventExecutor loop : group) {
            loop.submit(() -> { }).sync();
            assertTrue(loop.trySuspend());
        }
        for (EventExecutor loop : group) {
            Await.until(loop::isSuspended);
        }
    }

    private static AutoScalingEventExecutorChooserFactory scaling() {
        return new AutoScalingEventExecutorChooserFactory(1, 4, 50, TimeUnit.MILLISECONDS, 0.2, 0.8, 1, 3, 1);
    }

    private long suspended() {
        long n = 0;
        for (EventExecutor loop : group) {
            n += loop.isSuspended() ? 1 : 0;
        }
        return n;
    }

    @Test
    void anAutoScalingGroupShrinksAndServes() throws Exception {
        group = new MultiThreadIoEventLoopGroup(4, threads(), scaling(), KqIoHandler.newFactory());
        assertServes();
        Await.until(() -> suspended() == 3);
        assertServes();
        for (EventExecutor loop : group) {
            assertEquals(8, loop.submit(() -> 8).get());
        }
        assertServes();
    }

    @Test
    void anAutoScalingGroupOfOwnLoopsServes() throws Exception {
        group = new KqEventLoopGroup(4, threads(), scaling(), DefaultSelectStrategyFactory.INSTANCE);
        for (int i = 0; i < 5; i++) {
            assertServes();
            Await.quiet(60);
        }
        assertEquals(0, suspended(), "own loops do not change their thread");
    }

    @Test
    void metricsAreKeptPerLoop() throws Exception {
        group = new MultiThreadIoEventLoopGroup(2, KqIoHandler.newFactory());
        EventLoop first = group.next();
        EventLoop second = group.next();
        PipeHandle pipe = new PipeHandle();
        ((IoEventLoop) first).register(pipe).get().submit(KqIoOps.READ);
        pipe.fill(1);
        Await.until(() -> KqLoopMetrics.of(first).events() == 1);
        assertEquals(0, KqLoopMetrics.of(second).events());
        assertEquals(1, KqLoopMetrics.of(first).changes());
    }
}
