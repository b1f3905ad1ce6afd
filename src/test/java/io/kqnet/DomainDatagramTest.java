package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Counts;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Messages;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.kqnet.support.UnixNet;
import io.kqnet.support.UnixPeer;
import io.kqnet.sys.IoCalls;
import io.kqnet.sys.Memory;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.kqnet.sys.UnixCalls;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultAddressedEnvelope;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.NotYetConnectedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;

/** Datagrams of the Unix domain. */
@Timeout(60)
class DomainDatagramTest {
    private static byte[] content(Object packet) {
        return ByteBufUtil.getBytes(((DomainDatagramPacket) packet).content());
    }

    private static DomainDatagramPacket packet(int size, DomainSocketAddress to) {
        return new DomainDatagramPacket(Bytes.direct(Bytes.pattern(0, size)), to);
    }

    /** Neither bound nor connected. */
    @SuppressWarnings("deprecation")
    private static Channel unbound(UnixNet net) throws InterruptedException {
        return net.datagrams(new Messages()).option(ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, true).register().sync().channel();
    }

    @OverLoops
    void datagramArrivesWithSenderAndRecipient(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Messages messages = new Messages();
            Channel channel = net.datagrams(messages).bind(net.address("channel")).sync().channel();
            UnixPeer peer = net.keep(UnixPeer.datagram().bind(net.path("peer")));
            peer.write(Bytes.pattern(0, 100), net.path("channel").toString());
            peer.write(new byte[0], net.path("channel").toString());
            UnixPeer nameless = net.keep(UnixPeer.datagram());
            nameless.write(Bytes.pattern(0, 5), net.path("channel").toString());
            messages.await(3);
            DomainDatagramPacket first = (DomainDatagramPacket) messages.all().get(0);
            assertEquals(net.address("channel"), first.recipient());
            assertEquals(net.address("peer"), first.sender());
            Bytes.assertSame(Bytes.pattern(0, 100), content(first));
            assertEquals(0, content(messages.all().get(1)).length);
            assertEquals(new DomainSocketAddress(""), ((DomainDatagramPacket) messages.all().get(2)).sender());
            channel.writeAndFlush(new DomainDatagramPacket(Unpooled.EMPTY_BUFFER, first.sender())).sync();
            UnixPeer.Message answer = peer.receive();
            assertEquals(0, answer.bytes.length);
            assertEquals(net.path("channel").toString(), answer.sender);
            messages.release();
            Files.delete(net.path("peer"));
        }
    }

    @OverLoops
    void anEmptyDatagramHoldsNothingUp(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Messages messages = new Messages();
            net.datagrams(messages).bind(net.address("channel")).sync();
            UnixPeer peer = net.keep(UnixPeer.datagram().connect(net.path("channel")));
            Net.inLoop(net.net().loop(), () -> {
                for (int i = 0; i < 6; i++) {
                    peer.write(new byte[i % 2]);
                }
                return null;
            });
            messages.await(6);
            messages.release();
        }
    }

    @OverLoops
    void everyKindOfContentIsOneDatagram(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixPeer peer = net.keep(UnixPeer.datagram().bind(net.path("peer")));
            Channel channel = unbound(net);
            CompositeByteBuf scattered = Unpooled.compositeBuffer(3000);
            for (int i = 0; i < 3000; i++) {
                scattered.addComponent(true, Bytes.direct(Bytes.pattern(i, 1)));
            }
            List<ByteBuf> contents = List.of(Unpooled.wrappedBuffer(Bytes.pattern(0, 3000)), Bytes.direct(Bytes.pattern(0, 3000)), scattered,
                    Unpooled.wrappedBuffer(Bytes.direct(Bytes.pattern(0, 1000)), Unpooled.wrappedBuffer(Bytes.pattern(1000, 2000))));
            for (ByteBuf content : contents) {
                channel.writeAndFlush(new DefaultAddressedEnvelope<>(content, net.address("peer"))).sync();
                assertEquals(0, content.refCnt());
                Bytes.assertSame(Bytes.pattern(0, 3000), peer.receive().bytes);
            }
            Files.delete(net.path("peer"));
        }
    }

    @OverLoops
    void connectedChannelSendsBuffersAndCanLeaveItsPeer(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixPeer peer = net.keep(UnixPeer.datagram().bind(net.path("peer")));
            UnixPeer other = net.keep(UnixPeer.datagram().bind(net.path("other")));
            KqDomainDatagramChannel channel = (KqDomainDatagramChannel) net.datagrams(new Messages())
                    .connect(net.address("peer"), net.address("channel")).sync().channel();
            assertTrue(channel.isConnected());
            assertEquals(net.address("peer"), channel.remoteAddress());
            channel.eventLoop().submit(() -> channel.write(Bytes.direct(new byte[9])).cancel(false)).sync();
            channel.write(Bytes.direct(new byte[1]));
            channel.write(Unpooled.EMPTY_BUFFER);
            channel.writeAndFlush(packet(2, net.address("peer"))).sync();
            for (int size : new int[] {1, 0, 2}) {
                assertEquals(size, peer.receive().bytes.length);
            }
            channel.disconnect().sync();
            assertTrue(channel.isActive());
            assertFalse(channel.isConnected());
            assertNull(channel.remoteAddress());
            assertInstanceOf(NotYetConnectedException.class, channel.writeAndFlush(Bytes.direct(new byte[1])).await().cause());
            channel.writeAndFlush(packet(3, net.address("other"))).sync();
            assertEquals(3, other.receive().bytes.length);
            channel.connect(net.address("other")).sync();
            channel.writeAndFlush(Bytes.direct(new byte[4])).sync();
            assertEquals(4, other.receive().bytes.length);
            channel.close().sync();
            assertFalse(channel.isConnected());
            Files.delete(net.path("peer"));
            Files.delete(net.path("other"));
        }
    }

    @OverLoops
    void pairIsConnectedWithEachOther(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            KqDomainDatagramChannel[] pair = KqDomainDatagramChannel.socketpair();
            Messages messages = new Messages();
            pair[0].pipeline().addLast(messages);
            net.net().group().register(pair[0]).sync();
            net.net().group().register(pair[1]).sync();
            assertTrue(pair[0].isConnected() && pair[1].isActive());
            assertEquals(new DomainSocketAddress(""), pair[1].remoteAddress());
            pair[1].write(Bytes.direct(new byte[1]));
            pair[1].writeAndFlush(new DomainDatagramPacket(Unpooled.EMPTY_BUFFER, pair[1].remoteAddress())).sync();
            messages.await(2);
            assertEquals(1, content(messages.all().get(0)).length);
            messages.release();
        }
    }

    private static void assertFails(ChannelFuture written, String... parts) throws InterruptedException {
        Throwable cause = written.await().cause();
        assertInstanceOf(IOException.class, cause);
        for (String part : parts) {
            assertTrue(cause.getMessage().contains(part), cause::getMessage);
        }
    }

    @OverLoops
    void whatCannotBeDeliveredFailsAlone(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixPeer peer = net.keep(UnixPeer.datagram().bind(net.path("peer")));
            UnixPeer.datagram().bind(net.path("dead")).close();
            net.keep(UnixPeer.stream().bind(net.path("stream")).listen(1));
            Channel channel = unbound(net);
            String call = "sendmsg(..) failed: ";
            ChannelFuture none = channel.write(packet(1, net.address("none")));
            ChannelFuture dead = channel.write(packet(1, net.address("dead")));
            ChannelFuture stream = channel.write(packet(1, net.address("stream")));
            ChannelFuture nul = channel.write(packet(1, new DomainSocketAddress("a\0b")));
            ChannelFuture unnamed = channel.write(packet(1, new DomainSocketAddress("")));
            ChannelFuture longName = channel.write(packet(1, net.address("x".repeat(200))));
            ChannelFuture large = channel.write(packet(10_000_000, net.address("peer")));
            channel.writeAndFlush(packet(1, net.address("peer"))).sync();
            assertFails(none, call + "ENOENT", net.path("none").toString());
            assertFails(dead, call + "ECONNREFUSED", net.path("dead").toString());
            assertFails(stream, call + "EPROTOTYPE", net.path("stream").toString());
            assertFails(nul, call + "EINVAL", "NUL");
            assertFails(unnamed, call + "EINVAL", "empty");
            assertFails(longName, call + "ENAMETOOLONG");
            assertFails(large, call + "EMSGSIZE", net.path("peer").toString());
            assertEquals(1, peer.receive().bytes.length);
            assertTrue(channel.isActive());
            for (String name : net.files()) {
                Files.delete(net.path(name));
            }
        }
    }

    @OverLoops
    void messagesOfOtherTypesAreRefusedAndReleased(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Channel channel = unbound(net);
            assertInstanceOf(UnsupportedOperationException.class, channel.writeAndFlush("text").await().cause());
            ByteBuf content = Bytes.direct(new byte[1]);
            Throwable cause = channel.writeAndFlush(new DefaultAddressedEnvelope<>(content, new InetSocketAddress("127.0.0.1", 1)))
                    .await().cause();
            assertInstanceOf(UnsupportedOperationException.class, cause);
            assertTrue(cause.getMessage().contains("DomainDatagramPacket"), cause::getMessage);
            assertEquals(0, content.refCnt());
        }
    }

    @OverLoops
    void connectedSenderWaitsForAFullReceiver(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixPeer peer = net.keep(UnixPeer.datagram().bind(net.path("peer")));
            Channel channel = net.datagrams(new Messages()).connect(net.address("peer")).sync().channel();
            List<ChannelFuture> written = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                written.add(channel.write(Bytes.direct(Bytes.pattern(i, 100))));
            }
            channel.flush();
            Net.settle(net.net().loop());
            assertFalse(written.get(999).isDone());
            Counts before = Counts.of(net.net().loop());
            Await.quiet(100);
            assertTrue(before.since(net.net().loop()).writes < 10, "no spinning");
            for (int i = 0; i < 1000; i++) {
                Bytes.assertSame(Bytes.pattern(i, 100), peer.receive().bytes);
            }
            written.get(999).sync();
            Files.delete(net.path("peer"));
        }
    }

    @OverLoops
    void unconnectedSenderTriesAgainForAWhileAndThenFails(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixPeer full = net.keep(UnixPeer.datagram().bind(net.path("full")));
            UnixPeer peer = net.keep(UnixPeer.datagram().bind(net.path("peer")));
            Channel channel = unbound(net);
            UnixPeer filler = net.keep(UnixPeer.datagram());
            while (filler.tryWrite(new byte[1], net.path("full").toString()) == 1) {
                continue;
            }
            Counts before = Counts.of(net.net().loop());
            long start = System.nanoTime();
            ChannelFuture failing = channel.write(packet(1, net.address("full")));
            ChannelFuture behind = channel.writeAndFlush(packet(2, net.address("peer")));
            assertFails(failing, "sendmsg(..) failed: E", net.path("full").toString());
            assertTrue(System.nanoTime() - start >= SendRetry.LIMIT_NANOS);
            behind.sync();
            assertEquals(2, peer.receive().bytes.length);
            assertTrue(before.since(net.net().loop()).writes < 40, "no spinning");
            ChannelFuture late = channel.writeAndFlush(packet(3, net.address("full")));
            Net.settle(net.net().loop());
            assertFalse(late.isDone());
            full.receive();
            late.sync();
            Files.delete(net.path("full"));
            Files.delete(net.path("peer"));
        }
    }

    @OverLoops
    void closeFailsWhatWaitsForRoom(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            net.keep(UnixPeer.datagram().bind(net.path("full")));
            Channel channel = unbound(net);
            ByteBuf last = Bytes.direct(new byte[1]);
            ChannelFuture written;
            do {
                written = channel.writeAndFlush(packet(1, net.address("full")));
                Net.settle(net.net().loop());
            } while (written.isDone());
            ChannelFuture waiting = channel.writeAndFlush(new DomainDatagramPacket(last, net.address("full")));
            channel.close().sync();
            assertFalse(waiting.await().isSuccess());
            assertEquals(0, last.refCnt());
            Files.delete(net.path("full"));
        }
    }

    @OverLoops
    void receiveBufferMayBeSizedByTheKernel(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Messages cut = new Messages();
            Messages whole = new Messages();
            net.datagrams(cut).bind(net.address("cut")).sync();
            net.datagrams(whole).option(KqChannelOption.RCV_ALLOC_TRANSPORT_PROVIDES_GUESS, true).bind(net.address("whole")).sync();
            UnixPeer peer = net.keep(UnixPeer.datagram());
            peer.write(Bytes.pattern(0, 50_000), net.path("cut").toString());
            peer.write(Bytes.pattern(0, 50_000), net.path("whole").toString());
            assertEquals(2048, content(cut.await(1).get(0)).length);
            assertEquals(50_000, content(whole.await(1).get(0)).length);
            cut.release();
            whole.release();
        }
    }

    @OverLoops
    void unexpectedDescriptorsAreClosed(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Messages messages = new Messages();
            net.datagrams(messages).bind(net.address("channel")).sync();
            Memory ends = new Memory(2 * Integer.BYTES);
            assertEquals(0, IoCalls.pipe(ends.address()));
            UnixPeer peer = net.keep(UnixPeer.datagram());
            for (int i = 0; i < 3; i++) {
                peer.write(new byte[1], net.path("channel").toString(), ends.buffer().getInt(Integer.BYTES));
            }
            messages.await(3);
            SocketCalls.close(ends.buffer().getInt(Integer.BYTES));
            Await.until(() -> IoCalls.read(ends.buffer().getInt(0), new Memory(1).address(), 1) == 0);
            SocketCalls.close(ends.buffer().getInt(0));
            messages.release();
        }
    }

    @OverLoops
    void readsOnlyWhenAskedTo(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Messages messages = new Messages();
            Channel channel = net.datagrams(messages).option(ChannelOption.AUTO_READ, false).bind(net.address("channel")).sync().channel();
            UnixPeer peer = net.keep(UnixPeer.datagram().connect(net.path("channel")));
            peer.write(new byte[1]);
            peer.write(new byte[2]);
            Net.settle(net.net().loop());
            assertEquals(List.of(), messages.all());
            channel.read();
            messages.await(1);
            channel.read();
            messages.await(2);
            messages.release();
        }
    }

    @OverLoops
    void adoptedSocketIsActiveWithItsAddresses(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixPeer peer = net.keep(UnixPeer.datagram().bind(net.path("peer")));
            int fd = UnixPeer.datagram().bind(net.path("channel")).connect(net.path("peer")).detach();
            KqDomainDatagramChannel channel = new KqDomainDatagramChannel(fd);
            assertTrue(channel.isActive() && channel.isConnected());
            new Bootstrap().group(net.net().group()).channelFactory(() -> channel).handler(new Messages()).register().sync();
            assertEquals(net.address("channel"), channel.localAddress());
            assertEquals(net.address("peer"), channel.remoteAddress());
            channel.writeAndFlush(Bytes.direct(new byte[1])).sync();
            assertEquals(1, peer.receive().bytes.length);
            channel.close().sync();
            assertEquals(List.of("channel", "peer"), net.files(), "the file of an adopted socket is not the channel's");
            Files.delete(net.path("peer"));
            Files.delete(net.path("channel"));
        }
    }

    @OverLoops
    void namesThatAreNotUtf8CanBeAnswered(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Messages messages = new Messages();
            Channel channel = net.datagrams(messages).bind(net.address("channel")).sync().channel();
            UnixPeer peer = net.keep(UnixPeer.datagram());
            byte[] name = net.path("x").toString().getBytes(StandardCharsets.UTF_8);
            name[name.length - 1] = (byte) 0xff;
            Sockaddr address = new Sockaddr();
            address.setPath(name);
            assertEquals(0, SocketCalls.bind(peer.fd(), address.address()));
            peer.write(new byte[1], net.path("channel").toString());
            DomainDatagramPacket packet = (DomainDatagramPacket) messages.await(1).get(0);
            channel.writeAndFlush(new DomainDatagramPacket(Bytes.direct(new byte[7]), packet.sender())).sync();
            assertEquals(7, peer.receive().bytes.length);
            messages.release();
            assertEquals(0, UnixCalls.unlink(address.address()));
        }
    }
}
