package io.kqnet.sys;

/**
 * Natives of {@code kq_socket.c}, named after the system call they make. Each returns {@code >= 0} or {@code -errno}. Address arguments
 * point to a record of {@link Sockaddr}.
 */
public final class SocketCalls {
    private SocketCalls() {
    }

    /** A socket that is non-blocking, close-on-exec and never raises SIGPIPE. */
    public static native int socket(int family, int type);

    public static native int bind(int fd, long address);

    public static native int connect(int fd, long address);

    public static native int listen(int fd, int backlog);

    /** The accepted descriptor, non-blocking and close-on-exec; the peer's address is stored if {@code address} is not 0. */
    public static native int accept(int fd, long address);

    public static native int shutdown(int fd, boolean read, boolean write);

    public static native int close(int fd);

    public static native int sockname(int fd, long address);

    public static native int peername(int fd, long address);

    /** An int option as {@code 1 << 32 | value}, or {@code -errno}. */
    public static native long getOption(int fd, int level, int name);

    public static native int setOption(int fd, int level, int name, int value);

    /** Number of bytes the kernel stored. */
    public static native int getRaw(int fd, int level, int name, long address, int length);

    public static native int setRaw(int fd, int level, int name, long address, int length);

    /** SO_LINGER: 0 when off, else seconds + 1. */
    public static native int getLinger(int fd);

    /** SO_LINGER: negative turns it off. */
    public static native int setLinger(int fd, int seconds);

    /** SO_ACCEPTFILTER with NUL-terminated name and arguments; {@code -ENOPROTOOPT} where the system has none. */
    public static native int setAcceptFilter(int fd, long name, long args);

    /** {@code dup2(2)} keeping close-on-exec: number {@code to} becomes what {@code from} is. */
    public static native int replace(int from, int to);

    /** Makes a descriptor opened elsewhere non-blocking, close-on-exec and free of SIGPIPE. */
    public static native int adopt(int fd);
}
