package io.kqnet.sys;

/** What came beside the bytes of one {@link UnixCalls#receive} ({@code kq_rights} of {@code kq.h}). Not thread safe. */
public final class Rights {
    private static final int FLAGS = 0;
    private static final int COUNT = 4;
    private static final int DESCRIPTORS = 8;
    private static final int SEEN = 1;
    private static final int LOST = 2;
    private static final int DATA_TRUNCATED = 4;

    private final Memory memory = new Memory(Constants.SIZEOF_RIGHTS);

    public long address() {
        return memory.address();
    }

    /** Descriptors came, wanted or not: the kernel ends a read there, whatever more there is to read. */
    public boolean isSeen() {
        return (memory.buffer().getInt(FLAGS) & SEEN) != 0;
    }

    /** Some of the descriptors did not get through; the others of the message have been closed. */
    public boolean isLost() {
        return (memory.buffer().getInt(FLAGS) & LOST) != 0;
    }

    /** A datagram was longer than the room for it. */
    public boolean isDataTruncated() {
        return (memory.buffer().getInt(FLAGS) & DATA_TRUNCATED) != 0;
    }

    /** Descriptors the caller owns now. */
    public int count() {
        return memory.buffer().getInt(COUNT);
    }

    public int descriptor(int index) {
        return memory.buffer().getInt(DESCRIPTORS + index * Integer.BYTES);
    }
}
