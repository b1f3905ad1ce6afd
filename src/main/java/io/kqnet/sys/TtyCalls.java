package io.kqnet.sys;

/** Natives of {@code kq_tty.c}: terminals and serial lines. Each returns {@code >= 0} or {@code -errno}; EINTR is retried in C. */
public final class TtyCalls {
    private TtyCalls() {
    }

    /** 1 for a terminal, a pseudo-terminal's master included, else 0. */
    public static native int isTty(int fd);

    /** Opens a pseudo-terminal: the master, and at {@code address} the other side's path, NUL-terminated. */
    public static native int open(long address, int capacity);

    /** Stores the terminal's settings as a {@code kq_tty} of {@code kq.h}. */
    public static native int get(int fd, long address);

    /** Applies the fields of a {@code kq_tty} that are not negative; {@code -EINVAL} if the terminal did not take one. */
    public static native int set(int fd, long address);

    /** Stores {@link Constants#SIZEOF_TERMIOS} bytes for {@link #putModes}. */
    public static native int getModes(int fd, long address);

    /** Restores what raw mode changes; speed and format of the line stay as they are now. */
    public static native int putModes(int fd, long address);

    /** {@code ioctl(TIOCOUTQ)}: bytes written to a terminal that its driver has not sent yet. */
    public static native int unsent(int fd);

    /** {@code ioctl(TIOCSWINSZ)}. */
    public static native int resize(int fd, int columns, int rows);
}
