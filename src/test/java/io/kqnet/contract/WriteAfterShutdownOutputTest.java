package io.kqnet.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;

/** Stands in for a method of the kit's SocketShutdownOutputBySelfTest that is disabled there and reads beyond its own array. */
@Timeout(30)
class WriteAfterShutdownOutputTest {
    @OverLoops
    void failsWithoutChangingWritability(LoopKind loops) throws Exception {
        KqPermutation.assumeJdkSockets();
        AtomicInteger writabilityChanges = new AtomicInteger();
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelWritabilityChanged(ChannelHandlerContext context) {
                    writabilityChanges.incrementAndGet();
                }
            }).option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(2, 4)));
            pair.channel.shutdownOutput().sync();
            ChannelFuture write = pair.channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[16])).await();
            assertTrue(write.cause() instanceof ClosedChannelException, String.valueOf(write.cause()));
            assertEquals(0, writabilityChanges.get());
            assertEquals(-1, pair.peer.getInputStream().read());
            assertTrue(pair.channel.isActive());
        }
    }
}
