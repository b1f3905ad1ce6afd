package io.kqnet.sys;

/**
 * Natives of {@code kq_unix.c}: what sockets of the Unix domain have beyond {@link SocketCalls}. Each returns {@code >= 0} or
 * {@code -errno}; EINTR is retried in C. A path is given as the address of a {@link Sockaddr} that holds it.
 */
public final class UnixCalls {
    private UnixCalls() {
    }

    /** Stores two connected descriptors as ints at {@code address}; non-blocking, close-on-exec, never raising SIGPIPE. */
    public static native int socketpair(int type, long address);

    /**
     * {@code sendmsg(2)}: the count of bytes sent; the descriptors travel with the first of them.
     *
     * @param iov {@code count} struct iovec
     * @param address the receiver, 0 for the peer of a connected socket
     * @param descriptors ints, at most {@link Constants#DESCRIPTORS_MAX}
     */
    public static native int send(int fd, long iov, int count, long address, long descriptors, int descriptorCount);

    /**
     * {@code recvmsg(2)}: the count of bytes stored at {@code address}.
     *
     * @param from where to store the sender's address, 0 for nowhere
     * @param rights the address of a {@link Rights}
     * @param wanted whether descriptors are, close-on-exec; others are closed
     */
    public static native int receive(int fd, long address, int length, long from, long rights, boolean wanted);

    /** Leaves the peer of a connected datagram socket. */
    public static native int disconnect(int fd);

    /**
     * Who the peer was when it connected, listened or made the pair: pid (0 if the system does not tell), uid and groups, the effective one
     * first, as ints. The number of groups, {@code -ERANGE} if there are more than {@code capacity}, {@code -ENOTCONN} without a peer.
     * Linux {@code unix(7)}, FreeBSD {@code unix(4)}, OpenBSD {@code getsockopt(2)}, NetBSD {@code unix(4)}.
     */
    public static native int peer(int fd, long address, int capacity);

    /** An object of a class that has a constructor {@code (int, int, int...)}; null if it cannot be made. */
    public static native Object newCredentials(Class<?> type, int pid, int uid, int[] gids);

    /** {@code lstat(2)}: stores device and inode as longs; 1 for a socket, 0 for another kind of file. */
    public static native int stat(long path, long identity);

    public static native int unlink(long path);

    /** {@code fchmodat(2)}, not following a symbolic link. */
    public static native int chmod(long path, int mode);

    public static native int fchmod(int fd, int mode);

    /** A descriptor of the path's directory that holds its {@code flock(2)} until closed; {@code -EAGAIN} if another holds it. */
    public static native int lockDirectory(long path);
}
