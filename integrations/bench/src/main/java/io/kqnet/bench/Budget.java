// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

/** How many more operations a scenario may start: a number of them, or as many as fit until {@link #stop()}. */
final class Budget {
    final long operations;
    final double seconds;
    private long left;
    private volatile boolean stopped;

    private Budget(long operations, double seconds) {
        this.operations = operations;
        this.seconds = seconds;
        this.left = operations;
    }

    static Budget ofSeconds(double seconds, long atMost) {
        return new Budget(atMost, seconds);
    }

    static Budget ofOperations(long operations) {
        return new Budget(operations, 0);
    }

    boolean timed() {
        return seconds > 0;
    }

    /** Called before each operation, by one thread at a time. */
    boolean take() {
        if (stopped || left == 0) {
            return false;
        }
        left--;
        return true;
    }

    /** The same for several operations at once. */
    boolean take(int count) {
        boolean first = take();
        left = Math.max(0, left - count + 1);
        return first;
    }

    void stop() {
        stopped = true;
    }
}
