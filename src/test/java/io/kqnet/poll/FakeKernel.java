package io.kqnet.poll;

import io.kqnet.sys.Constants;
import io.netty.util.internal.PlatformDependent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A kernel that does as it is told and remembers what it was asked. With nothing told it answers 0 to everything and hands out descriptor
 * numbers that nobody has.
 */
final class FakeKernel implements Kernel {
    private static final int FIRST_KQUEUE = 1_000_000_000;

    final List<Record> submitted = new ArrayList<>();
    final List<Long> timeouts = new ArrayList<>();
    final List<Integer> closed = new ArrayList<>();
    final List<Integer> kqueues = new ArrayList<>();
    /** Results of the next calls; {@code 0} when empty. */
    final Deque<Integer> kqueueResults = new ArrayDeque<>();
    final Deque<Integer> keventResults = new ArrayDeque<>();
    final Deque<Integer> changeResults = new ArrayDeque<>();
    final Deque<Integer> triggerResults = new ArrayDeque<>();
    /** What the next call that waits or changes returns as records. */
    final List<Record> answers = new ArrayList<>();
    /** Runs inside each trigger. */
    Runnable onTrigger = () -> { };
    int triggers;
    int keventCalls;
    int changeCalls;

    /** One 32-byte record, as kq.h lays it out. */
    static final class Record {
        final int ident;
        final int filter;
        final int flags;
        final int fflags;
        final long data;
        final long udata;

        Record(int ident, int filter, int flags, int fflags, long data, long udata) {
            this.ident = ident;
            this.filter = filter;
            this.flags = flags;
            this.fflags = fflags;
            this.data = data;
            this.udata = udata;
        }

        static Record of(Registration registration, int filter, int flags, int fflags, long data) {
            return new Record(registration.fd, filter, flags, fflags, data, registration.udata);
        }

        static Record error(Registration registration, int filter, int errno) {
            return of(registration, filter, Constants.EV_ERROR, 0, errno);
        }

        static Record read(long address) {
            return new Record(PlatformDependent.getInt(address), PlatformDependent.getShort(address + 4),
                    PlatformDependent.getShort(address + 6) & 0xFFFF, PlatformDependent.getInt(address + 8),
                    PlatformDependent.getLong(address + 16), PlatformDependent.getLong(address + 24));
        }

        void write(long address) {
            PlatformDependent.putInt(address, ident);
            PlatformDependent.putShort(address + 4, (short) filter);
            PlatformDependent.putShort(address + 6, (short) flags);
            PlatformDependent.putInt(address + 8, fflags);
            PlatformDependent.putLong(address + 16, data);
            PlatformDependent.putLong(address + 24, udata);
        }

        @Override
        public String toString() {
            return "(" + ident + ", filter " + filter + ", flags 0x" + Integer.toHexString(flags) + ", udata 0x"
                    + Long.toHexString(udata) + ')';
        }
    }

    /** Changes submitted for a descriptor and filter. */
    int submissions(int ident, int filter) {
        return (int) submitted.stream().filter(change -> change.ident == ident && change.filter == filter).count();
    }

    private void submit(long changes, int nchanges) {
        for (int i = 0; i < nchanges; i++) {
            submitted.add(Record.read(changes + (long) i * Constants.SIZEOF_EVENT));
        }
    }

    private int answer(Deque<Integer> results, long address, int room) {
        if (!results.isEmpty()) {
            return results.poll();
        }
        int n = Math.min(room, answers.size());
        for (int i = 0; i < n; i++) {
            answers.remove(0).write(address + (long) i * Constants.SIZEOF_EVENT);
        }
        return n;
    }

    @Override
    public int kqueue() {
        int result = kqueueResults.isEmpty() ? FIRST_KQUEUE + kqueues.size() : kqueueResults.poll();
        if (result >= 0) {
            kqueues.add(result);
        }
        return result;
    }

    @Override
    public int kevent(int kq, long changes, int nchanges, long events, int nevents, long timeoutNanos) {
        keventCalls++;
        timeouts.add(timeoutNanos);
        submit(changes, nchanges);
        return answer(keventResults, events, nevents);
    }

    @Override
    public int change(int kq, long changes, int nchanges) {
        changeCalls++;
        submit(changes, nchanges);
        return answer(changeResults, changes, nchanges);
    }

    @Override
    public int trigger(int kq, int ident, long udata) {
        triggers++;
        onTrigger.run();
        return triggerResults.isEmpty() ? 0 : triggerResults.poll();
    }

    @Override
    public int close(int fd) {
        closed.add(fd);
        return 0;
    }
}
