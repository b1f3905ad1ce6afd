package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.contract.EnabledInNamespace;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.channel.socket.InternetProtocolFamily;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Timeout;

/** The same, and what only RFC 3678 has. */
@EnabledInNamespace
@Timeout(60)
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
class MulticastTest extends PlainMulticastTest {
    private static void joinsOneSource(Net net, String group, String wanted, String other) throws Exception {
        DatagramInbox inbox = new DatagramInbox();
        KqDatagramChannel channel = listener(net, familyOf(wanted), inbox);
        KqDatagramChannel good = sender(net, wanted);
        KqDatagramChannel bad = sender(net, other);
        InetAddress address = address(group);
        channel.joinGroup(address, cable(), address(wanted)).sync();
        send(bad, group, channel, "from the other");
        send(good, group, channel, "from the one");
        channel.joinGroup(address, cable(), address(other)).sync();
        send(bad, group, channel, "from the other too");
        channel.leaveGroup(address, cable(), address(wanted)).sync();
        send(good, group, channel, "not any more");
        mark(good, wanted, channel);
        inbox.await(3);
        assertEquals(List.of("from the one", "from the other too", "mark"), inbox.texts());
    }

    @OverLoops
    void oneSourceOfAnIpv4GroupIsHeard(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            joinsOneSource(net, "232.99.1.2", "10.99.0.1", "10.99.0.2");
        }
    }

    @OverLoops
    void oneSourceOfAnIpv6GroupIsHeard(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            joinsOneSource(net, "ff35::99:2", "fd99::1", "fd99::2");
        }
    }

    private static void blocks(Net net, String group, String wanted, String other) throws Exception {
        DatagramInbox inbox = new DatagramInbox();
        KqDatagramChannel channel = listener(net, familyOf(wanted), inbox);
        KqDatagramChannel good = sender(net, wanted);
        KqDatagramChannel bad = sender(net, other);
        channel.joinGroup(new InetSocketAddress(address(group), 0), cable()).sync();
        send(bad, group, channel, "not yet blocked");
        inbox.await(1);
        channel.block(address(group), cable(), address(other)).sync();
        send(bad, group, channel, "blocked");
        send(good, group, channel, "not blocked");
        inbox.await(2);
        assertEquals(List.of("not yet blocked", "not blocked"), inbox.texts());
    }

    @OverLoops
    void aSourceIsBlocked(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            blocks(net, GROUP4, "10.99.0.1", "10.99.0.2");
            blocks(net, GROUP6, "fd99::1", "fd99::2");
        }
    }

    @OverLoops
    void aDualStackSocketJoinsIpv4GroupsWhereTheKernelLetsIt(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = listener(net, null, inbox);
            assertTrue(channel.isIpv6());
            channel.joinGroup(new InetSocketAddress(address(GROUP4), 0), cable()).sync();
            channel.joinGroup(new InetSocketAddress(address(GROUP6), 0), cable()).sync();
            send(sender(net, "10.99.0.1"), GROUP4, channel, "four");
            inbox.await(1);
            send(sender(net, "fd99::1"), GROUP6, channel, "six");
            inbox.await(2);
            assertEquals(List.of("four", "six"), inbox.texts());
            String message = channel.joinGroup(new InetSocketAddress(address(GROUP4), 0), cable()).await().cause().getMessage();
            assertTrue(message.contains("make the channel with InternetProtocolFamily.IPv4"), message);
        }
    }

    @OverLoops
    void aChannelBoundToAnAddressMeansItsInterface(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramInbox inbox = new DatagramInbox();
            KqDatagramChannel channel = (KqDatagramChannel) DatagramPeers.ofFamily(net, InternetProtocolFamily.IPv4, inbox)
                    .bind(address("10.99.0.2"), 0).sync().channel();
            assertEquals(cable(), channel.defaultInterface());
        }
    }
}
