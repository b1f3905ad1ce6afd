package io.kqnet;

import org.junit.jupiter.api.Assumptions;

/**
 * System calls that fail on demand, of the library built from {@code src/test/c/faults}. A plan replaces the earlier one for the same call.
 * Calls are named after their function; the emulation's wait is {@code epoll_wait}.
 */
final class Faults {
    private static final int ANY_DESCRIPTOR = -1;

    private static boolean loaded;

    private Faults() {
    }

    /** Skips the test unless that library is the one that is loaded. */
    static void load() {
        Kq.ensureAvailability();
        try {
            forget();
            loaded = true;
        } catch (UnsatisfiedLinkError e) {
            Assumptions.abort("needs -Dio.kqnet.library=target/faults/libkqnet_faults.so");
        }
    }

    /** After {@code skip} calls, {@code times} calls fail. */
    static void failNext(String call, String errno, int skip, int times) {
        planOrThrow(call, errno, 0, ANY_DESCRIPTOR, skip, times);
    }

    static void failNext(String call, String errno) {
        failNext(call, errno, 0, 1);
    }

    /** The next call on this descriptor fails. */
    static void failNext(String call, String errno, int fd) {
        planOrThrow(call, errno, 0, fd, 0, 1);
    }

    /** The next {@code times} calls on this descriptor move at most {@code limit} bytes. */
    static void shortenNext(String call, int limit, int fd, int times) {
        planOrThrow(call, null, limit, fd, 0, times);
    }

    /** Counts calls from now on, without failing any. */
    static void count(String call) {
        planOrThrow(call, null, 0, ANY_DESCRIPTOR, 0, 0);
    }

    private static void planOrThrow(String call, String errno, int limit, int fd, int skip, int times) {
        if (!plan(call, errno, limit, fd, skip, times)) {
            throw new IllegalArgumentException("no such call or errno: " + call + ", " + errno);
        }
    }

    /**
     * The descriptor takes {@code bytes} bytes, by send, sendmsg and sendfile together; then one of these fails, {@code times} times over.
     *
     * @param errno null if none is to fail: the call that meets the limit is only cut
     */
    static void room(int fd, int bytes, String errno, int times) {
        if (!limitRoom(errno, bytes, fd, times)) {
            throw new IllegalArgumentException("no such errno: " + errno);
        }
    }

    private static native boolean limitRoom(String errno, int bytes, int fd, int times);

    private static native boolean plan(String call, String errno, int limit, int fd, int skip, int times);

    /** Takes all plans back; also called after a test that was skipped. */
    static void clear() {
        if (loaded) {
            forget();
        }
    }

    private static native void forget();

    /** Calls made since the plan, those that failed included. */
    static native int made(String call);

    /** Calls that were made to fail or to move less since the plan. */
    static native int hit(String call);
}
