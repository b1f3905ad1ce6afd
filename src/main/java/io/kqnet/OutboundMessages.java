package io.kqnet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.FileRegion;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.internal.StringUtil;

/** What may stand in an outbound buffer: only memory the kernel can read where it is. */
final class OutboundMessages {
    private static final String EXPECTED_TYPES = " (expected: " + StringUtil.simpleClassName(ByteBuf.class) + ", "
            + StringUtil.simpleClassName(FileRegion.class) + ')';

    private OutboundMessages() {
    }

    /** The message, or a direct copy that takes its place; the original is released then. */
    static Object forStream(Object message, ByteBufAllocator allocator) {
        if (message instanceof ByteBuf) {
            ByteBuf buf = (ByteBuf) message;
            return buf.isDirect() ? message : toDirect(buf, allocator);
        }
        if (message instanceof FileRegion) {
            return message;
        }
        throw new UnsupportedOperationException("unsupported message type: " + StringUtil.simpleClassName(message) + EXPECTED_TYPES);
    }

    private static ByteBuf toDirect(ByteBuf buf, ByteBufAllocator allocator) {
        int length = buf.readableBytes();
        if (length == 0) {
            ReferenceCountUtil.safeRelease(buf);
            return Unpooled.EMPTY_BUFFER;
        }
        ByteBuf direct = allocator.isDirectBufferPooled() ? allocator.directBuffer(length) : ByteBufUtil.threadLocalDirectBuffer();
        if (direct == null) {
            direct = Unpooled.directBuffer(length);
        }
        direct.writeBytes(buf, buf.readerIndex(), length);
        ReferenceCountUtil.safeRelease(buf);
        return direct;
    }
}
