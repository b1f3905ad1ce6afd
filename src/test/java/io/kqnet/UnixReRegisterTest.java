package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Messages;
import io.kqnet.support.OverLoops;
import io.kqnet.support.UnixNet;
import io.kqnet.support.UnixPeer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.unix.DomainDatagramPacket;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;

/** Channels of the Unix domain that move from loop to loop. */
@Timeout(60)
class UnixReRegisterTest {
    private static void move(EventLoopGroup group, Channel channel) throws Exception {
        EventLoop next = group.next();
        channel.deregister().sync();
        next.register(channel).sync();
    }

    @OverLoops
    void everyDatagramArrives(LoopKind loops) throws Exception {
        EventLoopGroup others = loops.newGroup(2);
        try (UnixNet net = UnixNet.with(loops)) {
            Messages messages = new Messages();
            Channel channel = net.datagrams(messages).bind(net.address("channel")).sync().channel();
            UnixPeer peer = net.keep(UnixPeer.datagram().connect(net.path("channel")));
            for (int i = 0; i < 200; i++) {
                peer.write(new byte[i % 3]);
                move(others, channel);
            }
            messages.await(200);
            messages.release();
            channel.close().sync();
        } finally {
            others.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
        }
    }

    @OverLoops
    void whatWaitsForRoomIsSentFromTheNextLoop(LoopKind loops) throws Exception {
        EventLoopGroup others = loops.newGroup(2);
        try (UnixNet net = UnixNet.with(loops)) {
            UnixPeer peer = net.keep(UnixPeer.datagram().bind(net.path("peer")));
            Channel channel = net.datagrams(new Messages()).bind(net.address("channel")).sync().channel();
            List<ChannelFuture> written = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                written.add(channel.write(new DomainDatagramPacket(Bytes.direct(new byte[1]), net.address("peer"))));
            }
            channel.flush();
            move(others, channel);
            for (int i = 0; i < 300; i++) {
                assertEquals(1, peer.receive().bytes.length);
                if (i % 50 == 0) {
                    move(others, channel);
                }
            }
            Await.until(() -> written.get(299).isDone());
            assertTrue(written.stream().allMatch(ChannelFuture::isSuccess));
            channel.close().sync();
            Files.delete(net.path("peer"));
        } finally {
            others.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
        }
    }
}
