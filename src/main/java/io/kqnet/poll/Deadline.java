package io.kqnet.poll;

/** Deadlines to kevent timeouts; pure. */
public final class Deadline {
    /** No deadline: wait until something happens. */
    public static final long NONE = Long.MAX_VALUE;

    /** One day less a second, in nanoseconds: old XNU answers EINVAL beyond, NetBSD and DragonFly misbehave from 24 h (docs/platforms.md). */
    static final long MAX_WAIT_NANOS = 86_399L * 1_000_000_000L;

    private Deadline() {
    }

    /**
     * Timeout for a wait that starts now.
     *
     * @param deadlineNanos on the clock of {@code nowNanos}, or {@link #NONE}
     * @return nanoseconds, 0 if the deadline has passed, negative to wait without limit
     */
    public static long timeoutNanos(long deadlineNanos, long nowNanos) {
        if (deadlineNanos == NONE) {
            return -1;
        }
        if (deadlineNanos <= nowNanos) {
            return 0;
        }
        long delay = deadlineNanos - nowNanos;
        return delay < 0 ? MAX_WAIT_NANOS : Math.min(delay, MAX_WAIT_NANOS);
    }
}
