package io.kqnet;

import io.kqnet.poll.ReadyHandler;

/**
 * What a channel knows about its reading side between two events. An edge is remembered here until the descriptor was read dry, because
 * EV_CLEAR does not repeat it. Belongs to the loop's thread.
 */
final class ReadState {
    /** {@code read()} was called and not answered yet. */
    private boolean requested;
    /** Reading may yield something. */
    private boolean readable;
    /** Bytes or connections left of the last event's {@code data}. */
    private long available = ReadyHandler.UNKNOWN;
    /** No more than what is buffered will come. */
    private boolean eof;

    void request() {
        requested = true;
    }

    void answered() {
        requested = false;
    }

    boolean isRequested() {
        return requested;
    }

    boolean isReadable() {
        return readable;
    }

    boolean isEof() {
        return eof;
    }

    long available() {
        return available;
    }

    void event(long data, boolean endOfFile) {
        readable = true;
        available = data;
        eof |= endOfFile;
    }

    /** EAGAIN. */
    void drained() {
        readable = false;
        available = ReadyHandler.UNKNOWN;
    }

    /**
     * A read of {@code n} into room for {@code attempted}. Before an EV_EOF the end itself still has to be read; otherwise all of an exact
     * count, or a short read where no count is known, leaves nothing.
     */
    void consumed(long n, long attempted) {
        if (available != ReadyHandler.UNKNOWN) {
            available = Math.max(0, available - n);
            readable = eof || available > 0;
        } else {
            readable = eof || n == attempted;
        }
    }
}
