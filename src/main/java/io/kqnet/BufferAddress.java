package io.kqnet;

import io.kqnet.sys.KqueueCalls;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/** Where a direct buffer's bytes are; valid as long as the buffer is not released or resized. */
final class BufferAddress {
    private BufferAddress() {
    }

    /** Netty gives no memory address when it runs without Unsafe; JNI always does. */
    static long of(ByteBuf buf, int index, int length) {
        return buf.hasMemoryAddress() ? buf.memoryAddress() + index : of(buf.internalNioBuffer(index, length));
    }

    static long of(ByteBuffer buffer) {
        return KqueueCalls.addressOf(buffer) + buffer.position();
    }
}
