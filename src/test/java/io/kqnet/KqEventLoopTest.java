package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.SelectStrategy;
import io.netty.channel.SelectStrategyFactory;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When the loop sleeps, wakes, runs tasks and timers. {@link KqEventLoopShutdownTest} ends it. */
@Timeout(60)
class KqEventLoopTest {
    private final List<KqEventLoopGroup> groups = new ArrayList<>();

    @AfterEach
    void stop() throws InterruptedException {
        for (KqEventLoopGroup group : groups) {
            assertTrue(group.shutdownGracefully(0, 20, TimeUnit.SECONDS).await(30, TimeUnit.SECONDS));
        }
    }

    private KqEventLoop loop() throws InterruptedException {
        return started(new KqEventLoopGroup(1));
    }

    private KqEventLoop started(KqEventLoopGroup group) throws InterruptedException {
        groups.add(group);
        KqEventLoop loop = (KqEventLoop) group.next();
        loop.submit(() -> { }).sync();
        return loop;
    }

    /** A loop asleep says that a deadline before all others would end its sleep. */
    private static void awaitAsleep(KqEventLoop loop) throws InterruptedException {
        Await.until(() -> loop.poller().wakeup().endsSleepEarlier(Long.MIN_VALUE));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void anIdleLoopDoesNotReturnFromTheKernel() throws Exception {
        KqEventLoop loop = loop();
        awaitAsleep(loop);
        KqLoopMetrics metrics = KqLoopMetrics.of(loop);
        long calls = metrics.keventCalls();
        Await.quiet(1500);
        assertEquals(calls, metrics.keventCalls());
    }

    @Test
    void anIdleLoopWithADistantTimerDoesNotEither() throws Exception {
        KqEventLoop loop = loop();
        loop.schedule(() -> { }, 1, TimeUnit.HOURS);
        awaitAsleep(loop);
        loop.submit(() -> { }).sync();
        awaitAsleep(loop);
        long calls = KqLoopMetrics.of(loop).keventCalls();
        Await.quiet(300);
        assertEquals(calls, KqLoopMetrics.of(loop).keventCalls());
    }

    @Test
    void aBurstOfTasksWakesASleepingLoopOnce() throws Exception {
        KqEventLoop loop = loop();
        awaitAsleep(loop);
        KqLoopMetrics metrics = KqLoopMetrics.of(loop);
        long before = metrics.triggers();
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger ran = new AtomicInteger();
        loop.execute(() -> {
            running.countDown();
            await(go);
        });
        running.await();
        for (int i = 0; i < 1000; i++) {
            loop.execute(ran::incrementAndGet);
        }
        go.countDown();
        loop.submit(() -> { }).sync();
        assertEquals(1000, ran.get());
        assertTrue(metrics.triggers() - before <= 2, "1 for the first task, at most 1 for the last: " + metrics);
    }

    @Test
    void tasksForAnAwakeLoopDoNotTrigger() throws Exception {
        KqEventLoop loop = loop();
        KqLoopMetrics metrics = KqLoopMetrics.of(loop);
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        loop.execute(() -> {
            running.countDown();
            await(go);
        });
        running.await();
        long before = metrics.triggers();
        for (int i = 0; i < 1000; i++) {
            loop.execute(() -> { });
        }
        assertEquals(before, metrics.triggers());
        go.countDown();
    }

    @Test
    void tasksFromTheLoopItselfDoNotTrigger() throws Exception {
        KqEventLoop loop = loop();
        awaitAsleep(loop);
        KqLoopMetrics metrics = KqLoopMetrics.of(loop);
        long before = metrics.triggers();
        CountDownLatch ran = new CountDownLatch(100);
        loop.execute(() -> {
            for (int i = 0; i < 100; i++) {
                loop.execute(() -> loop.schedule(ran::countDown, 1, TimeUnit.MICROSECONDS));
            }
        });
        assertTrue(ran.await(20, TimeUnit.SECONDS));
        assertEquals(before + 1, metrics.triggers());
    }

    @Test
    void onlyAnEarlierTimerWakesTheLoop() throws Exception {
        KqEventLoop loop = loop();
        KqLoopMetrics metrics = KqLoopMetrics.of(loop);
        awaitAsleep(loop);
        long before = metrics.triggers();
        loop.schedule(() -> { }, 2, TimeUnit.HOURS);
        assertEquals(before + 1, metrics.triggers(), "the first timer is earlier than none");
        Await.until(() -> loop.poller().wakeup().endsSleepEarlier(Long.MIN_VALUE)
                && !loop.poller().wakeup().endsSleepEarlier(Long.MAX_VALUE - 1));
        loop.schedule(() -> { }, 3, TimeUnit.HOURS);
        loop.schedule(() -> { }, Long.MAX_VALUE, TimeUnit.DAYS);
        assertEquals(before + 1, metrics.triggers(), "later timers can wait");
        loop.schedule(() -> { }, 1, TimeUnit.HOURS);
        assertEquals(before + 2, metrics.triggers());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aTimerThatNeverComesNeitherRunsNorSpins(boolean onLoop) throws Exception {
        KqEventLoop loop = loop();
        AtomicInteger ran = new AtomicInteger();
        List<ScheduledFuture<?>> timers = new ArrayList<>();
        Runnable schedule = () -> {
            for (TimeUnit unit : TimeUnit.values()) {
                timers.add(loop.schedule(ran::incrementAndGet, Long.MAX_VALUE, unit));
            }
        };
        if (onLoop) {
            loop.submit(schedule).sync();
        } else {
            schedule.run();
        }
        loop.submit(() -> { }).sync();
        awaitAsleep(loop);
        long calls = KqLoopMetrics.of(loop).keventCalls();
        Await.quiet(100);
        assertTrue(KqLoopMetrics.of(loop).keventCalls() <= calls + 1, "the loop spins");
        for (ScheduledFuture<?> timer : timers) {
            assertTrue(timer.cancel(false));
        }
        assertEquals(0, ran.get());
        assertEquals(7, loop.submit(() -> 7).get());
    }

    /** kqueue.md E.122; the upper bound is for a busy machine. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aTimerRunsOnTime(boolean onLoop) throws Exception {
        KqEventLoop loop = loop();
        awaitAsleep(loop);
        long[] delay = new long[1];
        CountDownLatch ran = new CountDownLatch(1);
        Runnable schedule = () -> {
            long start = System.nanoTime();
            loop.schedule(() -> {
                delay[0] = System.nanoTime() - start;
                ran.countDown();
            }, 5, TimeUnit.MILLISECONDS);
        };
        if (onLoop) {
            loop.submit(schedule).sync();
        } else {
            schedule.run();
        }
        assertTrue(ran.await(20, TimeUnit.SECONDS));
        assertTrue(delay[0] >= TimeUnit.MILLISECONDS.toNanos(5), () -> "early: " + delay[0]);
        assertTrue(delay[0] < TimeUnit.SECONDS.toNanos(1), () -> "late: " + delay[0]);
    }

    @Test
    void aPeriodicTimerRepeats() throws Exception {
        KqEventLoop loop = loop();
        CountDownLatch ran = new CountDownLatch(5);
        ScheduledFuture<?> timer = loop.scheduleAtFixedRate(ran::countDown, 0, 2, TimeUnit.MILLISECONDS);
        assertTrue(ran.await(20, TimeUnit.SECONDS));
        timer.cancel(false);
    }

    @Test
    void aTaskThatThrowsOrAnInterruptDoesNotEndTheLoop() throws Exception {
        KqEventLoop loop = loop();
        loop.execute(() -> {
            throw new IllegalStateException("thrown by a task");
        });
        assertEquals(1, loop.submit(() -> 1).get());
        loop.submit(() -> Thread.currentThread().interrupt()).sync();
        assertEquals(2, loop.submit(() -> 2).get());
        assertFalse(loop.isShuttingDown());
    }

    /** A strategy's constants, as its author would use them. */
    private enum Strategy {
        SELECT(SelectStrategy.SELECT), CONTINUE(SelectStrategy.CONTINUE), BUSY_WAIT(SelectStrategy.BUSY_WAIT);

        final int answer;

        Strategy(int answer) {
            this.answer = answer;
        }

        /** Its answer every other time, so that CONTINUE gets on. */
        SelectStrategyFactory factory(AtomicInteger asked) {
            return () -> (supplier, hasTasks) -> asked.incrementAndGet() % 2 == 0 ? answer
                    : hasTasks ? supplier.get() : this == CONTINUE ? 0 : answer;
        }
    }

    @ParameterizedTest
    @EnumSource(Strategy.class)
    void everyStrategyRunsTasksAndTimers(Strategy strategy) throws Exception {
        AtomicInteger asked = new AtomicInteger();
        KqEventLoop loop = started(new KqEventLoopGroup(1, strategy.factory(asked)));
        for (int i = 0; i < 20; i++) {
            assertEquals(i, loop.submit(echo(i)).get());
        }
        CountDownLatch ran = new CountDownLatch(1);
        loop.schedule(ran::countDown, 5, TimeUnit.MILLISECONDS);
        assertTrue(ran.await(20, TimeUnit.SECONDS));
        assertTrue(asked.get() > 0);
    }

    private static Callable<Integer> echo(int value) {
        return () -> value;
    }

    @Test
    void busyWaitingNeedsNoTrigger() throws Exception {
        KqEventLoop loop = started(new KqEventLoopGroup(1, Strategy.BUSY_WAIT.factory(new AtomicInteger())));
        KqLoopMetrics metrics = KqLoopMetrics.of(loop);
        long before = metrics.triggers();
        for (int i = 0; i < 100; i++) {
            loop.submit(() -> { }).sync();
        }
        assertEquals(before, metrics.triggers());
    }

    @Test
    void aStrategyThatThrowsDoesNotEndTheLoop() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        AtomicInteger thrown = new AtomicInteger();
        SelectStrategyFactory factory = () -> (supplier, hasTasks) -> {
            if (asked.incrementAndGet() % 3 == 0) {
                thrown.incrementAndGet();
                throw new IllegalStateException("thrown by a strategy");
            }
            return hasTasks ? supplier.get() : SelectStrategy.SELECT;
        };
        KqEventLoop loop = started(new KqEventLoopGroup(1, factory));
        while (thrown.get() < 3) {
            loop.submit(() -> { }).sync();
        }
        assertEquals(3, loop.submit(echo(3)).get());
    }

    @Test
    void metricsBelongToThisTransportsLoops() throws Exception {
        DefaultEventLoop other = new DefaultEventLoop();
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> KqLoopMetrics.of(other));
        assertTrue(e.getMessage().contains("io.netty.channel.DefaultEventLoop"), e.getMessage());
        other.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
}
