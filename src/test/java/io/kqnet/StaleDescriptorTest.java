package io.kqnet;

import static io.kqnet.DatagramPeers.address;
import static io.kqnet.DatagramPeers.peer;
import static io.kqnet.DatagramPeers.receive;
import static io.kqnet.DatagramPeers.text;
import static io.kqnet.DatagramPeers.unbound;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kqnet.support.Bytes;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Messages;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.kqnet.support.UnixNet;
import io.kqnet.support.UnixPeer;
import io.netty.bootstrap.Bootstrap;
import java.net.DatagramSocket;
import java.net.SocketAddress;
import java.nio.file.Files;
import org.junit.jupiter.api.Timeout;

/** What a closed channel is asked to do never reaches the channel that got its descriptor's number. */
@Timeout(60)
class StaleDescriptorTest {
    /** Connected as the closed one was. */
    private static AbstractKqChannel heir(AbstractKqChannel closed, Bootstrap bootstrap, SocketAddress peer) throws Exception {
        int number = closed.descriptor().number();
        closed.close().sync();
        AbstractKqChannel heir;
        do {
            heir = (AbstractKqChannel) bootstrap.clone().connect(peer).sync().channel();
            assumeTrue(heir.descriptor().number() <= number, "somebody else in this process got the number first");
        } while (heir.descriptor().number() != number);
        return heir;
    }

    @OverLoops
    void closedDatagramChannelDisconnectsNobody(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            DatagramSocket peer = peer(net);
            AbstractKqChannel closed = (AbstractKqChannel) unbound(net, new DatagramInbox()).connect(address(peer)).sync().channel();
            AbstractKqChannel heir = heir(closed, unbound(net, new DatagramInbox()), address(peer));
            closed.disconnect().sync();
            heir.writeAndFlush(text("still connected")).sync();
            assertEquals("still connected", receive(peer));
        }
    }

    @OverLoops
    void closedDomainDatagramChannelDisconnectsNobody(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixPeer peer = net.keep(UnixPeer.datagram().bind(net.path("peer")));
            AbstractKqChannel closed = (AbstractKqChannel) net.datagrams(new Messages()).connect(net.address("peer")).sync().channel();
            AbstractKqChannel heir = heir(closed, net.datagrams(new Messages()), net.address("peer"));
            closed.disconnect().sync();
            heir.writeAndFlush(Bytes.direct(new byte[7])).sync();
            assertEquals(7, peer.receive().bytes.length);
            Files.delete(net.path("peer"));
        }
    }
}
