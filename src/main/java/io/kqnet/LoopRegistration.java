package io.kqnet;

import io.kqnet.poll.Registration;

/** A channel's place in its event loop. Belongs to the loop's thread. */
public abstract class LoopRegistration {
    private final Registration registration;
    private final LoopScratch scratch;

    protected LoopRegistration(Registration registration, LoopScratch scratch) {
        this.registration = registration;
        this.scratch = scratch;
    }

    final Registration registration() {
        return registration;
    }

    final LoopScratch scratch() {
        return scratch;
    }

    /** To be called right before the descriptor is closed. A second call does nothing. */
    protected abstract void close();

    /** Takes the channel off the loop while its descriptor stays open. A second call does nothing. */
    protected abstract void deregister() throws Exception;
}
