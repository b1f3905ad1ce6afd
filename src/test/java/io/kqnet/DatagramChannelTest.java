package io.kqnet;

import static io.kqnet.DatagramPeers.address;
import static io.kqnet.DatagramPeers.bound;
import static io.kqnet.DatagramPeers.letter;
import static io.kqnet.DatagramPeers.peer;
import static io.kqnet.DatagramPeers.receive;
import static io.kqnet.DatagramPeers.send;
import static io.kqnet.DatagramPeers.text;
import static io.kqnet.DatagramPeers.unbound;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kqnet.support.Await;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OpenFds;
import io.kqnet.support.OverLoops;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.InternetProtocolFamily;
import io.netty.channel.unix.UnixChannelOption;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketTimeoutException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.UnsupportedAddressTypeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A datagram channel's life: when it is active, which addresses it has, which family it is of. */
@Timeout(60)
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
class DatagramChannelTest {
    private static final InetAddress LOCAL6 = local6();

    private static InetAddress local6() {
        try {
            byte[] bytes = new byte[16];
            bytes[15] = 1;
            return InetAddress.getByAddress(bytes);
        } catch (java.net.UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static DatagramSocket peer6(Net net) throws Exception {
        assumeTrue(NetworkInterface.getByInetAddress(LOCAL6) != null, "the loopback interface has no IPv6 address");
        DatagramSocket socket = net.keep(new DatagramSocket(new InetSocketAddress(LOCAL6, 0)));
        socket.setSoTimeout(10_000);
        return socket;
    }

    @OverLoops
    void aConnectThatFailsLeavesTheBoundChannelActive(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = (KqDatagramChannel) unbound(net, inbox).register().sync().channel();
            // EACCES without SO_BROADCAST.
            InetSocketAddress everybody = new InetSocketAddress("255.255.255.255", 9);
            assertInstanceOf(IOException.class, channel.connect(everybody, new InetSocketAddress(DatagramPeers.LOCAL, 0)).await().cause());
            assertTrue(channel.isActive());
            Net.settle(channel.eventLoop());
            assertTrue(inbox.isActive(), "no channelActive");
            send(peer(net), channel, "all the same");
            assertEquals("all the same", inbox.await(1).text);
        }
    }

    @OverLoops
    void isActiveFromBindToClose(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = (KqDatagramChannel) unbound(net, inbox).register().sync().channel();
            assertFalse(channel.isActive());
            assertNull(channel.localAddress());
            assertInstanceOf(NotYetConnectedException.class, channel.writeAndFlush(letter("too early", peer(net))).await().cause());
            channel.bind(new InetSocketAddress(DatagramPeers.LOCAL, 0)).sync();
            assertTrue(channel.isActive());
            Await.until(inbox::isActive);
            assertNotEquals(0, channel.localAddress().getPort());
            assertNull(channel.remoteAddress());
            assertFalse(channel.isConnected());
            channel.close().sync();
            assertFalse(channel.isActive());
            Await.until(() -> !inbox.isActive());
        }
    }

    @OverLoops
    void isActiveFromItsRegistrationOnIfSoConfigured(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = (KqDatagramChannel) unbound(net, inbox)
                    .option(ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, true).register().sync().channel();
            Await.until(inbox::isActive);
            assertNull(channel.localAddress(), "nothing has given it a port yet");
            DatagramSocket peer = peer(net);
            channel.writeAndFlush(letter("hello", peer)).sync();
            assertEquals("hello", receive(peer));
            int port = channel.localAddress().getPort();
            assertNotEquals(0, port);
            send(peer, new InetSocketAddress(DatagramPeers.LOCAL, port), "back");
            assertEquals("back", inbox.await(1).text);
            assertThrows(IllegalStateException.class,
                    () -> channel.config().setOption(ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, false));
        }
    }

    @OverLoops
    void disconnectingKeepsThePort(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            DatagramSocket friend = peer(net);
            DatagramSocket stranger = peer(net);
            KqDatagramChannel channel = (KqDatagramChannel) unbound(net, inbox).connect(address(friend)).sync().channel();
            int port = channel.localAddress().getPort();
            assertTrue(channel.isConnected() && channel.isActive());
            assertEquals(address(friend), channel.remoteAddress());
            send(stranger, channel, "not from the peer");
            send(friend, channel, "from the peer");
            assertEquals("from the peer", inbox.await(1).text);
            channel.disconnect().sync();
            assertFalse(channel.isConnected());
            assertTrue(channel.isActive());
            assertNull(channel.remoteAddress());
            assertEquals(port, channel.localAddress().getPort());
            send(stranger, new InetSocketAddress(DatagramPeers.LOCAL, port), "from anybody");
            assertEquals("from anybody", inbox.await(2).text);
            assertInstanceOf(NotYetConnectedException.class, channel.writeAndFlush(text("to whom")).await().cause());
            channel.connect(address(stranger)).sync();
            assertEquals(address(stranger), channel.remoteAddress());
            channel.writeAndFlush(text("to the new peer")).sync();
            assertEquals("to the new peer", receive(stranger));
            channel.disconnect().sync();
            channel.disconnect().sync();
        }
    }

    @OverLoops
    void connectsFromAnAddress(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramSocket peer = peer(net);
            InetSocketAddress from = new InetSocketAddress(DatagramPeers.local(2), 0);
            KqDatagramChannel channel = (KqDatagramChannel) unbound(net, new DatagramInbox()).connect(address(peer), from).sync().channel();
            assertEquals(from.getAddress(), channel.localAddress().getAddress());
            channel.disconnect().sync();
            assertEquals(from.getAddress(), channel.localAddress().getAddress());
        }
    }

    @OverLoops
    void failuresNameTheAddress(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = bound(net, new DatagramInbox());
            ChannelFuture taken = unbound(net, new DatagramInbox()).bind(channel.localAddress()).await();
            assertInstanceOf(BindException.class, taken.cause());
            assertTrue(taken.cause().getMessage().contains("EADDRINUSE") && taken.cause().getMessage().contains(channel.localAddress().toString()));
            assertInstanceOf(UnsupportedAddressTypeException.class,
                    unbound(net, new DatagramInbox()).bind(new io.netty.channel.local.LocalAddress("x")).await().cause());
        }
    }

    @OverLoops
    void oneChannelServesBothFamilies(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramSocket six = peer6(net);
            DatagramSocket four = peer(net);
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = (KqDatagramChannel) unbound(net, inbox).bind(0).sync().channel();
            assumeTrue(channel.isIpv6(), "no dual-stack sockets");
            int port = channel.localAddress().getPort();
            send(six, new InetSocketAddress(LOCAL6, port), "six");
            inbox.await(1);
            send(four, new InetSocketAddress(DatagramPeers.LOCAL, port), "four");
            assertInstanceOf(Inet6Address.class, inbox.get(0).packet.sender().getAddress());
            assertEquals(address(four), inbox.await(2).packet.sender());
            for (int i = 0; i < 2; i++) {
                channel.writeAndFlush(new DatagramPacket(text("answer"), inbox.get(i).packet.sender())).sync();
            }
            assertEquals("answer", receive(six));
            assertEquals("answer", receive(four));
        }
    }

    @OverLoops
    void withoutDualStackSocketsTheFirstAddressChoosesTheFamily(LoopKind loops) throws Exception {
        System.setProperty(Addresses.DUAL_STACK_PROP_NAME, "false");
        try (Net net = Net.with(loops)) {
            DatagramSocket six = peer6(net);
            Bootstrap bootstrap = unbound(net, new DatagramInbox()).option(ChannelOption.SO_BROADCAST, true)
                    .option(ChannelOption.IP_MULTICAST_TTL, 7);
            KqDatagramChannel bound = (KqDatagramChannel) bootstrap.bind(new InetSocketAddress(LOCAL6, 0)).sync().channel();
            assertTrue(bound.isIpv6());
            assertTrue(bound.config().isBroadcast(), "options are repeated");
            assertEquals(7, bound.config().getTimeToLive());
            assertTrue(((KqDatagramChannel) bootstrap.connect(address(six)).sync().channel()).isIpv6());
            assertFalse(((KqDatagramChannel) bootstrap.bind(0).sync().channel()).isIpv6());
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel sending = (KqDatagramChannel) bootstrap.clone().handler(inbox)
                    .option(ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, true).register().sync().channel();
            sending.writeAndFlush(letter("six", six)).sync();
            assertEquals("six", receive(six));
            assertTrue(sending.isIpv6());
            send(six, new InetSocketAddress(LOCAL6, sending.localAddress().getPort()), "back");
            assertEquals("back", inbox.await(1).text);
        } finally {
            System.clearProperty(Addresses.DUAL_STACK_PROP_NAME);
        }
    }

    @OverLoops
    void anIpv4ChannelRefusesIpv6AddressesByTheKernelsWord(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = (KqDatagramChannel) DatagramPeers.ofFamily(net, InternetProtocolFamily.IPv4, new DatagramInbox())
                    .bind(0).sync().channel();
            ChannelFuture write = channel.writeAndFlush(new DatagramPacket(text("six"), new InetSocketAddress(LOCAL6, 9))).await();
            assertTrue(write.cause().getMessage().contains("sendmsg(..) failed: EAFNOSUPPORT"), write.cause().getMessage());
        }
    }

    @OverLoops
    void adoptsBoundAndConnectedDescriptors(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramSocket peer = peer(net);
            Sockaddr sockaddr = new Sockaddr();
            int fd = SocketCalls.socket(Constants.AF_INET, Constants.SOCK_DGRAM);
            sockaddr.set(address(peer), false);
            assertEquals(0, SocketCalls.connect(fd, sockaddr.address()));
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = new KqDatagramChannel(fd);
            new Bootstrap().group(net.group()).channelFactory(() -> channel).handler(inbox).register().sync();
            Await.until(inbox::isActive);
            assertEquals(address(peer), channel.remoteAddress());
            channel.writeAndFlush(text("adopted")).sync();
            assertEquals("adopted", receive(peer));
            send(peer, channel, "back");
            assertEquals("back", inbox.await(1).text);
        }
    }

    @Test
    void whatIsNoDatagramSocketIsNotAdopted() throws Exception {
        OpenFds open = OpenFds.now();
        int fd = SocketCalls.socket(Constants.AF_INET, Constants.SOCK_STREAM);
        assertThrows(ChannelException.class, () -> new KqDatagramChannel(fd));
        assertThrows(ChannelException.class, () -> new KqDatagramChannel(1_000_000));
        assertEquals(0, SocketCalls.close(fd));
        open.awaitNoneLeft();
    }

    @OverLoops
    void optionsReachTheSocket(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            for (InternetProtocolFamily family : new InternetProtocolFamily[] {InternetProtocolFamily.IPv4, null}) {
                NetworkInterface loopback = NetworkInterface.getByInetAddress(DatagramPeers.LOCAL);
                KqDatagramChannel channel = (KqDatagramChannel) DatagramPeers.ofFamily(net, family, new DatagramInbox()).bind(0).sync().channel();
                KqDatagramChannelConfig config = channel.config();
                assertFalse(config.isBroadcast());
                config.setBroadcast(true).setReuseAddress(true).setTrafficClass(0x10).setTimeToLive(9).setLoopbackModeDisabled(true)
                        .setNetworkInterface(loopback).setReceiveBufferSize(50_000).setSendBufferSize(50_000);
                assertTrue(config.setOption(UnixChannelOption.SO_REUSEPORT, true));
                assertTrue(config.isBroadcast() && config.isReuseAddress() && config.isLoopbackModeDisabled());
                assertTrue(config.getOption(UnixChannelOption.SO_REUSEPORT));
                assertEquals(0x10, config.getTrafficClass());
                assertEquals(9, config.getTimeToLive());
                assertEquals(loopback, config.getNetworkInterface());
                assertTrue(config.getInterface().isLoopbackAddress());
                assertTrue(config.getReceiveBufferSize() >= 50_000 && config.getSendBufferSize() >= 50_000);
                config.setInterface(DatagramPeers.LOCAL).setLoopbackModeDisabled(false);
                assertEquals(DatagramPeers.LOCAL, config.getInterface());
                assertFalse(config.isLoopbackModeDisabled());
                assertThrows(ChannelException.class, () -> config.setInterface(InetAddress.getByAddress(new byte[] {(byte) 192, 0, 2, 99})));
                assertThrows(ChannelException.class, () -> config.setTimeToLive(256));
                config.getOptions().forEach((option, value) -> assertEquals(value, config.getOption(option), option.name()));
                assertTrue(config.getOptions().containsKey(KqChannelOption.DATAGRAM_BATCH));
                // Both halves of a dual-stack socket.
                assertEquals(0x10, (int) SocketCalls.getOption(channel.descriptor().number(), Constants.IPPROTO_IP, Constants.IP_TOS));
            }
        }
    }

    @OverLoops
    void multicastOfTheLoopbackInterfaceStaysThere(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            NetworkInterface loopback = NetworkInterface.getByInetAddress(DatagramPeers.LOCAL);
            InetAddress group = InetAddress.getByAddress(new byte[] {(byte) 239, 1, 2, 3});
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = (KqDatagramChannel) DatagramPeers.ofFamily(net, InternetProtocolFamily.IPv4, inbox)
                    .option(ChannelOption.IP_MULTICAST_IF, loopback).bind(0).sync().channel();
            InetSocketAddress address = new InetSocketAddress(group, channel.localAddress().getPort());
            channel.joinGroup(group).sync();
            channel.writeAndFlush(new DatagramPacket(text("to all"), address)).sync();
            assertEquals("to all", inbox.await(1).text);
            channel.leaveGroup(group).sync();
            channel.joinGroup(address, loopback).sync();
            channel.writeAndFlush(new DatagramPacket(text("to all again"), address)).sync();
            assertEquals("to all again", inbox.await(2).text);
            Throwable twice = channel.joinGroup(address, loopback).await().cause();
            assertTrue(twice.getMessage().contains("setsockopt(..) failed: EADDRINUSE") && twice.getMessage().contains("join /239.1.2.3 on "
                    + loopback.getName()), twice.getMessage());
        }
    }

    @OverLoops
    void connectedChannelsHearTheirPeerOnly(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramSocket peer = peer(net);
            KqDatagramChannel channel = (KqDatagramChannel) unbound(net, new DatagramInbox()).connect(address(peer)).sync().channel();
            channel.writeAndFlush(text("x")).sync();
            receive(peer);
            peer.setSoTimeout(50);
            assertThrows(SocketTimeoutException.class, () -> receive(peer));
        }
    }
}
