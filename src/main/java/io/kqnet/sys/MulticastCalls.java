package io.kqnet.sys;

/**
 * Natives of {@code kq_multicast.c}. Each returns {@code >= 0} or {@code -errno}. {@code group}, {@code source} and {@code local} point to
 * records of {@link Sockaddr}. An interface is named by its number, 0 leaves the choice to the kernel; where IPv4 knows no numbers,
 * {@code local}, one of its addresses or 0, stands for it. {@code ipv6} chooses the option of the family.
 */
public final class MulticastCalls {
    private MulticastCalls() {
    }

    public static native int join(int fd, long group, int index, long local);

    public static native int leave(int fd, long group, int index, long local);

    /**
     * Source-specific; {@code -ENOPROTOOPT} where the system has none ({@link Constants#SOURCE_MULTICAST}), {@code -EADDRNOTAVAIL} for
     * interface 0 on macOS and FreeBSD, as the following two.
     */
    public static native int joinSource(int fd, long group, int index, long source);

    public static native int leaveSource(int fd, long group, int index, long source);

    /** Of a group joined for any source. */
    public static native int block(int fd, long group, int index, long source);

    public static native int setInterface(int fd, boolean ipv6, int index, long local);

    public static native int setTtl(int fd, boolean ipv6, int hops);

    public static native int ttl(int fd, boolean ipv6);

    public static native int setLoop(int fd, boolean ipv6, boolean on);

    /** 0 or 1. */
    public static native int loop(int fd, boolean ipv6);
}
