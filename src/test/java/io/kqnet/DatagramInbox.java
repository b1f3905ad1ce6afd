package io.kqnet;

import io.kqnet.support.Await;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/** Remembers the datagrams a channel got, and what went wrong. Read by any thread. */
@Sharable
class DatagramInbox extends ChannelInboundHandlerAdapter {
    private final List<Letter> letters = new CopyOnWriteArrayList<>();
    private final List<Throwable> causes = new CopyOnWriteArrayList<>();
    private volatile boolean active;

    /** A datagram without its buffer. */
    static final class Letter {
        final String text;
        final byte[] bytes;
        final KqDatagramPacket packet;

        Letter(KqDatagramPacket packet) {
            this.packet = packet;
            bytes = ByteBufUtil.getBytes(packet.content());
            text = new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        active = true;
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        active = false;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        KqDatagramPacket packet = (KqDatagramPacket) message;
        letters.add(new Letter(packet));
        packet.release();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        causes.add(cause);
    }

    boolean isActive() {
        return active;
    }

    int count() {
        return letters.size();
    }

    List<String> texts() {
        return letters.stream().map(letter -> letter.text).collect(Collectors.toCollection(ArrayList::new));
    }

    Letter get(int index) {
        return letters.get(index);
    }

    List<Throwable> causes() {
        return causes;
    }

    Letter await(int count) throws InterruptedException {
        Await.until(() -> letters.size() >= count);
        return letters.get(count - 1);
    }

    Throwable awaitCause() throws InterruptedException {
        Await.until(() -> !causes.isEmpty());
        return causes.get(0);
    }
}
