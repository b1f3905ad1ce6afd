package io.kqnet.poll;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import java.io.IOException;
import java.lang.ref.Reference;
import java.util.ArrayDeque;

/**
 * A kqueue with its registrations: changes travel in the call that waits, events find their owner by udata, a failing change reaches the
 * registration it was made for. Belongs to one thread, except for {@link #wakeup()} and {@link #counters()}.
 */
public final class Poller {
    /** Size of the change and of the event array unless told otherwise. */
    public static final int DEFAULT_CAPACITY = 128;
    /** What one kevent call can carry ({@code KQ_MAX_EVENTS} of kq_kqueue.c). */
    public static final int MAX_CAPACITY = 1024;
    /** Short against what a connection can wait, long enough for a log to stay readable. */
    private static final long FAILURE_PAUSE_MILLIS = 100;
    /** System property: {@code true} wakes loops through a pipe even where EVFILT_USER works. */
    static final String PIPE_WAKEUP_PROP_NAME = "io.kqnet.wakeupPipe";

    private final Kernel kernel;
    private final Counters counters = new Counters();
    private final Slots slots = new Slots();
    private final ChangeList changes;
    private final EventArray events;
    private final ArrayDeque<FailedChange> failedChanges = new ArrayDeque<>();
    private final Wakeup wakeup;
    private int kq = -1;
    private int cursor;
    private int count;

    /**
     * Makes a poller without a kqueue; {@link #open()} gives it one.
     *
     * @param capacity of the event array, 1 to {@link #MAX_CAPACITY}
     * @param stickyWakeup see {@link Wakeup}
     */
    public Poller(int capacity, boolean stickyWakeup) {
        this(Kernel.NATIVE, capacity, stickyWakeup);
    }

    Poller(Kernel kernel, int capacity, boolean stickyWakeup) {
        if (capacity < 1 || capacity > MAX_CAPACITY) {
            throw new IllegalArgumentException("event array of " + capacity + ", expected 1.." + MAX_CAPACITY);
        }
        this.kernel = kernel;
        changes = new ChangeList(capacity);
        events = new EventArray(capacity);
        wakeup = new Wakeup(kernel, counters, stickyWakeup);
    }

    /** Makes the kqueue; a second call does nothing. */
    public void open() throws IOException {
        if (kq < 0) {
            openKqueue(Boolean.getBoolean(PIPE_WAKEUP_PROP_NAME));
        }
    }

    private void openKqueue(boolean forcePipe) throws IOException {
        int fd = Errno.check("kqueue", kernel.kqueue());
        boolean opened = false;
        try {
            wakeup.open(fd, forcePipe);
            kq = fd;
            opened = true;
        } finally {
            if (!opened) {
                kernel.close(fd);
            }
        }
    }

    public boolean isOpen() {
        return kq >= 0;
    }

    public Wakeup wakeup() {
        return wakeup;
    }

    public Counters counters() {
        return counters;
    }

    /** Registers a descriptor, with no filter armed yet; no system call. */
    public Registration register(int fd, ReadyHandler handler) {
        if (fd < 0) {
            throw new IllegalArgumentException("descriptor " + fd + " is negative");
        }
        return slots.add(this, fd, handler);
    }

    /** Registrations alive. */
    public int registrations() {
        return slots.size();
    }

    void queueRead(Registration registration) {
        flushIfFull();
        changes.addRead(registration, Constants.EV_ADD | Constants.EV_CLEAR, registration.exactData ? 0 : Constants.KQ_NOTE_NODATA);
    }

    /**
     * EV_ADD|EV_ENABLE|EV_DISPATCH each time: EV_CLEAR would fire on every ACK, EV_ENABLE alone loses the event on NetBSD, EV_ADD alone leaves
     * a dispatched filter disabled on every kernel (docs/platforms.md).
     */
    void queueWrite(Registration registration) {
        flushIfFull();
        // A delete that waits (see dispatch) would take the filter away again.
        changes.removeWrite(registration);
        registration.writeAdded = true;
        registration.writeFired = false;
        int once = Constants.EV_DISPATCH != Constants.ABSENT ? Constants.EV_ENABLE | Constants.EV_DISPATCH : Constants.EV_ONESHOT;
        changes.addWrite(registration, Constants.EV_ADD | once, Constants.KQ_NOTE_NODATA);
    }

    void queueExcept(Registration registration) {
        flushIfFull();
        changes.addExcept(registration, Constants.EV_ADD | Constants.EV_CLEAR, Constants.NOTE_OOB);
    }

    void unqueueWrite(Registration registration) {
        changes.removeWrite(registration);
    }

    /** A queued change that outlived its descriptor would be applied to whoever gets the number next, so it goes before close(2). */
    void remove(Registration registration) {
        changes.removeRead(registration);
        // A delete that waits goes, too, so its filter is still there.
        registration.writeAdded |= registration.writeChange != Registration.NOT_QUEUED;
        changes.removeWrite(registration);
        changes.removeExcept(registration);
        registration.valid = false;
        registration.writeArmed = false;
        slots.remove(registration);
    }

    void deleteFilters(Registration registration) {
        EventArray scratch = new EventArray(3);
        int n = 0;
        if (registration.readArmed) {
            scratch.set(n++, registration.fd, Constants.EVFILT_READ, Constants.EV_DELETE, 0, registration.udata);
        }
        if (registration.writeAdded) {
            scratch.set(n++, registration.fd, Constants.EVFILT_WRITE, Constants.EV_DELETE, 0, registration.udata);
        }
        if (registration.exceptArmed) {
            scratch.set(n++, registration.fd, Constants.EVFILT_EXCEPT, Constants.EV_DELETE, 0, registration.udata);
        }
        if (n > 0) {
            // ENOENT: the filter was still queued. EBADF: somebody closed the descriptor. Either way it is off.
            kernel.change(kq, scratch.address(), n);
            Reference.reachabilityFence(scratch);
            counters.add(Counters.CHANGES, n);
        }
    }

    /** Again if the flush rebuilt the kqueue, which fills the list with what is armed already. */
    private void flushIfFull() {
        while (changes.isFull()) {
            flush();
        }
    }

    /** Runs inside handlers, so what failed is told to its owner only by the next {@link #dispatch()}. */
    private void flush() {
        int n = changes.size();
        EventArray array = changes.array();
        int failed = kernel.change(kq, array.address(), n);
        counters.add(Counters.KEVENTS, 1);
        counters.add(Counters.CHANGES, n);
        if (failed < 0) {
            failedCall(failed);
            return;
        }
        changes.clear();
        for (int i = 0; i < failed; i++) {
            failedChanges.add(new FailedChange(array.udata(i), array.filter(i), (int) array.data(i)));
        }
    }

    /**
     * Submits the queued changes and collects events, waiting up to {@code timeoutNanos} for one (0 not at all, negative without limit).
     * {@link #dispatch()} delivers them. Does not wait, nor call the kernel, while an earlier batch is not delivered to its end.
     *
     * @return number of events to dispatch; 0 also after EINTR
     */
    public int fetch(long timeoutNanos) {
        if (cursor < count) {
            return count - cursor;
        }
        int nchanges = changes.size();
        long timeout = failedChanges.isEmpty() ? timeoutNanos : 0;
        int n = kernel.kevent(kq, changes.array().address(), nchanges, events.address(), events.capacity(), timeout);
        counters.add(Counters.KEVENTS, 1);
        counters.add(Counters.CHANGES, nchanges);
        cursor = 0;
        count = Math.max(0, n);
        if (n <= 0) {
            counters.add(Counters.EMPTY_POLLS, 1);
        }
        if (n >= 0 || n == -Constants.EINTR) {
            changes.clear();
        } else {
            failedWait(n);
        }
        return count + failedChanges.size();
    }

    /** The changes stay queued: whether they were applied is unknown, and adding a filter twice does no harm. */
    private void failedCall(int result) {
        if (result != -Constants.EBADF || kq < 0) {
            throw new IllegalStateException(Errno.message("kevent", -result, "kqueue " + kq));
        }
        rebuild();
    }

    /** A wait that keeps failing must not become a spin of its loop. */
    private void failedWait(int result) {
        try {
            failedCall(result);
        } catch (IllegalStateException e) {
            try {
                Thread.sleep(FAILURE_PAUSE_MILLIS);
            } catch (InterruptedException ignored) {
                // The loop goes on; who interrupts it wants no more than that.
            }
            throw e;
        }
    }

    /**
     * Delivers the fetched events. A handler that throws ends the delivery; the next call goes on behind it.
     *
     * @return number of events that reached a registration's handler
     */
    public int dispatch() {
        int handled = 0;
        while (!failedChanges.isEmpty()) {
            FailedChange failed = failedChanges.poll();
            handled += dispatchError(slots.find(failed.udata), failed.filter, failed.errno);
        }
        while (cursor < count) {
            handled += dispatch(cursor++);
        }
        return handled;
    }

    private int dispatch(int index) {
        int filter = events.filter(index);
        long udata = events.udata(index);
        if (udata == Wakeup.UDATA) {
            wakeup.drain();
            return 0;
        }
        Registration registration = slots.find(udata);
        int flags = events.flags(index);
        if ((flags & Constants.EV_ERROR) != 0) {
            return dispatchError(registration, filter, (int) events.data(index));
        }
        if (registration == null) {
            counters.add(Counters.STALE_EVENTS, 1);
            return 0;
        }
        counters.add(Counters.EVENTS, 1);
        boolean eof = (flags & Constants.EV_EOF) != 0;
        int errno = eof ? events.fflags(index) : 0;
        if (Registration.isRead(filter)) {
            registration.handler.onReadable(events.data(index), eof, errno);
            return 1;
        }
        if (Registration.isExcept(filter)) {
            registration.handler.onOutOfBand();
            return 1;
        }
        boolean again = registration.writeFired;
        registration.writeFired = true;
        if (!registration.writeArmed) {
            if (again) {
                removeWrite(registration);
            }
            return 0;
        }
        registration.writeArmed = false;
        registration.handler.onWritable(eof, errno);
        return 1;
    }

    /**
     * EVFILT_WRITE fired with nothing to write, and it had fired since it was armed: the device does not know EV_DISPATCH (serial lines do not
     * know EV_CLEAR, says ASIO), and each kevent would return at once.
     */
    private void removeWrite(Registration registration) {
        if (registration.writeAdded) {
            flushIfFull();
            registration.writeAdded = false;
            changes.addWrite(registration, Constants.EV_DELETE, 0);
        }
    }

    /**
     * Refusing EVFILT_WRITE with EPIPE (FreeBSD, DragonFly), EPERM (OpenBSD) or EBADF (NetBSD) says that a pipe's reader has gone (libevent,
     * kqueue.c): that is readiness, the write will report it, as it will if the descriptor itself is bad.
     */
    private int dispatchError(Registration registration, int filter, int errno) {
        if (registration == null) {
            counters.add(Counters.STALE_EVENTS, 1);
            return 0;
        }
        if (Registration.isRead(filter)) {
            registration.readArmed = false;
            if (!registration.readOptional) {
                registration.handler.onError("kevent(EVFILT_READ)", errno);
            }
            return 1;
        }
        if (Registration.isExcept(filter)) {
            registration.exceptArmed = false;
            // EINVAL: a kernel older than its header. The mark is asked for at every read in any case.
            if (errno != Constants.EINVAL) {
                registration.handler.onError("kevent(EVFILT_EXCEPT)", errno);
            }
            return 1;
        }
        if (errno == Constants.ENOENT) {
            // Of removeWrite: only a delete is answered so. The filter may be armed anew by now.
            return 0;
        }
        registration.writeArmed = false;
        if (errno == Constants.EPIPE || errno == Constants.EPERM || errno == Constants.EBADF) {
            registration.handler.onWritable(true, errno);
        } else {
            registration.handler.onError("kevent(EVFILT_WRITE)", errno);
        }
        return 1;
    }

    /**
     * Makes a new kqueue and adds the wakeup and every armed filter to it again: for a process image whose kqueue did not survive (fork,
     * checkpoint), and when the descriptor has turned bad. The old number is closed only if it still is this poller's kqueue; in a forked
     * child it may be anything.
     */
    public void rebuild() {
        int old = kq;
        wakeup.endSleep();
        wakeup.quiesce();
        boolean stillOurs = old >= 0 && wakeup.isOpenOn(old);
        try {
            openKqueue(wakeup.pipeRead() >= 0);
        } catch (IOException e) {
            throw new IllegalStateException("cannot rebuild kqueue " + old, e);
        }
        changes.clear();
        if (stillOurs) {
            kernel.close(old);
        }
        counters.add(Counters.REBUILDS, 1);
        for (Registration registration : slots.toArray()) {
            if (registration.readArmed) {
                queueRead(registration);
            }
            if (registration.writeArmed) {
                queueWrite(registration);
            }
            if (registration.exceptArmed) {
                queueExcept(registration);
            }
        }
    }

    /** Closes the kqueue; registrations left are dropped, their descriptors are their owners' to close. A second call does nothing. */
    public void close() {
        wakeup.close();
        for (Registration registration : slots.toArray()) {
            remove(registration);
        }
        cursor = 0;
        count = 0;
        failedChanges.clear();
        if (kq >= 0) {
            kernel.close(kq);
            kq = -1;
        }
    }

    private static final class FailedChange {
        final long udata;
        final int filter;
        final int errno;

        FailedChange(long udata, int filter, int errno) {
            this.udata = udata;
            this.filter = filter;
            this.errno = errno;
        }
    }
}
