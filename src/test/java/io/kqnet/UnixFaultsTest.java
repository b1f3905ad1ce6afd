package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Bytes;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Messages;
import io.kqnet.support.OpenFds;
import io.kqnet.support.OverLoops;
import io.kqnet.support.UnixNet;
import io.kqnet.support.UnixPeer;
import io.kqnet.sys.IoCalls;
import io.kqnet.sys.Memory;
import io.kqnet.sys.SocketCalls;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannelOption;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sockets of the Unix domain when the system call fails or moves less than it could. */
@Tag("faults")
@Timeout(60)
class UnixFaultsTest {
    @BeforeEach
    void load() {
        Faults.load();
    }

    @AfterEach
    void clear() {
        Faults.clear();
    }

    private static int fd(UnixNet.Pair pair) {
        return pair.channel.fd().intValue();
    }

    private static int[] pipe() {
        Memory ends = new Memory(2 * Integer.BYTES);
        assertEquals(0, IoCalls.pipe(ends.address()));
        return new int[] {ends.buffer().getInt(0), ends.buffer().getInt(Integer.BYTES)};
    }

    private static void close(int... numbers) {
        for (int number : numbers) {
            SocketCalls.close(number);
        }
    }

    private static void assertMentions(Throwable cause, String part) {
        assertTrue(cause != null && cause.getMessage() != null && cause.getMessage().contains(part), () -> part + " is not in: " + cause);
    }

    private static KqDescriptorMessage message(int size, int... descriptors) {
        List<FileDescriptor> owned = new ArrayList<>();
        for (int number : descriptors) {
            owned.add(KqDescriptorMessage.descriptor(number));
        }
        return new KqDescriptorMessage(Bytes.direct(Bytes.pattern(0, size)), owned);
    }

    private static UnixNet.Pair reading(UnixNet net, Messages messages) throws InterruptedException {
        return net.pair(net.client(messages).option(KqChannelOption.DESCRIPTOR_MESSAGES, true));
    }

    @OverLoops
    void interruptedCallsAreRepeated(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Inbox inbox = new Inbox();
            UnixNet.Pair pair = net.pair(inbox);
            Faults.failNext("recvmsg", "EINTR", fd(pair));
            pair.peer.write(new byte[10]);
            inbox.awaitBytes(10);
            assertEquals(1, Faults.hit("recvmsg"));
            Faults.failNext("sendmsg", "EINTR", fd(pair));
            pair.channel.writeAndFlush(message(5, pipe())).sync();
            assertEquals(1, Faults.hit("sendmsg"));
            UnixPeer.Message received = pair.peer.receive();
            assertEquals(2, received.descriptors.size());
            received.closeDescriptors();
        }
    }

    @OverLoops
    void shortReadsLoseNothing(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Inbox inbox = new Inbox();
            UnixNet.Pair pair = net.pair(inbox);
            Faults.shortenNext("recvmsg", 7, fd(pair), 1);
            pair.peer.write(Bytes.pattern(0, 100));
            inbox.awaitBytes(7);
            pair.peer.write(Bytes.pattern(100, 100));
            inbox.awaitBytes(200);
            Bytes.assertSame(Bytes.pattern(0, 200), inbox.bytes());
        }
    }

    @OverLoops
    void failingReadIsReportedAndClosesTheChannel(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            for (String errno : List.of("ECONNRESET", "EIO", "ENOMEM")) {
                Inbox inbox = new Inbox();
                UnixNet.Pair pair = net.pair(inbox);
                Faults.failNext("recvmsg", errno, fd(pair));
                pair.peer.write(new byte[1]);
                inbox.await("inactive");
                assertMentions(inbox.causes().get(0), "failed: " + errno);
            }
        }
    }

    @OverLoops
    void descriptorsAreNotSentAgainAfterAShortSend(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Inbox());
            for (int limit : new int[] {1, 7, 99}) {
                Faults.shortenNext("sendmsg", limit, fd(pair), 1);
                KqDescriptorMessage message = message(100, pipe());
                ChannelFuture written = pair.channel.writeAndFlush(message);
                byte[] bytes = new byte[100];
                int descriptors = 0;
                for (int at = 0; at < 100; ) {
                    UnixPeer.Message part = pair.peer.receive();
                    System.arraycopy(part.bytes, 0, bytes, at, part.bytes.length);
                    at += part.bytes.length;
                    descriptors += part.descriptors.size();
                    part.closeDescriptors();
                }
                written.sync();
                assertEquals(1, Faults.hit("sendmsg"));
                assertEquals(2, descriptors);
                Bytes.assertSame(Bytes.pattern(0, 100), bytes);
                assertEquals(0, message.refCnt());
            }
        }
    }

    @OverLoops
    void refusedSendKeepsTheDescriptorsUntilThereIsRoom(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Inbox());
            Faults.failNext("sendmsg", "EAGAIN", fd(pair));
            int[] pipe = pipe();
            ChannelFuture message = pair.channel.write(message(10, pipe[0]));
            pair.channel.writeAndFlush(new FileDescriptor(pipe[1])).sync();
            message.sync();
            UnixPeer.Message first = pair.peer.receive();
            assertEquals(10, first.bytes.length);
            assertEquals(1, first.descriptors.size());
            first.closeDescriptors();
            UnixPeer.Message second = pair.peer.receive();
            assertEquals(1, second.descriptors.size());
            second.closeDescriptors();
            close(pipe[1]);
        }
    }

    @OverLoops
    void whatTheKernelHasAgainstTheDescriptorsFailsTheirMessageOnly(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Inbox());
            for (String errno : List.of("EBADF", "EINVAL", "EOPNOTSUPP", "ETOOMANYREFS", "EMSGSIZE", "EMFILE", "EPERM")) {
                Faults.failNext("sendmsg", errno, fd(pair));
                KqDescriptorMessage message = message(10, pipe());
                Throwable cause = pair.channel.writeAndFlush(message).await().cause();
                assertMentions(cause, "sendmsg(..) failed: " + errno);
                assertFalse(cause instanceof ClosedChannelException);
                assertEquals(0, message.refCnt());
                pair.channel.writeAndFlush(Bytes.direct(new byte[1])).sync();
                assertEquals(1, pair.peer.receive().bytes.length);
            }
        }
    }

    @OverLoops
    void brokenConnectionFailsAndClosesTheDescriptorsThatWait(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            for (String errno : List.of("EPIPE", "ECONNRESET", "ENOMEM")) {
                UnixNet.Pair pair = net.pair(new Inbox());
                Faults.failNext("sendmsg", errno, fd(pair));
                KqDescriptorMessage first = message(10, pipe());
                KqDescriptorMessage second = message(10, pipe());
                pair.channel.write(first);
                assertInstanceOf(IOException.class, pair.channel.writeAndFlush(second).await().cause());
                pair.channel.closeFuture().sync();
                assertEquals(0, first.refCnt());
                assertEquals(0, second.refCnt());
            }
        }
    }

    @OverLoops
    void descriptorsThatDoNotFitAreLostTogetherAndTheBytesArrive(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Messages messages = new Messages();
            UnixNet.Pair pair = reading(net, messages);
            int[] pipe = pipe();
            OpenFds open = OpenFds.now();
            Faults.shortenNext("recvmsg", 0, fd(pair), 1);
            pair.peer.write(Bytes.pattern(0, 10), null, pipe[0], pipe[1], pipe[1]);
            pair.peer.write(Bytes.pattern(10, 5));
            messages.await(3);
            assertEquals(1, Faults.hit("recvmsg"));
            assertMentions((Throwable) messages.all().get(0), "descriptors were lost");
            Bytes.assertSame(Bytes.pattern(0, 10), ByteBufUtil.getBytes((ByteBuf) messages.all().get(1)));
            assertEquals(5, ((ByteBuf) messages.all().get(2)).readableBytes());
            assertTrue(pair.channel.isActive());
            messages.release();
            open.awaitNoneLeft();
            close(pipe);
        }
    }

    /** Some systems let a peer send them so. The read after them finds nothing, as at the end. */
    @OverLoops
    void descriptorsThatNoByteFollowsAreClosedWithTheChannel(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            int[] pipe = pipe();
            OpenFds open = OpenFds.now();
            UnixNet.Pair pair = reading(net, new Messages());
            Faults.shortenNext("recvmsg", -2, fd(pair), 2);
            pair.peer.write(new byte[1], null, pipe[0], pipe[1]);
            pair.channel.closeFuture().sync();
            assertEquals(2, Faults.hit("recvmsg"));
            pair.peer.close();
            open.awaitNoneLeft();
            close(pipe);
        }
    }

    @OverLoops
    void lostDescriptorsAreTheSameInNettysMode(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Messages messages = new Messages();
            UnixNet.Pair pair = net.pair(net.client(messages)
                    .option(UnixChannelOption.DOMAIN_SOCKET_READ_MODE, DomainSocketReadMode.FILE_DESCRIPTORS));
            int[] pipe = pipe();
            Faults.shortenNext("recvmsg", 0, fd(pair), 1);
            pair.peer.write(new byte[1], null, pipe[0], pipe[1], pipe[1]);
            pair.peer.write(new byte[1], null, pipe[0]);
            messages.await(2);
            assertMentions((Throwable) messages.all().get(0), "descriptors were lost");
            ((FileDescriptor) messages.all().get(1)).close();
            close(pipe);
        }
    }

    /** As the BSDs say it; their bytes are still there for the next call. */
    @OverLoops
    void fullTableIsReportedAndTheBytesAreReadAgain(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            for (String errno : List.of("EMSGSIZE", "EMFILE", "ENFILE")) {
                Messages messages = new Messages();
                UnixNet.Pair pair = reading(net, messages);
                Faults.failNext("recvmsg", errno, fd(pair));
                pair.peer.write(Bytes.pattern(0, 10));
                messages.await(2);
                assertMentions((Throwable) messages.all().get(0), "recvmsg(..) failed: " + errno);
                assertEquals(10, ((ByteBuf) messages.all().get(1)).readableBytes());
                assertTrue(pair.channel.isActive());
                messages.release();
            }
        }
    }

    @OverLoops
    void tableThatStaysFullEndsInAnError(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Inbox inbox = new Inbox();
            UnixNet.Pair pair = net.pair(net.client(inbox).option(KqChannelOption.DESCRIPTOR_MESSAGES, true));
            Faults.shortenNext("recvmsg", 7, fd(pair), 0);
            Faults.failNext("recvmsg", "EMFILE", 0, 1000);
            pair.peer.write(new byte[1]);
            inbox.await("inactive");
            assertTrue(Faults.hit("recvmsg") < 100, "no endless loop");
        }
    }

    @Test
    void failingSocketpairIsReported() throws Exception {
        OpenFds open = OpenFds.now();
        for (String errno : List.of("EMFILE", "ENOBUFS")) {
            Faults.failNext("socketpair", errno, 0, 2);
            assertMentions(assertThrows(ChannelException.class, KqDomainSocketChannel::socketpair), "socketpair(..) failed: " + errno);
            assertMentions(assertThrows(ChannelException.class, KqDomainDatagramChannel::socketpair), "socketpair(..) failed: " + errno);
        }
        Faults.failNext("socket", "EMFILE", 0, 3);
        assertMentions(assertThrows(ChannelException.class, KqDomainSocketChannel::new), "socket(..) failed: EMFILE");
        assertMentions(assertThrows(ChannelException.class, KqServerDomainSocketChannel::new), "socket(..) failed: EMFILE");
        assertMentions(assertThrows(ChannelException.class, KqDomainDatagramChannel::new), "socket(..) failed: EMFILE");
        open.awaitNoneLeft();
    }

    @OverLoops
    void failingCredentialsAreAnIOException(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Inbox());
            Faults.failNext("getsockopt", "EINVAL", fd(pair));
            assertMentions(assertThrows(IOException.class, pair.channel::peerCredentials), "getsockopt(..) failed: EINVAL");
            assertTrue(pair.channel.peerCredentials().pid() > 0);
        }
    }
}
