// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;

import java.net.InetSocketAddress;

/** As {@link Pipelined}: the client sends a window of datagrams, the server answers each, with a flush for every one. */
final class DatagramEcho extends Scenario {
    private static final int MESSAGE_BYTES = 64;
    private static final int WINDOW = 64;

    private final ByteBuf message = Net.message(MESSAGE_BYTES);
    private final Client client = new Client();
    private Channel channel;
    private InetSocketAddress server;

    DatagramEcho(Net net) {
        super(net);
    }

    @Override
    String open() throws Exception {
        server = (InetSocketAddress) net.datagrams(net.servers, new Server()).localAddress();
        channel = net.datagrams(net.clients, client);
        return "";
    }

    @Override
    void run(Run run, Meter meter) throws Exception {
        meter.start();
        net.clientLoop().execute(() -> client.begin(run));
        run.await();
        meter.stop();
    }

    private final class Server extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            DatagramPacket packet = (DatagramPacket) msg;
            InetSocketAddress sender = packet.sender();
            packet.release();
            ctx.writeAndFlush(new DatagramPacket(message.duplicate(), sender));
        }
    }

    private final class Client extends ChannelInboundHandlerAdapter {
        private Run run;
        private int missing;

        void begin(Run newRun) {
            run = newRun;
            send();
        }

        private void send() {
            missing = 0;
            while (missing < WINDOW && run.budget.take()) {
                missing++;
                channel.writeAndFlush(new DatagramPacket(message.duplicate(), server));
            }
            if (missing == 0) {
                run.finish();
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            ((DatagramPacket) msg).release();
            run.operations++;
            if (--missing == 0) {
                send();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            run.fail(cause);
        }
    }
}
