package io.kqnet.netty42;

import io.netty.channel.IoHandlerContext;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The thread that made it, running tasks when told to; and what a loop on it would tell its handler. */
final class TestExecutor implements ThreadAwareExecutor {
    private final Thread thread = Thread.currentThread();
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    @Override
    public boolean isExecutorThread(Thread asked) {
        return asked == thread;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    int runTasks() {
        int n = 0;
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
            n++;
        }
        return n;
    }

    /** Runs it on another thread, to its end. */
    static void elsewhere(Runnable task) throws InterruptedException {
        List<Throwable> thrown = new ArrayList<>();
        Thread other = new Thread(task);
        other.setUncaughtExceptionHandler((where, t) -> thrown.add(t));
        other.start();
        other.join();
        if (!thrown.isEmpty()) {
            throw new AssertionError(thrown.get(0));
        }
    }

    /** Answers of one loop's context. */
    static final class Context implements IoHandlerContext {
        final Deque<Boolean> canBlock = new ArrayDeque<>();
        final List<Long> reported = new ArrayList<>();
        boolean report;
        /** -1: nothing scheduled. */
        long deadlineNanos = -1;
        long delayNanos = Long.MAX_VALUE;

        /** Answers in order, the last for ever. */
        static Context blocking(boolean... answers) {
            Context context = new Context();
            for (boolean answer : answers) {
                context.canBlock.add(answer);
            }
            return context;
        }

        /** Blocks for that long at most. */
        static Context upTo(long nanos) {
            Context context = blocking(true);
            context.deadlineNanos = nanos;
            context.delayNanos = nanos;
            return context;
        }

        Context reporting() {
            report = true;
            return this;
        }

        @Override
        public boolean canBlock() {
            return canBlock.size() > 1 ? canBlock.poll() : canBlock.peek();
        }

        @Override
        public long delayNanos(long currentTimeNanos) {
            return delayNanos;
        }

        @Override
        public long deadlineNanos() {
            return deadlineNanos;
        }

        @Override
        public boolean shouldReportActiveIoTime() {
            return report;
        }

        @Override
        public void reportActiveIoTime(long activeNanos) {
            reported.add(activeNanos);
        }
    }
}
