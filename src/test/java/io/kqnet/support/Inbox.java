package io.kqnet.support;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers all that happens to a channel, in order. Read by any thread. */
@Sharable
public class Inbox extends ChannelInboundHandlerAdapter {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final List<Throwable> causes = new CopyOnWriteArrayList<>();
    private volatile Channel channel;
    private volatile int received;

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        channel = context.channel();
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        events.add("active");
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        events.add("inactive");
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        events.add(event.getClass().getSimpleName());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf buf = (ByteBuf) message;
        byte[] part = ByteBufUtil.getBytes(buf);
        buf.release();
        synchronized (bytes) {
            bytes.write(part, 0, part.length);
            received = bytes.size();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        causes.add(cause);
        events.add("exception");
    }

    /** The channel this handler was added to last. */
    public Channel channel() {
        return channel;
    }

    public int received() {
        return received;
    }

    public byte[] bytes() {
        synchronized (bytes) {
            return bytes.toByteArray();
        }
    }

    /** Names of what happened, without the reads. */
    public List<String> events() {
        return events;
    }

    public boolean saw(String event) {
        return events.contains(event);
    }

    public long count(String event) {
        return events.stream().filter(event::equals).count();
    }

    public List<Throwable> causes() {
        return causes;
    }

    public void awaitBytes(int count) throws InterruptedException {
        Await.until(() -> received >= count);
    }

    public void await(String event) throws InterruptedException {
        Await.until(() -> saw(event));
    }
}
