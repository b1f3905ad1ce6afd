package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.ChildJvm;
import io.kqnet.support.Counts;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;

/** Listening and accepting. */
@Timeout(120)
class KqServerSocketChannelTest {
    @OverLoops
    void acceptedChannelKnowsItsParentAndAddresses(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Channel server = net.listen(inbox);
            Socket peer = net.dial(server);
            inbox.await("active");
            KqSocketChannel child = (KqSocketChannel) inbox.channel();
            assertEquals(server, child.parent());
            assertEquals(peer.getLocalSocketAddress(), child.remoteAddress());
            assertEquals(server.localAddress(), child.localAddress());
            assertNull(((KqServerSocketChannel) server).remoteAddress());
            assertTrue(server.isActive());
        }
    }

    @OverLoops
    void autoReadOffLeavesConnectionsWaitingUntilRead(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Channel server = Net.bind(net.server(inbox).option(ChannelOption.AUTO_READ, false));
            net.dial(server);
            net.dial(server);
            Counts before = Counts.of(net.loop());
            Await.quiet(50);
            Net.settle(net.loop());
            assertFalse(inbox.saw("active"));
            assertEquals(0, before.since(net.loop()).accepts);
            server.config().setAutoRead(true);
            Await.until(() -> inbox.count("active") == 2);
            server.config().setAutoRead(false);
            Net.settle(net.loop());
            net.dial(server);
            Net.settle(net.loop());
            assertEquals(2, inbox.count("active"));
            server.read();
            Await.until(() -> inbox.count("active") == 3);
        }
    }

    @OverLoops
    void acceptsOnlyAsManyAtOnceAsMaxMessagesPerReadAndLosesNone(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            List<Integer> batches = new CopyOnWriteArrayList<>();
            Inbox inbox = new Inbox();
            Channel server = Net.bind(net.server(inbox).option(Net.RCVBUF_ALLOCATOR,
                    new FixedRecvByteBufAllocator(64).maxMessagesPerRead(4)).handler(new BatchSizes(batches)));
            net.loop().submit(() -> {
                for (int i = 0; i < 30; i++) {
                    net.dial(server);
                }
                return null;
            }).get();
            Await.until(() -> inbox.count("active") == 30);
            assertTrue(batches.stream().allMatch(size -> size <= 4), batches::toString);
        }
    }

    private static final class BatchSizes extends ChannelInboundHandlerAdapter {
        private final List<Integer> sizes;
        private int size;

        BatchSizes(List<Integer> sizes) {
            this.sizes = sizes;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            size++;
            context.fireChannelRead(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            sizes.add(size);
            size = 0;
            context.fireChannelReadComplete();
        }
    }

    @OverLoops
    void connectionThatWasResetWhileItWaitedIsNoHarm(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Channel server = Net.bind(net.server(inbox).option(ChannelOption.AUTO_READ, false));
            Socket gone = net.dial(server);
            gone.setSoLinger(true, 0);
            gone.close();
            net.dial(server).getOutputStream().write(1);
            server.config().setAutoRead(true);
            inbox.awaitBytes(1);
            assertTrue(server.isActive());
        }
    }

    @OverLoops
    void closedListenerRefusesConnections(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Channel server = net.listen(new Inbox());
            InetSocketAddress address = (InetSocketAddress) server.localAddress();
            server.close().sync();
            assertThrows(ConnectException.class, () -> net.keep(new Socket()).connect(address, 1000));
            net.server(new Inbox()).bind(address).sync().channel().close().sync();
        }
    }

    @OverLoops
    void writeToAListenerFails(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Channel server = net.listen(new Inbox());
            assertInstanceOf(UnsupportedOperationException.class, server.writeAndFlush("message").await().cause());
            assertInstanceOf(UnsupportedOperationException.class, server.connect(Net.deadAddress()).await().cause());
            assertTrue(server.isActive());
        }
    }

    @OverLoops
    void manyConnectionsAreAllAcceptedWhileOthersClose(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops, 2)) {
            Inbox inbox = new Inbox();
            Channel server = net.listen(inbox);
            for (int i = 0; i < 300; i++) {
                Socket socket = net.dial(server);
                if (i % 2 == 0) {
                    socket.close();
                }
            }
            Await.until(() -> inbox.count("active") == 300 && inbox.count("inactive") == 150);
        }
    }

    @OverLoops
    void exhaustedDescriptorsAreReportedAndNoConnectionIsLost(LoopKind loops) throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Paths.get("/bin/sh")), "needs a shell's ulimit");
        String output = new ChildJvm().under("/bin/sh", "-c", "ulimit -n 256; exec \"$@\"", "sh").with("-Dio.kqnet.emulation=true")
                .run(ExhaustedDescriptors.class, loops.name());
        assertTrue(output.contains("ok"), output);
    }
}
