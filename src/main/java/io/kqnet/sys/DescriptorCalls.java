package io.kqnet.sys;

/**
 * Natives of {@code kq_descriptor.c}: descriptors that need not be sockets. Each returns {@code >= 0} or {@code -errno}; EINTR is retried
 * in C.
 */
public final class DescriptorCalls {
    private DescriptorCalls() {
    }

    /** {@code fstat(2)}: one of {@link Constants}' {@code S_IFxxx}, 0 for what has no type. */
    public static native int type(int fd);

    /** {@link Constants#O_RDONLY}, {@link Constants#O_WRONLY} or {@link Constants#O_RDWR}. A FreeBSD pipe's ends are all O_RDWR. */
    public static native int access(int fd);

    /** Makes it non-blocking and, unless it is a standard stream, close-on-exec; 1 if it was blocking before, else 0. */
    public static native int adopt(int fd);

    /** Makes it blocking. */
    public static native int restore(int fd);

    /** Opens a NUL-terminated path, non-blocking and close-on-exec, never as controlling terminal. */
    public static native int open(long path, int access);

    /** {@code mkfifo(2)} with mode 0600. */
    public static native int fifo(long path);

    /** The number of a close-on-exec duplicate above the standard streams. */
    public static native int duplicate(int fd);

    /** 0, or why the kernel's EVFILT_READ (or EVFILT_WRITE) does not take this descriptor. */
    public static native int pollable(int fd, boolean write);

    /** {@code write(2)}. */
    public static native int write(int fd, long address, int length);

    /** {@code writev(2)}; {@code iov} as in {@link IoCalls#writev}. */
    public static native int writev(int fd, long iov, int count);
}
