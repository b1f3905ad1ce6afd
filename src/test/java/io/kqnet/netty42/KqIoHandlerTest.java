package io.kqnet.netty42;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.netty42.TestExecutor.Context;
import io.kqnet.support.OpenFds;
import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.SelectStrategy;
import io.netty.channel.SelectStrategyFactory;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The handler alone: when it blocks, what it returns and reports. A hang is what most of these guard against. */
@Timeout(60)
class KqIoHandlerTest {
    private static final long SHORT = TimeUnit.MILLISECONDS.toNanos(20);

    private TestExecutor executor;
    private OpenFds open;
    private IoHandler handler;
    private PipeHandle pipe;

    /** On the test's own thread, which is the executor's. */
    @BeforeEach
    void make() {
        open = OpenFds.now();
        executor = new TestExecutor();
        handler = KqIoHandler.newFactory().newHandler(executor);
        pipe = new PipeHandle();
    }

    @AfterEach
    void leavesNoDescriptor() throws InterruptedException {
        handler.prepareToDestroy();
        handler.destroy();
        pipe.closeEnds();
        open.awaitNoneLeft();
    }

    private void watchPipe() throws Exception {
        assertEquals(0, handler.register(pipe).submit(KqIoOps.READ));
    }

    private static long timed(Runnable task) {
        long start = System.nanoTime();
        task.run();
        return System.nanoTime() - start;
    }

    @Test
    void aWakeupBeforeInitializeEndsTheFirstSleep() throws Exception {
        TestExecutor.elsewhere(handler::wakeup);
        TestExecutor.elsewhere(handler::wakeup);
        handler.initialize();
        assertEquals(0, handler.run(Context.blocking(true)));
        assertTrue(timed(() -> handler.run(Context.upTo(SHORT))) >= SHORT, "one wakeup ended two sleeps");
    }

    @Test
    void aWakeupBetweenTwoRunsEndsTheNextSleep() throws Exception {
        handler.initialize();
        handler.run(Context.blocking(false));
        TestExecutor.elsewhere(handler::wakeup);
        handler.run(Context.blocking(true));
    }

    @Test
    void aWakeupDuringASleepEndsIt() throws Exception {
        handler.initialize();
        Thread waker = new Thread(handler::wakeup);
        waker.start();
        handler.run(Context.blocking(true));
        waker.join();
    }

    @Test
    void aWakeupByTheExecutorsThreadIsNone() {
        handler.initialize();
        handler.wakeup();
        assertTrue(timed(() -> handler.run(Context.upTo(SHORT))) >= SHORT);
    }

    @Test
    void aWakeupAfterDestroyTouchesNoDescriptor() throws Exception {
        handler.initialize();
        handler.destroy();
        PipeHandle reuser = new PipeHandle();
        IoHandler next = KqIoHandler.newFactory().newHandler(executor);
        for (int i = 0; i < 100; i++) {
            TestExecutor.elsewhere(handler::wakeup);
        }
        next.initialize();
        assertTrue(timed(() -> next.run(Context.upTo(SHORT))) >= SHORT, "another handler was woken");
        next.destroy();
        reuser.closeEnds();
    }

    @Test
    void mayBeInitialisedAgain() throws Exception {
        watchPipe();
        OpenFds opened = OpenFds.now();
        for (int i = 0; i < 3; i++) {
            handler.initialize();
        }
        opened.awaitNoneLeft();
        pipe.fill(2);
        assertEquals(1, handler.run(Context.blocking(true)));
        assertEquals(List.of("READ 2"), pipe.events);
    }

    @Test
    void mayBeInitialisedOnAnotherThread() throws Exception {
        handler.initialize();
        handler.run(Context.blocking(false));
        TestExecutor.elsewhere(() -> {
            handler.initialize();
            assertEquals(0, handler.run(Context.blocking(false)));
        });
    }

    @Test
    void mayBeDestroyedTwiceAndRefusesWorkAfter() throws Exception {
        watchPipe();
        handler.prepareToDestroy();
        handler.destroy();
        handler.destroy();
        handler.prepareToDestroy();
        OpenFds destroyed = OpenFds.now();
        PipeHandle late = new PipeHandle();
        assertThrows(IllegalStateException.class, () -> handler.register(late));
        late.closeEnds();
        assertEquals(0, handler.run(Context.blocking(true)), "ran on nothing");
        destroyed.awaitNoneLeft();
    }

    /** SingleThreadIoEventLoop does so when shut down while it runs tasks, without a quiet period. */
    @Test
    void destroyWithoutPreparationClosesTheHandles() throws Exception {
        watchPipe();
        handler.destroy();
        assertEquals(1, pipe.unregistered.get());
        assertEquals(1, pipe.closed.get());
    }

    @Test
    void doesNotBlockWhenItMustNot() {
        handler.initialize();
        assertEquals(0, handler.run(Context.blocking(false)));
    }

    @Test
    void asksAgainBeforeItBlocks() {
        handler.initialize();
        assertEquals(0, handler.run(Context.blocking(true, false)), "a task that came meanwhile would wait for ever");
    }

    @Test
    void pollsEvenWhenItMustNotBlock() throws Exception {
        watchPipe();
        pipe.fill(1);
        assertEquals(1, handler.run(Context.blocking(false)));
        pipe.fill(1);
        assertEquals(1, handler.run(Context.blocking(true, false)));
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MAX_VALUE})
    void blocksUntilWokenWithoutADeadlineNearby(long deadline) throws Exception {
        handler.initialize();
        Context context = Context.blocking(true);
        context.deadlineNanos = deadline;
        Thread waker = new Thread(handler::wakeup);
        waker.start();
        assertEquals(0, handler.run(context));
        waker.join();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void doesNotBlockPastADeadline(long delay) {
        handler.initialize();
        Context context = Context.blocking(true);
        context.deadlineNanos = 1;
        context.delayNanos = delay;
        assertEquals(0, handler.run(context));
    }

    @Test
    void blocksUntilTheDeadline() {
        handler.initialize();
        assertTrue(timed(() -> assertEquals(0, handler.run(Context.upTo(SHORT)))) >= SHORT);
    }

    @Test
    void returnsHandledEventsAndNoWakeups() throws Exception {
        watchPipe();
        PipeHandle second = new PipeHandle();
        handler.register(second).submit(KqIoOps.READ);
        pipe.fill(1);
        second.fill(1);
        assertEquals(2, handler.run(Context.blocking(true)));
        Thread waker = new Thread(handler::wakeup);
        waker.start();
        assertEquals(0, handler.run(Context.blocking(true)));
        waker.join();
        assertEquals(0, handler.run(Context.blocking(false)));
    }

    @Test
    void reportsActiveTimeOfEveryRun() throws Exception {
        watchPipe();
        Context context = Context.upTo(SHORT).reporting();
        handler.run(context);
        assertEquals(List.of(0L), context.reported, "waiting is not work");
        pipe.reaction = () -> {
            long end = System.nanoTime() + 1_000_000;
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
        };
        pipe.fill(1);
        handler.run(context);
        assertEquals(2, context.reported.size());
        assertTrue(context.reported.get(1) >= 1_000_000, context.reported::toString);
        handler.run(Context.blocking(false));
        assertEquals(2, context.reported.size(), "reported to who did not ask");
    }

    @Test
    void reportsEvenWhenAHandleThrows() throws Exception {
        watchPipe();
        pipe.reaction = () -> {
            throw new IllegalStateException("thrown by a handle");
        };
        pipe.fill(1);
        Context context = Context.blocking(false).reporting();
        assertEquals(0, handler.run(context));
        assertEquals(1, context.reported.size());
        assertTrue(context.reported.get(0) > 0);
        assertEquals(0, handler.run(context));
        assertEquals(2, context.reported.size());
    }

    private void useStrategy(SelectStrategy strategy) {
        handler.destroy();
        handler = KqIoHandler.newFactory(0, () -> strategy).newHandler(executor);
    }

    @Test
    void aStrategyThatThrowsDoesNotEndTheLoop() {
        useStrategy((supplier, hasTasks) -> {
            throw new IllegalStateException("thrown by a strategy");
        });
        Context context = Context.blocking(true).reporting();
        assertEquals(0, handler.run(context));
        assertEquals(List.of(0L), context.reported);
    }

    @ParameterizedTest
    @ValueSource(ints = {SelectStrategy.CONTINUE, SelectStrategy.SELECT, SelectStrategy.BUSY_WAIT, 0})
    void heedsItsStrategy(int answer) throws Exception {
        useStrategy((supplier, hasTasks) -> answer);
        watchPipe();
        pipe.fill(1);
        Context context = Context.blocking(true).reporting();
        boolean looks = answer != SelectStrategy.CONTINUE && answer != 0;
        assertEquals(looks ? 1 : 0, handler.run(context));
        assertEquals(1, context.reported.size());
    }

    @Test
    void takesNoArgumentsOutOfBounds() {
        SelectStrategyFactory strategy = DefaultSelectStrategyFactory.INSTANCE;
        for (int maxEvents : new int[] {Integer.MIN_VALUE, -1, 1025, Integer.MAX_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> KqIoHandler.newFactory(maxEvents, strategy));
        }
        assertThrows(NullPointerException.class, () -> KqIoHandler.newFactory(0, null));
        IoHandlerFactory factory = KqIoHandler.newFactory(1024, strategy);
        assertThrows(NullPointerException.class, () -> factory.newHandler(null));
        assertTrue(factory.isChangingThreadSupported());
    }

    @Test
    void isCompatibleWithItsOwnHandlesOnly() {
        assertTrue(handler.isCompatible(PipeHandle.class));
        assertTrue(handler.isCompatible(KqIoHandle.class));
        assertFalse(handler.isCompatible(KqIoRegistrationTest.ForeignHandle.class));
    }
}
