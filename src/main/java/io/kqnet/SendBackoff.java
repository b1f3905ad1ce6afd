package io.kqnet;

/**
 * How long to wait before a datagram is offered again that the kernel refused with ENOBUFS: the interface's queue is full, while the socket
 * still counts as writable, so that EVFILT_WRITE would not tell when to go on. Time doubles from 1 ms and ends after 63 ms in all; from then
 * on each datagram gets one attempt, until one leaves.
 */
final class SendBackoff {
    private static final int MOST_MILLIS = 32;

    private int millis = 1;

    /** Milliseconds to wait now; 0 if there was waiting enough. */
    int next() {
        int now = millis;
        if (now > MOST_MILLIS) {
            return 0;
        }
        millis = 2 * now;
        return now;
    }

    /** A datagram left. */
    void reset() {
        millis = 1;
    }
}
