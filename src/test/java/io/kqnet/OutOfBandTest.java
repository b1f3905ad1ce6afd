package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Counts;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Platform;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;

/** Urgent data, on kernels with EVFILT_EXCEPT and without. */
@Timeout(120)
class OutOfBandTest {
    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    @AfterEach
    void turnSwitchesOff() {
        Platform.emulate("noexcept", false);
    }

    /** Whether there is EVFILT_EXCEPT, each kernel in turn; on a real one as it is. */
    private static Iterable<Boolean> kernels() {
        boolean has = Constants.EVFILT_EXCEPT != Constants.ABSENT;
        if (!has || Platform.emulate("noexcept", false) < 0) {
            return List.of(has);
        }
        return () -> IntStream.range(0, 2).mapToObj(i -> Platform.emulate("noexcept", i == 1) == 0 && i == 0).iterator();
    }

    /** What came, in order: data as it is, an urgent byte as {@code <x>}, the end as {@code .}. */
    static class Log extends ChannelInboundHandlerAdapter {
        private final StringBuffer text = new StringBuffer();

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            text.append(((ByteBuf) message).toString(StandardCharsets.US_ASCII));
            ((ByteBuf) message).release();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof KqOutOfBandEvent) {
                text.append('<').append((char) ((KqOutOfBandEvent) event).value()).append('>');
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            text.append(cause);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            text.append('.');
        }

        void await(String expected) throws InterruptedException {
            try {
                Await.until(() -> text.length() >= expected.length());
            } catch (AssertionError e) {
                throw new AssertionError("expected " + expected + ", got " + text, e);
            }
            assertEquals(expected, text.toString());
        }
    }

    private static Bootstrap listening(Net net, Log log) {
        return net.client(log).option(KqChannelOption.OUT_OF_BAND_EVENTS, true);
    }

    private static void send(Net.Pair pair, String text) throws IOException {
        pair.peer.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    @OverLoops
    void urgentByteComesBehindWhatWasSentBeforeAndAheadOfWhatWasSentAfter(LoopKind loops) throws Exception {
        for (boolean except : kernels()) {
            try (Net net = Net.with(loops)) {
                for (int size : new int[] {1, 3, 1000}) {
                    Log log = new Log();
                    Net.Pair pair = net.pair(listening(net, log).option(Net.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(size)));
                    Net.inLoop(net.loop(), () -> {
                        send(pair, "before");
                        pair.peer.sendUrgentData('!');
                        send(pair, "after");
                        return null;
                    });
                    log.await("before<!>after");
                    pair.peer.close();
                    log.await("before<!>after.");
                }
            }
        }
    }

    @OverLoops
    void everyUrgentByteKeepsItsPlace(LoopKind loops) throws Exception {
        for (boolean except : kernels()) {
            try (Net net = Net.with(loops)) {
                Log log = new Log();
                Net.Pair pair = net.pair(listening(net, log));
                StringBuilder expected = new StringBuilder();
                for (int i = 0; i < 400; i++) {
                    send(pair, "a".repeat(i % 7));
                    pair.peer.sendUrgentData('0' + i % 10);
                    send(pair, "b".repeat(1 + i % 3));
                    expected.append("a".repeat(i % 7)).append('<').append(i % 10).append('>').append("b".repeat(1 + i % 3));
                    String soFar = expected.toString();
                    Await.until(() -> log.text.length() >= soFar.length());
                }
                log.await(expected.toString());
            }
        }
    }

    @OverLoops
    void lastByteBeforeTheEndIsDelivered(LoopKind loops) throws Exception {
        for (boolean except : kernels()) {
            try (Net net = Net.with(loops)) {
                for (String data : new String[] {"", "data"}) {
                    Log log = new Log();
                    Net.Pair pair = net.pair(listening(net, log));
                    send(pair, data);
                    pair.peer.sendUrgentData('Z');
                    pair.peer.close();
                    log.await(data + "<Z>.");
                    Log late = new Log();
                    Net.Pair other = net.pair(listening(net, late));
                    Net.inLoop(net.loop(), () -> {
                        send(other, data);
                        other.peer.sendUrgentData('Z');
                        other.peer.close();
                        Await.quiet(20);
                        return null;
                    });
                    late.await(data + "<Z>.");
                }
            }
        }
    }

    @OverLoops
    void urgentByteAloneComesWhereTheKernelTellsOfIt(LoopKind loops) throws Exception {
        for (boolean except : kernels()) {
            try (Net net = Net.with(loops)) {
                Log log = new Log();
                Net.Pair pair = net.pair(listening(net, log));
                pair.peer.sendUrgentData('1');
                if (except) {
                    log.await("<1>");
                }
                send(pair, "x");
                log.await("<1>x");
            }
        }
    }

    @OverLoops
    void withAutoReadOffItWaitsForTheDataBeforeItOnly(LoopKind loops) throws Exception {
        for (boolean except : kernels()) {
            try (Net net = Net.with(loops)) {
                Log log = new Log();
                Net.Pair pair = net.pair(listening(net, log).option(ChannelOption.AUTO_READ, false));
                pair.peer.sendUrgentData('1');
                send(pair, "one");
                log.await("<1>");
                Await.quiet(20);
                log.await("<1>");
                pair.peer.sendUrgentData('2');
                send(pair, "two");
                Await.quiet(20);
                log.await("<1>");
                pair.channel.read();
                log.await("<1>one<2>");
                Await.quiet(20);
                log.await("<1>one<2>");
                pair.channel.read();
                log.await("<1>one<2>two");
            }
        }
    }

    @OverLoops
    void handlerMayTurnAutoReadOffOrCloseInTheEvent(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Log stops = new Log() {
                @Override
                public void userEventTriggered(ChannelHandlerContext context, Object event) {
                    super.userEventTriggered(context, event);
                    context.channel().config().setAutoRead(false);
                }
            };
            Net.Pair pair = net.pair(listening(net, stops));
            Log closes = new Log() {
                @Override
                public void userEventTriggered(ChannelHandlerContext context, Object event) {
                    super.userEventTriggered(context, event);
                    context.close();
                }
            };
            Net.Pair closed = net.pair(listening(net, closes));
            Net.inLoop(net.loop(), () -> {
                for (Net.Pair each : List.of(pair, closed)) {
                    send(each, "a");
                    each.peer.sendUrgentData('!');
                    send(each, "b");
                }
                return null;
            });
            stops.await("a<!>");
            Await.quiet(20);
            stops.await("a<!>");
            pair.channel.config().setAutoRead(true);
            stops.await("a<!>b");
            closes.await("a<!>.");
        }
    }

    @OverLoops
    void urgentBytesThatNobodyAskedForTakeNothingAlong(LoopKind loops) throws Exception {
        for (boolean exact : new boolean[] {true, false}) {
            try (Net net = Net.with(loops)) {
                Log log = new Log();
                Net.Pair pair = net.pair(net.client(log).option(KqChannelOption.RCV_ALLOC_TRANSPORT_PROVIDES_GUESS, exact));
                StringBuilder expected = new StringBuilder();
                for (int i = 0; i < 50; i++) {
                    send(pair, "a");
                    pair.peer.sendUrgentData('!');
                    send(pair, "b");
                    expected.append("ab");
                    log.await(expected.toString());
                }
            }
        }
    }

    @OverLoops
    void isTurnedOnWhileConnected(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Log log = new Log();
            Net.Pair pair = net.pair(log);
            send(pair, "a");
            pair.peer.sendUrgentData('1');
            send(pair, "b");
            log.await("ab");
            assertFalse(pair.channel.config().getOption(KqChannelOption.OUT_OF_BAND_EVENTS));
            pair.channel.config().setOption(KqChannelOption.OUT_OF_BAND_EVENTS, true);
            Net.settle(net.loop());
            pair.peer.sendUrgentData('2');
            send(pair, "c");
            log.await("ab<2>c");
            pair.channel.config().setOption(KqChannelOption.OUT_OF_BAND_EVENTS, false);
            pair.peer.sendUrgentData('3');
            send(pair, "d");
            log.await("ab<2>cd");
        }
    }

    @OverLoops
    void inlineItIsOrdinaryData(LoopKind loops) throws Exception {
        for (boolean events : new boolean[] {true, false}) {
            try (Net net = Net.with(loops)) {
                Log log = new Log();
                Net.Pair pair = net.pair(net.client(log).option(KqChannelOption.SO_OOBINLINE, true)
                        .option(KqChannelOption.OUT_OF_BAND_EVENTS, events));
                assertTrue(pair.channel.config().getOption(KqChannelOption.SO_OOBINLINE));
                send(pair, "a");
                pair.peer.sendUrgentData('!');
                send(pair, "b");
                log.await("a!b");
            }
        }
    }

    @OverLoops
    void movesToAnotherLoop(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops, 2)) {
            Log log = new Log();
            Net.Pair pair = net.pair(listening(net, log));
            EventLoop other = net.loopOtherThan(pair.channel.eventLoop());
            pair.channel.deregister().sync();
            pair.peer.sendUrgentData('!');
            other.register(pair.channel).sync();
            send(pair, "b");
            log.await("<!>b");
        }
    }

    @OverLoops
    void writtenUrgentByteKeepsItsPlaceAlsoBehindAStalledWrite(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Log());
            pair.peer.setOOBInline(true);
            pair.channel.write(Bytes.direct(new byte[] {1, 2}));
            pair.channel.writeOutOfBand((byte) 3).sync();
            pair.channel.writeAndFlush(Bytes.direct(new byte[] {4}));
            assertEquals("[1, 2, 3, 4]", Arrays.toString(pair.read(4)));
            int size = 8 << 20;
            List<ChannelFuture> writes = new ArrayList<>();
            writes.add(pair.channel.writeAndFlush(Bytes.direct(Bytes.pattern(0, size))));
            writes.add(pair.channel.writeOutOfBand((byte) 5));
            writes.add(pair.channel.writeAndFlush(Bytes.direct(Bytes.pattern(size, 1000))));
            Net.settle(net.loop());
            assertFalse(writes.get(1).isDone());
            Bytes.assertSame(Bytes.pattern(0, size), pair.read(size));
            assertEquals(5, pair.read(1)[0]);
            Bytes.assertSame(Bytes.pattern(size, 1000), pair.read(1000));
            for (ChannelFuture write : writes) {
                write.sync();
            }
        }
    }

    @OverLoops
    void urgentByteGoesFromChannelToChannel(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Log log = new Log();
            Channel server = Net.bind(net.server(log).childOption(KqChannelOption.OUT_OF_BAND_EVENTS, true));
            KqSocketChannel client = (KqSocketChannel) net.client(new Log()).connect(server.localAddress()).sync().channel();
            client.write(Bytes.direct("a".getBytes(StandardCharsets.US_ASCII)));
            client.writeOutOfBand((byte) '!');
            client.writeAndFlush(Bytes.direct("b".getBytes(StandardCharsets.US_ASCII)));
            log.await("a<!>b");
            client.close().sync();
            log.await("a<!>b.");
            assertTrue(client.writeOutOfBand((byte) 1).await().cause() instanceof ClosedChannelException);
        }
    }

    @OverLoops
    void idleChannelDoesNotKeepTheLoopBusy(LoopKind loops) throws Exception {
        for (boolean except : kernels()) {
            try (Net net = Net.with(loops)) {
                Log log = new Log();
                Net.Pair pair = net.pair(listening(net, log).option(ChannelOption.AUTO_READ, false));
                OutputStream out = pair.peer.getOutputStream();
                out.write('a');
                pair.peer.sendUrgentData('!');
                out.write('b');
                Await.quiet(20);
                Counts before = Counts.of(net.loop());
                Await.quiet(100);
                Counts idle = before.since(net.loop());
                assertTrue(idle.kevents <= 1 && idle.events == 0 && idle.reads == 0, () -> idle.kevents + " kevents, " + idle.events + " events");
                pair.channel.config().setAutoRead(true);
                log.await("a<!>b");
            }
        }
    }

    @OverLoops
    void kernelWithoutTheFilterIsNoError(LoopKind loops) throws Exception {
        Assumptions.assumeTrue(Platform.emulate("noexcept", true) >= 0, "a real kernel has the filter or has it not");
        try (Net net = Net.with(loops)) {
            Log log = new Log();
            Net.Pair pair = net.pair(listening(net, log));
            Net.settle(net.loop());
            pair.peer.sendUrgentData('!');
            send(pair, "b");
            log.await("<!>b");
            assertTrue(pair.channel.isActive());
        }
    }
}
