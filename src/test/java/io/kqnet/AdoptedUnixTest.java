package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Bytes;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.OpenFds;
import io.kqnet.support.OverLoops;
import io.kqnet.support.UnixNet;
import io.kqnet.support.UnixPeer;
import io.kqnet.sys.Constants;
import io.kqnet.sys.IoCalls;
import io.kqnet.sys.Memory;
import io.kqnet.sys.SocketCalls;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sockets of the Unix domain opened by somebody else. */
@Timeout(60)
class AdoptedUnixTest {
    @OverLoops
    void connectedStreamIsActiveWithItsAddresses(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixPeer listener = net.keep(UnixPeer.stream().bind(net.path("peer")).listen(1));
            int fd = UnixPeer.stream().bind(net.path("channel")).connect(net.path("peer")).detach();
            UnixPeer peer = net.keep(listener.accept());
            KqDomainSocketChannel channel = new KqDomainSocketChannel(fd);
            assertTrue(channel.isActive());
            assertEquals(net.address("channel"), channel.localAddress());
            assertEquals(net.address("peer"), channel.remoteAddress());
            Inbox inbox = new Inbox();
            new Bootstrap().group(net.net().group()).channelFactory(() -> channel).handler(inbox).register().sync();
            peer.write(new byte[10]);
            inbox.awaitBytes(10);
            channel.writeAndFlush(Bytes.direct(new byte[5])).sync();
            assertEquals(5, peer.read(5).length);
            channel.close().sync();
            assertTrue(peer.isAtEnd());
            assertEquals(List.of("channel", "peer"), net.files(), "the file of an adopted socket is not the channel's");
            Files.delete(net.path("peer"));
            Files.delete(net.path("channel"));
        }
    }

    @OverLoops
    void freshStreamConnects(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            net.server(new Inbox()).bind(net.address("a")).sync();
            KqDomainSocketChannel channel = new KqDomainSocketChannel(UnixPeer.stream().detach());
            assertFalse(channel.isActive());
            assertNull(channel.localAddress());
            assertNull(channel.remoteAddress());
            new Bootstrap().group(net.net().group()).channelFactory(() -> channel).handler(new Inbox()).connect(net.address("a")).sync();
            assertTrue(channel.isActive());
        }
    }

    @OverLoops
    void listenerAcceptsOnceRegistered(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            KqServerDomainSocketChannel server =
                    new KqServerDomainSocketChannel(UnixPeer.stream().bind(net.path("a")).listen(10).detach());
            assertTrue(server.isActive());
            assertEquals(net.address("a"), server.localAddress());
            UnixPeer early = net.keep(UnixPeer.stream().connect(net.path("a")));
            early.write(new byte[1]);
            Inbox inbox = new Inbox();
            new ServerBootstrap().group(net.net().group()).channelFactory(() -> server).childHandler(inbox).register().sync();
            inbox.awaitBytes(1);
            net.keep(UnixPeer.stream().connect(net.path("a"))).write(new byte[1]);
            inbox.awaitBytes(2);
            Files.delete(net.path("a"));
        }
    }

    private static void assertRefused(int fd, String reason, List<IntFunction<Object>> adoptions) {
        for (IntFunction<Object> adoption : adoptions) {
            ChannelException cause = assertThrows(ChannelException.class, () -> adoption.apply(fd));
            assertTrue(cause.getMessage().contains("cannot adopt fd " + fd), cause::getMessage);
            assertTrue(cause.getMessage().contains(reason), cause::getMessage);
        }
        assertEquals(0, SocketCalls.close(fd), "it stayed the caller's");
    }

    @Test
    void wrongKindsAreRefusedWithAReasonAndStayTheCallers() throws Exception {
        Kq.ensureAvailability();
        OpenFds open = OpenFds.now();
        IntFunction<Object> stream = KqDomainSocketChannel::new;
        IntFunction<Object> server = KqServerDomainSocketChannel::new;
        IntFunction<Object> datagram = KqDomainDatagramChannel::new;
        Memory ends = new Memory(2 * Integer.BYTES);
        assertEquals(0, IoCalls.pipe(ends.address()));
        assertRefused(ends.buffer().getInt(0), "ENOTSOCK", List.of(stream, server, datagram));
        SocketCalls.close(ends.buffer().getInt(Integer.BYTES));
        assertRefused(SocketCalls.socket(Constants.AF_INET, Constants.SOCK_STREAM), "another domain", List.of(stream, server));
        assertRefused(SocketCalls.socket(Constants.AF_INET, Constants.SOCK_DGRAM), "another domain", List.of(datagram));
        assertRefused(UnixPeer.datagram().detach(), "it is of type", List.of(stream, server));
        assertRefused(UnixPeer.stream().detach(), "it is of type", List.of(datagram));
        Path path = Files.createTempDirectory("kq").resolve("a");
        assertRefused(UnixPeer.stream().bind(path).listen(1).detach(), "it listens", List.of(stream));
        Files.delete(path);
        Files.delete(path.getParent());
        int closed = UnixPeer.stream().detach();
        SocketCalls.close(closed);
        assertThrows(ChannelException.class, () -> stream.apply(closed));
        assertThrows(IllegalArgumentException.class, () -> server.apply(-1));
        open.awaitNoneLeft();
    }
}
