package io.kqnet.support;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what a channel reads, for the test to look at and to release; and what went wrong, in the order it happened. */
public final class Messages extends ChannelInboundHandlerAdapter {
    private final List<Object> all = new CopyOnWriteArrayList<>();

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        all.add(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        all.add(cause);
    }

    /** Messages and exceptions so far. */
    public List<Object> all() {
        return all;
    }

    public List<Object> await(int count) throws InterruptedException {
        Await.until(() -> all.size() >= count);
        return all;
    }

    public void release() {
        all.forEach(ReferenceCountUtil::release);
        all.clear();
    }
}
