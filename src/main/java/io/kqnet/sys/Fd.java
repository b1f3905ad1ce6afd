package io.kqnet.sys;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/** An owned descriptor: closed exactly once. {@link #close()} may be called by any thread; other calls must not race with it. */
public final class Fd {
    private final int number;
    private final AtomicBoolean closed = new AtomicBoolean();

    public Fd(int number) {
        if (number < 0) {
            throw new IllegalArgumentException("descriptor " + number + " is negative");
        }
        this.number = number;
    }

    public int number() {
        return number;
    }

    /** The number, or -1 once it was closed, when it may already belong to somebody else: for calls that do not come from the owner's loop. */
    public int openNumber() {
        return isOpen() ? number : -1;
    }

    public boolean isOpen() {
        return !closed.get();
    }

    /** Gives up ownership without closing; false if it was given up or closed before. */
    public boolean release() {
        return closed.compareAndSet(false, true);
    }

    /** Does nothing the second time. The descriptor is gone even when the call fails. */
    public void close() throws IOException {
        if (release()) {
            Errno.check("close", SocketCalls.close(number));
        }
    }

    @Override
    public String toString() {
        return "fd " + number + (isOpen() ? "" : " (closed)");
    }
}
