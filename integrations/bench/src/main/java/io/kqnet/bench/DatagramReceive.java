// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Datagrams are put into the socket's buffer by a socket of the JDK, then the channel gets them all. The sending is part of the rate but, done
 * by the driving thread, not of the CPU time.
 */
final class DatagramReceive extends Scenario {
    private static final int MESSAGE_BYTES = 64;
    /** What a receive buffer of Linux's default size takes, with room to spare. */
    private static final int WAITING = 192;
    private static final long STALL_SECONDS = 10;

    private Channel server;
    private DatagramSocket sender;
    private final Sink sink = new Sink();

    DatagramReceive(Net net) {
        super(net);
    }

    @Override
    String open() throws Exception {
        server = net.datagrams(net.servers, sink);
        sender = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        return "";
    }

    @Override
    void run(Run run, Meter meter) throws Exception {
        DatagramPacket packet = new DatagramPacket(new byte[MESSAGE_BYTES], MESSAGE_BYTES, server.localAddress());
        long end = System.nanoTime() + (long) (run.budget.seconds * 1e9);
        meter.start();
        while (run.budget.timed() ? System.nanoTime() < end : run.budget.take(WAITING)) {
            CountDownLatch held = new CountDownLatch(1);
            CountDownLatch filled = new CountDownLatch(1);
            CountDownLatch received = new CountDownLatch(1);
            net.serverLoop().execute(() -> {
                sink.begin(received);
                held.countDown();
                hold(filled);
            });
            held.await();
            for (int i = 0; i < WAITING; i++) {
                sender.send(packet);
            }
            filled.countDown();
            if (!received.await(STALL_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("datagrams were lost");
            }
            run.operations += WAITING;
        }
        meter.stop();
    }

    /** In the loop, so that it does not look at the socket before all are there. */
    private static void hold(CountDownLatch filled) {
        try {
            filled.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class Sink extends ChannelInboundHandlerAdapter {
        private CountDownLatch received;
        private int missing;

        void begin(CountDownLatch latch) {
            received = latch;
            missing = WAITING;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ReferenceCountUtil.release(msg);
            if (--missing == 0) {
                received.countDown();
            }
        }
    }
}
