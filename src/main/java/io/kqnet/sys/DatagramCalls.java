package io.kqnet.sys;

/**
 * Natives of {@code kq_datagram.c}. Each returns {@code >= 0} or {@code -errno}; EINTR is retried in C. {@code records} points to
 * {@code count} records of {@link Datagrams}; what they point to belongs to the caller for the length of the call.
 */
public final class DatagramCalls {
    private DatagramCalls() {
    }

    /**
     * Receives up to {@code count} datagrams with one system call where the system can, and returns how many. Fewer than asked for means that
     * there were no more, unless the record after the last one holds an errno ({@link Datagrams#error}).
     *
     * @param how {@link Constants#KQ_DATAGRAM_CONTROL}, {@link Constants#KQ_DATAGRAM_SINGLY} and {@link Constants#KQ_DATAGRAM_PRIVATE}, or'ed
     */
    public static native int receive(int fd, long records, int count, int how);

    /** Sends up to {@code count} datagrams and returns how many left; a negative result concerns the first one. */
    public static native int send(int fd, long records, int count, int how);

    /** Dissolves the association a {@code connect} made. */
    public static native int disconnect(int fd, boolean ipv6);

    /** Makes datagrams arrive with the address they were sent to and the interface they came in by; of IPv4 on an IPv6 socket too. */
    public static native int destination(int fd, boolean ipv6, boolean told);
}
