package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Counts;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.kqnet.support.RawEnds;
import io.kqnet.sys.Constants;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pipes, FIFOs and pairs; terminals have a class of their own. */
@Timeout(60)
class KqDescriptorChannelTest {
    @TempDir
    Path directory;

    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    static <C extends Channel> C register(Net net, C channel, ChannelHandler handler) throws InterruptedException {
        new Bootstrap().group(net.group()).channelFactory(() -> channel).handler(handler).register().sync();
        return channel;
    }

    @OverLoops
    void pipeCarriesAllBytesAndThenTheEnd(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            List<KqDescriptorChannel> pipe = KqDescriptorChannel.pipe();
            register(net, pipe.get(0), inbox);
            register(net, pipe.get(1), new Inbox());
            byte[] bytes = Bytes.pattern(0, 1 << 20);
            for (int i = 0; i < 16; i++) {
                pipe.get(1).write(Bytes.direct(Bytes.pattern(i << 16, 1 << 16)));
            }
            pipe.get(1).flush();
            inbox.awaitBytes(bytes.length);
            Bytes.assertSame(bytes, inbox.bytes());
            pipe.get(1).writeAndFlush(Bytes.direct(new byte[] {7}));
            pipe.get(1).close().sync();
            inbox.await("inactive");
            assertEquals(bytes.length + 1, inbox.received());
            assertEquals(List.of(), inbox.causes());
        }
    }

    @OverLoops
    void stalledPipeCostsOneChangeAndWritesOnWhenThereIsRoom(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            int[] pipe = ends.pipe();
            KqDescriptorChannel channel = register(net, new KqDescriptorChannel(ends.give(pipe[1])), new Inbox());
            Net.settle(net.loop());
            Counts before = Counts.of(net.loop());
            byte[] bytes = Bytes.pattern(0, 300_000);
            ChannelFuture write = channel.writeAndFlush(Bytes.direct(bytes));
            Net.settle(net.loop());
            assertEquals(1, before.since(net.loop()).changes);
            assertFalse(write.isDone());
            Bytes.assertSame(bytes, RawEnds.read(pipe[0], bytes.length));
            write.sync();
            Counts idle = Counts.of(net.loop());
            Await.quiet(100);
            assertEquals(0, idle.since(net.loop()).events, "a pipe that is writable keeps the loop busy");
        }
    }

    @OverLoops
    void readOnlyChannelRefusesWritesAndEndsWithItsInput(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            int[] pipe = ends.pipe();
            Inbox inbox = new Inbox();
            KqDescriptorChannel channel = register(net, new KqDescriptorChannel(ends.give(pipe[0])), inbox);
            assertTrue(channel.isOutputShutdown());
            assertFalse(channel.isInputShutdown());
            ByteBuf buf = Bytes.direct(new byte[1]);
            Throwable cause = channel.writeAndFlush(buf).await().cause();
            assertTrue(cause.getMessage().endsWith("(pipe) is open for reading only"), cause::getMessage);
            assertEquals(0, buf.refCnt());
            RawEnds.write(pipe[1], new byte[3]);
            inbox.awaitBytes(3);
            ends.close(pipe[1]);
            inbox.await("inactive");
            assertFalse(RawEnds.isOpen(pipe[0]));
        }
    }

    @OverLoops
    void writeOnlyChannelEndsWhenItsReaderHasGone(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            int[] idle = ends.pipe();
            Inbox inbox = new Inbox();
            register(net, new KqDescriptorChannel(ends.give(idle[1])), inbox);
            Net.settle(net.loop());
            ends.close(idle[0]);
            inbox.await("inactive");
            int[] stalled = ends.pipe();
            KqDescriptorChannel channel = register(net, new KqDescriptorChannel(ends.give(stalled[1])), new Inbox());
            ChannelFuture write = channel.writeAndFlush(Bytes.direct(new byte[1 << 20]));
            Net.settle(net.loop());
            ends.close(stalled[0]);
            Throwable failure = write.await().cause();
            assertTrue(failure.getMessage().contains("EPIPE") || failure.getCause() != null
                    && failure.getCause().getMessage().contains("EPIPE"), failure::toString);
            channel.closeFuture().sync();
        }
    }

    @OverLoops
    void shutdownOfTheOnlyDirectionClosesTheChannel(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            List<KqDescriptorChannel> pipe = KqDescriptorChannel.pipe();
            Inbox inbox = new Inbox();
            register(net, pipe.get(0), inbox);
            register(net, pipe.get(1), new Inbox());
            pipe.get(1).writeAndFlush(Bytes.direct(new byte[2])).sync();
            pipe.get(1).shutdownOutput().sync();
            pipe.get(1).closeFuture().sync();
            inbox.await("inactive");
            assertEquals(2, inbox.received());
            List<KqDescriptorChannel> other = KqDescriptorChannel.pipe();
            register(net, other.get(0), new Inbox()).shutdownInput().sync();
            other.get(0).closeFuture().sync();
            register(net, other.get(1), new Inbox()).closeFuture().sync();
        }
    }

    /** Input and output of a pair whose other ends are bare: {@code [0]} is written to, {@code [1]} is read from. */
    static final class PairEnds {
        final int input;
        final int output;
        final int feed;
        final int drain;

        PairEnds(RawEnds ends) {
            int[] in = ends.pipe();
            int[] out = ends.pipe();
            input = in[0];
            feed = in[1];
            output = out[1];
            drain = out[0];
        }

        KqDescriptorChannel channel(RawEnds ends) {
            return new KqDescriptorChannel(ends.give(input), ends.give(output));
        }
    }

    @OverLoops
    void pairReadsOneDescriptorAndWritesTheOther(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            PairEnds pair = new PairEnds(ends);
            Inbox inbox = new Inbox();
            KqDescriptorChannel channel = register(net, pair.channel(ends), inbox);
            RawEnds.write(pair.feed, Bytes.pattern(0, 1000));
            inbox.awaitBytes(1000);
            byte[] bytes = Bytes.pattern(0, 500_000);
            ChannelFuture write = channel.writeAndFlush(Bytes.direct(bytes));
            Bytes.assertSame(bytes, RawEnds.read(pair.drain, bytes.length));
            write.sync();
            assertEquals(List.of("active"), inbox.events());
            channel.close().sync();
            RawEnds.awaitEnd(pair.drain);
            assertFalse(RawEnds.isOpen(pair.input) || RawEnds.isOpen(pair.output));
        }
    }

    @OverLoops
    void shutdownOutputOfAPairClosesItsOutputOnly(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            PairEnds pair = new PairEnds(ends);
            Inbox inbox = new Inbox();
            KqDescriptorChannel channel = register(net, pair.channel(ends), inbox);
            channel.writeAndFlush(Bytes.direct(new byte[5]));
            channel.shutdownOutput().sync();
            assertEquals(5, RawEnds.read(pair.drain, 5).length);
            RawEnds.awaitEnd(pair.drain);
            assertFalse(RawEnds.isOpen(pair.output));
            assertTrue(channel.isOutputShutdown() && channel.isActive());
            assertFalse(channel.writeAndFlush(Bytes.direct(new byte[1])).await().isSuccess());
            RawEnds.write(pair.feed, new byte[9]);
            inbox.awaitBytes(9);
            ends.close(pair.feed);
            inbox.await("inactive");
        }
    }

    @OverLoops
    void outputOfAPairWithoutReaderIsShutDownAndTheInputGoesOn(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            PairEnds idle = new PairEnds(ends);
            Inbox inbox = new Inbox();
            register(net, idle.channel(ends), inbox);
            Net.settle(net.loop());
            ends.close(idle.drain);
            inbox.await("ChannelOutputShutdownEvent");
            RawEnds.write(idle.feed, new byte[9]);
            inbox.awaitBytes(9);
            assertFalse(RawEnds.isOpen(idle.output));
            PairEnds stalled = new PairEnds(ends);
            Inbox other = new Inbox();
            KqDescriptorChannel channel = register(net, stalled.channel(ends), other);
            ChannelFuture write = channel.writeAndFlush(Bytes.direct(new byte[1 << 20]));
            Net.settle(net.loop());
            ends.close(stalled.drain);
            Throwable cause = write.await().cause();
            StringBuilder text = new StringBuilder();
            for (Throwable t = cause; t != null; t = t.getCause()) {
                text.append(t).append('\n');
            }
            assertTrue(text.indexOf("EPIPE") >= 0, text::toString);
            RawEnds.write(stalled.feed, new byte[9]);
            other.awaitBytes(9);
            assertTrue(channel.isActive());
        }
    }

    @OverLoops
    void halfClosedInputOfAPairLeavesItsOutputOpen(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            PairEnds pair = new PairEnds(ends);
            Inbox inbox = new Inbox();
            KqDescriptorChannel channel = pair.channel(ends);
            channel.config().setAllowHalfClosure(true);
            register(net, channel, inbox);
            ends.close(pair.feed);
            inbox.await("ChannelInputShutdownReadComplete");
            assertTrue(channel.isInputShutdown() && channel.isActive());
            channel.writeAndFlush(Bytes.direct(new byte[4])).sync();
            assertEquals(4, RawEnds.read(pair.drain, 4).length);
            channel.shutdownOutput().sync();
            RawEnds.awaitEnd(pair.drain);
            assertTrue(channel.isShutdown() && channel.isOpen());
        }
    }

    @OverLoops
    void pairMovesToAnotherLoopWithWhatIsStalled(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops, 2); RawEnds ends = new RawEnds()) {
            PairEnds pair = new PairEnds(ends);
            Inbox inbox = new Inbox();
            KqDescriptorChannel channel = register(net, pair.channel(ends), inbox);
            byte[] bytes = Bytes.pattern(0, 1 << 20);
            ChannelFuture write = channel.writeAndFlush(Bytes.direct(bytes));
            Net.settle(channel.eventLoop());
            EventLoop other = net.loopOtherThan(channel.eventLoop());
            channel.deregister().sync();
            other.register(channel).sync();
            RawEnds.write(pair.feed, new byte[3]);
            Bytes.assertSame(bytes, RawEnds.read(pair.drain, bytes.length));
            write.sync();
            inbox.awaitBytes(3);
            ends.close(pair.feed);
            inbox.await("inactive");
        }
    }

    @OverLoops
    void fileRegionsAreCopiedToWhatIsNoSocket(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            byte[] bytes = Bytes.pattern(0, 200_000);
            Path file = Files.write(directory.resolve("region"), bytes);
            int[] pipe = ends.pipe();
            KqDescriptorChannel channel = register(net, new KqDescriptorChannel(ends.give(pipe[1])), new Inbox());
            ChannelFuture write = channel.writeAndFlush(new DefaultFileRegion(file.toFile(), 0, bytes.length));
            Bytes.assertSame(bytes, RawEnds.read(pipe[0], bytes.length));
            write.sync();
        }
    }

    @OverLoops
    void fifoIsOpenedByPathForOneDirectionOrBoth(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops); RawEnds ends = new RawEnds()) {
            Path fifo = RawEnds.fifo(directory, "a");
            IOException refused = assertThrows(IOException.class, () -> KqDescriptorChannel.open(fifo, StandardOpenOption.WRITE));
            assertTrue(refused.getMessage().contains("open(..) failed: ENXIO") && refused.getMessage().endsWith(fifo.toString()),
                    refused::getMessage);
            Inbox inbox = new Inbox();
            register(net, KqDescriptorChannel.open(fifo, StandardOpenOption.READ), inbox);
            Await.quiet(50);
            assertFalse(inbox.saw("inactive"), "a FIFO that had no writer yet has not ended");
            KqDescriptorChannel writer = register(net, KqDescriptorChannel.open(fifo, StandardOpenOption.WRITE), new Inbox());
            writer.writeAndFlush(Bytes.direct(Bytes.pattern(0, 77))).sync();
            writer.close().sync();
            inbox.await("inactive");
            assertArrayEquals(Bytes.pattern(0, 77), inbox.bytes());
            Inbox both = new Inbox();
            KqDescriptorChannel duplex = register(net, KqDescriptorChannel.open(fifo), both);
            ends.close(ends.open(fifo, Constants.O_WRONLY));
            duplex.writeAndFlush(Bytes.direct(new byte[6])).sync();
            both.awaitBytes(6);
            assertTrue(duplex.isActive());
        }
    }
}
