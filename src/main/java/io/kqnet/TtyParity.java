package io.kqnet;

/** Parity bit of a serial line's characters; {@link KqChannelOption#TTY_PARITY}. In the order of {@code kq_tty} of {@code kq.h}. */
public enum TtyParity {
    NONE,
    ODD,
    EVEN
}
