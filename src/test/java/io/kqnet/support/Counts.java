package io.kqnet.support;

import io.kqnet.KqLoopMetrics;
import io.netty.channel.EventLoop;

/** A loop's counters at one moment, or the difference of two. A wait that has not returned yet is not in them. */
public final class Counts {
    public final long kevents;
    public final long changes;
    public final long events;
    public final long emptyPolls;
    public final long reads;
    public final long writes;
    public final long accepts;

    private Counts(KqLoopMetrics now, Counts before) {
        kevents = now.keventCalls() - (before == null ? 0 : before.kevents);
        changes = now.changes() - (before == null ? 0 : before.changes);
        events = now.events() - (before == null ? 0 : before.events);
        emptyPolls = now.emptyPolls() - (before == null ? 0 : before.emptyPolls);
        reads = now.reads() - (before == null ? 0 : before.reads);
        writes = now.writes() - (before == null ? 0 : before.writes);
        accepts = now.accepts() - (before == null ? 0 : before.accepts);
    }

    public static Counts of(EventLoop loop) {
        return new Counts(KqLoopMetrics.of(loop), null);
    }

    /** What happened from this moment to now. */
    public Counts since(EventLoop loop) {
        return new Counts(KqLoopMetrics.of(loop), this);
    }

    /** {@link #since} as a text to compare. */
    public String until(EventLoop loop) {
        Counts delta = since(loop);
        return "kevents " + delta.kevents + ", changes " + delta.changes + ", reads " + delta.reads + ", writes " + delta.writes
                + ", accepts " + delta.accepts;
    }
}
