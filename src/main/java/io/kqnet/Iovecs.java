package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Memory;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import java.nio.ByteBuffer;

/**
 * An array of {@code struct iovec} over the flushed messages of an outbound buffer, up to IOV_MAX entries and a limit of bytes.
 * Stops at the first message that is not a ByteBuf.
 */
final class Iovecs implements ChannelOutboundBuffer.MessageProcessor {
    private final Memory memory = new Memory(Constants.IOV_MAX * Constants.SIZEOF_IOVEC);
    private int count;
    private long bytes;
    private long limit;

    void clear() {
        count = 0;
        bytes = 0;
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

    long bytes() {
        return bytes;
    }

    @Override
    public boolean processMessage(Object message) {
        if (!(message instanceof ByteBuf)) {
            return false;
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
        int offset = count++ * Constants.SIZEOF_IOVEC;
        memory.buffer().putLong(offset + Constants.IOVEC_BASE, address);
        memory.buffer().putLong(offset + Constants.IOVEC_LENGTH, length);
        bytes += length;
        return true;
    }
}
