package io.kqnet.sys;

import java.nio.channels.FileChannel;

/**
 * Natives of {@code kq_io.c}: moving bytes. Each returns the count moved or {@code -errno}; EINTR is retried in C. Memory belongs to the
 * caller for the length of the call.
 */
public final class IoCalls {
    private IoCalls() {
    }

    /** 0 is end of file. */
    public static native int read(int fd, long address, int length);

    public static native int write(int fd, long address, int length);

    /** {@code iov} points to {@code count} struct iovec, laid out by {@link Constants#IOVEC_BASE} and {@link Constants#IOVEC_LENGTH}. */
    public static native int writev(int fd, long iov, int count);

    /**
     * {@code sendfile(2)} with what goes before and after the file: {@code iov} points to {@code headers + trailers} struct iovec. The
     * result counts all three, in this order; 0 only at end of file. Trailers are left out if the file does not reach
     * {@code offset + count}; {@code -EIO} if it shrank meanwhile, {@code -ENOSYS} where the system has no such call.
     */
    public static native long sendfile(int socket, int file, long offset, long count, long iov, int headers, int trailers);

    /** Stores the two descriptors (non-blocking, close-on-exec) as ints at {@code address}: read end, write end. */
    public static native int pipe(long address);

    /** One byte into the wakeup pipe; any thread. */
    public static native int writePipe(int fd);

    /** Descriptor number behind a FileChannel of the JDK; {@code -ENOSYS} when it cannot be told. */
    public static native int fileDescriptor(FileChannel channel);

    /** The channel inside an opened {@code DefaultFileRegion}; null when it cannot be told. */
    public static native FileChannel regionChannel(Object region);

    /** Tells a {@code DefaultFileRegion} how much of it was sent; {@code -ENOSYS} when it cannot be told. */
    public static native int regionTransferred(Object region, long transferred);
}
