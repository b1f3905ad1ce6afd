package io.kqnet.selftest;

import io.kqnet.KqEventLoopGroup;
import io.kqnet.KqServerSocketChannel;
import io.kqnet.KqSocketChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A file between two buffers, sent with sendfile(2) where the system has it, compared byte by byte. */
final class FileCheck implements Check {
    private static final int HEADER = 1000;
    private static final long FILE = (32L << 20) + 17;
    private static final int TRAILER = 3000;
    private static final long LIMIT_SECONDS = 60;

    @Override
    public String name() {
        return "a file arrives as it is, with what was written before and after it";
    }

    @Override
    public String run() throws Exception {
        Path file = Files.createTempFile("kqnet-selftest", ".data");
        try {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
                for (long i = 0; i < FILE; i++) {
                    out.write(EchoCheck.at(HEADER + i));
                }
            }
            return transfer(file);
        } finally {
            Files.delete(file);
        }
    }

    private static String transfer(Path file) throws Exception {
        EventLoopGroup group = new KqEventLoopGroup(2);
        try {
            Channel server = new ServerBootstrap().group(group).channel(KqServerSocketChannel.class).childHandler(new Sender(file))
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).sync().channel();
            Receiver receiver = new Receiver();
            new Bootstrap().group(group).channel(KqSocketChannel.class).handler(receiver).connect(server.localAddress()).sync();
            receiver.done.get(LIMIT_SECONDS, TimeUnit.SECONDS);
            return (FILE >> 20) + " MiB";
        } finally {
            group.shutdownGracefully(0, LIMIT_SECONDS, TimeUnit.SECONDS).sync();
        }
    }

    private static ByteBuf bytes(long from, int length) {
        ByteBuf buf = Unpooled.directBuffer(length);
        for (int i = 0; i < length; i++) {
            buf.writeByte(EchoCheck.at(from + i));
        }
        return buf;
    }

    private static final class Sender extends ChannelInboundHandlerAdapter {
        private final Path file;

        Sender(Path file) {
            this.file = file;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            context.write(bytes(0, HEADER));
            context.write(new DefaultFileRegion(file.toFile(), 0, FILE));
            context.writeAndFlush(bytes(HEADER + FILE, TRAILER)).addListener(ChannelFutureListener.CLOSE);
        }
    }

    private static final class Receiver extends SimpleChannelInboundHandler<ByteBuf> {
        final CompletableFuture<Void> done = new CompletableFuture<>();
        private long received;

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            while (message.isReadable()) {
                if (message.readByte() != EchoCheck.at(received)) {
                    done.completeExceptionally(new IOException("byte " + received + " differs"));
                    context.close();
                    return;
                }
                received++;
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (received == HEADER + FILE + TRAILER) {
                done.complete(null);
            }
            done.completeExceptionally(new IOException("the end came after " + received + " bytes"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            done.completeExceptionally(cause);
            context.close();
        }
    }
}
