package io.kqnet.sys;

import java.nio.ByteBuffer;

/**
 * Natives of {@code kq_kqueue.c}. Each returns {@code >= 0} or {@code -errno}. Addresses point to 32-byte event records
 * ({@code kq.h}) that the caller keeps alive during the call.
 */
public final class KqueueCalls {
    private KqueueCalls() {
    }

    public static native int kqueue();

    /**
     * {@code kevent(2)}: applies the changes, then waits. After {@code -EINTR} the changes are in force (man page).
     *
     * @param timeoutNanos negative waits without limit
     */
    public static native int kevent(int kq, long changes, int nchanges, long events, int nevents, long timeoutNanos);

    /** Applies the changes without collecting events; returns how many failed and leaves those, as EV_ERROR records, at the front of the array. */
    public static native int change(int kq, long changes, int nchanges);

    /** NOTE_TRIGGER on an EVFILT_USER knote; any thread. */
    public static native int trigger(int kq, int ident, long udata);

    /** Address of a direct buffer's memory; 0 for null or a heap buffer. */
    public static native long addressOf(ByteBuffer buffer);
}
