package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OpenFds;
import io.kqnet.support.OverLoops;
import io.kqnet.sys.Constants;
import io.kqnet.sys.IoCalls;
import io.kqnet.sys.Memory;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandler;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** Descriptors opened by somebody else. */
@Timeout(60)
class AdoptedChannelTest {
    private static int socket() {
        Kq.ensureAvailability();
        int fd = SocketCalls.socket(Constants.AF_INET, Constants.SOCK_STREAM);
        assertTrue(fd >= 0);
        return fd;
    }

    private static Sockaddr address(InetSocketAddress address) {
        Sockaddr sockaddr = new Sockaddr();
        sockaddr.set(address, false);
        return sockaddr;
    }

    private static Bootstrap adopting(Net net, ChannelHandler handler, Channel channel) {
        return new Bootstrap().group(net.group()).channelFactory(() -> channel).handler(handler);
    }

    @OverLoops
    void connectedSocketIsActiveAndHasItsAddresses(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ServerSocket listener = net.peerListener();
            int fd = socket();
            SocketCalls.connect(fd, address((InetSocketAddress) listener.getLocalSocketAddress()).address());
            Socket peer = net.keep(listener.accept());
            Inbox inbox = new Inbox();
            KqSocketChannel channel = new KqSocketChannel(fd);
            assertTrue(channel.isActive());
            adopting(net, inbox, channel).register().sync();
            inbox.await("active");
            assertEquals(peer.getLocalSocketAddress(), channel.remoteAddress());
            assertEquals(peer.getRemoteSocketAddress(), channel.localAddress());
            assertEquals(fd, channel.fd().intValue());
            peer.getOutputStream().write(Bytes.pattern(0, 100));
            inbox.awaitBytes(100);
            channel.writeAndFlush(Bytes.direct(Bytes.pattern(0, 10))).sync();
            assertEquals(10, peer.getInputStream().readNBytes(10).length);
            channel.close().sync();
            assertEquals(-1, peer.getInputStream().read());
        }
    }

    @OverLoops
    void listeningSocketAcceptsOnceRegistered(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            int fd = socket();
            assertEquals(0, SocketCalls.bind(fd, address(new InetSocketAddress("127.0.0.1", 0)).address()));
            assertEquals(0, SocketCalls.listen(fd, 10));
            KqServerSocketChannel server = new KqServerSocketChannel(fd);
            assertTrue(server.isActive());
            Socket early = net.dial(server);
            Inbox inbox = new Inbox();
            new ServerBootstrap().group(net.group()).channelFactory(() -> server).childHandler(inbox).register().sync();
            early.getOutputStream().write(1);
            inbox.awaitBytes(1);
            net.dial(server).getOutputStream().write(2);
            inbox.awaitBytes(2);
        }
    }

    @OverLoops
    void freshSocketConnects(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqSocketChannel channel = new KqSocketChannel(socket());
            assertFalse(channel.isActive());
            Net.Pair pair = net.pair(adopting(net, new Inbox(), channel));
            pair.channel.writeAndFlush(Bytes.direct(new byte[3])).sync();
            assertEquals(3, pair.read(3).length);
        }
    }

    private static void assertRefused(String expected, Executable adoption) {
        ChannelException cause = assertThrows(ChannelException.class, adoption);
        assertTrue(cause.getMessage().contains(expected), cause::getMessage);
    }

    @Test
    void somethingElseThanASocketIsRefusedAndStaysTheCallers() throws Exception {
        Kq.ensureAvailability();
        OpenFds open = OpenFds.now();
        Memory ends = new Memory(2 * Integer.BYTES);
        assertEquals(0, IoCalls.pipe(ends.address()));
        int fd = ends.buffer().getInt(0);
        assertRefused("ENOTSOCK", () -> new KqSocketChannel(fd));
        assertRefused("ENOTSOCK", () -> new KqServerSocketChannel(fd));
        assertEquals(1, IoCalls.writePipe(ends.buffer().getInt(Integer.BYTES)));
        assertEquals(1, IoCalls.read(fd, new Memory(8).address(), 8));
        SocketCalls.close(fd);
        SocketCalls.close(ends.buffer().getInt(Integer.BYTES));
        open.awaitNoneLeft();
    }

    @Test
    void closedNumberIsRefused() {
        int fd = socket();
        SocketCalls.close(fd);
        assertRefused("EBADF", () -> new KqSocketChannel(fd));
        assertRefused("EBADF", () -> new KqServerSocketChannel(fd));
        assertThrows(IllegalArgumentException.class, () -> new KqSocketChannel(-1));
    }

    @OverLoops
    void descriptorClosedBehindTheChannelFailsWhatNeedsItAndTheLoopGoesOn(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair victim = net.pair(inbox);
            Net.Pair other = net.pair(new Inbox());
            Throwable cause = Net.inLoop(net.loop(), () -> {
                SocketCalls.close(victim.channel.fd().intValue());
                return victim.channel.writeAndFlush(Bytes.direct(new byte[1]));
            }).await().cause();
            assertTrue(cause.getMessage().contains("EBADF"), cause::getMessage);
            victim.channel.closeFuture().sync();
            inbox.await("inactive");
            other.channel.writeAndFlush(Bytes.direct(new byte[1])).sync();
            assertEquals(1, other.read(1).length);
        }
    }

    @OverLoops
    void descriptorClosedBeforeItsRegistrationClosesThatChannelOnly(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair other = net.pair(new Inbox());
            ServerSocket listener = net.peerListener();
            int fd = socket();
            SocketCalls.connect(fd, address((InetSocketAddress) listener.getLocalSocketAddress()).address());
            net.keep(listener.accept());
            Inbox inbox = new Inbox();
            KqSocketChannel channel = new KqSocketChannel(fd);
            SocketCalls.close(fd);
            adopting(net, inbox, channel).register();
            inbox.await("inactive");
            assertTrue(inbox.causes().get(0).getMessage().contains("kevent(EVFILT_READ)(..) failed: EBADF"),
                    () -> inbox.causes().toString());
            assertFalse(channel.isOpen());
            Await.until(() -> other.channel.isActive());
            other.channel.writeAndFlush(Bytes.direct(new byte[1])).sync();
            assertEquals(1, other.read(1).length);
        }
    }
}
