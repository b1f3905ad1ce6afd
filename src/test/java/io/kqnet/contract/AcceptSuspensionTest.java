package io.kqnet.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kqnet.support.Await;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;

/** Stands in for the kit's ServerSocketSuspendTest, which is disabled there and asks for SYN retransmission times of one system. */
@Timeout(30)
class AcceptSuspensionTest {
    private static final int CLIENTS = 10;

    @OverLoops
    void acceptsOnlyWhileAutoReadIsOn(LoopKind loops) throws Exception {
        KqPermutation.assumeJdkSockets();
        Counter accepted = new Counter();
        try (Net net = Net.with(loops)) {
            Channel server = Net.bind(net.server(accepted).option(ChannelOption.AUTO_READ, false));
            for (int round = 1; round <= 3; round++) {
                for (int i = 0; i < CLIENTS; i++) {
                    // The kernel completes handshakes of connections nobody accepts.
                    net.dial(server);
                }
                Net.settle(server.eventLoop());
                assertEquals((round - 1) * CLIENTS, accepted.count.get());
                int expected = round * CLIENTS;
                server.config().setAutoRead(true);
                Await.until(() -> accepted.count.get() == expected);
                server.config().setAutoRead(false);
                // Takes effect on the loop.
                Net.inLoop(server.eventLoop(), () -> null);
            }
        }
    }

    @Sharable
    private static final class Counter extends ChannelInboundHandlerAdapter {
        final AtomicInteger count = new AtomicInteger();

        @Override
        public void channelActive(ChannelHandlerContext context) {
            count.incrementAndGet();
        }
    }
}
