package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Counts;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.channel.socket.DuplexChannel;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;
import java.util.List;
import org.junit.jupiter.api.Timeout;

/** Ends of one direction, and of both, with reading wanted and not. */
@Timeout(60)
class HalfClosureTest {
    @OverLoops
    void endOfInputIsReportedAndOutputGoesOn(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(net.client(inbox).option(ChannelOption.ALLOW_HALF_CLOSURE, true));
            pair.peer.getOutputStream().write(Bytes.pattern(0, 1000));
            pair.peer.shutdownOutput();
            inbox.await("ChannelInputShutdownReadComplete");
            assertEquals(List.of("active", "ChannelInputShutdownEvent", "ChannelInputShutdownReadComplete"), inbox.events());
            Bytes.assertSame(Bytes.pattern(0, 1000), inbox.bytes());
            assertTrue(pair.channel.isInputShutdown());
            assertFalse(pair.channel.isShutdown());
            pair.channel.writeAndFlush(Bytes.direct(Bytes.pattern(0, 10))).sync();
            assertArrayEquals(Bytes.pattern(0, 10), pair.read(10));
            pair.channel.shutdownOutput().sync();
            assertEquals(-1, pair.peer.getInputStream().read());
            assertTrue(pair.channel.isShutdown());
        }
    }

    @OverLoops
    void endOfInputClosesTheChannelWithoutTheOption(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(inbox);
            pair.peer.getOutputStream().write(Bytes.pattern(0, 1000));
            pair.peer.shutdownOutput();
            inbox.await("inactive");
            assertEquals(List.of("active", "inactive"), inbox.events());
            assertEquals(1000, inbox.received());
        }
    }

    @OverLoops
    void ownShutdownOfOutputCausesNoSpin(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(net.client(inbox).option(ChannelOption.ALLOW_HALF_CLOSURE, true));
            pair.channel.shutdownOutput().sync();
            assertEquals(-1, pair.peer.getInputStream().read());
            assertQuiet(net);
            pair.peer.getOutputStream().write(Bytes.pattern(0, 10));
            inbox.awaitBytes(10);
            pair.peer.shutdownOutput();
            inbox.await("ChannelInputShutdownReadComplete");
            assertQuiet(net);
        }
    }

    /** Nothing happens for 100 ms, so the loop must sleep. */
    private static void assertQuiet(Net net) throws Exception {
        Net.settle(net.loop());
        Counts before = Counts.of(net.loop());
        Await.quiet(100);
        Counts spent = before.since(net.loop());
        assertTrue(spent.kevents <= 1, () -> spent.kevents + " calls of kevent in 100 ms in which nothing happens");
    }

    @OverLoops
    void ownShutdownWithAStalledPeerCausesNoSpin(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.SO_SNDBUF, 32 * 1024));
            ChannelFuture stuck = pair.channel.writeAndFlush(Bytes.direct(new byte[8 * 1024 * 1024]));
            Net.settle(net.loop());
            pair.channel.shutdownOutput().sync();
            assertInstanceOf(ChannelOutputShutdownException.class, stuck.await().cause());
            assertQuiet(net);
        }
    }

    @OverLoops
    void writeAfterShutdownOfOutputFails(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            pair.channel.shutdownOutput().sync();
            assertTrue(pair.channel.isOutputShutdown());
            var message = Bytes.direct(new byte[1]);
            ChannelFuture late = pair.channel.writeAndFlush(message).await();
            assertInstanceOf(ClosedChannelException.class, late.cause());
            assertEquals(0, message.refCnt());
        }
    }

    @OverLoops
    void resetAfterTheEndOfInputClosesTheChannel(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(net.client(inbox).option(ChannelOption.ALLOW_HALF_CLOSURE, true));
            pair.peer.shutdownOutput();
            inbox.await("ChannelInputShutdownReadComplete");
            pair.channel.writeAndFlush(Bytes.direct(new byte[100])).sync();
            pair.reset();
            inbox.await("inactive");
            assertInstanceOf(IOException.class, inbox.causes().get(0));
            assertTrue(inbox.causes().get(0).getMessage().contains("ECONNRESET"), inbox.causes()::toString);
        }
    }

    @OverLoops
    void resetIsSeenWithAutoReadOff(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(net.client(inbox).option(ChannelOption.AUTO_READ, false));
            Net.settle(net.loop());
            pair.reset();
            inbox.await("inactive");
            assertEquals(List.of("active", "exception", "inactive"), inbox.events());
            assertTrue(inbox.causes().get(0).getMessage().contains("ECONNRESET"), inbox.causes()::toString);
        }
    }

    @OverLoops
    void endWithAutoReadOffDeliversEveryByteFirst(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(net.client(inbox).option(ChannelOption.AUTO_READ, false));
            byte[] sent = Bytes.pattern(0, 40_000);
            pair.peer.getOutputStream().write(sent);
            pair.peer.close();
            inbox.await("inactive");
            Bytes.assertSame(sent, inbox.bytes());
        }
    }

    @OverLoops
    void autoReadOffStopsReadingInTheMiddleOfTheStream(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    super.channelRead(context, message);
                    // Comes before what the read loop queues to go on.
                    context.executor().execute(() -> context.channel().config().setAutoRead(false));
                }
            };
            Net.Pair pair = net.pair(net.client(inbox).option(ChannelOption.AUTO_READ, true)
                    .option(Net.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(16).maxMessagesPerRead(1)));
            pair.peer.getOutputStream().write(Bytes.pattern(0, 160));
            inbox.awaitBytes(16);
            Net.settle(net.loop());
            Net.settle(net.loop());
            assertEquals(16, inbox.received());
            for (int i = 2; i <= 10; i++) {
                pair.channel.read();
                inbox.awaitBytes(16 * i);
                Net.settle(net.loop());
                assertEquals(16 * i, inbox.received());
            }
            Bytes.assertSame(Bytes.pattern(0, 160), inbox.bytes());
        }
    }

    @OverLoops
    void ownShutdownOfInputEndsReading(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(net.client(inbox).option(ChannelOption.ALLOW_HALF_CLOSURE, true));
            pair.channel.shutdownInput().sync();
            assertTrue(pair.channel.isInputShutdown());
            pair.channel.writeAndFlush(Bytes.direct(new byte[5])).sync();
            assertEquals(5, pair.read(5).length);
            assertQuiet(net);
            assertTrue(pair.channel.isActive());
        }
    }

    @OverLoops
    void shutdownOfBothDirectionsAndClose(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.ALLOW_HALF_CLOSURE, true));
            DuplexChannel channel = pair.channel;
            channel.shutdown().sync();
            assertTrue(channel.isShutdown());
            assertEquals(-1, pair.peer.getInputStream().read());
            channel.close().sync();
            assertInstanceOf(ClosedChannelException.class, channel.shutdownInput().await().cause());
        }
    }

    @OverLoops
    void shutdownOfAnUnconnectedChannelFails(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            KqSocketChannel fresh = (KqSocketChannel) net.client(new Inbox()).register().sync().channel();
            assertInstanceOf(NotYetConnectedException.class, fresh.shutdownInput().await().cause());
            fresh.close().sync();
        }
    }

    @OverLoops
    void zeroLingerResetsThePeer(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.SO_LINGER, 0));
            pair.channel.close().sync();
            IOException cause = assertThrows(IOException.class,
                    () -> pair.peer.getInputStream().read());
            assertTrue(cause.getMessage().contains("reset"), cause::getMessage);
        }
    }

    @OverLoops
    void lingeringCloseDoesNotHoldUpTheLoop(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.SO_LINGER, 2)
                    .option(ChannelOption.SO_SNDBUF, 32 * 1024).option(ChannelOption.WRITE_SPIN_COUNT, 1));
            // Left in the kernel's buffer: close(2) waits for the peer to read it.
            ChannelFuture written = pair.channel.writeAndFlush(Bytes.direct(new byte[8 * 1024 * 1024]));
            Net.settle(net.loop());
            ChannelFuture closed = pair.channel.close();
            long start = System.nanoTime();
            Net.inLoop(net.loop(), () -> null);
            assertTrue(System.nanoTime() - start < 1_000_000_000L, "the loop waited for close(2)");
            assertTrue(closed.await().isSuccess());
            assertInstanceOf(ClosedChannelException.class, written.await().cause());
        }
    }
}
