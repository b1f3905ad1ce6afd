package io.kqnet.sys;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A fixed block of native memory, freed when it becomes unreachable, which a local variable does not prevent: one that nothing uses after the
 * call it was made for needs a {@link java.lang.ref.Reference#reachabilityFence}. Not thread safe.
 */
public final class Memory {
    private final ByteBuffer buffer;
    private final long address;

    public Memory(int size) {
        buffer = ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
        address = KqueueCalls.addressOf(buffer);
    }

    /** Native byte order; index with absolute gets and puts. */
    public ByteBuffer buffer() {
        return buffer;
    }

    public long address() {
        return address;
    }

    public int size() {
        return buffer.capacity();
    }

    String text(int offset, int length) {
        byte[] bytes = new byte[Math.max(0, length)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = buffer.get(offset + i);
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Copies the bytes and a terminating NUL. */
    public void putText(int offset, byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            buffer.put(offset + i, bytes[i]);
        }
        buffer.put(offset + bytes.length, (byte) 0);
    }
}
