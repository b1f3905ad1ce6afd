package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.LoopKind;
import io.kqnet.support.OpenFds;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Ways to end a loop, of both kinds. */
@Timeout(60)
class KqEventLoopShutdownTest {
    private final OpenFds open = OpenFds.now();

    static LoopKind[] loops() {
        return LoopKind.available();
    }

    private void assertEnds(EventLoopGroup group) throws InterruptedException {
        assertTrue(group.terminationFuture().await(30, TimeUnit.SECONDS), "does not terminate");
        assertTrue(group.isShutdown());
        assertTrue(group.isTerminated());
        open.awaitNoneLeft();
    }

    @ParameterizedTest
    @MethodSource("loops")
    void aLoopThatNeverRanFreesWhatItHolds(LoopKind kind) throws Exception {
        EventLoopGroup group = kind.newGroup(3);
        group.shutdownGracefully(0, 20, TimeUnit.SECONDS);
        assertEnds(group);
    }

    @ParameterizedTest
    @MethodSource("loops")
    void aSleepingLoopEndsAtOnce(LoopKind kind) throws Exception {
        EventLoopGroup group = kind.newGroup(2);
        group.next().submit(() -> { }).sync();
        group.next().submit(() -> { }).sync();
        long start = System.nanoTime();
        group.shutdownGracefully(0, 20, TimeUnit.SECONDS);
        assertEnds(group);
        assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(10));
    }

    @ParameterizedTest
    @MethodSource("loops")
    void theQuietPeriodIsKept(LoopKind kind) throws Exception {
        EventLoopGroup group = kind.newGroup(1);
        EventLoop loop = group.next();
        loop.submit(() -> { }).sync();
        long start = System.nanoTime();
        group.shutdownGracefully(300, 20_000, TimeUnit.MILLISECONDS);
        AtomicInteger ran = new AtomicInteger();
        loop.submit(ran::incrementAndGet).sync();
        assertEnds(group);
        assertEquals(1, ran.get(), "a task of the quiet period");
        assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(300));
    }

    @ParameterizedTest
    @MethodSource("loops")
    void mayBeAskedTwiceAndByTheLoopItself(LoopKind kind) throws Exception {
        EventLoopGroup group = kind.newGroup(1);
        EventLoop loop = group.next();
        Future<?> asked = loop.submit(() -> loop.shutdownGracefully(0, 20, TimeUnit.SECONDS));
        asked.sync();
        group.shutdownGracefully(0, 20, TimeUnit.SECONDS);
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        assertTrue(loop.isShuttingDown());
        assertEnds(group);
        assertTrue(loop.shutdownGracefully().await(1, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @MethodSource("loops")
    @SuppressWarnings("deprecation") // shutdown(): still there, so it has to work
    void theAbruptWayWorksToo(LoopKind kind) throws Exception {
        EventLoopGroup group = kind.newGroup(1);
        group.next().submit(() -> { }).sync();
        group.shutdown();
        assertEnds(group);
    }

    @ParameterizedTest
    @MethodSource("loops")
    void aLoopThatEndedTakesNoTask(LoopKind kind) throws Exception {
        EventLoopGroup group = kind.newGroup(1);
        EventLoop loop = group.next();
        group.shutdownGracefully(0, 20, TimeUnit.SECONDS);
        assertEnds(group);
        assertThrows(RejectedExecutionException.class, () -> loop.execute(() -> { }));
        assertThrows(RejectedExecutionException.class, () -> loop.schedule(() -> { }, 1, TimeUnit.SECONDS));
        assertTrue(loop.awaitTermination(1, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @MethodSource("loops")
    void distantTimersDoNotHoldItUp(LoopKind kind) throws Exception {
        EventLoopGroup group = kind.newGroup(1);
        Future<?> timer = group.next().schedule(() -> { }, 1, TimeUnit.HOURS);
        group.next().submit(() -> { }).sync();
        group.shutdownGracefully(0, 20, TimeUnit.SECONDS);
        assertEnds(group);
        assertTrue(timer.isCancelled());
    }

    /** Connected channels of one group: a listener, four clients and what it accepted. */
    private static final class Channels {
        final AtomicInteger inactive = new AtomicInteger();
        final List<Channel> own = new ArrayList<>();

        Channels(EventLoopGroup group) throws InterruptedException {
            CountDownLatch accepted = new CountDownLatch(4);
            Channel server = new ServerBootstrap().group(group).channel(KqServerSocketChannel.class)
                    .childHandler(new Counting(accepted, inactive)).bind("127.0.0.1", 0).sync().channel();
            own.add(server);
            for (int i = 0; i < 4; i++) {
                own.add(new Bootstrap().group(group).channel(KqSocketChannel.class).handler(new Counting(new CountDownLatch(1), inactive))
                        .connect(server.localAddress()).sync().channel());
            }
            assertTrue(accepted.await(20, TimeUnit.SECONDS));
        }
    }

    @ParameterizedTest
    @MethodSource("loops")
    void itsChannelsAreClosedAndTheirHandlersTold(LoopKind kind) throws Exception {
        EventLoopGroup group = kind.newGroup(2);
        Channels channels = new Channels(group);
        group.shutdownGracefully(50, 20_000, TimeUnit.MILLISECONDS);
        assertEnds(group);
        for (Channel channel : channels.own) {
            assertTrue(channel.closeFuture().isSuccess());
            assertFalse(channel.isRegistered());
        }
        assertEquals(8, channels.inactive.get(), "channels told that they are inactive");
    }

    /** Netty 4.2's loop may then end before its handler hears of it, and takes no task any more that could tell the channels' handlers. */
    @ParameterizedTest
    @MethodSource("loops")
    void itsChannelsAreClosedWithoutAQuietPeriod(LoopKind kind) throws Exception {
        EventLoopGroup group = kind.newGroup(2);
        Channels channels = new Channels(group);
        group.shutdownGracefully(0, 20, TimeUnit.SECONDS);
        assertEnds(group);
        for (Channel channel : channels.own) {
            assertTrue(channel.closeFuture().isSuccess());
        }
        if (kind == LoopKind.OWN) {
            assertEquals(8, channels.inactive.get(), "channels told that they are inactive");
        }
    }

    private static final class Counting extends ChannelInboundHandlerAdapter {
        private final CountDownLatch active;
        private final AtomicInteger inactive;

        Counting(CountDownLatch active, AtomicInteger inactive) {
            this.active = active;
            this.inactive = inactive;
        }

        @Override
        public boolean isSharable() {
            return true;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            active.countDown();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            inactive.incrementAndGet();
        }
    }
}
