package io.kqnet;

import io.kqnet.poll.Counters;
import io.netty.channel.EventLoop;

/**
 * What one event loop asked of the kernel since it was made. Each value only grows; values read together may be from slightly different
 * moments. Any thread may read.
 */
public final class KqLoopMetrics {
    private final Counters counters;

    KqLoopMetrics(Counters counters) {
        this.counters = counters;
    }

    /**
     * The metrics of a {@link KqEventLoopGroup}'s loop, or of a Netty 4.2 loop driven by {@code KqIoHandler}.
     *
     * @throws IllegalArgumentException if it is neither
     */
    public static KqLoopMetrics of(EventLoop loop) {
        return new KqLoopMetrics(LoopBinding.of(loop).counters(loop));
    }

    /** Calls of {@code kevent(2)}, those that woke another thread's sleep not included. */
    public long keventCalls() {
        return counters.get(Counters.KEVENTS);
    }

    /** Changes submitted with those calls. */
    public long changes() {
        return counters.get(Counters.CHANGES);
    }

    /** Events that found their registration. */
    public long events() {
        return counters.get(Counters.EVENTS);
    }

    /** Calls that woke this loop from another thread. */
    public long triggers() {
        return counters.get(Counters.TRIGGERS);
    }

    /** Events whose registration had gone; dropped. */
    public long staleEvents() {
        return counters.get(Counters.STALE_EVENTS);
    }

    /** Calls of {@code kevent(2)} that returned without an event. */
    public long emptyPolls() {
        return counters.get(Counters.EMPTY_POLLS);
    }

    /** New kqueues made by {@link KqEventLoopGroup#rebuild()} or because the old one had turned bad. */
    public long rebuilds() {
        return counters.get(Counters.REBUILDS);
    }

    /** Calls that read from a stream or received datagrams. */
    public long reads() {
        return counters.get(Counters.READS);
    }

    /** Calls that wrote to a stream or sent datagrams: {@code write}, {@code writev}, {@code sendfile}, {@code sendmmsg} in whatever form. */
    public long writes() {
        return counters.get(Counters.WRITES);
    }

    /** Calls of {@code accept(2)}. */
    public long accepts() {
        return counters.get(Counters.ACCEPTS);
    }

    @Override
    public String toString() {
        return "KqLoopMetrics(keventCalls: " + keventCalls() + ", changes: " + changes() + ", events: " + events()
                + ", triggers: " + triggers() + ", staleEvents: " + staleEvents() + ", emptyPolls: " + emptyPolls()
                + ", rebuilds: " + rebuilds() + ", reads: " + reads() + ", writes: " + writes() + ", accepts: " + accepts() + ')';
    }
}
