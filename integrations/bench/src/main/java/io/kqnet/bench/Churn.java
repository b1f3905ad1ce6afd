// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Connect, one message and its answer, close by the client, close by the server; one connection after another. */
final class Churn extends Scenario {
    /** Closed connections hold their port for a minute: a run takes at most this many of a listener's 28,000. */
    static final int MAX_OPERATIONS = 15_000;
    private static final int MESSAGE_BYTES = 64;

    private final ByteBuf message = Net.message(MESSAGE_BYTES);
    private Run run;
    private Bootstrap bootstrap;
    /** Client loop only. */
    private long startedNanos;

    Churn(Net net) {
        super(net);
    }

    @Override
    String open() throws Exception {
        // Starts both threads, which a count of system calls attaches to before the first operation.
        net.serverLoop().submit(() -> { }).sync();
        net.clientLoop().submit(() -> { }).sync();
        return "";
    }

    @Override
    void run(Run run, Meter meter) throws Exception {
        // A listener of its own for each run gives the run a fresh set of ports.
        Channel server = net.listen(() -> new EchoHandler(message));
        this.run = run;
        bootstrap = net.client(server, Client::new);
        meter.start();
        net.clientLoop().execute(this::next);
        run.await();
        meter.stop();
        server.close().sync();
    }

    private void next() {
        if (!run.budget.take()) {
            run.finish();
            return;
        }
        startedNanos = System.nanoTime();
        bootstrap.connect().addListener((ChannelFuture connect) -> {
            if (!connect.isSuccess()) {
                run.fail(connect.cause());
            }
        });
    }

    private final class Client extends ChannelInboundHandlerAdapter {
        private int missingBytes = MESSAGE_BYTES;

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.writeAndFlush(message.duplicate());
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ByteBuf in = (ByteBuf) msg;
            missingBytes -= in.readableBytes();
            in.release();
            if (missingBytes == 0) {
                ctx.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            if (missingBytes != 0) {
                run.fail(new IllegalStateException("closed before the answer"));
                return;
            }
            run.completed(startedNanos);
            // Not from inside this close: the channel is deregistered after this event.
            ctx.executor().execute(Churn.this::next);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            run.fail(cause);
        }
    }
}
