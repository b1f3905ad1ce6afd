// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

import java.util.ArrayList;
import java.util.List;

/**
 * One message back and forth. With as many messages under way as connections, each connection keeps its own;
 * with fewer, a message walks from connection to connection, so that most of them are idle at any time.
 */
final class PingPong extends Scenario {
    private static final int MESSAGE_BYTES = 64;
    private static final int CONNECTS_AT_ONCE = 500;

    private final int wanted;
    private final int underWay;
    private final ByteBuf message = Net.message(MESSAGE_BYTES);
    /** In the order of activation; changed by the client loop only. */
    private final List<Pinger> pingers = new ArrayList<>();
    private Run run;
    private int cursor;
    private int active;

    PingPong(Net net, int connections, int underWay) {
        super(net);
        wanted = connections;
        this.underWay = underWay;
    }

    @Override
    String open() throws Exception {
        int connections = Limits.affordableConnections(wanted);
        Channel server = net.listen(() -> new EchoHandler(message));
        Bootstrap client = net.client(server, this::newPinger);
        for (int made = 0; made < connections;) {
            List<ChannelFuture> batch = new ArrayList<>();
            for (int i = 0; i < CONNECTS_AT_ONCE && made < connections; i++, made++) {
                batch.add(client.connect());
            }
            for (ChannelFuture connect : batch) {
                connect.sync();
            }
        }
        return connections == wanted ? "" : connections + " connections instead of " + wanted
                + ": this process may open only " + Limits.maxDescriptors() + " descriptors";
    }

    private ChannelHandler newPinger() {
        return new Pinger();
    }

    @Override
    void run(Run run, Meter meter) throws Exception {
        this.run = run;
        meter.start();
        net.clientLoop().execute(this::begin);
        run.await();
        meter.stop();
    }

    private void begin() {
        int starting = Math.min(underWay, pingers.size());
        active = starting;
        cursor = starting;
        for (int i = 0; i < starting; i++) {
            pingers.get(i).ping();
        }
    }

    private void answered(Pinger pinger) {
        if (underWay >= pingers.size()) {
            pinger.ping();
            return;
        }
        pingers.get(cursor++ % pingers.size()).ping();
    }

    private final class Pinger extends ChannelInboundHandlerAdapter {
        private ChannelHandlerContext context;
        private long sentNanos;
        private int missingBytes;

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            context = ctx;
            pingers.add(this);
        }

        void ping() {
            if (!run.budget.take()) {
                if (--active == 0) {
                    run.finish();
                }
                return;
            }
            missingBytes = MESSAGE_BYTES;
            sentNanos = System.nanoTime();
            context.writeAndFlush(message.duplicate());
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ByteBuf in = (ByteBuf) msg;
            missingBytes -= in.readableBytes();
            in.release();
            if (missingBytes == 0) {
                run.completed(sentNanos);
                answered(this);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            run.fail(cause);
        }
    }
}
