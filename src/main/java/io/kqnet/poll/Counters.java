package io.kqnet.poll;

import java.util.concurrent.atomic.AtomicLongArray;

/** What one poller did since it was made. Counted by its thread ({@link #TRIGGERS} by any), readable by every thread. */
public final class Counters {
    public static final int KEVENTS = 0;
    public static final int CHANGES = 1;
    public static final int EVENTS = 2;
    public static final int TRIGGERS = 3;
    public static final int STALE_EVENTS = 4;
    public static final int EMPTY_POLLS = 5;
    public static final int REBUILDS = 6;
    public static final int READS = 7;
    public static final int WRITES = 8;
    public static final int ACCEPTS = 9;

    private final AtomicLongArray values = new AtomicLongArray(ACCEPTS + 1);

    public long get(int counter) {
        return values.get(counter);
    }

    /** For counters only the poller's thread counts. */
    public void add(int counter, long n) {
        values.lazySet(counter, values.get(counter) + n);
    }

    void addShared(int counter) {
        values.getAndIncrement(counter);
    }
}
