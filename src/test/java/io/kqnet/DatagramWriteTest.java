package io.kqnet;

import static io.kqnet.DatagramPeers.address;
import static io.kqnet.DatagramPeers.bind;
import static io.kqnet.DatagramPeers.bound;
import static io.kqnet.DatagramPeers.letter;
import static io.kqnet.DatagramPeers.numbered;
import static io.kqnet.DatagramPeers.peer;
import static io.kqnet.DatagramPeers.receive;
import static io.kqnet.DatagramPeers.sendTogether;
import static io.kqnet.DatagramPeers.text;
import static io.kqnet.DatagramPeers.unbound;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Counts;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultAddressedEnvelope;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.SegmentedDatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.UnresolvedAddressException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;

/** What a datagram channel sends, and what becomes of the promises. {@link DatagramSingleWriteTest} does it without batch calls. */
@Timeout(60)
class DatagramWriteTest {
    /** In one task of the loop, so that nothing leaves before the flush. */
    private static List<ChannelFuture> writeTogether(KqDatagramChannel channel, List<Object> messages) throws Exception {
        return Net.inLoop(channel.eventLoop(), () -> {
            List<ChannelFuture> futures = new ArrayList<>();
            messages.forEach(message -> futures.add(channel.write(message)));
            channel.flush();
            return futures;
        });
    }

    @OverLoops
    void datagramsFlushedTogetherLeaveTogether(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bound(net, new DatagramInbox());
            DatagramSocket one = peer(net);
            DatagramSocket other = peer(net);
            List<Object> messages = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                messages.add(letter("letter " + i, i % 3 == 0 ? other : one));
            }
            Counts before = Counts.of(channel.eventLoop());
            for (ChannelFuture future : writeTogether(channel, messages)) {
                future.sync();
            }
            assertEquals(channel.config().how() != 0 ? 50 : 2, before.since(channel.eventLoop()).writes);
            for (int i = 0; i < 50; i++) {
                assertEquals("letter " + i, receive(i % 3 == 0 ? other : one));
            }
        }
    }

    @OverLoops
    void contentOfEveryKindArrives(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bound(net, new DatagramInbox());
            DatagramSocket peer = peer(net);
            CompositeByteBuf direct = Unpooled.compositeBuffer().addComponents(true, Unpooled.directBuffer().writeBytes("di".getBytes()),
                    Unpooled.directBuffer().writeBytes("rect".getBytes()));
            CompositeByteBuf mixed = Unpooled.compositeBuffer().addComponents(true, text("he"), Unpooled.directBuffer().writeBytes("ap".getBytes()));
            CompositeByteBuf many = Unpooled.compositeBuffer(2000);
            for (int i = 0; i < 1500; i++) {
                many.addComponent(true, Unpooled.directBuffer(1).writeByte('m'));
            }
            ByteBuf offset = Unpooled.directBuffer().writeBytes("--offset--".getBytes()).readerIndex(2).writerIndex(8);
            List<Object> messages = new ArrayList<>();
            for (ByteBuf content : new ByteBuf[] {text("heap"), direct, mixed, many, offset, Unpooled.EMPTY_BUFFER, Unpooled.directBuffer(4)}) {
                messages.add(new DatagramPacket(content, address(peer)));
            }
            messages.add(new DefaultAddressedEnvelope<>(text("envelope"), address(peer)));
            for (ChannelFuture future : writeTogether(channel, messages)) {
                future.sync();
            }
            for (String expected : new String[] {"heap", "direct", "heap", "m".repeat(1500), "offset", "", "", "envelope"}) {
                assertEquals(expected, receive(peer));
            }
        }
    }

    @OverLoops
    void aConnectedChannelSendsBuffersToItsPeer(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramSocket peer = peer(net);
            KqDatagramChannel channel = (KqDatagramChannel) unbound(net, new DatagramInbox()).connect(address(peer)).sync().channel();
            List<Object> messages = List.of(text("bare"), Unpooled.EMPTY_BUFFER, letter("addressed to the peer", peer), text("bare again"));
            for (ChannelFuture future : writeTogether(channel, messages)) {
                future.sync();
            }
            for (String expected : new String[] {"bare", "", "addressed to the peer", "bare again"}) {
                assertEquals(expected, receive(peer));
            }
        }
    }

    @OverLoops
    void whatCannotBeSentFailsByItself(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bound(net, new DatagramInbox());
            DatagramSocket peer = peer(net);
            List<ChannelFuture> futures = writeTogether(channel, List.of(letter("before", peer), text("to nobody"),
                    new DatagramPacket(Unpooled.directBuffer(70_000).writeZero(70_000), address(peer)), "a string",
                    new DatagramPacket(text("unresolved"), InetSocketAddress.createUnresolved("nowhere.invalid", 1)), letter("after", peer)));
            futures.get(0).sync();
            assertInstanceOf(NotYetConnectedException.class, futures.get(1).await().cause());
            String tooLong = futures.get(2).await().cause().getMessage();
            assertTrue(tooLong.contains("sendmsg(..) failed: EMSGSIZE") && tooLong.contains(address(peer).toString()), tooLong);
            assertInstanceOf(UnsupportedOperationException.class, futures.get(3).await().cause());
            assertInstanceOf(UnresolvedAddressException.class, futures.get(4).await().cause());
            futures.get(5).sync();
            assertEquals("before", receive(peer));
            assertEquals("after", receive(peer));
            assertTrue(channel.isActive());
        }
    }

    @OverLoops
    void aCancelledWriteLeavesTheOthersToTheirPromises(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramSocket peer = peer(net);
            KqDatagramChannel channel = (KqDatagramChannel) unbound(net, new DatagramInbox()).connect(address(peer)).sync().channel();
            List<ChannelPromise> promises = Net.inLoop(channel.eventLoop(), () -> {
                List<ChannelPromise> made = new ArrayList<>();
                for (int i = 0; i < 6; i++) {
                    made.add(channel.newPromise());
                    channel.write(text("letter " + i), made.get(i));
                }
                made.get(0).cancel(false);
                made.get(3).cancel(false);
                made.get(5).cancel(false);
                channel.flush();
                return made;
            });
            for (int i : new int[] {1, 2, 4}) {
                promises.get(i).sync();
                assertEquals("letter " + i, receive(peer));
            }
            channel.writeAndFlush(text("end")).sync();
            assertEquals("end", receive(peer), "nothing is sent twice");
            assertTrue(promises.get(0).isCancelled() && promises.get(3).isCancelled() && promises.get(5).isCancelled());
        }
    }

    @OverLoops
    void aSegmentedPacketIsSplitAndItsPromiseStandsForAllOfIt(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bound(net, new DatagramInbox());
            DatagramSocket peer = peer(net);
            StringBuilder all = new StringBuilder();
            for (int i = 0; i < 80; i++) {
                all.append(String.format("segment%03d", i));
            }
            all.append("rest");
            CompositeByteBuf parts = Unpooled.compositeBuffer().addComponents(true,
                    Unpooled.directBuffer().writeBytes(all.substring(0, 333).getBytes()), text(all.substring(333, 400)),
                    Unpooled.directBuffer().writeBytes(all.substring(400).getBytes()));
            List<ChannelFuture> futures = writeTogether(channel, List.of(letter("first", peer),
                    new SegmentedDatagramPacket(parts, 10, address(peer)), letter("last", peer),
                    new SegmentedDatagramPacket(text("whole"), 100, address(peer))));
            for (ChannelFuture future : futures) {
                future.sync();
            }
            assertEquals("first", receive(peer));
            for (int i = 0; i < 80; i++) {
                assertEquals(String.format("segment%03d", i), receive(peer));
            }
            assertEquals("rest", receive(peer));
            assertEquals("last", receive(peer));
            assertEquals("whole", receive(peer));
        }
    }

    @OverLoops
    void answersToOneBatchLeaveTogetherUnlessThatIsTurnedOff(LoopKind loops) throws Exception {
        for (boolean coalesce : new boolean[] {true, false}) {
            try (Net net = Net.with(loops)) {
                DatagramInbox echo = new DatagramInbox() {
                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        KqDatagramPacket packet = (KqDatagramPacket) message;
                        context.writeAndFlush(new DatagramPacket(packet.content(), packet.sender()));
                    }
                };
                KqDatagramChannel channel = bind(unbound(net, echo).option(KqChannelOption.COALESCE_FLUSH, coalesce));
                DatagramSocket peer = peer(net);
                Counts before = null;
                // The first burst teaches the channel its size.
                for (int round = 0; round < 2; round++) {
                    before = Counts.of(channel.eventLoop());
                    sendTogether(net, peer, channel, numbered(20));
                    for (String expected : numbered(20)) {
                        assertEquals(expected, receive(peer));
                    }
                    Net.settle(channel.eventLoop());
                }
                boolean singly = channel.config().how() != 0;
                assertEquals(coalesce && !singly ? 1 : 20, before.since(channel.eventLoop()).writes);
                assertEquals(singly ? 21 : 1, before.since(channel.eventLoop()).reads);
            }
        }
    }

    @OverLoops
    void aFlushDuringABatchGoesOutBeforeTheChannelIsClosedInIt(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox last = new DatagramInbox() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    KqDatagramPacket packet = (KqDatagramPacket) message;
                    context.writeAndFlush(new DatagramPacket(packet.content(), packet.sender()));
                    context.close();
                }
            };
            KqDatagramChannel channel = bound(net, last);
            DatagramSocket peer = peer(net);
            sendTogether(net, peer, channel, "one", "two", "three");
            assertEquals("one", receive(peer));
            channel.closeFuture().sync();
        }
    }

    @OverLoops
    void aFloodIsSentInTurns(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bound(net, new DatagramInbox());
            DatagramSocket peer = peer(net);
            List<Object> messages = new ArrayList<>();
            for (int i = 0; i < 2000; i++) {
                messages.add(letter("x", peer));
            }
            for (ChannelFuture future : writeTogether(channel, messages)) {
                future.sync();
            }
        }
    }

    @OverLoops
    void noMoreThanMaxMessagesPerWriteLeaveInOneTurn(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bind(unbound(net, new DatagramInbox()).option(ChannelOption.MAX_MESSAGES_PER_WRITE, 3));
            DatagramSocket peer = peer(net);
            List<Object> messages = new ArrayList<>();
            for (String text : numbered(10)) {
                messages.add(letter(text, peer));
            }
            Counts before = Counts.of(channel.eventLoop());
            for (ChannelFuture future : writeTogether(channel, messages)) {
                future.sync();
            }
            assertEquals(channel.config().how() != 0 ? 10 : 4, before.since(channel.eventLoop()).writes);
            for (String expected : numbered(10)) {
                assertEquals(expected, receive(peer));
            }
        }
    }

    @OverLoops
    void batchSizesOutOfRangeAreRefused(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bound(net, new DatagramInbox());
            for (int size : new int[] {0, -1, 33, Integer.MAX_VALUE}) {
                assertThrows(IllegalArgumentException.class, () -> channel.config().setDatagramBatch(size));
            }
        }
    }
}
