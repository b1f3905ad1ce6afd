package io.kqnet.netty42;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.KqLoopMetrics;
import io.kqnet.KqServerSocketChannel;
import io.kqnet.KqSocketChannel;
import io.kqnet.support.OpenFds;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.IoRegistration;
import io.netty.channel.ManualIoEventLoop;
import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The test's own thread drives the loop. */
@Timeout(60)
class KqManualLoopTest {
    private static final long SHORT = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long LONG = TimeUnit.MINUTES.toNanos(10);

    private OpenFds open;
    private ManualIoEventLoop loop;
    private PipeHandle pipe;

    @BeforeEach
    void make() {
        open = OpenFds.now();
        loop = new ManualIoEventLoop(Thread.currentThread(), KqIoHandler.newFactory());
        pipe = new PipeHandle();
    }

    @AfterEach
    void stop() throws InterruptedException {
        loop.shutdownGracefully(0, 20, TimeUnit.SECONDS);
        while (!loop.isTerminated()) {
            loop.runNow();
        }
        loop.wakeup();
        TestExecutor.elsewhere(loop::wakeup);
        pipe.closeEnds();
        open.awaitNoneLeft();
    }

    private IoRegistration watchPipe() throws Exception {
        Future<IoRegistration> registration = loop.register(pipe);
        assertTrue(registration.isDone());
        registration.get().submit(KqIoOps.READ);
        return registration.get();
    }

    @Test
    void countsEventsAndTasks() throws Exception {
        watchPipe();
        assertEquals(0, loop.runNow());
        pipe.fill(1);
        loop.execute(() -> { });
        assertEquals(2, loop.runNow());
        assertEquals(List.of("READ 1"), pipe.events);
        assertEquals(0, loop.runNow());
    }

    @Test
    void aWakeupIsNeitherEventNorTask() throws Exception {
        Thread waker = new Thread(loop::wakeup);
        waker.start();
        assertEquals(0, loop.run(LONG));
        waker.join();
        assertEquals(0, loop.runNow());
    }

    @Test
    void aWakeupBetweenTwoRunsEndsTheNext() throws Exception {
        loop.runNow();
        TestExecutor.elsewhere(loop::wakeup);
        assertEquals(0, loop.run(LONG));
    }

    @Test
    void blocksAsLongAsItIsAllowed() {
        long start = System.nanoTime();
        assertEquals(0, loop.run(SHORT));
        assertTrue(System.nanoTime() - start >= SHORT);
    }

    @Test
    void aTaskFromElsewhereEndsTheWait() throws Exception {
        AtomicInteger ran = new AtomicInteger();
        Thread other = new Thread(() -> loop.execute(ran::incrementAndGet));
        other.start();
        while (ran.get() == 0) {
            loop.run(LONG);
        }
        other.join();
        assertEquals(1, ran.get());
    }

    @Test
    void aTimerEndsTheWait() {
        AtomicInteger ran = new AtomicInteger();
        long start = System.nanoTime();
        loop.schedule(ran::incrementAndGet, SHORT, TimeUnit.NANOSECONDS);
        loop.schedule(ran::incrementAndGet, Long.MAX_VALUE, TimeUnit.DAYS);
        while (ran.get() == 0) {
            loop.run(LONG);
        }
        assertTrue(System.nanoTime() - start >= SHORT);
        assertEquals(1, ran.get());
    }

    @Test
    void cancelFromElsewhereIsDoneByTheOwner() throws Exception {
        IoRegistration registration = watchPipe();
        TestExecutor.elsewhere(() -> {
            assertTrue(registration.cancel());
            assertFalse(registration.cancel());
        });
        pipe.fill(1);
        while (pipe.unregistered.get() == 0) {
            loop.runNow();
        }
        assertEquals(List.of(), pipe.events);
    }

    @Test
    void channelsConnectAndClose() {
        ChannelFuture server = new ServerBootstrap().group(loop).channel(KqServerSocketChannel.class)
                .childHandler(new ChannelInboundHandlerAdapter()).bind("127.0.0.1", 0);
        runUntilDone(server);
        ChannelFuture client = new Bootstrap().group(loop).channel(KqSocketChannel.class).handler(new ChannelInboundHandlerAdapter())
                .connect(server.channel().localAddress());
        runUntilDone(client);
        assertTrue(KqLoopMetrics.of(loop).keventCalls() > 0);
        runUntilDone(client.channel().close());
        // The listener is left to the shutdown.
    }

    private void runUntilDone(ChannelFuture future) {
        while (!future.isDone()) {
            loop.run(SHORT);
        }
        assertTrue(future.isSuccess(), () -> String.valueOf(future.cause()));
    }

    @Test
    void mayBeHandedToAnotherThread() throws Exception {
        ManualIoEventLoop unowned = new ManualIoEventLoop(null, KqIoHandler.newFactory());
        TestExecutor.elsewhere(() -> {
            unowned.setOwningThread(Thread.currentThread());
            unowned.execute(() -> { });
            assertEquals(1, unowned.runNow());
            unowned.shutdownGracefully(0, 20, TimeUnit.SECONDS);
            while (!unowned.isTerminated()) {
                unowned.runNow();
            }
        });
    }
}
