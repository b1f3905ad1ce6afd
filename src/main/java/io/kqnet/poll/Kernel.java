package io.kqnet.poll;

import io.kqnet.sys.KqueueCalls;
import io.kqnet.sys.SocketCalls;

/** The kqueue calls a {@link Poller} makes; tests put a failing kernel here. Results are {@code >= 0} or {@code -errno}. */
interface Kernel {
    Kernel NATIVE = new Kernel() { };

    default int kqueue() {
        return KqueueCalls.kqueue();
    }

    default int kevent(int kq, long changes, int nchanges, long events, int nevents, long timeoutNanos) {
        return KqueueCalls.kevent(kq, changes, nchanges, events, nevents, timeoutNanos);
    }

    default int change(int kq, long changes, int nchanges) {
        return KqueueCalls.change(kq, changes, nchanges);
    }

    default int trigger(int kq, int ident, long udata) {
        return KqueueCalls.trigger(kq, ident, udata);
    }

    default int close(int fd) {
        return SocketCalls.close(fd);
    }
}
