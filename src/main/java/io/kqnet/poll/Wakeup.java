package io.kqnet.poll;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.IoCalls;
import io.kqnet.sys.Memory;
import java.io.IOException;
import java.lang.ref.Reference;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Ends a poller's sleep from another thread: EVFILT_USER, or a pipe where the kernel lacks it (NetBSD before 10, OpenBSD before 7.8).
 * At most one trigger per sleep; none while the poller is awake. {@link #wake()} and {@link #endsSleepEarlier(long)} may be called by any
 * thread at any time, also after {@link #close()}; everything else belongs to the poller's thread.
 */
public final class Wakeup {
    /** Slot 0 of the poller's table is never a registration's; the generation keeps the whole from being 0. */
    static final long UDATA = 1L << 32;

    private static final long AWAKE = -1;
    private static final long TRIGGERING = -2;
    private static final long NOTIFIED = -3;
    private static final long CLOSED = -4;
    /** As {@link #TRIGGERING}, and a sticky wake came meanwhile: the trigger may have been used up already. */
    private static final long TRIGGERING_NOTIFIED = -5;
    private static final AtomicInteger NEXT_IDENT = new AtomicInteger();

    /** One poller's alone, so that no other poller's kqueue is taken for this one's, see {@link #isOpenOn}. */
    private final int ident = NEXT_IDENT.getAndIncrement() & Integer.MAX_VALUE;
    private final Kernel kernel;
    private final Counters counters;
    private final boolean sticky;
    /** A state, or while asleep the deadline (>= 0) the sleep ends at by itself. */
    private final AtomicLong state;
    private volatile int kq = -1;
    private volatile int pipeWrite = -1;
    private int pipeRead = -1;
    private Memory drained;

    /**
     * @param sticky a wake that meets an awake poller makes its next sleep return at once; without it the poller must look for its work
     *     between {@link #beginSleep} and the sleep
     */
    Wakeup(Kernel kernel, Counters counters, boolean sticky) {
        this.kernel = kernel;
        this.counters = counters;
        this.sticky = sticky;
        state = new AtomicLong(AWAKE);
    }

    /** The pipe's read end; -1 with EVFILT_USER. */
    int pipeRead() {
        return pipeRead;
    }

    /** Puts the filter that ends a sleep on a kqueue. When it throws, the one before is still in use. */
    void open(int kqueue, boolean forcePipe) throws IOException {
        if (pipeRead >= 0 || forcePipe || !addUserFilter(kqueue)) {
            openPipe();
            Errno.check("kevent", changePipe(kqueue, Constants.EV_ADD | Constants.EV_CLEAR), "wakeup pipe");
        }
        kq = kqueue;
    }

    /** Whether this kernel knows EVFILT_USER can only be learned by asking it: a header may be newer than the kernel. */
    private boolean addUserFilter(int kqueue) {
        if (Constants.EVFILT_USER == Constants.ABSENT) {
            return false;
        }
        EventArray scratch = new EventArray(1);
        scratch.set(0, ident, Constants.EVFILT_USER, Constants.EV_ADD | Constants.EV_CLEAR, 0, UDATA);
        int failed = kernel.change(kqueue, scratch.address(), 1);
        Reference.reachabilityFence(scratch);
        return failed == 0;
    }

    private void openPipe() throws IOException {
        if (pipeRead < 0) {
            Memory ends = new Memory(2 * Integer.BYTES);
            Errno.check("pipe", IoCalls.pipe(ends.address()));
            pipeRead = ends.buffer().getInt(0);
            pipeWrite = ends.buffer().getInt(Integer.BYTES);
            drained = new Memory(64);
        }
    }

    /** 0, or why not as {@code -errno}. */
    private int changePipe(int kqueue, int flags) {
        EventArray scratch = new EventArray(1);
        scratch.set(0, pipeRead, Constants.EVFILT_READ, flags, Constants.KQ_NOTE_NODATA, UDATA);
        int failed = kernel.change(kqueue, scratch.address(), 1);
        Reference.reachabilityFence(scratch);
        return failed > 0 ? (int) -scratch.data(0) : failed;
    }

    /** Whether the descriptor is a kqueue with this wakeup's filter, which no other has. May end its next sleep. */
    boolean isOpenOn(int kqueue) {
        if (pipeRead >= 0) {
            return changePipe(kqueue, Constants.EV_ENABLE) == 0;
        }
        return kernel.trigger(kqueue, ident, UDATA) >= 0;
    }

    /** Wakes the poller if it sleeps or is about to. */
    public void wake() {
        for (;;) {
            long seen = state.get();
            long next = afterWake(seen);
            if (next == seen) {
                return;
            }
            if (state.compareAndSet(seen, next)) {
                if (next == TRIGGERING) {
                    trigger();
                    endTrigger();
                }
                return;
            }
        }
    }

    private long afterWake(long seen) {
        if (seen >= 0) {
            return TRIGGERING;
        }
        if (!sticky) {
            return seen;
        }
        return seen == AWAKE ? NOTIFIED : seen == TRIGGERING ? TRIGGERING_NOTIFIED : seen;
    }

    private void endTrigger() {
        if (!state.compareAndSet(TRIGGERING, AWAKE)) {
            state.compareAndSet(TRIGGERING_NOTIFIED, NOTIFIED);
        }
    }

    private void trigger() {
        counters.addShared(Counters.TRIGGERS);
        if (pipeWrite >= 0) {
            // EAGAIN: the pipe is full of wakeups, one more says nothing new.
            IoCalls.writePipe(pipeWrite);
        } else {
            kernel.trigger(kq, ident, UDATA);
        }
    }

    /** Whether the poller is asleep and would sleep past {@code deadlineNanos}. */
    public boolean endsSleepEarlier(long deadlineNanos) {
        long sleepUntil = state.get();
        return sleepUntil >= 0 && deadlineNanos < sleepUntil;
    }

    /**
     * Publishes that the poller is about to sleep. False: it must not, a wake is under way.
     * After true, {@link #endSleep()} has to follow.
     */
    public boolean beginSleep(long deadlineNanos) {
        if (state.compareAndSet(AWAKE, Math.max(0, deadlineNanos))) {
            return true;
        }
        if (!state.compareAndSet(NOTIFIED, AWAKE)) {
            // A waker is between its trigger, which may have ended the last sleep, and saying so. It may need this very processor for that.
            Thread.yield();
        }
        return false;
    }

    public void endSleep() {
        long seen = state.get();
        if (seen >= 0) {
            // Fails if a waker is faster; it is then in TRIGGERING and will set AWAKE itself.
            state.compareAndSet(seen, AWAKE);
        }
    }

    /** Takes the bytes out of the pipe, if there is one. */
    void drain() {
        while (pipeRead >= 0 && IoCalls.read(pipeRead, drained.address(), drained.size()) == drained.size()) {
            Thread.onSpinWait();
        }
    }

    /** Waits out a trigger that is being sent, so that it cannot hit whatever gets the descriptor's number next. */
    void quiesce() {
        for (long seen = state.get(); seen == TRIGGERING || seen == TRIGGERING_NOTIFIED; seen = state.get()) {
            Thread.onSpinWait();
        }
    }

    void close() {
        quiesce();
        state.set(CLOSED);
        if (pipeRead >= 0) {
            kernel.close(pipeRead);
            kernel.close(pipeWrite);
            pipeRead = -1;
            pipeWrite = -1;
        }
    }
}
