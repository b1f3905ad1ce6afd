package io.kqnet.poll;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Memory;

/**
 * A fixed array of the 32-byte event records that C and Java share ({@code kq_event} of {@code kq.h}). It never grows: a full change array is
 * flushed, a full event array is polled again.
 */
final class EventArray {
    private static final int FILTER = 4;
    private static final int FLAGS = 6;
    private static final int FFLAGS = 8;
    private static final int DATA = 16;
    private static final int UDATA = 24;

    private final Memory memory;
    private final int capacity;

    EventArray(int capacity) {
        this.capacity = capacity;
        memory = new Memory(capacity * Constants.SIZEOF_EVENT);
    }

    int capacity() {
        return capacity;
    }

    long address() {
        return memory.address();
    }

    void set(int index, int ident, int filter, int flags, int fflags, long udata) {
        int offset = index * Constants.SIZEOF_EVENT;
        memory.buffer().putInt(offset, ident).putShort(offset + FILTER, (short) filter).putShort(offset + FLAGS, (short) flags)
                .putInt(offset + FFLAGS, fflags).putLong(offset + DATA, 0).putLong(offset + UDATA, udata);
    }

    void copy(int from, int to) {
        set(to, ident(from), filter(from), flags(from), fflags(from), udata(from));
    }

    int ident(int index) {
        return memory.buffer().getInt(index * Constants.SIZEOF_EVENT);
    }

    int filter(int index) {
        return memory.buffer().getShort(index * Constants.SIZEOF_EVENT + FILTER);
    }

    int flags(int index) {
        return memory.buffer().getShort(index * Constants.SIZEOF_EVENT + FLAGS) & 0xFFFF;
    }

    int fflags(int index) {
        return memory.buffer().getInt(index * Constants.SIZEOF_EVENT + FFLAGS);
    }

    long data(int index) {
        return memory.buffer().getLong(index * Constants.SIZEOF_EVENT + DATA);
    }

    long udata(int index) {
        return memory.buffer().getLong(index * Constants.SIZEOF_EVENT + UDATA);
    }
}
