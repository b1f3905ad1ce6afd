package io.kqnet.netty42;

import io.netty.channel.IoOps;

/** What to be told of a {@link KqIoHandle}'s descriptor. */
public enum KqIoOps implements IoOps {
    /** EVFILT_READ with EV_CLEAR for the life of the registration: read until dry after each event. Submitting it again does nothing. */
    READ,
    /** EVFILT_WRITE for one event; to be submitted for each. */
    WRITE
}
