package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.kqnet.sys.Constants;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.InternetProtocolFamily;
import io.netty.channel.unix.IntegerUnixChannelOption;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** IPv4, IPv6, both with one socket, and systems where one socket cannot do both. */
@Timeout(60)
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
class InetFamilyTest {
    private static final byte[] V6_LOOPBACK = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

    @BeforeEach
    void needsIpv6() {
        Kq.ensureAvailability();
        Assumptions.assumeTrue(Addresses.Ipv6Probe.AVAILABLE, "this machine has no IPv6");
    }

    @AfterEach
    void dualStackAgain() {
        System.clearProperty(Addresses.DUAL_STACK_PROP_NAME);
    }

    private static InetSocketAddress v6(int port) throws Exception {
        return new InetSocketAddress(InetAddress.getByAddress(V6_LOOPBACK), port);
    }

    private static InetSocketAddress v4(int port) throws Exception {
        return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
    }

    private static int port(Channel server) {
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    /** One byte each way. */
    private static void assertTalks(Net net, Inbox accepted, Channel client) throws Exception {
        int before = accepted.received();
        client.writeAndFlush(Unpooled.copiedBuffer(new byte[] {1})).sync();
        accepted.awaitBytes(before + 1);
        assertEquals(client.localAddress(), accepted.channel().remoteAddress());
        assertEquals(client.remoteAddress(), accepted.channel().localAddress());
    }

    @OverLoops
    void wildcardListenerServesBothFamilies(LoopKind loops) throws Exception {
        Assumptions.assumeTrue(Constants.DUAL_STACK, "no dual-stack sockets on this system");
        try (Net net = Net.with(loops)) {
            Inbox accepted = new Inbox();
            Channel server = net.server(accepted).bind(new InetSocketAddress("::", 0)).sync().channel();
            Channel four = net.client(new Inbox()).connect(v4(port(server))).sync().channel();
            assertTalks(net, accepted, four);
            assertInstanceOf(Inet4Address.class, ((InetSocketAddress) accepted.channel().remoteAddress()).getAddress());
            assertInstanceOf(Inet4Address.class, ((InetSocketAddress) four.localAddress()).getAddress());
            Channel six = net.client(new Inbox()).connect(v6(port(server))).sync().channel();
            assertTalks(net, accepted, six);
            assertInstanceOf(Inet6Address.class, ((InetSocketAddress) accepted.channel().remoteAddress()).getAddress());
        }
    }

    @OverLoops
    void wildcardOfIpv4ServesBothFamiliesToo(LoopKind loops) throws Exception {
        Assumptions.assumeTrue(Constants.DUAL_STACK, "no dual-stack sockets on this system");
        try (Net net = Net.with(loops)) {
            Inbox accepted = new Inbox();
            Channel server = net.server(accepted).bind(new InetSocketAddress("0.0.0.0", 0)).sync().channel();
            assertTalks(net, accepted, net.client(new Inbox()).connect(v4(port(server))).sync().channel());
            assertTalks(net, accepted, net.client(new Inbox()).connect(v6(port(server))).sync().channel());
        }
    }

    @OverLoops
    void listenerOfOneAddressServesItsFamily(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox accepted = new Inbox();
            Channel four = net.server(accepted).bind(v4(0)).sync().channel();
            assertTalks(net, accepted, net.client(new Inbox()).connect(v4(port(four))).sync().channel());
            assertFalse(net.client(new Inbox()).connect(v6(port(four))).await().isSuccess());
            Channel six = net.server(accepted).bind(v6(0)).sync().channel();
            assertTalks(net, accepted, net.client(new Inbox()).connect(v6(port(six))).sync().channel());
            assertFalse(net.client(new Inbox()).connect(v4(port(six))).await().isSuccess());
        }
    }

    @OverLoops
    void channelsOfOneFamilyTalkWithinIt(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            for (InternetProtocolFamily family : InternetProtocolFamily.values()) {
                boolean six = family == InternetProtocolFamily.IPv6;
                Inbox accepted = new Inbox();
                Channel server = new ServerBootstrap().group(net.group()).channelFactory(() -> new KqServerSocketChannel(family))
                        .childHandler(accepted).bind(six ? v6(0) : v4(0)).sync().channel();
                Channel client = new Bootstrap().group(net.group()).channelFactory(() -> new KqSocketChannel(family))
                        .handler(new Inbox()).connect(server.localAddress()).sync().channel();
                assertTalks(net, accepted, client);
            }
        }
    }

    @OverLoops
    void ipv4ChannelRefusesAnIpv6AddressWithAnError(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Channel server = net.server(new Inbox()).bind(v6(0)).sync().channel();
            Throwable cause = new Bootstrap().group(net.group()).handler(new Inbox())
                    .channelFactory(() -> new KqSocketChannel(InternetProtocolFamily.IPv4)).connect(server.localAddress()).await().cause();
            assertTrue(cause.getMessage().contains("connect(..) failed: "), cause::getMessage);
        }
    }

    @OverLoops
    void withoutDualStackAnIpv6AddressMakesTheChannelIpv6(LoopKind loops) throws Exception {
        System.setProperty(Addresses.DUAL_STACK_PROP_NAME, "false");
        try (Net net = Net.with(loops)) {
            Inbox accepted = new Inbox();
            Channel six = net.server(accepted).bind(v6(0)).sync().channel();
            assertTalks(net, accepted, net.client(new Inbox()).connect(v6(port(six))).sync().channel());
            Channel four = net.server(accepted).bind(v4(0)).sync().channel();
            assertTalks(net, accepted, net.client(new Inbox()).connect(v4(port(four))).sync().channel());
            Channel any = net.server(accepted).bind(0).sync().channel();
            assertTalks(net, accepted, net.client(new Inbox()).connect(v4(port(any))).sync().channel());
            assertFalse(net.client(new Inbox()).connect(v6(port(any))).await().isSuccess());
        }
    }

    @OverLoops
    void withoutDualStackOptionsSurviveTheChangeOfFamily(LoopKind loops) throws Exception {
        System.setProperty(Addresses.DUAL_STACK_PROP_NAME, "false");
        try (Net net = Net.with(loops)) {
            ServerSocket listener = net.keep(new ServerSocket(0, 5, InetAddress.getByAddress(V6_LOOPBACK)));
            KqSocketChannel channel = (KqSocketChannel) net.client(new Inbox()).option(ChannelOption.TCP_NODELAY, false)
                    .option(ChannelOption.SO_KEEPALIVE, true).option(ChannelOption.SO_LINGER, 3).option(ChannelOption.IP_TOS, 0x10)
                    .option(ChannelOption.SO_RCVBUF, 20_000).connect(listener.getLocalSocketAddress()).sync().channel();
            Socket peer = net.keep(listener.accept());
            assertEquals(peer.getRemoteSocketAddress(), channel.localAddress());
            IntegerUnixChannelOption kernelNoDelay = new IntegerUnixChannelOption("TCP_NODELAY", Constants.IPPROTO_TCP,
                    Constants.TCP_NODELAY);
            assertEquals(0, channel.config().getOption(kernelNoDelay));
            assertFalse(channel.config().isTcpNoDelay());
            assertTrue(channel.config().isKeepAlive());
            assertEquals(3, channel.config().getSoLinger());
            assertEquals(0x10, channel.config().getTrafficClass());
            assertTrue(channel.config().getReceiveBufferSize() < 100_000, "size of the default buffer");
        }
    }

    @OverLoops
    void trafficClassOfADualStackChannelMarksBothFamilies(LoopKind loops) throws Exception {
        Assumptions.assumeTrue(Constants.DUAL_STACK, "no dual-stack sockets on this system");
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.IP_TOS, 0x28));
            IntegerUnixChannelOption four = new IntegerUnixChannelOption("IP_TOS", Constants.IPPROTO_IP, Constants.IP_TOS);
            IntegerUnixChannelOption six = new IntegerUnixChannelOption("IPV6_TCLASS", Constants.IPPROTO_IPV6, Constants.IPV6_TCLASS);
            assertEquals(0x28, pair.channel.config().getOption(four));
            assertEquals(0x28, pair.channel.config().getOption(six));
            assertEquals(0x28, pair.channel.config().getTrafficClass());
        }
    }
}
