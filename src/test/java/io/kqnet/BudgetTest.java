package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.poll.Poller;
import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Counts;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DatagramPacket;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.DatagramSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the loop may ask of the kernel in each situation, by its own counters. */
@Timeout(60)
class BudgetTest {
    private static final int ROUNDS = 200;

    @OverLoops
    void echoRoundTripCostsOneKeventOneReadOneWriteAndNoChange(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Socket client = net.dial(net.listen(new Echo()));
            roundTrips(client, 1);
            Counts before = Counts.of(net.loop());
            roundTrips(client, ROUNDS);
            assertEquals("kevents " + ROUNDS + ", changes 0, reads " + ROUNDS + ", writes " + ROUNDS + ", accepts 0",
                    before.until(net.loop()));
        }
    }

    @OverLoops
    void datagramRoundTripCostsOneKeventOneReadOneWriteAndNoChange(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = DatagramPeers.bound(net, new DatagramEcho());
            DatagramSocket peer = DatagramPeers.peer(net);
            datagramRoundTrips(peer, channel, 2);
            Counts before = Counts.of(net.loop());
            datagramRoundTrips(peer, channel, ROUNDS);
            assertEquals("kevents " + ROUNDS + ", changes 0, reads " + ROUNDS + ", writes " + ROUNDS + ", accepts 0",
                    before.until(net.loop()));
        }
    }

    private static void datagramRoundTrips(DatagramSocket peer, KqDatagramChannel channel, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            DatagramPeers.send(peer, channel, "datagram " + i);
            assertEquals("datagram " + i, DatagramPeers.receive(peer));
        }
    }

    private static void roundTrips(Socket client, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            byte[] message = Bytes.pattern(i, 32);
            client.getOutputStream().write(message);
            assertArrayEquals(message, client.getInputStream().readNBytes(32));
        }
    }

    @OverLoops
    void acceptedConnectionCostsOneAcceptAndItsRegistrationRidesInTheNextKevent(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Channel server = net.listen(new Echo());
            roundTrips(net.dial(server), 1);
            Counts before = Counts.of(net.loop());
            int connections = 50;
            for (int i = 0; i < connections; i++) {
                roundTrips(net.dial(server), 1);
            }
            // One kevent returns for the connection, the next takes its change along and returns for its first bytes.
            assertEquals("kevents 100, changes 50, reads 50, writes 50, accepts 50", before.until(net.loop()));
        }
    }

    @OverLoops
    void connectionsThatWaitTogetherAreAcceptedWithoutAnAcceptThatFindsNone(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox accepted = new Inbox();
            Channel server = net.listen(accepted);
            net.dial(server);
            accepted.await("active");
            Counts before = Counts.of(net.loop());
            CountDownLatch dialled = new CountDownLatch(1);
            net.loop().execute(() -> await(dialled));
            for (int i = 0; i < 40; i++) {
                net.dial(server);
            }
            dialled.countDown();
            Await.until(() -> accepted.count("active") == 41);
            Net.settle(net.loop());
            assertEquals(40, before.since(net.loop()).accepts);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @OverLoops
    void stalledWriteCostsOneChangeToArmAndNoneToDisarm(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.SO_SNDBUF, 64 * 1024));
            Net.settle(net.loop());
            int size = 16 * 1024 * 1024;
            Counts before = Counts.of(net.loop());
            ChannelFuture written = pair.channel.writeAndFlush(Bytes.direct(Bytes.pattern(0, size)));
            Await.until(() -> pair.channel.registration().isWriteArmed());
            Net.settle(net.loop());
            assertEquals(1, before.since(net.loop()).changes);
            Bytes.assertSame(Bytes.pattern(0, size), pair.read(size));
            written.sync();
            Net.settle(net.loop());
            Counts cost = before.since(net.loop());
            assertEquals(cost.events, cost.changes, "each arming change fired once, and nothing was disarmed");
            Counts quiet = Counts.of(net.loop());
            pair.channel.writeAndFlush(Unpooled.copiedBuffer(new byte[] {1})).sync();
            pair.read(1);
            Net.settle(net.loop());
            assertEquals(0, quiet.since(net.loop()).changes);
            assertEquals(0, quiet.since(net.loop()).events);
        }
    }

    @OverLoops
    void answersToRequestsOfOneReadLeaveWithOneWrite(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            assertEquals("kevents 1, changes 0, reads 1, writes 1, accepts 0", answering(net, true));
        }
    }

    @OverLoops
    void answersLeaveOneByOneWithCoalescingOff(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            assertEquals("kevents 1, changes 0, reads 1, writes 64, accepts 0", answering(net, false));
        }
    }

    /** 64 requests of 8 bytes in one read. */
    private static String answering(Net net, boolean coalesce) throws Exception {
        ServerBootstrap bootstrap = net.server(new Answers()).childOption(KqChannelOption.COALESCE_FLUSH, coalesce);
        Socket client = net.dial(Net.bind(bootstrap));
        client.getOutputStream().write(new byte[8]);
        client.getInputStream().readNBytes(8);
        Counts before = Counts.of(net.loop());
        byte[] requests = Bytes.pattern(0, 512);
        client.getOutputStream().write(requests);
        assertArrayEquals(requests, client.getInputStream().readNBytes(512));
        return before.until(net.loop());
    }

    @OverLoops
    void togglingAutoReadCostsNoChange(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(inbox);
            Net.settle(net.loop());
            Counts before = Counts.of(net.loop());
            for (int i = 1; i <= 20; i++) {
                pair.channel.config().setAutoRead(false);
                pair.peer.getOutputStream().write(i);
                Net.settle(net.loop());
                pair.channel.config().setAutoRead(true);
                inbox.awaitBytes(i);
            }
            Net.settle(net.loop());
            assertEquals(0, before.since(net.loop()).changes);
        }
    }

    @OverLoops
    void closeCostsNoChange(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            List<Net.Pair> pairs = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                pairs.add(net.pair(new Inbox()));
            }
            Net.settle(net.loop());
            Counts before = Counts.of(net.loop());
            for (Net.Pair pair : pairs) {
                pair.channel.close().sync();
            }
            Net.settle(net.loop());
            assertEquals(0, before.since(net.loop()).changes);
        }
    }

    @OverLoops
    void burstFromAnotherThreadCostsOneTriggerAsleepAndNoneAwake(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            Net.settle(net.loop());
            // Time for the loop to go to sleep.
            Await.quiet(50);
            long before = KqLoopMetrics.of(net.loop()).triggers();
            CountDownLatch sent = new CountDownLatch(1);
            net.loop().execute(() -> await(sent));
            for (int i = 0; i < 500; i++) {
                pair.channel.writeAndFlush(Unpooled.copiedBuffer(new byte[] {(byte) i}));
            }
            long triggers = KqLoopMetrics.of(net.loop()).triggers() - before;
            sent.countDown();
            assertEquals(500, pair.read(500).length);
            assertEquals(1, triggers, "the first task wakes the loop, the others find it awake");
        }
    }

    @Test
    void nativeMemoryOfALoopStaysWithin32KiB() throws Exception {
        Kq.ensureAvailability();
        BufferPoolMXBean direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> "direct".equals(pool.getName())).findFirst().orElseThrow();
        new LoopScratch().sockaddr();
        long before = direct.getTotalCapacity();
        Poller poller = new Poller(Poller.DEFAULT_CAPACITY, true);
        LoopScratch scratch = new LoopScratch();
        scratch.iovecs();
        scratch.datagrams();
        scratch.sockaddr();
        poller.open();
        long used = direct.getTotalCapacity() - before;
        poller.close();
        assertTrue(used > 16 * 1024 && used <= 32 * 1024, used + " bytes");
    }

    private static final class DatagramEcho extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            KqDatagramPacket packet = (KqDatagramPacket) message;
            context.writeAndFlush(new DatagramPacket(packet.content(), packet.sender()));
        }
    }

    @Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }
    }

    /** One answer with its own flush for every 8 bytes. */
    @Sharable
    private static final class Answers extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf buf = (ByteBuf) message;
            while (buf.readableBytes() >= 8) {
                context.writeAndFlush(buf.readRetainedSlice(8));
            }
            buf.release();
        }
    }
}
