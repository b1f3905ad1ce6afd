package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Counts;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.ChannelOutputShutdownException;
import java.io.File;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reading, writing and shutting down when the system call fails or moves less than it could. */
@Tag("faults")
@Timeout(60)
class StreamFaultsTest {
    @TempDir
    Path directory;

    @BeforeEach
    void load() {
        Faults.load();
    }

    @AfterEach
    void clear() {
        Faults.clear();
    }

    private static int fd(Net.Pair pair) {
        return pair.channel.fd().intValue();
    }

    private static void assertMentions(Throwable cause, String part) {
        assertTrue(cause != null && cause.getMessage() != null && cause.getMessage().contains(part), () -> part + " is not in: " + cause);
    }

    @OverLoops
    void interruptedReadIsRepeated(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(inbox);
            Faults.failNext("read", "EINTR", fd(pair));
            pair.peer.getOutputStream().write(Bytes.pattern(0, 100));
            inbox.awaitBytes(100);
            assertEquals(1, Faults.hit("read"));
            assertEquals(List.of("active"), inbox.events());
        }
    }

    @OverLoops
    void readThatFindsNothingWaitsForTheNextEvent(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(inbox);
            Faults.failNext("read", "EAGAIN", fd(pair));
            pair.peer.getOutputStream().write(Bytes.pattern(0, 100));
            Await.until(() -> Faults.hit("read") == 1);
            pair.peer.getOutputStream().write(Bytes.pattern(100, 100));
            inbox.awaitBytes(200);
            Bytes.assertSame(Bytes.pattern(0, 200), inbox.bytes());
        }
    }

    @OverLoops
    void shortReadLosesNothing(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(inbox);
            Faults.shortenNext("read", 7, fd(pair), 1);
            pair.peer.getOutputStream().write(Bytes.pattern(0, 100));
            inbox.awaitBytes(7);
            pair.peer.getOutputStream().write(Bytes.pattern(100, 100));
            inbox.awaitBytes(200);
            Bytes.assertSame(Bytes.pattern(0, 200), inbox.bytes());
        }
    }

    @OverLoops
    void failingReadIsReportedAndClosesTheChannel(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair other = net.pair(new Inbox());
            for (String errno : List.of("ECONNRESET", "ETIMEDOUT", "EIO", "ENOBUFS", "ENOMEM", "EBADF")) {
                Inbox inbox = new Inbox();
                Net.Pair pair = net.pair(inbox);
                Faults.failNext("read", errno, fd(pair));
                pair.peer.getOutputStream().write(1);
                inbox.await("inactive");
                assertEquals(List.of("active", "exception", "inactive"), inbox.events(), errno);
                assertMentions(inbox.causes().get(0), "read(..) failed: " + errno);
                assertFalse(pair.channel.isOpen());
            }
            other.channel.writeAndFlush(Bytes.direct(new byte[1])).sync();
            assertEquals(1, other.read(1).length);
        }
    }

    @OverLoops
    void timedOutConnectionIsASocketTimeout(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(inbox);
            Faults.failNext("read", "ETIMEDOUT", fd(pair));
            pair.peer.getOutputStream().write(1);
            inbox.await("inactive");
            assertInstanceOf(SocketTimeoutException.class, inbox.causes().get(0));
        }
    }

    private static ChannelFuture writeOne(Net.Pair pair, int size) {
        return pair.channel.writeAndFlush(Bytes.direct(Bytes.pattern(0, size)));
    }

    /** Ten messages that leave with one sendmsg. */
    private static List<ChannelFuture> writeTen(Net net, Net.Pair pair, List<ByteBuf> messages) throws Exception {
        return Net.inLoop(net.loop(), () -> {
            List<ChannelFuture> written = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                messages.add(Bytes.direct(Bytes.pattern(50 * i, 50)));
                written.add(pair.channel.write(messages.get(i)));
            }
            pair.channel.flush();
            return written;
        });
    }

    @OverLoops
    void interruptedWritesAreRepeated(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            Faults.failNext("send", "EINTR", fd(pair));
            Faults.failNext("sendmsg", "EINTR", fd(pair));
            writeOne(pair, 100).sync();
            Bytes.assertSame(Bytes.pattern(0, 100), pair.read(100));
            writeTen(net, pair, new ArrayList<>());
            Bytes.assertSame(Bytes.pattern(0, 500), pair.read(500));
            assertEquals(2, Faults.hit("send") + Faults.hit("sendmsg"));
        }
    }

    @OverLoops
    void refusedWritesLeaveWhenTheSocketIsWritable(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            Net.settle(net.loop());
            Faults.failNext("send", "EAGAIN", fd(pair));
            Faults.failNext("sendmsg", "EAGAIN", fd(pair));
            Counts before = Counts.of(net.loop());
            writeOne(pair, 100).sync();
            Bytes.assertSame(Bytes.pattern(0, 100), pair.read(100));
            Net.settle(net.loop());
            assertEquals(1, before.since(net.loop()).changes);
            writeTen(net, pair, new ArrayList<>());
            Bytes.assertSame(Bytes.pattern(0, 500), pair.read(500));
        }
    }

    @OverLoops
    void shortWritesLoseAndRepeatNothing(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            Faults.shortenNext("send", 3, fd(pair), 5);
            writeOne(pair, 100).sync();
            Bytes.assertSame(Bytes.pattern(0, 100), pair.read(100));
            // In the middle of a message, at its end, and within the first.
            for (int limit : new int[] {120, 150, 1}) {
                Faults.shortenNext("sendmsg", limit, fd(pair), 2);
                List<ChannelFuture> written = writeTen(net, pair, new ArrayList<>());
                Bytes.assertSame(Bytes.pattern(0, 500), pair.read(500));
                written.get(9).sync();
            }
        }
    }

    @OverLoops
    void failingWriteFailsAllPromisesReleasesAndCloses(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            for (String errno : List.of("EPIPE", "ECONNRESET", "ENOBUFS", "EIO")) {
                Inbox inbox = new Inbox();
                Net.Pair pair = net.pair(inbox);
                Faults.failNext("sendmsg", errno, fd(pair));
                List<ByteBuf> messages = new ArrayList<>();
                List<ChannelFuture> written = writeTen(net, pair, messages);
                for (int i = 0; i < 10; i++) {
                    assertInstanceOf(IOException.class, written.get(i).await().cause());
                    assertEquals(0, messages.get(i).refCnt());
                }
                assertMentions(written.get(0).cause(), "writev(..) failed: " + errno);
                inbox.await("inactive");
                Net.Pair single = net.pair(new Inbox());
                Faults.failNext("send", errno, fd(single));
                assertMentions(writeOne(single, 10).await().cause(), "write(..) failed: " + errno);
                single.channel.closeFuture().sync();
            }
        }
    }

    @OverLoops
    void failingWriteShutsTheOutputOnlyWithoutAutoClose(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.AUTO_CLOSE, false));
            Faults.failNext("send", "ENOBUFS", fd(pair));
            Throwable cause = writeOne(pair, 10).await().cause();
            assertInstanceOf(ChannelOutputShutdownException.class, cause);
            assertMentions(cause.getCause(), "write(..) failed: ENOBUFS");
            Net.settle(net.loop());
            assertTrue(pair.channel.isActive());
            assertTrue(pair.channel.isOutputShutdown());
        }
    }

    @OverLoops
    void refusedFilterForAStalledWriteFailsItAndCloses(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(inbox);
            Net.settle(net.loop());
            Faults.failNext("send", "EAGAIN", fd(pair));
            Faults.failNext("epoll_ctl", "ENOMEM", fd(pair));
            assertInstanceOf(ClosedChannelException.class, writeOne(pair, 10).await().cause());
            inbox.await("inactive");
            assertMentions(inbox.causes().get(0), "kevent(EVFILT_WRITE)(..) failed: ENOMEM");
        }
    }

    @OverLoops
    void coalescedFlushThatFailsOnCloseFailsItsPromise(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            List<ChannelFuture> written = new CopyOnWriteArrayList<>();
            List<ByteBuf> messages = new CopyOnWriteArrayList<>();
            Net.Pair pair = net.pair(new Inbox() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                    super.channelRead(context, message);
                    for (int i = 0; i < 3; i++) {
                        messages.add(Bytes.direct(new byte[10]));
                        written.add(context.writeAndFlush(messages.get(i)));
                    }
                    written.add(context.close());
                }
            });
            Faults.failNext("sendmsg", "EPIPE", fd(pair));
            pair.peer.getOutputStream().write(1);
            Await.until(() -> written.size() == 4);
            assertMentions(written.get(0).await().cause(), "EPIPE");
            assertInstanceOf(ClosedChannelException.class, written.get(1).await().cause());
            assertTrue(written.get(3).await().isSuccess());
            for (ByteBuf message : messages) {
                assertEquals(0, message.refCnt());
            }
        }
    }

    private File file(int size) throws IOException {
        return Files.write(directory.resolve("content"), Bytes.pattern(0, size)).toFile();
    }

    @OverLoops
    void interruptedRefusedAndShortSendfileLoseAndRepeatNothing(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            Faults.failNext("sendfile", "EINTR", fd(pair));
            assertSends(pair);
            Faults.failNext("sendfile", "EAGAIN", fd(pair));
            assertSends(pair);
            Faults.shortenNext("sendfile", 1000, fd(pair), 7);
            assertSends(pair);
            assertEquals(7, Faults.hit("sendfile"));
        }
    }

    private void assertSends(Net.Pair pair) throws Exception {
        FileRegion region = new DefaultFileRegion(file(100_000), 50, 90_000);
        ChannelFuture written = pair.channel.writeAndFlush(region);
        Bytes.assertSame(Bytes.pattern(50, 90_000), pair.read(90_000));
        written.sync();
        assertEquals(90_000, region.transferred());
        assertEquals(0, region.refCnt());
    }

    @OverLoops
    void fileIsCopiedWhereSendfileCannot(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            for (String errno : List.of("EINVAL", "ENOSYS")) {
                Faults.failNext("sendfile", errno, 0, 1000);
                assertSends(pair);
                Faults.shortenNext("send", 777, fd(pair), 3);
                assertSends(pair);
                Faults.failNext("send", "EAGAIN", fd(pair));
                assertSends(pair);
            }
        }
    }

    @OverLoops
    void failingSendfileFailsThePromiseAndCloses(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            for (String errno : List.of("EIO", "EPIPE", "ENOMEM")) {
                Net.Pair pair = net.pair(new Inbox());
                FileRegion region = new DefaultFileRegion(file(1000), 0, 1000);
                Faults.failNext("sendfile", errno, fd(pair));
                assertMentions(pair.channel.writeAndFlush(region).await().cause(), "sendfile(..) failed: " + errno);
                assertEquals(0, region.refCnt());
                pair.channel.closeFuture().sync();
            }
        }
    }

    @OverLoops
    void shutdownOfAConnectionThePeerResetSucceeds(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            Faults.failNext("shutdown", "ENOTCONN", fd(pair));
            assertTrue(pair.channel.shutdownOutput().await().isSuccess());
            assertTrue(pair.channel.isOutputShutdown());
        }
    }

    @OverLoops
    void failingShutdownFailsThePromise(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            Faults.failNext("shutdown", "EINVAL", fd(pair));
            assertMentions(pair.channel.shutdownInput().await().cause(), "shutdown(..) failed: EINVAL");
            Faults.failNext("shutdown", "EINVAL", fd(pair));
            assertMentions(pair.channel.shutdownOutput().await().cause(), "shutdown(..) failed: EINVAL");
        }
    }
}
