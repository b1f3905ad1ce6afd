// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** One connection; the client writes and flushes 64 KiB blocks as long as it is writable, the server discards. */
final class Streaming extends Scenario {
    private static final int BLOCK_BYTES = 64 * 1024;
    /** A reader that keeps up would otherwise hold the writer inside one task for ever. */
    private static final int BLOCKS_PER_TURN = 16;

    private final ByteBuf block = Net.message(BLOCK_BYTES);
    private volatile Source source;
    private volatile Sink sink;

    Streaming(Net net) {
        super(net);
    }

    @Override
    String open() throws Exception {
        sink = new Sink();
        Channel server = net.listen(() -> sink);
        Source handler = new Source();
        net.client(server, () -> handler).connect().sync();
        source = handler;
        return "";
    }

    @Override
    void run(Run run, Meter meter) throws Exception {
        net.serverLoop().submit(() -> sink.begin(run)).sync();
        meter.start();
        net.clientLoop().execute(() -> source.begin(run));
        run.await();
        meter.stop();
    }

    private final class Source extends ChannelInboundHandlerAdapter {
        private ChannelHandlerContext context;
        private Run run;
        private long sentBytes;
        private boolean pumping;
        private boolean done = true;

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            context = ctx;
        }

        void begin(Run newRun) {
            run = newRun;
            sentBytes = 0;
            done = false;
            pump();
        }

        private void pump() {
            if (pumping || done) {
                return;
            }
            pumping = true;
            for (int i = 0; i < BLOCKS_PER_TURN && !done && context.channel().isWritable(); i++) {
                if (run.budget.take()) {
                    sentBytes += BLOCK_BYTES;
                    context.writeAndFlush(block.duplicate());
                } else {
                    done = true;
                    long total = sentBytes;
                    net.serverLoop().execute(() -> sink.expect(total));
                }
            }
            pumping = false;
            if (!done && context.channel().isWritable()) {
                context.executor().execute(this::pump);
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            // Also called from within writeAndFlush, each time a block leaves at once: pump() is then running.
            if (ctx.channel().isWritable()) {
                pump();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            run.fail(cause);
        }
    }

    private static final class Sink extends ChannelInboundHandlerAdapter {
        private Run run;
        private long receivedBytes;
        private long totalBytes;

        void begin(Run newRun) {
            run = newRun;
            receivedBytes = 0;
            totalBytes = Long.MAX_VALUE;
        }

        void expect(long bytes) {
            totalBytes = bytes;
            check();
        }

        private void check() {
            run.operations = receivedBytes / BLOCK_BYTES;
            if (receivedBytes == totalBytes) {
                run.finish();
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ByteBuf in = (ByteBuf) msg;
            receivedBytes += in.readableBytes();
            in.release();
            check();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            run.fail(cause);
        }
    }
}
