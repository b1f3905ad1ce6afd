package io.kqnet.selftest;

import io.kqnet.KqEventLoopGroup;
import io.kqnet.KqServerSocketChannel;
import io.kqnet.KqSocketChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Connections that send more than a socket buffer holds and compare what comes back. */
final class EchoCheck implements Check {
    private static final int CONNECTIONS = 16;
    private static final int BYTES = 4 << 20;
    private static final int CHUNK = 16 * 1024;
    private static final long LIMIT_SECONDS = 60;

    @Override
    public String name() {
        return "what is sent over TCP comes back as it was sent";
    }

    @Override
    public String run() throws Exception {
        EventLoopGroup group = new KqEventLoopGroup(2);
        try {
            Channel server = new ServerBootstrap().group(group).channel(KqServerSocketChannel.class).childHandler(new Echo())
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).sync().channel();
            CompletableFuture<?>[] done = new CompletableFuture<?>[CONNECTIONS];
            for (int i = 0; i < CONNECTIONS; i++) {
                Comparison comparison = new Comparison();
                done[i] = comparison.done;
                new Bootstrap().group(group).channel(KqSocketChannel.class).handler(comparison).connect(server.localAddress());
            }
            CompletableFuture.allOf(done).get(LIMIT_SECONDS, TimeUnit.SECONDS);
            return CONNECTIONS + " connections of " + (BYTES >> 20) + " MiB";
        } finally {
            group.shutdownGracefully(0, LIMIT_SECONDS, TimeUnit.SECONDS).sync();
        }
    }

    /** The byte that belongs at a place of the stream. */
    static byte at(long position) {
        return (byte) (position * 31 + (position >> 13));
    }

    @Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            context.channel().config().setAutoRead(context.channel().isWritable());
        }
    }

    private static final class Comparison extends SimpleChannelInboundHandler<ByteBuf> {
        final CompletableFuture<Void> done = new CompletableFuture<>();
        private int sent;
        private int received;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            send(context);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            send(context);
        }

        private void send(ChannelHandlerContext context) {
            while (sent < BYTES && context.channel().isWritable()) {
                ByteBuf chunk = context.alloc().directBuffer(CHUNK);
                for (int i = 0; i < CHUNK; i++) {
                    chunk.writeByte(at(sent++));
                }
                context.writeAndFlush(chunk);
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            while (message.isReadable()) {
                if (message.readByte() != at(received)) {
                    done.completeExceptionally(new IOException("byte " + received + " differs"));
                    context.close();
                    return;
                }
                received++;
            }
            if (received == BYTES) {
                done.complete(null);
                context.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            done.completeExceptionally(new IOException("closed after " + received + " bytes"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            done.completeExceptionally(cause);
            context.close();
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext context) {
            done.completeExceptionally(new IOException("the connection was not made"));
        }
    }
}
