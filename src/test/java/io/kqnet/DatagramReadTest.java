package io.kqnet;

import static io.kqnet.DatagramPeers.bind;
import static io.kqnet.DatagramPeers.bound;
import static io.kqnet.DatagramPeers.numbered;
import static io.kqnet.DatagramPeers.peer;
import static io.kqnet.DatagramPeers.send;
import static io.kqnet.DatagramPeers.sendTogether;
import static io.kqnet.DatagramPeers.unbound;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Counts;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.InternetProtocolFamily;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.PortUnreachableException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;

/** What a datagram channel delivers, and what it asks of the kernel for it. {@link DatagramSingleReadTest} does it without batch calls. */
@Timeout(60)
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
class DatagramReadTest {
    /** Turns autoRead off at the first datagram. */
    private static final class Reluctant extends DatagramInbox {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.channel().config().setAutoRead(false);
            super.channelRead(context, message);
        }
    }

    /** Has no memory for the second buffer. */
    private static final class FailsOnce extends AbstractByteBufAllocator {
        private final AtomicInteger made = new AtomicInteger();

        @Override
        protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
            return UnpooledByteBufAllocator.DEFAULT.heapBuffer(initialCapacity, maxCapacity);
        }

        @Override
        protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
            if (made.incrementAndGet() == 2) {
                throw new OutOfMemoryError("by the test");
            }
            return UnpooledByteBufAllocator.DEFAULT.directBuffer(initialCapacity, maxCapacity);
        }

        @Override
        public boolean isDirectBufferPooled() {
            return false;
        }
    }

    @OverLoops
    void datagramsArriveInOrderWithWhoSentThemToWhom(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = bound(net, inbox);
            DatagramSocket one = peer(net);
            DatagramSocket other = peer(net);
            String[] texts = numbered(100);
            sendTogether(net, one, channel, texts);
            inbox.await(100);
            send(other, channel, "from another");
            assertEquals(List.of(texts), inbox.texts().subList(0, 100));
            assertEquals("from another", inbox.await(101).text);
            assertEquals(DatagramPeers.address(one), inbox.get(99).packet.sender());
            assertSame(inbox.get(0).packet.sender(), inbox.get(99).packet.sender(), "one sender is one object");
            assertEquals(DatagramPeers.address(other), inbox.get(100).packet.sender());
            assertEquals(channel.localAddress(), inbox.get(0).packet.recipient());
            assertNull(inbox.get(0).packet.arrival());
            assertEquals(0, inbox.get(0).packet.interfaceIndex());
        }
    }

    @OverLoops
    void emptyDatagramsAreDeliveredAndEndNothing(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = bound(net, inbox);
            DatagramSocket peer = peer(net);
            sendTogether(net, peer, channel, "", "", "one", "", "two", "");
            inbox.await(6);
            assertEquals(List.of("", "", "one", "", "two", ""), inbox.texts());
            send(peer, channel, "");
            inbox.await(7);
            assertEquals(List.of(), inbox.causes());
        }
    }

    @OverLoops
    void anAllocatorThatFailsOnceCostsOneBatch(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = bound(net, inbox);
            channel.config().setAllocator(new FailsOnce());
            DatagramSocket peer = peer(net);
            sendTogether(net, peer, channel, "one", "two");
            inbox.await(2);
            send(peer, channel, "three");
            inbox.await(3);
            assertEquals(List.of("one", "two", "three"), inbox.texts());
            assertEquals(1, inbox.causes().size());
            assertInstanceOf(OutOfMemoryError.class, inbox.causes().get(0));
        }
    }

    @OverLoops
    void turningAutoReadOffKeepsBackTheRestOfTheBatch(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new Reluctant();
            KqDatagramChannel channel = bound(net, inbox);
            DatagramSocket peer = peer(net);
            send(peer, channel, "first");
            inbox.await(1);
            channel.config().setAutoRead(true);
            sendTogether(net, peer, channel, numbered(10));
            inbox.await(2);
            Net.settle(channel.eventLoop());
            assertEquals(2, inbox.count());
            for (int i = 3; i <= 11; i++) {
                channel.read();
                inbox.await(i);
                Net.settle(channel.eventLoop());
                assertEquals(i, inbox.count());
            }
            assertEquals(List.of(numbered(10)), inbox.texts().subList(1, 11));
            channel.read();
            send(peer, channel, "last");
            assertEquals("last", inbox.await(12).text);
        }
    }

    @OverLoops
    void whatWasKeptBackIsReleasedByCloseAndMovesToAnotherLoop(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops, 2)) {
            DatagramInbox inbox = new Reluctant();
            KqDatagramChannel channel = bound(net, inbox);
            DatagramSocket peer = peer(net);
            channel.config().setDatagramBatch(8);
            sendTogether(net, peer, channel, numbered(2));
            inbox.await(1);
            channel.config().setAutoRead(true);
            inbox.await(2);
            channel.config().setAutoRead(true);
            sendTogether(net, peer, channel, numbered(20));
            inbox.await(3);
            channel.config().setAutoRead(false);
            io.netty.channel.EventLoop target = net.loopOtherThan(channel.eventLoop());
            channel.deregister().sync();
            target.register(channel).sync();
            channel.read();
            inbox.await(4);
            assertEquals("letter 1", inbox.get(3).text);
            channel.close().sync();
            Net.settle(target);
            assertEquals(4, inbox.count());
        }
    }

    @OverLoops
    void aLongDatagramIsCutAndSaysSo(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = bind(unbound(net, inbox).option(Net.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(10)));
            DatagramSocket peer = peer(net);
            sendTogether(net, peer, channel, "0123456789", "0123456789a", "short");
            inbox.await(3);
            assertEquals(List.of("0123456789", "0123456789", "short"), inbox.texts());
            assertFalse(inbox.get(0).packet.isTruncated());
            assertTrue(inbox.get(1).packet.isTruncated());
            assertFalse(inbox.get(2).packet.isTruncated());
        }
    }

    @OverLoops
    void theBuffersAreAsLargeAsTheAllocatorSays(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = bind(unbound(net, inbox).option(Net.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(65_536)));
            send(peer(net), channel, "x".repeat(60_000));
            assertEquals(60_000, inbox.await(1).bytes.length);
            assertFalse(inbox.get(0).packet.isTruncated());
        }
    }

    private static void tellsDestination(LoopKind loops, InternetProtocolFamily family) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = (KqDatagramChannel) DatagramPeers.ofFamily(net, family, inbox)
                    .option(KqChannelOption.IP_RECVDSTADDR, true).option(KqChannelOption.SO_TIMESTAMP, true).bind(0).sync().channel();
            int port = channel.localAddress().getPort();
            DatagramSocket peer = peer(net);
            Instant before = Instant.now().truncatedTo(ChronoUnit.MICROS);
            for (int i = 1; i <= 3; i++) {
                send(peer, new InetSocketAddress(DatagramPeers.local(i), port), "to " + i);
            }
            inbox.await(3);
            for (int i = 1; i <= 3; i++) {
                KqDatagramPacket packet = inbox.get(i - 1).packet;
                assertEquals(new InetSocketAddress(DatagramPeers.local(i), port), packet.recipient());
                assertEquals(DatagramPeers.address(peer), packet.sender());
                assertTrue(NetworkInterface.getByIndex(packet.interfaceIndex()).isLoopback());
                assertFalse(packet.arrival().isBefore(before), packet.arrival() + " is before " + before);
                assertFalse(packet.arrival().isAfter(Instant.now()));
            }
            channel.config().setOption(KqChannelOption.IP_RECVDSTADDR, false);
            channel.config().setOption(KqChannelOption.SO_TIMESTAMP, false);
            send(peer, new InetSocketAddress(DatagramPeers.local(4), port), "untold");
            KqDatagramPacket untold = inbox.await(4).packet;
            assertEquals(channel.localAddress(), untold.recipient());
            assertNull(untold.arrival());
        }
    }

    @OverLoops
    void theTrueDestinationTheInterfaceAndTheTimeAreToldIfAskedFor(LoopKind loops) throws Exception {
        tellsDestination(loops, InternetProtocolFamily.IPv4);
    }

    @OverLoops
    void theyAreToldOfIpv4OnADualStackSocketToo(LoopKind loops) throws Exception {
        tellsDestination(loops, null);
    }

    @OverLoops
    void aPacketsCopiesKeepWhatWasTold(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    KqDatagramPacket packet = (KqDatagramPacket) message;
                    super.channelRead(context, packet.copy());
                    super.channelRead(context, packet.retainedDuplicate());
                    super.channelRead(context, packet.retain().touch().replace(packet.content()));
                    packet.release();
                }
            };
            KqDatagramChannel channel = bind(unbound(net, inbox).option(KqChannelOption.SO_TIMESTAMP, true));
            send(peer(net), channel, "copied");
            inbox.await(3);
            Instant arrival = inbox.get(0).packet.arrival();
            assertNotNull(arrival);
            for (int i = 0; i < 3; i++) {
                assertEquals("copied", inbox.get(i).text);
                assertEquals(arrival, inbox.get(i).packet.arrival());
                assertEquals(channel.localAddress(), inbox.get(i).packet.recipient());
            }
        }
    }

    @OverLoops
    void thatNobodyListensAtThePeerIsToldAndEndsNothing(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            DatagramSocket gone = peer(net);
            InetSocketAddress address = DatagramPeers.address(gone);
            KqDatagramChannel channel = (KqDatagramChannel) unbound(net, inbox).connect(address).sync().channel();
            gone.close();
            channel.writeAndFlush(DatagramPeers.text("anybody?")).await();
            Throwable cause = inbox.awaitCause();
            assertInstanceOf(PortUnreachableException.class, cause);
            assertTrue(cause.getMessage().contains("ECONNREFUSED"), cause.getMessage());
            assertTrue(cause.getMessage().contains(String.valueOf(address.getPort())), cause.getMessage());
            assertTrue(channel.isOpen());
            try (DatagramSocket back = new DatagramSocket(address)) {
                channel.writeAndFlush(DatagramPeers.text("again")).await();
                channel.writeAndFlush(DatagramPeers.text("again")).sync();
                send(back, channel, "yes");
                assertEquals("yes", inbox.await(1).text);
            }
        }
    }

    @OverLoops
    void burstsCostOneReadEachOnceTheirSizeIsKnown(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = bound(net, inbox);
            DatagramSocket peer = peer(net);
            int got = 0;
            for (int size : new int[] {31, 20, 20, 10, 5, 1, 1, 1}) {
                Counts before = Counts.of(channel.eventLoop());
                sendTogether(net, peer, channel, numbered(size));
                got += size;
                inbox.await(got);
                Net.settle(channel.eventLoop());
                if (got > 31) {
                    assertEquals(isSingly(channel) ? size + 1 : 1, before.since(channel.eventLoop()).reads, "of " + size);
                }
            }
        }
    }

    @OverLoops
    void aFloodIsReadInFullBatches(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = bound(net, inbox);
            DatagramSocket peer = peer(net);
            for (int round = 1; round <= 3; round++) {
                Counts before = Counts.of(channel.eventLoop());
                sendTogether(net, peer, channel, numbered(96));
                inbox.await(96 * round);
                Net.settle(channel.eventLoop());
                long reads = before.since(channel.eventLoop()).reads;
                if (round > 1) {
                    assertEquals(isSingly(channel) ? 97 : 4, reads, "the last finds nothing");
                } else {
                    assertTrue(isSingly(channel) || reads <= 9, "batches grow to their size: " + reads + " reads");
                }
            }
        }
    }

    static boolean isSingly(KqDatagramChannel channel) {
        return channel.config().how() != 0;
    }

    @OverLoops
    void noMoreThanTheBatchIsAskedForAtOnce(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = bind(unbound(net, inbox).option(KqChannelOption.DATAGRAM_BATCH, 1));
            DatagramSocket peer = peer(net);
            send(peer, channel, "warm");
            inbox.await(1);
            Net.settle(channel.eventLoop());
            Counts before = Counts.of(channel.eventLoop());
            sendTogether(net, peer, channel, numbered(5));
            inbox.await(6);
            Net.settle(channel.eventLoop());
            assertNotEquals(0, before.since(channel.eventLoop()).reads);
            assertTrue(before.since(channel.eventLoop()).reads >= 6, "one each, and one that finds nothing");
            assertEquals(1, channel.config().getOption(KqChannelOption.DATAGRAM_BATCH));
        }
    }

    @OverLoops
    void datagramsThatNobodyReadsCauseNoSpin(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = bind(unbound(net, inbox).option(ChannelOption.AUTO_READ, false));
            DatagramSocket peer = peer(net);
            send(peer, channel, "unread");
            Await.until(() -> channel.readState().isReadable());
            Net.settle(channel.eventLoop());
            Counts before = Counts.of(channel.eventLoop());
            Await.quiet(100);
            assertEquals(0, before.since(channel.eventLoop()).events);
            assertEquals(0, inbox.count());
            channel.read();
            assertEquals("unread", inbox.await(1).text);
        }
    }
}
