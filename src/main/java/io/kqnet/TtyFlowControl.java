package io.kqnet;

/** Flow control of a serial line; {@link KqChannelOption#TTY_FLOW_CONTROL}. In the order of {@code kq_tty} of {@code kq.h}. */
public enum TtyFlowControl {
    NONE,
    /** The lines RTS and CTS (CRTSCTS). */
    HARDWARE,
    /** The characters XON and XOFF, in both directions (IXON, IXOFF). */
    SOFTWARE
}
