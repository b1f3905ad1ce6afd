package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kqnet.support.Await;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;

/** With autoRead off each {@code read()} is answered by a message, a connection or the end, however long that takes. */
@Timeout(30)
class ReadRequestTest {
    private static final int SIZE = 4;

    @OverLoops
    void requestThatFoundNothingIsAnsweredByWhatComesNext(LoopKind loops) throws Exception {
        AtomicInteger bytes = new AtomicInteger();
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    bytes.addAndGet(((ByteBuf) message).readableBytes());
                    ReferenceCountUtil.release(message);
                }
            }).option(ChannelOption.AUTO_READ, false).option(Net.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(SIZE)));
            pair.peer.getOutputStream().write(new byte[SIZE]);
            pair.channel.read();
            Await.until(() -> bytes.get() == SIZE);
            // The buffer was filled, so this one looks again, and is told EAGAIN.
            pair.channel.read();
            Net.settle(pair.channel.eventLoop());
            assertEquals(SIZE, bytes.get());
            pair.peer.getOutputStream().write(new byte[SIZE]);
            Await.until(() -> bytes.get() == 2 * SIZE);
        }
    }

    @OverLoops
    void requestMadeWhileAConnectionIsDeliveredIsAnswered(LoopKind loops) throws Exception {
        AtomicInteger accepted = new AtomicInteger();
        try (Net net = Net.with(loops)) {
            Channel server = Net.bind(net.server(new Nothing()).option(ChannelOption.AUTO_READ, false)
                    .handler(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelRead(ChannelHandlerContext context, Object child) {
                            context.read();
                            context.fireChannelRead(child);
                            accepted.incrementAndGet();
                        }
                    }));
            server.read();
            for (int i = 1; i <= 3; i++) {
                int expected = i;
                net.dial(server);
                Await.until(() -> accepted.get() == expected);
            }
        }
    }

    @Sharable
    private static final class Nothing extends ChannelInboundHandlerAdapter {
    }
}
