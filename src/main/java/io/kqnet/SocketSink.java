package io.kqnet;

import io.kqnet.poll.Counters;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Memory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** What a FileRegion writes itself to when sendfile(2) cannot send it. Lives for one transfer; belongs to the loop's thread. */
final class SocketSink implements WritableByteChannel {
    private static final int COPY_SIZE = 8192;

    private final AbstractKqStreamChannel channel;
    private Memory copy;
    private boolean refused;

    SocketSink(AbstractKqStreamChannel channel) {
        this.channel = channel;
    }

    /** The socket took less than it was offered: to go on now is useless. */
    boolean isRefused() {
        return refused;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        int offered = source.remaining();
        int written = 0;
        while (source.hasRemaining() && !refused) {
            written += source.isDirect() ? writeDirect(source) : writeCopy(source);
        }
        refused |= written < offered;
        return written;
    }

    private int writeDirect(ByteBuffer source) throws IOException {
        int n = send(BufferAddress.of(source), source.remaining());
        source.position(source.position() + n);
        return n;
    }

    private int writeCopy(ByteBuffer source) throws IOException {
        if (copy == null) {
            copy = new Memory(COPY_SIZE);
        }
        int length = Math.min(COPY_SIZE, source.remaining());
        ByteBuffer part = source.duplicate();
        part.limit(part.position() + length);
        ByteBuffer target = copy.buffer().duplicate();
        target.put(part);
        int n = send(copy.address(), length);
        source.position(source.position() + n);
        return n;
    }

    private int send(long address, int length) throws IOException {
        channel.count(Counters.WRITES);
        int n = channel.send(address, length);
        if (n == -Constants.EAGAIN) {
            refused = true;
            return 0;
        }
        refused = Errno.check("write", n, channel) < length;
        return n;
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    /** A region does not own the channel it is sent to. */
    @Override
    public void close() {
        refused = true;
    }
}
