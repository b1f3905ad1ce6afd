// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import org.HdrHistogram.Histogram;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** One measurement while it runs: what its loop counts, and where the driving thread waits for it. */
final class Run {
    private static final long STALL_SECONDS = 30;

    final Budget budget;
    final Histogram latency = new Histogram(3);
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile Throwable failure;
    /** Written by one loop, read by the driving thread after {@link #finished}. */
    long operations;

    Run(Budget budget) {
        this.budget = budget;
    }

    void completed(long sinceNanos) {
        operations++;
        latency.recordValue(Math.max(0, System.nanoTime() - sinceNanos));
    }

    void finish() {
        finished.countDown();
    }

    void fail(Throwable cause) {
        failure = cause;
        finish();
    }

    /** Lets the budget's time pass, then waits until the operations under way are done. */
    void await() throws InterruptedException {
        if (budget.timed()) {
            finished.await((long) (budget.seconds * 1e9), TimeUnit.NANOSECONDS);
            budget.stop();
        }
        awaitFinish();
    }

    void awaitFinish() throws InterruptedException {
        // A transport that loses an event must show as a failure here, not as a benchmark that hangs.
        if (!finished.await(STALL_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("stalled after " + operations + " operations");
        }
        if (failure != null) {
            throw new IllegalStateException("failed after " + operations + " operations", failure);
        }
    }
}
