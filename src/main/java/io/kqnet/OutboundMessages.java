package io.kqnet;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.DefaultAddressedEnvelope;
import io.netty.channel.FileRegion;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.internal.StringUtil;
import java.net.InetSocketAddress;

/** What may stand in an outbound buffer: only memory the kernel can read where it is. */
final class OutboundMessages {
    private static final String EXPECTED_TYPES = " (expected: " + StringUtil.simpleClassName(ByteBuf.class) + ", "
            + StringUtil.simpleClassName(FileRegion.class) + ')';

    private static final String EXPECTED_DATAGRAMS = " (expected: DatagramPacket, AddressedEnvelope<ByteBuf, InetSocketAddress>, ByteBuf)";
    /** More parts than that are copied together: a datagram is small, and a batch shares one array of them. */
    private static final int MOST_PARTS = 64;

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

    /** As {@link #forStream}, for a buffer that is one datagram. */
    static ByteBuf forDatagram(ByteBuf buf, ByteBufAllocator allocator) {
        if (buf == Unpooled.EMPTY_BUFFER) {
            // An outbound buffer puts that one in the place of a cancelled write.
            return allocator.directBuffer(1);
        }
        return buf.isDirect() && buf.nioBufferCount() <= MOST_PARTS || !buf.isReadable() ? buf : toDirect(buf, allocator);
    }

    /** What a cancelled write leaves behind; {@link #forDatagram} lets no such message in. */
    static void skipCancelled(ChannelOutboundBuffer in) {
        while (in.current() == Unpooled.EMPTY_BUFFER) {
            in.remove();
        }
    }

    /** The message for a datagram channel, with its content where the kernel can read it; the original is released then. */
    @SuppressWarnings("unchecked")
    static Object forDatagrams(Object message, ByteBufAllocator allocator) {
        if (message instanceof ByteBuf) {
            return forDatagram((ByteBuf) message, allocator);
        }
        if (message instanceof AddressedEnvelope && ((AddressedEnvelope<?, ?>) message).content() instanceof ByteBuf) {
            AddressedEnvelope<ByteBuf, ?> envelope = (AddressedEnvelope<ByteBuf, ?>) message;
            if (envelope.recipient() != null) {
                Addresses.checkInet(envelope.recipient());
            }
            ByteBuf content = forDatagram(envelope.content(), allocator);
            return content == envelope.content() ? message : replace((AddressedEnvelope<ByteBuf, InetSocketAddress>) message, content);
        }
        throw new UnsupportedOperationException("unsupported message type: " + StringUtil.simpleClassName(message) + EXPECTED_DATAGRAMS);
    }

    /** The content of the original was released or needs no release; nothing else of it is left to release. */
    private static Object replace(AddressedEnvelope<ByteBuf, InetSocketAddress> envelope, ByteBuf content) {
        return envelope instanceof SegmentedDatagramPacket ? ((SegmentedDatagramPacket) envelope).replace(content)
                : new DefaultAddressedEnvelope<>(content, envelope.recipient(), envelope.sender());
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
