package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Messages;
import io.kqnet.support.Net;
import io.kqnet.support.OpenFds;
import io.kqnet.support.OverLoops;
import io.kqnet.support.UnixNet;
import io.kqnet.support.UnixPeer;
import io.kqnet.sys.IoCalls;
import io.kqnet.sys.Memory;
import io.kqnet.sys.SocketCalls;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannelOption;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Timeout;

/** Descriptors that travel with bytes, and who closes them. */
@Timeout(60)
class DescriptorPassingTest {
    private static Bootstrap reading(UnixNet net, Messages messages) {
        return net.client(messages).option(KqChannelOption.DESCRIPTOR_MESSAGES, true);
    }

    private static Bootstrap readingDescriptors(UnixNet net, Messages messages) {
        return net.client(messages).option(UnixChannelOption.DOMAIN_SOCKET_READ_MODE, DomainSocketReadMode.FILE_DESCRIPTORS);
    }

    /** Read and write end. */
    private static int[] pipe() {
        Kq.ensureAvailability();
        Memory ends = new Memory(2 * Integer.BYTES);
        assertEquals(0, IoCalls.pipe(ends.address()));
        return new int[] {ends.buffer().getInt(0), ends.buffer().getInt(Integer.BYTES)};
    }

    private static List<FileDescriptor> owned(int... numbers) {
        List<FileDescriptor> descriptors = new ArrayList<>();
        for (int number : numbers) {
            descriptors.add(KqDescriptorMessage.descriptor(number));
        }
        return descriptors;
    }

    private static void close(int... numbers) {
        Arrays.stream(numbers).forEach(SocketCalls::close);
    }

    /** They are ends of one pipe. */
    private static void assertPipe(int readEnd, int writeEnd) {
        assertEquals(1, IoCalls.writePipe(writeEnd));
        assertEquals(1, IoCalls.read(readEnd, new Memory(1).address(), 1));
    }

    private static boolean isCloseOnExec(int number) throws IOException {
        Path info = Paths.get("/proc/self/fdinfo/" + number);
        // 02000000 is O_CLOEXEC of Linux; elsewhere this is looked at by nobody.
        return !Files.exists(info) || (Long.parseLong(Files.readAllLines(info).get(1).substring(6).trim(), 8) & 02000000) != 0;
    }

    private static byte[] content(Object message) {
        return ByteBufUtil.getBytes(((KqDescriptorMessage) message).content());
    }

    @OverLoops
    void severalDescriptorsArriveWithTheirBytes(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Inbox());
            int[] one = pipe();
            int[] two = pipe();
            KqDescriptorMessage message = new KqDescriptorMessage(Bytes.direct(Bytes.pattern(0, 100)), owned(one[0], two[0], two[1], one[1]));
            pair.channel.writeAndFlush(message).sync();
            assertEquals(0, message.refCnt());
            UnixPeer.Message received = pair.peer.receive();
            Bytes.assertSame(Bytes.pattern(0, 100), received.bytes);
            assertEquals(4, received.descriptors.size());
            assertPipe(received.descriptors.get(0), received.descriptors.get(3));
            assertPipe(received.descriptors.get(1), received.descriptors.get(2));
            received.closeDescriptors();
        }
    }

    @OverLoops
    void everyKindOfContentIsSent(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Inbox());
            List<ByteBuf> contents = List.of(Unpooled.wrappedBuffer(new byte[10]), Unpooled.directBuffer().writeZero(10),
                    Unpooled.wrappedBuffer(Bytes.direct(new byte[3]), Unpooled.wrappedBuffer(new byte[3]), Bytes.direct(new byte[4])),
                    Unpooled.wrappedBuffer(Bytes.direct(new byte[5]), Bytes.direct(new byte[5])),
                    Unpooled.directBuffer().writeZero(15).skipBytes(5));
            for (ByteBuf content : contents) {
                int[] pipe = pipe();
                pair.channel.writeAndFlush(new KqDescriptorMessage(content, owned(pipe))).sync();
                assertEquals(0, content.refCnt());
                UnixPeer.Message received = pair.peer.receive();
                assertEquals(10, received.bytes.length);
                assertPipe(received.descriptors.get(0), received.descriptors.get(1));
                received.closeDescriptors();
            }
        }
    }

    @OverLoops
    void emptyContentTravelsAsOneByteAndNothingAsNothing(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Inbox());
            int[] pipe = pipe();
            assertTrue(pair.channel.write(new KqDescriptorMessage(Unpooled.EMPTY_BUFFER, List.of())).cause() == null);
            pair.channel.writeAndFlush(new KqDescriptorMessage(Unpooled.EMPTY_BUFFER, owned(pipe))).sync();
            UnixPeer.Message received = pair.peer.receive();
            assertEquals(1, received.bytes.length);
            assertEquals(2, received.descriptors.size());
            received.closeDescriptors();
            pair.channel.writeAndFlush(new KqDescriptorMessage(Bytes.direct(new byte[7]), List.of())).sync();
            assertEquals(7, pair.peer.receive().bytes.length);
        }
    }

    @OverLoops
    void descriptorsGoOnceWhenBytesAreTakenBitByBit(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Inbox());
            int size = 3_000_000;
            ByteBuf before = Bytes.direct(Bytes.pattern(0, 5));
            pair.channel.write(before);
            pair.channel.write(new KqDescriptorMessage(Bytes.direct(Bytes.pattern(5, size)), owned(pipe())));
            ChannelFuture written = pair.channel.writeAndFlush(Bytes.direct(Bytes.pattern(5 + size, 5)));
            byte[] bytes = new byte[size + 10];
            int descriptors = 0;
            for (int at = 0; at < bytes.length; ) {
                UnixPeer.Message part = pair.peer.receive();
                System.arraycopy(part.bytes, 0, bytes, at, part.bytes.length);
                at += part.bytes.length;
                descriptors += part.descriptors.size();
                part.closeDescriptors();
            }
            written.sync();
            assertEquals(2, descriptors);
            Bytes.assertSame(Bytes.pattern(0, size + 10), bytes);
        }
    }

    @OverLoops
    void bytesAndDescriptorsArriveAsMessages(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Messages messages = new Messages();
            UnixNet.Pair pair = net.pair(reading(net, messages));
            int[] pipe = pipe();
            // In one burst: a read ends where descriptors came, and nothing may be forgotten behind.
            Net.inLoop(net.net().loop(), () -> {
                pair.peer.write(Bytes.pattern(0, 10), null, pipe);
                pair.peer.write(Bytes.pattern(10, 10), null, pipe[1]);
                pair.peer.write(Bytes.pattern(20, 10));
                return null;
            });
            messages.await(3);
            KqDescriptorMessage first = (KqDescriptorMessage) messages.all().get(0);
            assertEquals(2, first.descriptors().size());
            assertEquals(10, first.content().readableBytes());
            for (FileDescriptor descriptor : first.descriptors()) {
                assertTrue(isCloseOnExec(descriptor.intValue()));
            }
            assertPipe(first.descriptors().get(0).intValue(), first.descriptors().get(1).intValue());
            assertEquals(1, ((KqDescriptorMessage) messages.all().get(1)).descriptors().size());
            Bytes.assertSame(Bytes.pattern(10, 10), content(messages.all().get(1)));
            Bytes.assertSame(Bytes.pattern(20, 10), ByteBufUtil.getBytes((ByteBuf) messages.all().get(2)));
            messages.release();
            close(pipe);
        }
    }

    @OverLoops
    void nettysOwnModeReadsDescriptorsOneByOne(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Messages messages = new Messages();
            UnixNet.Pair pair = net.pair(readingDescriptors(net, messages));
            int[] pipe = pipe();
            Net.inLoop(net.net().loop(), () -> {
                pair.peer.write(new byte[1], null, pipe[0]);
                pair.peer.write(new byte[1], null, pipe[1]);
                pair.peer.write(new byte[] {1, 7}, null, pipe);
                return null;
            });
            messages.await(5);
            for (int i = 0; i < 4; i++) {
                assertInstanceOf(FileDescriptor.class, messages.all().get(i));
            }
            ByteBuf lone = (ByteBuf) messages.all().get(4);
            assertEquals(7, lone.readByte());
            assertPipe(((FileDescriptor) messages.all().get(0)).intValue(), ((FileDescriptor) messages.all().get(3)).intValue());
            for (int i = 0; i < 4; i++) {
                FileDescriptor descriptor = (FileDescriptor) messages.all().get(i);
                assertTrue(isCloseOnExec(descriptor.intValue()));
                assertTrue(descriptor.isOpen());
                descriptor.close();
                assertFalse(descriptor.isOpen());
            }
            messages.release();
            close(pipe);
        }
    }

    @OverLoops
    void aModeChangedBetweenMessagesLosesNothing(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Messages messages = new Messages();
            UnixNet.Pair pair = net.pair(readingDescriptors(net, messages).option(ChannelOption.AUTO_READ, false)
                    .option(Net.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(2048).maxMessagesPerRead(1)));
            int[] pipe = pipe();
            pair.peer.write(new byte[1], null, pipe[0]);
            pair.peer.write(Bytes.pattern(0, 1000));
            pair.channel.read();
            messages.await(1);
            ((FileDescriptor) messages.all().get(0)).close();
            pair.channel.config().setOption(UnixChannelOption.DOMAIN_SOCKET_READ_MODE, DomainSocketReadMode.BYTES);
            pair.channel.read();
            messages.await(2);
            Bytes.assertSame(Bytes.pattern(0, 1000), ByteBufUtil.getBytes((ByteBuf) messages.all().get(1)));
            messages.release();
            close(pipe);
        }
    }

    @OverLoops
    void descriptorsNobodyAskedForAreClosedAndTheBytesArrive(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Inbox inbox = new Inbox();
            UnixNet.Pair pair = net.pair(inbox);
            int[] pipe = pipe();
            OpenFds open = OpenFds.now();
            Net.inLoop(net.net().loop(), () -> {
                for (int i = 0; i < 50; i++) {
                    pair.peer.write(Bytes.pattern(10 * i, 10), null, pipe);
                }
                return null;
            });
            inbox.awaitBytes(500);
            Bytes.assertSame(Bytes.pattern(0, 500), inbox.bytes());
            assertFalse(inbox.saw("exception"));
            open.awaitNoneLeft();
            close(pipe);
        }
    }

    @OverLoops
    void whatNoHandlerWantsIsClosed(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair descriptors = net.pair(net.client(new ChannelInboundHandlerAdapter())
                    .option(UnixChannelOption.DOMAIN_SOCKET_READ_MODE, DomainSocketReadMode.FILE_DESCRIPTORS));
            UnixNet.Pair messages = net.pair(net.client(new ChannelInboundHandlerAdapter())
                    .option(KqChannelOption.DESCRIPTOR_MESSAGES, true));
            int[] pipe = pipe();
            descriptors.peer.write(new byte[1], null, pipe);
            messages.peer.write(new byte[1], null, pipe);
            close(pipe[1]);
            // The end of the pipe is seen once the last copy of its write end is closed.
            Await.until(() -> IoCalls.read(pipe[0], new Memory(1).address(), 1) == 0);
            close(pipe[0]);
        }
    }

    @OverLoops
    void plainDescriptorStaysTheWriters(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Inbox());
            int[] pipe = pipe();
            pair.channel.write(new FileDescriptor(pipe[0]));
            pair.channel.writeAndFlush(new FileDescriptor(pipe[1])).sync();
            for (int i = 0; i < 2; i++) {
                UnixPeer.Message received = pair.peer.receive();
                assertEquals(1, received.bytes.length);
                assertEquals(1, received.descriptors.size());
                received.closeDescriptors();
            }
            assertPipe(pipe[0], pipe[1]);
            close(pipe);
        }
    }

    @OverLoops
    void moreThanAMessageCarriesFailsBeforeAnythingIsSent(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Inbox());
            int[] pipe = pipe();
            int[] most = new int[KqDescriptorMessage.maxDescriptors()];
            Arrays.fill(most, pipe[0]);
            int[] more = Arrays.copyOf(most, most.length + 1);
            KqDescriptorMessage refused = new KqDescriptorMessage(Bytes.direct(new byte[3]), unowned(more));
            Throwable cause = pair.channel.writeAndFlush(refused).await().cause();
            assertInstanceOf(IllegalArgumentException.class, cause);
            assertTrue(cause.getMessage().contains(more.length + " descriptors"), cause::getMessage);
            assertEquals(0, refused.refCnt());
            pair.channel.writeAndFlush(new KqDescriptorMessage(Bytes.direct(new byte[5]), unowned(most))).sync();
            UnixPeer.Message received = pair.peer.receive();
            assertEquals(5, received.bytes.length);
            assertEquals(most.length, received.descriptors.size());
            received.closeDescriptors();
            close(pipe);
        }
    }

    /** Many names for one descriptor, to be closed by nobody. */
    private static List<FileDescriptor> unowned(int... numbers) {
        List<FileDescriptor> descriptors = new ArrayList<>();
        for (int number : numbers) {
            descriptors.add(new FileDescriptor(number) {
                @Override
                public void close() {
                }
            });
        }
        return descriptors;
    }

    @OverLoops
    void closedDescriptorFailsItsMessageOnly(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Inbox());
            int[] pipe = pipe();
            List<FileDescriptor> closed = owned(pipe);
            closed.get(0).close();
            ChannelFuture failed = pair.channel.write(new KqDescriptorMessage(Bytes.direct(new byte[3]), closed));
            pair.channel.writeAndFlush(Bytes.direct(new byte[5])).sync();
            assertTrue(failed.cause().getMessage().contains("sendmsg(..) failed: EBADF"), failed.cause()::getMessage);
            assertFalse(failed.cause() instanceof ClosedChannelException);
            assertEquals(5, pair.peer.receive().bytes.length);
            assertTrue(pair.channel.isActive());
        }
    }

    @OverLoops
    void closeFailsAndClosesWhatWaits(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixNet.Pair pair = net.pair(new Inbox());
            pair.channel.write(Bytes.direct(new byte[3_000_000]));
            KqDescriptorMessage message = new KqDescriptorMessage(Bytes.direct(new byte[1]), owned(pipe()));
            ChannelFuture waiting = pair.channel.writeAndFlush(message);
            pair.channel.close().sync();
            assertFalse(waiting.await().isSuccess());
            assertEquals(0, message.refCnt());
        }
    }
}
