// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * One connection; the client sends a window of small messages, each with its own flush, and the next window when
 * all are answered; the server answers each message with its own flush. Nobody batches but the transport.
 */
final class Pipelined extends Scenario {
    private static final int MESSAGE_BYTES = 64;
    private static final int WINDOW = 64;

    private final ByteBuf message = Net.message(MESSAGE_BYTES);
    private volatile Client client;

    Pipelined(Net net) {
        super(net);
    }

    @Override
    String open() throws Exception {
        Channel server = net.listen(() -> new EchoHandler(message));
        Client handler = new Client();
        net.client(server, () -> handler).connect().sync();
        client = handler;
        return "";
    }

    @Override
    void run(Run run, Meter meter) throws Exception {
        meter.start();
        net.clientLoop().execute(() -> client.begin(run));
        run.await();
        meter.stop();
    }

    private final class Client extends ChannelInboundHandlerAdapter {
        private ChannelHandlerContext context;
        private Run run;
        private int missingBytes;

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            context = ctx;
        }

        void begin(Run newRun) {
            run = newRun;
            send();
        }

        private void send() {
            int sent = 0;
            while (sent < WINDOW && run.budget.take()) {
                sent++;
                context.writeAndFlush(message.duplicate());
            }
            missingBytes = sent * MESSAGE_BYTES;
            if (sent == 0) {
                run.finish();
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ByteBuf in = (ByteBuf) msg;
            int before = missingBytes;
            missingBytes -= in.readableBytes();
            in.release();
            // Whole messages done so far: the answers still missing, rounded up, count as not done.
            run.operations += messages(before) - messages(missingBytes);
            if (missingBytes == 0) {
                send();
            }
        }

        private int messages(int bytes) {
            return (bytes + MESSAGE_BYTES - 1) / MESSAGE_BYTES;
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            run.fail(cause);
        }
    }
}
