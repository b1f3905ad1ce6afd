package io.kqnet;

import io.kqnet.support.Net;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.InternetProtocolFamily;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Datagram channels under test and blocking sockets of the JDK as their peers. */
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
final class DatagramPeers {
    static final InetAddress LOCAL = local(1);

    private DatagramPeers() {
    }

    /** 127.0.0.n. */
    static InetAddress local(int n) {
        try {
            return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) n});
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static Bootstrap unbound(Net net, ChannelHandler handler) {
        return new Bootstrap().group(net.group()).channel(KqDatagramChannel.class).handler(handler);
    }

    static Bootstrap ofFamily(Net net, InternetProtocolFamily family, ChannelHandler handler) {
        return new Bootstrap().group(net.group()).channelFactory(() -> new KqDatagramChannel(family)).handler(handler);
    }

    static KqDatagramChannel bind(Bootstrap bootstrap) throws InterruptedException {
        return (KqDatagramChannel) bootstrap.bind(LOCAL, 0).sync().channel();
    }

    static KqDatagramChannel bound(Net net, ChannelHandler handler) throws InterruptedException {
        return bind(unbound(net, handler));
    }

    static DatagramSocket peer(Net net) throws IOException {
        DatagramSocket socket = net.keep(new DatagramSocket(new InetSocketAddress(LOCAL, 0)));
        socket.setSoTimeout(10_000);
        return socket;
    }

    static InetSocketAddress address(DatagramSocket socket) {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }

    static DatagramPacket letter(String text, DatagramSocket to) {
        return new DatagramPacket(text(text), address(to));
    }

    static void send(DatagramSocket from, KqDatagramChannel to, String text) throws IOException {
        send(from, to.localAddress(), text);
    }

    static void send(DatagramSocket from, InetSocketAddress to, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        from.send(new java.net.DatagramPacket(bytes, bytes.length, to));
    }

    /** All of them are in the socket's buffer before the channel's loop looks at it. */
    static void sendTogether(Net net, DatagramSocket from, KqDatagramChannel to, String... texts) throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch sent = new CountDownLatch(1);
        to.eventLoop().execute(() -> {
            held.countDown();
            try {
                sent.await(10, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        held.await();
        for (String text : texts) {
            send(from, to, text);
        }
        sent.countDown();
    }

    static String[] numbered(int count) {
        String[] texts = new String[count];
        Arrays.setAll(texts, i -> "letter " + i);
        return texts;
    }

    static String receive(DatagramSocket socket) throws IOException {
        byte[] bytes = new byte[65_536];
        java.net.DatagramPacket packet = new java.net.DatagramPacket(bytes, bytes.length);
        socket.receive(packet);
        return new String(bytes, 0, packet.getLength(), StandardCharsets.ISO_8859_1);
    }
}
