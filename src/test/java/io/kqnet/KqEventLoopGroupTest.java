package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.kqnet.support.ChildJvm;
import io.kqnet.support.OpenFds;
import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopTaskQueueFactory;
import io.netty.channel.SelectStrategyFactory;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.DefaultEventExecutorChooserFactory;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorChooserFactory;
import io.netty.util.concurrent.RejectedExecutionHandler;
import io.netty.util.concurrent.RejectedExecutionHandlers;
import io.netty.util.concurrent.ThreadPerTaskExecutor;
import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@SuppressWarnings("deprecation") // EventLoopTaskQueueFactory: what Netty 4.1 has
class KqEventLoopGroupTest {
    private static final ThreadFactory THREADS = new DefaultThreadFactory("kq-group-test");
    private static final Executor EXECUTOR = new ThreadPerTaskExecutor(THREADS);
    private static final SelectStrategyFactory STRATEGY = DefaultSelectStrategyFactory.INSTANCE;
    private static final EventExecutorChooserFactory CHOOSER = DefaultEventExecutorChooserFactory.INSTANCE;
    private static final RejectedExecutionHandler REJECT = RejectedExecutionHandlers.reject();

    private static final Map<Class<?>, Object> ARGUMENTS = Map.of(
            int.class, 1,
            ThreadFactory.class, THREADS,
            Executor.class, EXECUTOR,
            SelectStrategyFactory.class, STRATEGY,
            EventExecutorChooserFactory.class, CHOOSER,
            RejectedExecutionHandler.class, REJECT,
            EventLoopTaskQueueFactory.class, (EventLoopTaskQueueFactory) most -> new ConcurrentLinkedQueue<>());

    private static void stop(KqEventLoopGroup group) throws InterruptedException {
        assertTrue(group.shutdownGracefully(0, 20, TimeUnit.SECONDS).await(30, TimeUnit.SECONDS));
    }

    /** A queue that counts what goes through it. */
    private static final class Counting implements EventLoopTaskQueueFactory {
        final AtomicInteger offered = new AtomicInteger();

        @Override
        public Queue<Runnable> newTaskQueue(int maxCapacity) {
            return new ConcurrentLinkedQueue<>() {
                private static final long serialVersionUID = 1;

                @Override
                public boolean offer(Runnable task) {
                    offered.incrementAndGet();
                    return super.offer(task);
                }
            };
        }
    }

    @TestFactory
    Stream<DynamicTest> everyConstructorMakesLoopsThatRun() {
        Constructor<?>[] constructors = KqEventLoopGroup.class.getConstructors();
        assertEquals(14, constructors.length, () -> Arrays.toString(constructors));
        return Arrays.stream(constructors).map(constructor -> dynamicTest(Arrays.toString(constructor.getParameterTypes()), () -> {
            OpenFds open = OpenFds.now();
            KqEventLoopGroup group = (KqEventLoopGroup) constructor.newInstance(arguments(constructor));
            List<EventExecutor> loops = new ArrayList<>();
            group.forEach(loops::add);
            assertEquals(constructor.getParameterCount() > 0 && constructor.getParameterTypes()[0] == int.class ? 1
                    : Integer.getInteger("io.netty.eventLoopThreads", 2 * Runtime.getRuntime().availableProcessors()), loops.size());
            for (EventExecutor loop : loops) {
                assertEquals(true, loop.submit(() -> loop.inEventLoop()).get());
            }
            stop(group);
            open.awaitNoneLeft();
        }));
    }

    private static Object[] arguments(Constructor<?> constructor) {
        return Arrays.stream(constructor.getParameterTypes()).map(ARGUMENTS::get).toArray();
    }

    @Test
    void usesTheQueuesItIsGiven() throws Exception {
        Counting tasks = new Counting();
        Counting tail = new Counting();
        KqEventLoopGroup group = new KqEventLoopGroup(1, EXECUTOR, CHOOSER, STRATEGY, REJECT, tasks, tail);
        SingleThreadEventLoop loop = (SingleThreadEventLoop) group.next();
        loop.submit(() -> { }).sync();
        int tasksSoFar = tasks.offered.get();
        assertTrue(tasksSoFar >= 1);
        assertEquals(0, tail.offered.get(), "the queues are swapped");
        CountDownLatch ran = new CountDownLatch(1);
        loop.executeAfterEventLoopIteration(ran::countDown);
        assertTrue(ran.await(20, TimeUnit.SECONDS));
        assertEquals(1, tail.offered.get());
        stop(group);
    }

    @Test
    void usesTheTaskQueueOfTheShorterConstructor() throws Exception {
        Counting tasks = new Counting();
        KqEventLoopGroup group = new KqEventLoopGroup(1, EXECUTOR, CHOOSER, STRATEGY, REJECT, tasks);
        group.next().submit(() -> { }).sync();
        assertTrue(tasks.offered.get() >= 1);
        CountDownLatch ran = new CountDownLatch(1);
        ((SingleThreadEventLoop) group.next()).executeAfterEventLoopIteration(ran::countDown);
        assertTrue(ran.await(20, TimeUnit.SECONDS));
        stop(group);
    }

    @Test
    void runsOnTheThreadsItIsGiven() throws Exception {
        KqEventLoopGroup group = new KqEventLoopGroup(1, THREADS);
        assertTrue(group.next().submit(() -> Thread.currentThread().getName()).get().startsWith("kq-group-test"));
        stop(group);
    }

    @Test
    void handsWhatTheQueueRefusesToTheHandler() throws Exception {
        AtomicInteger rejected = new AtomicInteger();
        KqEventLoopGroup group = new KqEventLoopGroup(1, EXECUTOR, CHOOSER, STRATEGY, (task, loop) -> rejected.incrementAndGet(),
                most -> new ArrayBlockingQueue<>(4));
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        group.next().execute(() -> {
            running.countDown();
            awaitUninterruptibly(go);
        });
        running.await();
        for (int i = 0; i < 6; i++) {
            group.next().execute(() -> { });
        }
        assertEquals(2, rejected.get());
        go.countDown();
        stop(group);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 1025, Integer.MAX_VALUE})
    void takesNoEventArrayOutOfBounds(int maxEvents) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> new KqEventLoopGroup(1, THREADS, maxEvents));
        assertTrue(e.getMessage().contains("maxEventsAtOnce: " + maxEvents), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1024})
    void takesTheSmallestAndTheLargestEventArray(int maxEvents) throws Exception {
        KqEventLoopGroup group = new KqEventLoopGroup(1, THREADS, maxEvents);
        group.next().submit(() -> { }).sync();
        stop(group);
    }

    @Test
    void takesNoNulls() {
        assertThrows(NullPointerException.class, () -> new KqEventLoopGroup(1, (SelectStrategyFactory) null));
        assertThrows(NullPointerException.class, () -> new KqEventLoopGroup(1, EXECUTOR, CHOOSER, STRATEGY, null));
        assertThrows(NullPointerException.class, () -> new KqEventLoopGroup(1, EXECUTOR, null, STRATEGY));
        assertThrows(IllegalArgumentException.class, () -> new KqEventLoopGroup(-1));
    }

    @Test
    void boundsTheIoRatio() throws Exception {
        KqEventLoopGroup group = new KqEventLoopGroup(1);
        for (int ratio : new int[] {Integer.MIN_VALUE, -1, 0, 101, Integer.MAX_VALUE}) {
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> group.setIoRatio(ratio));
            assertTrue(e.getMessage().contains("ioRatio: " + ratio), e.getMessage());
        }
        EventLoop loop = group.next();
        assertEquals(50, ((KqEventLoop) loop).ioRatio());
        for (int ratio : new int[] {1, 99, 100}) {
            group.setIoRatio(ratio);
            assertEquals(ratio, ((KqEventLoop) loop).ioRatio());
            AtomicInteger ran = new AtomicInteger();
            for (int i = 0; i < 200; i++) {
                loop.execute(ran::incrementAndGet);
            }
            loop.submit(() -> { }).sync();
            assertEquals(200, ran.get());
        }
        stop(group);
    }

    @Test
    void givesEachLoopANewKqueue() throws Exception {
        OpenFds open = OpenFds.now();
        KqEventLoopGroup group = new KqEventLoopGroup(3);
        group.rebuild();
        for (EventExecutor executor : group) {
            executor.submit(() -> { }).sync();
            assertEquals(1, KqLoopMetrics.of((EventLoop) executor).rebuilds());
            assertInstanceOf(KqEventLoop.class, executor);
        }
        stop(group);
        open.awaitNoneLeft();
    }

    /** With any number of descriptors free, from none to all a loop needs: what was opened is closed again. */
    @ParameterizedTest(name = "pipe {1}")
    @CsvSource({"200, false", "200, true"})
    void leavesNothingOpenWhenDescriptorsRunOut(int limit, boolean pipe) throws Exception {
        String output = new ChildJvm().with("-Dio.kqnet.emulation=true", "-Dio.kqnet.wakeupPipe=" + pipe, "-XX:-MaxFDLimit")
                .under("sh", "-c", "ulimit -n " + limit + " && exec \"$@\"", "sh").run(DescriptorProbe.class);
        assertTrue(output.contains("failed as it should"), output);
        assertFalse(output.contains("failed otherwise"), output);
        assertTrue(output.contains("worked in the end"), output);
    }
}
