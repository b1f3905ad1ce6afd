package io.kqnet;

import static io.kqnet.DatagramPeers.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.contract.EnabledInNamespace;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.kqnet.sys.Constants;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.InternetProtocolFamily;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.util.List;
import org.junit.jupiter.api.Timeout;

/** Any-source membership, with any library; the namespace is {@link io.kqnet.support.NetNamespace#MULTICAST}. */
@EnabledInNamespace
@Timeout(60)
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
class PlainMulticastTest {
    static final String GROUP4 = "239.99.1.1";
    static final String GROUP6 = "ff05::99:1";

    static InetAddress address(String literal) throws Exception {
        return InetAddress.getByName(literal);
    }

    static NetworkInterface cable() throws Exception {
        return NetworkInterface.getByName("kq0");
    }

    static KqDatagramChannel listener(Net net, InternetProtocolFamily family, DatagramInbox inbox) throws Exception {
        return (KqDatagramChannel) DatagramPeers.ofFamily(net, family, inbox).bind(0).sync().channel();
    }

    static InternetProtocolFamily familyOf(String literal) {
        return literal.contains(":") ? InternetProtocolFamily.IPv6 : InternetProtocolFamily.IPv4;
    }

    static KqDatagramChannel sender(Net net, String source) throws Exception {
        return (KqDatagramChannel) DatagramPeers.ofFamily(net, familyOf(source), new DatagramInbox())
                .option(ChannelOption.IP_MULTICAST_IF, cable()).bind(address(source), 0).sync().channel();
    }

    static void send(KqDatagramChannel from, String group, KqDatagramChannel to, String text) throws Exception {
        from.writeAndFlush(new DatagramPacket(text(text), new InetSocketAddress(address(group), to.localAddress().getPort()))).sync();
    }

    /** Straight to the listener: what was sent before it and did not arrive by then will not arrive. */
    static void mark(KqDatagramChannel from, String listener, KqDatagramChannel to) throws Exception {
        send(from, listener, to, "mark");
    }

    private static void joinsAndLeaves(Net net, InternetProtocolFamily family, String group, String source) throws Exception {
        DatagramInbox inbox = new DatagramInbox();
        KqDatagramChannel channel = listener(net, family, inbox);
        KqDatagramChannel sender = sender(net, source);
        InetSocketAddress joined = new InetSocketAddress(address(group), 0);
        send(sender, group, channel, "before");
        mark(sender, source, channel);
        inbox.await(1);
        channel.joinGroup(joined, cable()).sync();
        send(sender, group, channel, "joined");
        inbox.await(2);
        channel.leaveGroup(joined, cable()).sync();
        send(sender, group, channel, "left");
        mark(sender, source, channel);
        inbox.await(3);
        assertEquals(List.of("mark", "joined", "mark"), inbox.texts());
        Throwable again = channel.leaveGroup(joined, cable()).await().cause();
        assertTrue(again.getMessage().contains("setsockopt(..) failed: EADDRNOTAVAIL") && again.getMessage().contains("leave /"),
                again.getMessage());
    }

    @OverLoops
    void ipv4GroupsAreJoinedAndLeft(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            joinsAndLeaves(net, InternetProtocolFamily.IPv4, GROUP4, "10.99.0.1");
        }
    }

    @OverLoops
    void ipv6GroupsAreJoinedAndLeft(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            joinsAndLeaves(net, InternetProtocolFamily.IPv6, GROUP6, "fd99::1");
        }
    }

    @OverLoops
    void theKernelChoosesTheInterfaceIfNoneIsNamed(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            for (String[] pair : new String[][] {{GROUP4, "10.99.0.1"}, {GROUP6, "fd99::1"}}) {
                DatagramInbox inbox = new DatagramInbox();
                KqDatagramChannel channel = listener(net, familyOf(pair[1]), inbox);
                channel.joinGroup(address(pair[0])).sync();
                KqDatagramChannel sender = sender(net, pair[1]);
                send(sender, pair[0], channel, "joined");
                assertEquals("joined", inbox.await(1).text);
                channel.leaveGroup(address(pair[0])).sync();
            }
        }
    }

    @OverLoops
    void whatIsSentIsNotLoopedBackIfThatIsTurnedOff(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            for (String[] pair : new String[][] {{GROUP4, "10.99.0.1"}, {GROUP6, "fd99::1"}}) {
                DatagramInbox inbox = new DatagramInbox();
                KqDatagramChannel channel = listener(net, familyOf(pair[1]), inbox);
                channel.joinGroup(new InetSocketAddress(address(pair[0]), 0), cable()).sync();
                KqDatagramChannel sender = sender(net, pair[1]);
                sender.config().setLoopbackModeDisabled(true);
                send(sender, pair[0], channel, "not looped back");
                mark(sender, pair[1], channel);
                sender.config().setLoopbackModeDisabled(false);
                send(sender, pair[0], channel, "looped back");
                inbox.await(2);
                assertEquals(List.of("mark", "looped back"), inbox.texts());
            }
        }
    }

    @OverLoops
    void sourceSpecificMembershipIsThereOrSaysThatItIsNot(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqDatagramChannel channel = listener(net, InternetProtocolFamily.IPv4, new DatagramInbox());
            InetAddress group = address("232.99.1.1");
            InetAddress source = address("10.99.0.1");
            if (Constants.SOURCE_MULTICAST) {
                channel.joinGroup(group, cable(), source).sync();
                channel.leaveGroup(group, cable(), source).sync();
                return;
            }
            for (ChannelFuture future : List.of(channel.joinGroup(group, cable(), source), channel.leaveGroup(group, cable(), source),
                    channel.block(group, source), channel.block(group, cable(), source))) {
                Throwable cause = future.await().cause();
                assertInstanceOf(UnsupportedOperationException.class, cause);
                assertTrue(cause.getMessage().contains("Linux emulation"), cause.getMessage());
            }
        }
    }
}
