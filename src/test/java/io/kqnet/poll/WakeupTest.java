package io.kqnet.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.Kq;
import io.kqnet.support.Await;
import io.kqnet.support.OpenFds;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WakeupTest {
    private final FakeKernel kernel = new FakeKernel();
    private final Counters counters = new Counters();

    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    private Wakeup opened(boolean sticky) throws Exception {
        Wakeup wakeup = new Wakeup(kernel, counters, sticky);
        wakeup.open(1_000_000_000, false);
        return wakeup;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void triggersNothingWhileAwake(boolean sticky) throws Exception {
        Wakeup wakeup = opened(sticky);
        wakeup.wake();
        wakeup.wake();
        assertEquals(0, kernel.triggers);
        assertEquals(0, counters.get(Counters.TRIGGERS));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void triggersOncePerSleep(boolean sticky) throws Exception {
        Wakeup wakeup = opened(sticky);
        for (int sleep = 1; sleep <= 3; sleep++) {
            assertTrue(wakeup.beginSleep(Deadline.NONE));
            wakeup.wake();
            assertEquals(sleep, kernel.triggers);
            wakeup.endSleep();
        }
        assertEquals(3, counters.get(Counters.TRIGGERS));
    }

    @Test
    void aBurstTriggersOnce() throws Exception {
        Wakeup wakeup = opened(false);
        assertTrue(wakeup.beginSleep(Deadline.NONE));
        for (int i = 0; i < 100; i++) {
            wakeup.wake();
        }
        assertEquals(1, kernel.triggers);
        wakeup.endSleep();
        wakeup.wake();
        assertEquals(1, kernel.triggers);
    }

    @Test
    void aStickyWakeEndsTheNextSleepBeforeItBegins() throws Exception {
        Wakeup wakeup = opened(true);
        wakeup.wake();
        wakeup.wake();
        assertFalse(wakeup.beginSleep(Deadline.NONE));
        assertTrue(wakeup.beginSleep(Deadline.NONE), "one wake ends one sleep");
    }

    @Test
    void withoutStickinessAWakeWhileAwakeIsForgotten() throws Exception {
        Wakeup wakeup = opened(false);
        wakeup.wake();
        assertTrue(wakeup.beginSleep(Deadline.NONE));
    }

    /** The first wake's trigger has ended the sleep already, so nothing but the state can carry the second. */
    @Test
    void aStickyWakeDuringAnothersTriggerIsNotLost() throws Exception {
        Wakeup wakeup = opened(true);
        assertTrue(wakeup.beginSleep(Deadline.NONE));
        kernel.onTrigger = () -> {
            wakeup.endSleep();
            wakeup.wake();
        };
        wakeup.wake();
        assertEquals(1, kernel.triggers);
        assertFalse(wakeup.beginSleep(Deadline.NONE), "the second wake was lost");
        assertTrue(wakeup.beginSleep(Deadline.NONE));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void refusesToSleepWhileATriggerIsUnderWay(boolean sticky) throws Exception {
        Wakeup wakeup = opened(sticky);
        assertTrue(wakeup.beginSleep(Deadline.NONE));
        kernel.onTrigger = () -> {
            wakeup.endSleep();
            assertFalse(wakeup.beginSleep(Deadline.NONE));
        };
        wakeup.wake();
        assertTrue(wakeup.beginSleep(Deadline.NONE));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void isHarmlessBeforeOpen(boolean sticky) {
        Wakeup wakeup = new Wakeup(kernel, counters, sticky);
        wakeup.wake();
        assertFalse(wakeup.endsSleepEarlier(0));
        assertEquals(0, kernel.triggers);
        assertEquals(!sticky, wakeup.beginSleep(Deadline.NONE), "a sticky wake waits for the first sleep");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void isHarmlessAfterClose(boolean sticky) throws Exception {
        Wakeup wakeup = opened(sticky);
        wakeup.close();
        wakeup.wake();
        assertFalse(wakeup.endsSleepEarlier(Long.MIN_VALUE));
        assertFalse(wakeup.beginSleep(Deadline.NONE));
        wakeup.endSleep();
        wakeup.close();
        wakeup.wake();
        assertEquals(0, kernel.triggers);
    }

    @Test
    void onlyAnEarlierDeadlineEndsASleep() throws Exception {
        Wakeup wakeup = opened(false);
        assertFalse(wakeup.endsSleepEarlier(0), "awake");
        assertTrue(wakeup.beginSleep(100));
        assertTrue(wakeup.endsSleepEarlier(99));
        assertFalse(wakeup.endsSleepEarlier(100));
        assertFalse(wakeup.endsSleepEarlier(101));
        wakeup.endSleep();
        assertTrue(wakeup.beginSleep(Deadline.NONE));
        assertTrue(wakeup.endsSleepEarlier(Long.MAX_VALUE - 1));
        assertFalse(wakeup.endsSleepEarlier(Long.MAX_VALUE), "never is not earlier than never");
        wakeup.endSleep();
        assertTrue(wakeup.beginSleep(-5), "a passed deadline is not a state");
        wakeup.wake();
        assertEquals(1, kernel.triggers);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void closeWaitsForATriggerUnderWay(boolean anotherWaits) throws Exception {
        Wakeup wakeup = opened(true);
        CountDownLatch triggering = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        assertTrue(wakeup.beginSleep(Deadline.NONE));
        kernel.onTrigger = () -> {
            triggering.countDown();
            await(go);
        };
        Thread waker = start(wakeup::wake);
        triggering.await();
        if (anotherWaits) {
            wakeup.wake();
        }
        Thread closer = start(wakeup::close);
        Await.quiet(50);
        assertTrue(closer.isAlive(), "the descriptor went while a trigger was on its way to it");
        go.countDown();
        closer.join();
        waker.join();
        wakeup.wake();
        assertEquals(1, kernel.triggers);
    }

    private static Thread start(Runnable task) {
        Thread thread = new Thread(task);
        thread.start();
        return thread;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static Poller openPoller(boolean sticky, boolean pipe) throws Exception {
        Poller poller = new Poller(16, sticky);
        System.setProperty(Poller.PIPE_WAKEUP_PROP_NAME, Boolean.toString(pipe));
        try {
            poller.open();
        } finally {
            System.clearProperty(Poller.PIPE_WAKEUP_PROP_NAME);
        }
        assertTrue(pipe == poller.wakeup().pipeRead() >= 0 || !pipe, "a pipe was asked for");
        return poller;
    }

    /** kqueue.md E.121. A poller that is not sticky looks for work between its announcement and the sleep. */
    @ParameterizedTest(name = "sticky {0}, pipe {1}")
    @CsvSource({"true, true", "true, false", "false, true", "false, false"})
    void losesNoneOfAThousandWakeupsFromEightThreads(boolean sticky, boolean pipe) throws Exception {
        OpenFds open = OpenFds.now();
        int total = 8 * 1000;
        Poller poller = openPoller(sticky, pipe);
        AtomicInteger requested = new AtomicInteger();
        CyclicBarrier start = new CyclicBarrier(9);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            threads.add(start(() -> requestAndWake(start, requested, poller.wakeup())));
        }
        start.await();
        int seen = 0;
        long sleeps = 0;
        while (seen < total) {
            if (poller.wakeup().beginSleep(Deadline.NONE)) {
                sleeps++;
                poller.fetch(sticky || requested.get() == seen ? -1 : 0);
                poller.wakeup().endSleep();
            } else {
                poller.fetch(0);
            }
            assertEquals(0, poller.dispatch(), "a wakeup is nobody's event");
            seen = requested.get();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        long triggers = poller.counters().get(Counters.TRIGGERS);
        assertTrue(triggers <= sleeps, triggers + " triggers for " + sleeps + " sleeps");
        poller.close();
        open.awaitNoneLeft();
    }

    private static void requestAndWake(CyclicBarrier start, AtomicInteger requested, Wakeup wakeup) {
        try {
            start.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        for (int i = 0; i < 1000; i++) {
            requested.incrementAndGet();
            wakeup.wake();
        }
    }

    @ParameterizedTest(name = "pipe {0}")
    @ValueSource(booleans = {true, false})
    void endsASleepWithoutLimit(boolean pipe) throws Exception {
        Poller poller = openPoller(false, pipe);
        for (int i = 0; i < 3; i++) {
            assertTrue(poller.wakeup().beginSleep(Deadline.NONE));
            Thread waker = start(poller.wakeup()::wake);
            assertTrue(poller.fetch(-1) >= 1);
            poller.wakeup().endSleep();
            waker.join();
            assertEquals(0, poller.dispatch());
            assertEquals(0, poller.fetch(0), "one wake is one event");
        }
        assertEquals(3, poller.counters().get(Counters.TRIGGERS));
        assertEquals(0, poller.counters().get(Counters.STALE_EVENTS));
        poller.close();
    }
}
