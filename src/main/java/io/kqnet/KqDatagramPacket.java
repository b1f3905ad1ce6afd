package io.kqnet;

import io.netty.buffer.ByteBuf;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.time.Instant;

/**
 * A datagram that was received by a {@link KqDatagramChannel}, with what the kernel told beside it. {@link #recipient()} is the channel's
 * local address or, with {@link KqChannelOption#IP_RECVDSTADDR}, the address it was really sent to.
 */
public final class KqDatagramPacket extends DatagramPacket {
    private final int interfaceIndex;
    private final Instant arrival;
    private final boolean truncated;

    KqDatagramPacket(ByteBuf content, InetSocketAddress recipient, InetSocketAddress sender, int interfaceIndex, Instant arrival,
            boolean truncated) {
        super(content, recipient, sender);
        this.interfaceIndex = interfaceIndex;
        this.arrival = arrival;
        this.truncated = truncated;
    }

    /** The number of the interface it came in by ({@link java.net.NetworkInterface#getIndex()}); 0 without KqChannelOption.IP_RECVDSTADDR. */
    public int interfaceIndex() {
        return interfaceIndex;
    }

    /** When the kernel received it; null without {@link KqChannelOption#SO_TIMESTAMP}. */
    public Instant arrival() {
        return arrival;
    }

    /** Whether it was longer than the buffer the channel's RecvByteBufAllocator gave; what did not fit is lost. */
    public boolean isTruncated() {
        return truncated;
    }

    @Override
    public KqDatagramPacket copy() {
        return replace(content().copy());
    }

    @Override
    public KqDatagramPacket duplicate() {
        return replace(content().duplicate());
    }

    @Override
    public KqDatagramPacket retainedDuplicate() {
        return replace(content().retainedDuplicate());
    }

    @Override
    public KqDatagramPacket replace(ByteBuf content) {
        return new KqDatagramPacket(content, recipient(), sender(), interfaceIndex, arrival, truncated);
    }

    @Override
    public KqDatagramPacket retain() {
        super.retain();
        return this;
    }

    @Override
    public KqDatagramPacket retain(int increment) {
        super.retain(increment);
        return this;
    }

    @Override
    public KqDatagramPacket touch() {
        super.touch();
        return this;
    }

    @Override
    public KqDatagramPacket touch(Object hint) {
        super.touch(hint);
        return this;
    }
}
