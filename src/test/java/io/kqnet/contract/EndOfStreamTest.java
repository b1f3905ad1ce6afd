package io.kqnet.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.util.NetUtil;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;

/**
 * The peer sends 32 MiB and leaves while the receiver, with autoRead off, takes its time: every byte arrives, then channelInactive. What
 * Netty's SocketChannelEOFTest (netty/netty pull request 17309) asks, which no published kit holds yet; here in both roles.
 */
@Timeout(60)
class EndOfStreamTest {
    private static final int CHUNK = 64 * 1024;
    private static final int READ_SIZE = 8 * 1024;
    private static final int PAYLOAD = 32 * 1024 * 1024;
    /** The first while the sender has most of it before it, the second while what is left and the end wait together in the socket. */
    private static final int[] PAUSES = {128 * 1024, PAYLOAD - CHUNK};
    private static final long PAUSE_MILLIS = 300;

    @OverLoops
    void clientGetsEveryByteBeforeInactive(LoopKind loops) throws Exception {
        forEachPair(loops, (server, client) -> {
            Receiver receiver = new Receiver();
            server.childHandler(new Sender());
            client.option(ChannelOption.AUTO_READ, false).option(Net.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_SIZE))
                    .handler(receiver);
            exchange(server, client, receiver);
        });
    }

    @OverLoops
    void serverGetsEveryByteBeforeInactive(LoopKind loops) throws Exception {
        forEachPair(loops, (server, client) -> {
            Receiver receiver = new Receiver();
            server.childOption(ChannelOption.AUTO_READ, false).childOption(Net.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_SIZE))
                    .childHandler(receiver);
            client.handler(new Sender());
            exchange(server, client, receiver);
        });
    }

    private static void exchange(ServerBootstrap server, Bootstrap client, Receiver receiver) throws Exception {
        Channel listener = server.bind(NetUtil.LOCALHOST, 0).sync().channel();
        try {
            client.connect(listener.localAddress()).sync();
            assertEquals(PAYLOAD, receiver.bytesBeforeInactive.get(20, TimeUnit.SECONDS));
        } finally {
            listener.close().sync();
        }
    }

    private static void forEachPair(LoopKind loops, Exchange exchange) throws Exception {
        KqPermutation pairs = new KqPermutation(loops);
        try {
            for (BootstrapComboFactory<ServerBootstrap, Bootstrap> pair : pairs.socket()) {
                exchange.run(pair.newServerInstance(), pair.newClientInstance());
            }
        } finally {
            pairs.close();
        }
    }

    private static byte pattern(int position) {
        return (byte) (position * 31 >> 3);
    }

    private interface Exchange {
        void run(ServerBootstrap server, Bootstrap client) throws Exception;
    }

    private static final class Sender extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext context) {
            send(context, 0);
        }

        private void send(ChannelHandlerContext context, int position) {
            byte[] chunk = new byte[CHUNK];
            for (int i = 0; i < CHUNK; i++) {
                chunk[i] = pattern(position + i);
            }
            int next = position + CHUNK;
            context.writeAndFlush(Unpooled.wrappedBuffer(chunk)).addListener(next == PAYLOAD ? ChannelFutureListener.CLOSE : future -> {
                if (future.isSuccess()) {
                    send(context, next);
                }
            });
        }
    }

    private static final class Receiver extends SimpleChannelInboundHandler<ByteBuf> {
        final CompletableFuture<Integer> bytesBeforeInactive = new CompletableFuture<>();
        private int position;
        private int pauses;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            context.read();
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            // At once: leak detection records each access.
            byte[] bytes = new byte[message.readableBytes()];
            message.readBytes(bytes);
            for (byte b : bytes) {
                if (b != pattern(position)) {
                    bytesBeforeInactive.completeExceptionally(new AssertionError("wrong byte at " + position));
                }
                position++;
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            if (pauses == PAUSES.length || position < PAUSES[pauses]) {
                context.read();
            } else {
                pauses++;
                context.executor().schedule(() -> context.read(), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            bytesBeforeInactive.complete(position);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            bytesBeforeInactive.completeExceptionally(cause);
        }
    }
}
