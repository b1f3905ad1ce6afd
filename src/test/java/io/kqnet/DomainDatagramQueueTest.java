package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Bytes;
import io.kqnet.support.Counts;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Messages;
import io.kqnet.support.OverLoops;
import io.kqnet.support.UnixNet;
import io.kqnet.support.UnixPeer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.unix.DomainDatagramPacket;
import java.nio.file.Files;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A receiver whose queue is full. */
@Timeout(60)
class DomainDatagramQueueTest {
    @OverLoops
    @EnabledOnOs(value = OS.LINUX, disabledReason = "a connected socket sends to nobody but its peer elsewhere")
    void somebodyElsesFullQueueIsWaitedForWithoutSpinning(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            net.keep(UnixPeer.datagram().bind(net.path("peer")));
            UnixPeer slow = net.keep(UnixPeer.datagram().bind(net.path("slow")));
            Channel channel = net.datagrams(new Messages()).connect(net.address("peer")).sync().channel();
            UnixPeer filler = net.keep(UnixPeer.datagram());
            while (filler.tryWrite(new byte[1], net.path("slow").toString()) == 1) {
                continue;
            }
            ChannelFuture refused = channel.writeAndFlush(new DomainDatagramPacket(Bytes.direct(new byte[2]), net.address("slow")));
            Counts before = Counts.of(net.net().loop());
            channel.eventLoop().schedule(() -> { }, 200, TimeUnit.MILLISECONDS).sync();
            assertFalse(refused.isDone());
            long writes = before.since(net.net().loop()).writes;
            assertTrue(writes < 20, () -> writes + " writes in a fifth of a second");
            slow.receive();
            refused.sync();
            Files.delete(net.path("peer"));
            Files.delete(net.path("slow"));
        }
    }
}
