package io.kqnet;

import io.kqnet.poll.Poller;
import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopTaskQueueFactory;
import io.netty.channel.MultithreadEventLoopGroup;
import io.netty.channel.SelectStrategyFactory;
import io.netty.util.concurrent.DefaultEventExecutorChooserFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorChooserFactory;
import io.netty.util.concurrent.RejectedExecutionHandler;
import io.netty.util.concurrent.RejectedExecutionHandlers;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/**
 * Event loops of this transport, for Netty 4.1 and 4.2. On 4.2 {@code MultiThreadIoEventLoopGroup} with
 * {@code io.kqnet.netty42.KqIoHandler} is the alternative; these loops differ in that an idle one never wakes to tick, and a task
 * scheduled from outside wakes a loop only if it is due before the loop would wake anyway.
 *
 * <p>All constructors throw {@link UnsatisfiedLinkError} if {@link Kq#isAvailable()} is false. A thread count of 0 means Netty's default,
 * twice the processors.
 */
@SuppressWarnings("deprecation") // EventLoopTaskQueueFactory: what Netty 4.1 has
public final class KqEventLoopGroup extends MultithreadEventLoopGroup {
    public KqEventLoopGroup() {
        this(0);
    }

    public KqEventLoopGroup(int nThreads) {
        this(nThreads, (ThreadFactory) null);
    }

    public KqEventLoopGroup(ThreadFactory threadFactory) {
        this(0, threadFactory);
    }

    public KqEventLoopGroup(int nThreads, SelectStrategyFactory selectStrategyFactory) {
        this(nThreads, (ThreadFactory) null, selectStrategyFactory);
    }

    public KqEventLoopGroup(int nThreads, ThreadFactory threadFactory) {
        this(nThreads, threadFactory, 0);
    }

    public KqEventLoopGroup(int nThreads, Executor executor) {
        this(nThreads, executor, DefaultSelectStrategyFactory.INSTANCE);
    }

    public KqEventLoopGroup(int nThreads, ThreadFactory threadFactory, SelectStrategyFactory selectStrategyFactory) {
        this(nThreads, threadFactory, 0, selectStrategyFactory);
    }

    /**
     * Sets the event array's size.
     *
     * @param maxEventsAtOnce events fetched with one kevent call, up to 1024; 0 for the default of 128. The array never grows.
     */
    public KqEventLoopGroup(int nThreads, ThreadFactory threadFactory, int maxEventsAtOnce) {
        this(nThreads, threadFactory, maxEventsAtOnce, DefaultSelectStrategyFactory.INSTANCE);
    }

    /** See {@link #KqEventLoopGroup(int, ThreadFactory, int)}. */
    public KqEventLoopGroup(int nThreads, ThreadFactory threadFactory, int maxEventsAtOnce, SelectStrategyFactory selectStrategyFactory) {
        super(checked(nThreads), threadFactory, new LoopArguments(selectStrategyFactory, RejectedExecutionHandlers.reject(), null, null,
                maxEventsAtOnce));
    }

    public KqEventLoopGroup(int nThreads, Executor executor, SelectStrategyFactory selectStrategyFactory) {
        this(nThreads, executor, DefaultEventExecutorChooserFactory.INSTANCE, selectStrategyFactory);
    }

    public KqEventLoopGroup(int nThreads, Executor executor, EventExecutorChooserFactory chooserFactory,
            SelectStrategyFactory selectStrategyFactory) {
        this(nThreads, executor, chooserFactory, selectStrategyFactory, RejectedExecutionHandlers.reject());
    }

    public KqEventLoopGroup(int nThreads, Executor executor, EventExecutorChooserFactory chooserFactory,
            SelectStrategyFactory selectStrategyFactory, RejectedExecutionHandler rejectedExecutionHandler) {
        this(nThreads, executor, chooserFactory, selectStrategyFactory, rejectedExecutionHandler, null);
    }

    public KqEventLoopGroup(int nThreads, Executor executor, EventExecutorChooserFactory chooserFactory,
            SelectStrategyFactory selectStrategyFactory, RejectedExecutionHandler rejectedExecutionHandler,
            EventLoopTaskQueueFactory taskQueueFactory) {
        this(nThreads, executor, chooserFactory, selectStrategyFactory, rejectedExecutionHandler, taskQueueFactory, null);
    }

    /**
     * Sets everything.
     *
     * @param taskQueueFactory makes the queue of {@code execute}; null for the default
     * @param tailTaskQueueFactory makes the queue of tasks that run after each iteration; null for the default
     */
    public KqEventLoopGroup(int nThreads, Executor executor, EventExecutorChooserFactory chooserFactory,
            SelectStrategyFactory selectStrategyFactory, RejectedExecutionHandler rejectedExecutionHandler,
            EventLoopTaskQueueFactory taskQueueFactory, EventLoopTaskQueueFactory tailTaskQueueFactory) {
        super(checked(nThreads), executor, chooserFactory, new LoopArguments(selectStrategyFactory, rejectedExecutionHandler,
                taskQueueFactory, tailTaskQueueFactory, 0));
    }

    private static int checked(int nThreads) {
        Kq.ensureAvailability();
        return nThreads;
    }

    /**
     * Share of a loop's time spent on I/O, in percent: 50 gives tasks as much time as I/O took; 100 runs all tasks after each batch of I/O
     * without counting time.
     *
     * @param ioRatio 1 to 100, default 50
     */
    public void setIoRatio(int ioRatio) {
        if (ioRatio <= 0 || ioRatio > 100) {
            throw new IllegalArgumentException("ioRatio: " + ioRatio + " (expected: 0 < ioRatio <= 100)");
        }
        for (EventExecutor loop : this) {
            ((KqEventLoop) loop).ioRatio(ioRatio);
        }
    }

    /**
     * Gives each loop a new kqueue with the same registrations, for a process whose kqueues did not survive: they are not inherited by
     * {@code fork(2)} nor restored from a checkpoint. May be called by any thread; each loop does it as a task.
     */
    public void rebuild() {
        for (EventExecutor loop : this) {
            Poller poller = ((KqEventLoop) loop).poller();
            loop.execute(poller::rebuild);
        }
    }

    @Override
    protected EventLoop newChild(Executor executor, Object... args) {
        LoopArguments arguments = (LoopArguments) args[0];
        return new KqEventLoop(this, executor, arguments.selectStrategyFactory.newSelectStrategy(), arguments.rejected,
                arguments.taskQueueFactory, arguments.tailTaskQueueFactory, arguments.maxEvents);
    }

    /** What newChild needs, named: an Object array loses count. */
    private static final class LoopArguments {
        final SelectStrategyFactory selectStrategyFactory;
        final RejectedExecutionHandler rejected;
        final EventLoopTaskQueueFactory taskQueueFactory;
        final EventLoopTaskQueueFactory tailTaskQueueFactory;
        final int maxEvents;

        LoopArguments(SelectStrategyFactory selectStrategyFactory, RejectedExecutionHandler rejected,
                EventLoopTaskQueueFactory taskQueueFactory, EventLoopTaskQueueFactory tailTaskQueueFactory, int maxEventsAtOnce) {
            if (maxEventsAtOnce < 0 || maxEventsAtOnce > Poller.MAX_CAPACITY) {
                throw new IllegalArgumentException("maxEventsAtOnce: " + maxEventsAtOnce + " (expected: 0.." + Poller.MAX_CAPACITY + ')');
            }
            this.selectStrategyFactory = Objects.requireNonNull(selectStrategyFactory, "selectStrategyFactory");
            this.rejected = Objects.requireNonNull(rejected, "rejectedExecutionHandler");
            this.taskQueueFactory = taskQueueFactory;
            this.tailTaskQueueFactory = tailTaskQueueFactory;
            maxEvents = maxEventsAtOnce == 0 ? Poller.DEFAULT_CAPACITY : maxEventsAtOnce;
        }
    }
}
