package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kqnet.support.LoopKind;
import io.kqnet.support.OpenFds;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class TcpEchoTest {
    static LoopKind[] loops() {
        return LoopKind.available();
    }

    @ParameterizedTest
    @MethodSource("loops")
    void returnsEveryByteAndLeavesNoDescriptor(LoopKind loops) throws Exception {
        OpenFds open = OpenFds.now();
        EventLoopGroup group = loops.newGroup(2);
        try {
            Channel server = new ServerBootstrap().group(group).channel(KqServerSocketChannel.class).childHandler(new Echo())
                    .bind("127.0.0.1", 0).sync().channel();
            int size = 10 * 1024 * 1024;
            Collector collector = new Collector(size);
            Channel client = new Bootstrap().group(group).channel(KqSocketChannel.class).handler(collector)
                    .connect(server.localAddress()).sync().channel();
            client.writeAndFlush(Unpooled.wrappedBuffer(pattern(size))).sync();
            assertEquals(0, collector.firstDifference.get(30, TimeUnit.SECONDS));
            client.close().sync();
            server.close().sync();
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
        open.awaitNoneLeft();
    }

    private static byte[] pattern(int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 31 >> 3);
        }
        return bytes;
    }

    @Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }
    }

    private static final class Collector extends SimpleChannelInboundHandler<ByteBuf> {
        final CompletableFuture<Integer> firstDifference = new CompletableFuture<>();
        private final byte[] expected;
        private int position;

        Collector(int size) {
            expected = pattern(size);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            // In one piece: paranoid leak detection records a stack trace per access.
            byte[] part = ByteBufUtil.getBytes(message);
            int difference = Arrays.mismatch(part, 0, part.length, expected, position, position + part.length);
            if (difference >= 0) {
                firstDifference.complete(position + difference + 1);
            }
            position += part.length;
            if (position == expected.length) {
                firstDifference.complete(0);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            firstDifference.completeExceptionally(cause);
        }
    }
}
