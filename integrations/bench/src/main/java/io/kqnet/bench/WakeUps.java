// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import io.netty.channel.EventLoop;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Two loops without I/O hand a task to and fro by execute(); each is asleep when its turn comes. */
final class WakeUps extends Scenario {
    /** Long enough for the other loop to fall asleep, also on the same CPU and while its calls are being traced. */
    private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

    private Run run;
    private long executedNanos;

    WakeUps(Net net) {
        super(net);
    }

    @Override
    String open() throws Exception {
        net.serverLoop().submit(() -> { }).sync();
        net.clientLoop().submit(() -> { }).sync();
        return "";
    }

    @Override
    void run(Run run, Meter meter) throws Exception {
        this.run = run;
        EventLoop first = net.clientLoop();
        EventLoop second = net.serverLoop();
        meter.start();
        first.execute(() -> hand(new Hop(first), new Hop(second)));
        run.await();
        meter.stop();
    }

    private void hand(Hop from, Hop to) {
        from.other = to;
        to.other = from;
        to.handOver();
    }

    private void pause() {
        if (run.budget.timed()) {
            LockSupport.parkNanos(PAUSE_NANOS);
            return;
        }
        // Parking makes one or two futex calls, which no count can tell from a transport's; yielding makes calls
        // that nothing else makes, so that the count leaves them out.
        for (long endNanos = System.nanoTime() + PAUSE_NANOS; System.nanoTime() - endNanos < 0;) {
            Thread.yield();
        }
    }

    /** The fields of this scenario go from loop to loop with the task, by the task queue's happens-before. */
    private final class Hop implements Runnable {
        private final EventLoop loop;
        private Hop other;

        Hop(EventLoop loop) {
            this.loop = loop;
        }

        void handOver() {
            if (!run.budget.take()) {
                run.finish();
                return;
            }
            pause();
            executedNanos = System.nanoTime();
            loop.execute(this);
        }

        @Override
        public void run() {
            run.completed(executedNanos);
            other.handOver();
        }
    }
}
