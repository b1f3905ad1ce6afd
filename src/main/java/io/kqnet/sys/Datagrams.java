package io.kqnet.sys;

import java.nio.ByteBuffer;
import java.time.Instant;

/** The records of one batch of datagrams ({@code kq_datagram} of {@code kq.h}), filled before and read after a call. Not thread safe. */
public final class Datagrams {
    private static final int LENGTH = 8;
    private static final int COUNT = 12;
    private static final int PEER = 16;
    private static final int LOCAL = 40;
    private static final int INTERFACE = 64;
    private static final int NANOS = 68;
    private static final int SECONDS = 72;

    private final Memory memory = new Memory(Constants.KQ_DATAGRAM_BATCH * Constants.SIZEOF_DATAGRAM);
    private final ByteBuffer buffer = memory.buffer();

    public long address() {
        return memory.address();
    }

    private static int at(int index) {
        return index * Constants.SIZEOF_DATAGRAM;
    }

    /** Where a datagram's bytes are, or may be put. */
    public void bytes(int index, long address, int length) {
        int at = at(index);
        buffer.putLong(at, address);
        buffer.putInt(at + LENGTH, length);
        buffer.putInt(at + COUNT, 0);
    }

    /** The bytes to be sent are those of an array of {@code struct iovec}. */
    public void gathered(int index, long iovecs, int count) {
        int at = at(index);
        buffer.putLong(at, iovecs);
        buffer.putInt(at + LENGTH, 0);
        buffer.putInt(at + COUNT, count);
    }

    /** Whom to send to; null for the peer the socket is connected to. */
    public void sendTo(int index, Endpoint peer) {
        if (peer == null) {
            Endpoint.writeNone(buffer, at(index) + PEER);
        } else {
            peer.write(buffer, at(index) + PEER);
        }
    }

    /** Bytes received. */
    public int length(int index) {
        return buffer.getInt(at(index) + LENGTH);
    }

    /** The datagram was longer than the room for it; the rest is gone. */
    public boolean isTruncated(int index) {
        return buffer.getInt(at(index) + COUNT) == Constants.KQ_TRUNCATED;
    }

    /** Of the first record a call did not fill: the errno that ended the batch, 0 if there was nothing more to receive. */
    public int error(int index) {
        return buffer.getInt(at(index) + COUNT);
    }

    /** Who sent it, {@code last} itself if it is the same again; null if the kernel did not say. */
    public Endpoint peer(int index, Endpoint last) {
        return Endpoint.read(buffer, at(index) + PEER, 0, last);
    }

    /** Where it was sent to, as {@link #peer}; the kernel tells no port. Only where {@link Constants#KQ_DATAGRAM_CONTROL} was asked for. */
    public Endpoint local(int index, int port, Endpoint last) {
        return Endpoint.read(buffer, at(index) + LOCAL, port, last);
    }

    /** The number of the interface it came in by, 0 if unknown. As {@link #local}. */
    public int interfaceIndex(int index) {
        return buffer.getInt(at(index) + INTERFACE);
    }

    /** When the kernel got it; null if it did not say. As {@link #local}. */
    public Instant arrival(int index) {
        int nanos = buffer.getInt(at(index) + NANOS);
        return nanos < 0 ? null : Instant.ofEpochSecond(buffer.getLong(at(index) + SECONDS), nanos);
    }
}
