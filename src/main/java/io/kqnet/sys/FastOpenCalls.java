package io.kqnet.sys;

/** Natives of {@code kq_fastopen.c}: TCP Fast Open (RFC 7413). */
public final class FastOpenCalls {
    private FastOpenCalls() {
    }

    /**
     * What the administrator turned on: {@link Constants#FASTOPEN_CLIENT} and {@link Constants#FASTOPEN_SERVER}; 0 where the system has
     * neither. Asked of {@code net.inet.tcp.fastopen} (macOS), {@code net.inet.tcp.fastopen.*_enable} (FreeBSD),
     * {@code /proc/sys/net/ipv4/tcp_fastopen}.
     */
    public static native int enabled();

    /**
     * Connects and offers the bytes of {@code count} struct iovec for the SYN: the number of bytes that the kernel keeps, or
     * {@code -errno}. Whether the connection is there already is not told. {@code -EINPROGRESS}: under way, without the bytes.
     * {@code -EOPNOTSUPP}: turned off or not for this socket; nothing has happened. Not retried on EINTR.
     */
    public static native int connect(int fd, long address, long iov, int count);
}
