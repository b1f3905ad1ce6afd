package io.kqnet;

import io.kqnet.poll.Deadline;
import io.kqnet.poll.Poller;
import io.kqnet.poll.Registration;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopTaskQueueFactory;
import io.netty.channel.SelectStrategy;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.IntSupplier;
import io.netty.util.concurrent.RejectedExecutionHandler;
import io.netty.util.internal.PlatformDependent;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import java.io.IOException;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.Executor;

/**
 * The transport's own loop: one thread, one {@link Poller}. It sleeps until an event, a task or the earliest timer, never to tick. Made by
 * {@link KqEventLoopGroup}; runs on Netty 4.1 and 4.2.
 */
@SuppressWarnings("deprecation") // EventLoopTaskQueueFactory, getCurrentTimeNanos: what Netty 4.1 has
final class KqEventLoop extends SingleThreadEventLoop {
    private static final InternalLogger LOGGER = InternalLoggerFactory.getInstance(KqEventLoop.class);
    private static final long NO_SCHEDULED_TASK = -1;

    private final Poller poller;
    private final LoopScratch scratch = new LoopScratch();
    private final ChannelList channels = new ChannelList();
    private final SelectStrategy selectStrategy;
    private final IntSupplier selectNow;
    private volatile int ioRatio = 50;

    KqEventLoop(KqEventLoopGroup parent, Executor executor, SelectStrategy selectStrategy, RejectedExecutionHandler rejected,
            EventLoopTaskQueueFactory taskQueueFactory, EventLoopTaskQueueFactory tailTaskQueueFactory, int maxEvents) {
        super(parent, executor, false, newTaskQueue(taskQueueFactory), newTaskQueue(tailTaskQueueFactory), rejected);
        this.selectStrategy = selectStrategy;
        poller = new Poller(maxEvents, false);
        selectNow = () -> poller.fetch(0);
        try {
            poller.open();
        } catch (IOException e) {
            throw new IllegalStateException("cannot create an event loop: " + e.getMessage(), e);
        }
    }

    private static Queue<Runnable> newTaskQueue(EventLoopTaskQueueFactory factory) {
        if (factory != null) {
            return factory.newTaskQueue(DEFAULT_MAX_PENDING_TASKS);
        }
        return DEFAULT_MAX_PENDING_TASKS == Integer.MAX_VALUE ? PlatformDependent.newMpscQueue()
                : PlatformDependent.newMpscQueue(DEFAULT_MAX_PENDING_TASKS);
    }

    Poller poller() {
        return poller;
    }

    int ioRatio() {
        return ioRatio;
    }

    void ioRatio(int percent) {
        ioRatio = percent;
    }

    LoopRegistration register(KqDescriptorOwner owner) {
        return new OwnRegistration(poller.register(owner.descriptor(), owner), channels.add(owner));
    }

    @Override
    protected void wakeup(boolean inEventLoop) {
        if (!inEventLoop) {
            poller.wakeup().wake();
        }
    }

    @Override
    protected boolean beforeScheduledTaskSubmitted(long deadlineNanos) {
        return poller.wakeup().endsSleepEarlier(deadlineNanos);
    }

    @Override
    protected boolean afterScheduledTaskSubmitted(long deadlineNanos) {
        return poller.wakeup().endsSleepEarlier(deadlineNanos);
    }

    @Override
    public int registeredChannels() {
        return channels.size();
    }

    @Override
    public Iterator<Channel> registeredChannelsIterator() {
        assert inEventLoop();
        return channels.size() == 0 ? ChannelsReadOnlyIterator.empty() : new ChannelsReadOnlyIterator<>(channels);
    }

    @Override
    protected void run() {
        for (;;) {
            try {
                runOnce();
            } catch (Error e) {
                throw e;
            } catch (Throwable t) {
                LOGGER.warn("Unexpected exception in the event loop.", t);
            }
            if (isShuttingDown()) {
                closeAll();
                if (confirmShutdown()) {
                    return;
                }
            }
        }
    }

    private void runOnce() throws Exception {
        int strategy = selectStrategy.calculateStrategy(selectNow, hasTasks());
        int ready = strategy;
        if (strategy == SelectStrategy.CONTINUE) {
            return;
        }
        if (strategy == SelectStrategy.BUSY_WAIT) {
            ready = spin();
        } else if (strategy < 0) {
            ready = sleep();
        }
        int percent = ioRatio;
        if (percent == 100) {
            dispatch(ready);
            runAllTasks();
        } else if (ready > 0) {
            long start = System.nanoTime();
            poller.dispatch();
            runAllTasks((System.nanoTime() - start) * (100 - percent) / percent);
        } else {
            // 0: the smallest batch of tasks between two looks at the kqueue.
            runAllTasks(0);
        }
    }

    private void dispatch(int ready) {
        if (ready > 0) {
            poller.dispatch();
        }
    }

    /** Off-loop callers publish work first and look at the sleep's state after; here it is the other way round. So no wakeup is lost. */
    private int sleep() {
        long next = nextScheduledTaskDeadlineNanos();
        long deadline = next == NO_SCHEDULED_TASK ? Deadline.NONE : next;
        if (!poller.wakeup().beginSleep(deadline)) {
            return poller.fetch(0);
        }
        try {
            return hasTasks() ? poller.fetch(0) : poller.fetch(Deadline.timeoutNanos(deadline, getCurrentTimeNanos()));
        } finally {
            poller.wakeup().endSleep();
        }
    }

    private int spin() {
        for (;;) {
            int ready = poller.fetch(0);
            long next = nextScheduledTaskDeadlineNanos();
            if (ready > 0 || hasTasks() || next != NO_SCHEDULED_TASK && next <= getCurrentTimeNanos()) {
                return ready;
            }
            Thread.onSpinWait();
        }
    }

    private void closeAll() {
        for (KqDescriptorOwner owner : channels.owners()) {
            owner.closeByLoop();
        }
    }

    @Override
    protected void cleanup() {
        poller.close();
    }

    private final class OwnRegistration extends LoopRegistration {
        private final ChannelList.Entry entry;

        OwnRegistration(Registration registration, ChannelList.Entry entry) {
            super(registration, scratch);
            this.entry = entry;
        }

        @Override
        protected void close() {
            if (registration().isValid()) {
                registration().close();
                channels.remove(entry);
            }
        }

        @Override
        protected void deregister() throws IOException {
            if (registration().isValid()) {
                channels.remove(entry);
                registration().deregister();
            }
        }
    }
}
