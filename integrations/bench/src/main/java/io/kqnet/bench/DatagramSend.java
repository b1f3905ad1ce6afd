// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;

import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Datagrams to a socket whose buffer is full, so that nothing is measured but sending. */
final class DatagramSend extends Scenario {
    private static final int MESSAGE_BYTES = 64;
    private static final int FLUSHED_TOGETHER = 64;

    private final ByteBuf message = Net.message(MESSAGE_BYTES);
    private Channel client;
    private InetSocketAddress target;

    DatagramSend(Net net) {
        super(net);
    }

    @Override
    String open() throws Exception {
        DatagramSocket sink = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        target = (InetSocketAddress) sink.getLocalSocketAddress();
        client = net.datagrams(net.clients, new ChannelInboundHandlerAdapter());
        return "";
    }

    @Override
    void run(Run run, Meter meter) throws Exception {
        meter.start();
        net.clientLoop().execute(() -> send(run));
        run.await();
        meter.stop();
    }

    private void send(Run run) {
        ChannelFuture last = null;
        int sent = 0;
        while (sent < FLUSHED_TOGETHER && run.budget.take()) {
            last = client.write(new DatagramPacket(message.duplicate(), target));
            sent++;
        }
        if (last == null) {
            run.finish();
            return;
        }
        int count = sent;
        last.addListener(done -> {
            if (done.isSuccess()) {
                run.operations += count;
                net.clientLoop().execute(() -> send(run));
            } else {
                run.fail(done.cause());
            }
        });
        client.flush();
    }
}
