package io.kqnet.netty42;

import io.netty.channel.IoEvent;

/** Readiness of a {@link KqIoHandle}'s descriptor. One instance per registration, valid during {@code handle} only. */
public final class KqIoEvent implements IoEvent {
    private KqIoOps kind;
    private long data;
    private boolean eof;
    private int errno;
    private String failedCall;

    KqIoEvent() {
    }

    KqIoEvent set(KqIoOps kind, long data, boolean eof, int errno, String failedCall) {
        this.kind = kind;
        this.data = data;
        this.eof = eof;
        this.errno = errno;
        this.failedCall = failedCall;
        return this;
    }

    /** Which direction is ready; null if a filter could not be registered, see {@link #failedCall()}. */
    public KqIoOps kind() {
        return kind;
    }

    /** Bytes to read or connections to accept; 0 for other events. */
    public long data() {
        return data;
    }

    /** EV_EOF: the direction ends after what is buffered. */
    public boolean isEof() {
        return eof;
    }

    /** The socket's error beside EV_EOF, or why the filter was refused; 0 if none. */
    public int errno() {
        return errno;
    }

    /** The change the kernel refused, such as {@code kevent(EVFILT_READ)}; null for readiness. */
    public String failedCall() {
        return failedCall;
    }

    @Override
    public String toString() {
        return "KqIoEvent(" + (failedCall == null ? kind + ", data " + data : failedCall + " failed") + (eof ? ", EOF" : "")
                + (errno == 0 ? "" : ", errno " + errno) + ')';
    }
}
