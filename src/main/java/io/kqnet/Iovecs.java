package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Memory;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.DefaultFileRegion;
import java.nio.ByteBuffer;

/**
 * An array of {@code struct iovec} over the flushed messages of an outbound buffer, up to IOV_MAX entries and a limit of bytes.
 * Stops at the first message that is not a ByteBuf, unless that is a file region that {@code sendfile(2)} may send: then the array goes on
 * with what follows it.
 */
final class Iovecs implements ChannelOutboundBuffer.MessageProcessor {
    private final Memory memory = new Memory(Constants.IOV_MAX * Constants.SIZEOF_IOVEC);
    private int count;
    private long bytes;
    private long limit;
    private DefaultFileRegion region;
    private int headers;
    private long headerBytes;

    void clear() {
        count = 0;
        bytes = 0;
        region = null;
        headers = 0;
        headerBytes = 0;
    }

    /** The first message is always taken whole or not at all, so that there is progress whatever the limit is. */
    void limit(long maxBytes) {
        limit = maxBytes;
    }

    long address() {
        return memory.address();
    }

    int count() {
        return count;
    }

    long address(int index) {
        return memory.address() + (long) index * Constants.SIZEOF_IOVEC;
    }

    /** Adds all of the buffers or, if they do not fit, none. */
    boolean append(ByteBuffer[] buffers) {
        if (buffers.length > Constants.IOV_MAX - count) {
            return false;
        }
        for (ByteBuffer buffer : buffers) {
            if (buffer.hasRemaining()) {
                put(BufferAddress.of(buffer), buffer.remaining());
            }
        }
        return true;
    }

    long bytes() {
        return bytes;
    }

    /** The file region behind the first {@link #headers()} entries; null if there is none. */
    DefaultFileRegion region() {
        return region;
    }

    int headers() {
        return headers;
    }

    long headerBytes() {
        return headerBytes;
    }

    /** Forgets the region and what follows it. */
    void endBeforeRegion() {
        dropTrailers();
        region = null;
    }

    private void dropTrailers() {
        count = headers;
        bytes = headerBytes;
    }

    /** What stands between two regions leaves with the second: as many calls, and it shares that one's first segment. */
    private boolean meet(Object message) {
        if (message instanceof DefaultFileRegion && Constants.SENDFILE) {
            if (region != null) {
                dropTrailers();
                return false;
            }
            DefaultFileRegion met = (DefaultFileRegion) message;
            if (met.transferred() < met.count()) {
                region = met;
                headers = count;
                headerBytes = bytes;
                return headers == 0 || Constants.SENDFILE_BOTH_ENDS;
            }
        }
        return false;
    }

    @Override
    public boolean processMessage(Object message) {
        if (!(message instanceof ByteBuf)) {
            return meet(message);
        }
        ByteBuf buf = (ByteBuf) message;
        int length = buf.readableBytes();
        if (length == 0) {
            return true;
        }
        if (buf.nioBufferCount() == 1) {
            return add(BufferAddress.of(buf, buf.readerIndex(), length), length);
        }
        for (ByteBuffer buffer : buf.nioBuffers()) {
            if (buffer.hasRemaining() && !add(BufferAddress.of(buffer), buffer.remaining())) {
                return false;
            }
        }
        return true;
    }

    private boolean add(long address, int length) {
        if (count == Constants.IOV_MAX || count > 0 && bytes + length > limit) {
            return false;
        }
        put(address, length);
        return true;
    }

    private void put(long address, int length) {
        int offset = count++ * Constants.SIZEOF_IOVEC;
        memory.buffer().putLong(offset + Constants.IOVEC_BASE, address);
        memory.buffer().putLong(offset + Constants.IOVEC_LENGTH, length);
        bytes += length;
    }
}
