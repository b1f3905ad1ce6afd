package io.kqnet;

import io.kqnet.poll.Counters;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.IoCalls;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.FileRegion;
import java.io.IOException;
import java.nio.channels.FileChannel;

/** Writes file regions: by {@code sendfile(2)} together with the buffers around them, or as copies. Belongs to the loop's thread. */
final class RegionWrites {
    private final AbstractKqStreamChannel channel;

    RegionWrites(AbstractKqStreamChannel channel) {
        this.channel = channel;
    }

    /** The file's kind has no sendfile, the channel's has none, or the kernel does not know this JVM's files. */
    static boolean isUnsuited(long result) {
        return result == -Constants.EINVAL || result == -Constants.ENOSYS || result == -Constants.EBADF || result == -Constants.ENOTSUP
                || result == -Constants.ENOTSOCK || result == -Constants.EOPNOTSUPP;
    }

    /** One call for the region and what the array has before and after it: the bytes of all that moved, or {@code -errno}. */
    long send(DefaultFileRegion region, Iovecs around) throws IOException {
        int file = channel.hasSendfile() ? descriptor(region, around.headers() > 0) : -1;
        if (file < 0) {
            return -Constants.ENOSYS;
        }
        long sent = region.transferred();
        channel.count(Counters.WRITES);
        return IoCalls.sendfile(channel.descriptor().number(), file, region.position() + sent, region.count() - sent, around.address(),
                around.headers(), around.count() - around.headers());
    }

    /** A file that cannot be opened fails when its turn comes: what stands before it is not to blame. */
    private static int descriptor(DefaultFileRegion region, boolean hasHeaders) throws IOException {
        try {
            region.open();
        } catch (IOException e) {
            if (hasHeaders) {
                return -1;
            }
            throw e;
        }
        FileChannel file = IoCalls.regionChannel(region);
        return file == null ? -1 : IoCalls.fileDescriptor(file);
    }

    /** Takes what {@link #send} moved out of the buffer; false if the kernel took less than offered. */
    boolean sent(ChannelOutboundBuffer in, DefaultFileRegion region, Iovecs around, long n) throws IOException {
        if (n == -Constants.EAGAIN) {
            return false;
        }
        if (n < 0) {
            throw Errno.toException("sendfile", n, channel);
        }
        if (n == 0) {
            throw channel.truncated(region, region.transferred());
        }
        long before = region.transferred();
        long rest = region.count() - before;
        boolean all = n == around.bytes() + rest;
        SentParts parts = new SentParts(n, around.headerBytes(), rest);
        in.removeBytes(parts.headers);
        // The listener of a promise may have closed the channel: the buffer is empty then.
        if (parts.file > 0 && in.current() == region) {
            IoCalls.regionTransferred(region, before + parts.file);
            in.progress(parts.file);
            if (parts.file == rest) {
                in.remove();
            }
        }
        if (parts.trailers > 0 && in.current() instanceof ByteBuf) {
            in.removeBytes(parts.trailers);
        }
        // Less than offered: the socket is full, or the file has ended early, which the next call tells with 0.
        return all;
    }

    boolean copy(ChannelOutboundBuffer in, FileRegion region) throws IOException {
        SocketSink sink = new SocketSink(channel);
        if (region.transferred() < region.count()) {
            long n = region.transferTo(sink, region.transferred());
            if (n > 0) {
                in.progress(n);
            } else if (!sink.isRefused()) {
                throw channel.truncated(region, region.transferred());
            }
        }
        if (region.transferred() >= region.count()) {
            in.remove();
        }
        return !sink.isRefused();
    }
}
