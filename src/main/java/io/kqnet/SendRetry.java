package io.kqnet;

import java.util.concurrent.TimeUnit;

/**
 * When to try again to send a datagram that the kernel refuses without ever saying that it would take it: the BSDs and macOS answer ENOBUFS
 * while the receiver's queue is full, Linux EAGAIN, and EVFILT_WRITE tells of the sender's own buffer only. Each wait is twice the one
 * before, and after a second it is enough.
 */
final class SendRetry {
    static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(64);

    private long wait;
    private long since;

    /** Nanoseconds to wait before the next attempt, or -1 if there were enough. */
    long refused(long now) {
        if (wait == 0) {
            wait = FIRST_NANOS;
            since = now;
            return wait;
        }
        if (now - since >= LIMIT_NANOS) {
            wait = 0;
            return -1;
        }
        wait = Math.min(2 * wait, LONGEST_NANOS);
        return wait;
    }

    /** The datagram has left, or has failed: the next one starts anew. */
    void ended() {
        wait = 0;
    }
}
