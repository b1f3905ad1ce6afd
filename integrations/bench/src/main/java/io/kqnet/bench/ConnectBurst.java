// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** 1,000 connects started at once; measured until all are active on both sides. Closing them is not measured. */
final class ConnectBurst extends Scenario {
    static final int CONNECTS = 1000;
    private static final int MAX_BURSTS = 20;

    private final List<Channel> connected = new ArrayList<>();
    private volatile Burst burst;
    private Bootstrap bootstrap;

    ConnectBurst(Net net) {
        super(net);
    }

    @Override
    String open() throws Exception {
        Channel server = net.listen(Accepted::new);
        bootstrap = net.client(server, Connected::new);
        net.clientLoop().submit(() -> { }).sync();
        return "";
    }

    @Override
    void run(Run run, Meter meter) throws Exception {
        long endNanos = System.nanoTime() + (long) (run.budget.seconds * 1e9);
        for (int bursts = 0; bursts == 0 || bursts < MAX_BURSTS && System.nanoTime() < endNanos; bursts++) {
            burst = new Burst(run);
            meter.start();
            net.clientLoop().execute(this::connectAll);
            burst.active.await(10, TimeUnit.SECONDS);
            run.operations += CONNECTS - burst.active.getCount() / 2;
            meter.stop();
            if (burst.active.getCount() > 0) {
                run.fail(new IllegalStateException(burst.active.getCount() + " ends did not become active"));
            }
            closeAll();
        }
        run.finish();
        run.awaitFinish();
    }

    private void connectAll() {
        connected.clear();
        Burst current = burst;
        for (int i = 0; i < CONNECTS; i++) {
            ChannelFuture connect = bootstrap.connect();
            connected.add(connect.channel());
            connect.addListener(done -> {
                if (!done.isSuccess()) {
                    current.run.fail(done.cause());
                }
            });
        }
    }

    private void closeAll() throws InterruptedException {
        net.clientLoop().submit(() -> {
            for (Channel channel : connected) {
                // A reset leaves no TIME_WAIT behind: twenty bursts would else use up the ports.
                channel.config().setOption(ChannelOption.SO_LINGER, 0);
                channel.close();
            }
        }).sync();
        if (!burst.closed.await(10, TimeUnit.SECONDS)) {
            burst.run.fail(new IllegalStateException(burst.closed.getCount() + " ends were not closed"));
        }
    }

    private static final class Burst {
        final Run run;
        final CountDownLatch active = new CountDownLatch(2 * CONNECTS);
        final CountDownLatch closed = new CountDownLatch(2 * CONNECTS);

        Burst(Run run) {
            this.run = run;
        }
    }

    private class Accepted extends ChannelInboundHandlerAdapter {
        private final Burst mine = burst;

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            mine.active.countDown();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            mine.closed.countDown();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }

    private final class Connected extends Accepted {
        private final long createdNanos = System.nanoTime();

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            // operations are counted per burst, once both ends are active
            burst.run.latency.recordValue(System.nanoTime() - createdNanos);
            super.channelActive(ctx);
        }
    }
}
