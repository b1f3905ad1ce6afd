package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Bytes;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.DefaultByteBufHolder;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultFileRegion;
import io.netty.util.ReferenceCounted;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;

/** Every kind of buffer, refused messages, and what a failing write leaves behind. */
@Timeout(60)
class WriteTest {
    @OverLoops
    void everyKindOfBufferArrivesInOrder(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            List<ByteBuf> messages = kinds(1000);
            List<ChannelFuture> written = new ArrayList<>();
            for (ByteBuf message : messages) {
                written.add(pair.channel.write(message));
            }
            pair.channel.flush();
            Bytes.assertSame(Bytes.pattern(0, 8000), pair.read(8000));
            for (ChannelFuture future : written) {
                assertTrue(future.await().isSuccess(), () -> String.valueOf(future.cause()));
            }
            for (ByteBuf message : messages) {
                Await.until(() -> message.refCnt() == 0 || message == Unpooled.EMPTY_BUFFER);
            }
        }
    }

    /** Eight kinds, {@code size} bytes of the pattern each, and empty ones between them. */
    private static List<ByteBuf> kinds(int size) {
        List<ByteBuf> kinds = new ArrayList<>();
        kinds.add(Unpooled.EMPTY_BUFFER);
        kinds.add(Bytes.direct(Bytes.pattern(0, size)));
        kinds.add(Unpooled.wrappedBuffer(Bytes.pattern(size, size)));
        kinds.add(Unpooled.directBuffer());
        kinds.add(Bytes.direct(Bytes.pattern(2 * size, size)).asReadOnly());
        kinds.add(Unpooled.wrappedBuffer(direct(Bytes.pattern(3 * size, size)).asReadOnlyBuffer()));
        kinds.add(Unpooled.wrappedBuffer(Bytes.direct(Bytes.pattern(4 * size, size / 2)),
                Bytes.direct(Bytes.pattern(4 * size + size / 2, size - size / 2))));
        kinds.add(Unpooled.wrappedBuffer(Unpooled.wrappedBuffer(Bytes.pattern(5 * size, 1)),
                Bytes.direct(Bytes.pattern(5 * size + 1, size - 1))));
        kinds.add(Unpooled.buffer());
        ByteBuf whole = Bytes.direct(Bytes.pattern(6 * size - 5, size + 5));
        kinds.add(whole.skipBytes(5).readRetainedSlice(size));
        whole.release();
        kinds.add(Unpooled.compositeBuffer().addComponent(true, Bytes.direct(Bytes.pattern(7 * size, size))));
        kinds.add(Unpooled.compositeBuffer());
        return kinds;
    }

    private static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    @OverLoops
    void emptyBuffersAloneSucceed(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            assertTrue(pair.channel.writeAndFlush(Unpooled.EMPTY_BUFFER).await().isSuccess());
            pair.channel.write(Unpooled.directBuffer());
            assertTrue(pair.channel.writeAndFlush(Unpooled.compositeBuffer()).await().isSuccess());
        }
    }

    @OverLoops
    void moreComponentsThanOneCallTakesArriveInOrder(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            int parts = 5000;
            CompositeByteBuf composite = Unpooled.compositeBuffer(parts);
            for (int i = 0; i < parts; i++) {
                composite.addComponent(true, Bytes.direct(Bytes.pattern(10 * i, 10)));
            }
            ChannelFuture written = pair.channel.writeAndFlush(composite);
            Bytes.assertSame(Bytes.pattern(0, 10 * parts), pair.read(10 * parts));
            written.sync();
            assertEquals(0, composite.refCnt());
        }
    }

    @OverLoops
    void moreMessagesThanOneCallTakesArriveInOrder(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.SO_SNDBUF, 16 * 1024));
            int messages = 5000;
            Net.inLoop(net.loop(), () -> {
                for (int i = 0; i < messages; i++) {
                    pair.channel.write(Bytes.direct(Bytes.pattern(100 * i, 100)));
                }
                return pair.channel.flush();
            });
            Bytes.assertSame(Bytes.pattern(0, 100 * messages), pair.read(100 * messages));
        }
    }

    @OverLoops
    void writeSpinCountOfOneStillSendsAll(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.WRITE_SPIN_COUNT, 1));
            for (int i = 0; i < 20; i++) {
                pair.channel.write(new DefaultFileRegion(emptyFile(), 0, 0));
                pair.channel.write(Bytes.direct(Bytes.pattern(1000 * i, 1000)));
            }
            ChannelFuture last = pair.channel.writeAndFlush(Unpooled.EMPTY_BUFFER);
            Bytes.assertSame(Bytes.pattern(0, 20_000), pair.read(20_000));
            last.sync();
        }
    }

    private static File emptyFile() throws IOException {
        File file = File.createTempFile("kqnet", ".empty");
        file.deleteOnExit();
        return file;
    }

    @OverLoops
    void largeBufferArrivesWhole(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            int size = 20 * 1024 * 1024;
            ChannelFuture written = pair.channel.writeAndFlush(Unpooled.wrappedBuffer(Bytes.pattern(0, size)));
            Bytes.assertSame(Bytes.pattern(0, size), pair.read(size));
            written.sync();
        }
    }

    @OverLoops
    void writeThenCloseDeliversWhatTheSocketTakes(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            Net.inLoop(net.loop(), () -> {
                pair.channel.writeAndFlush(Bytes.direct(Bytes.pattern(0, 10_000)));
                return pair.channel.close();
            });
            Bytes.assertSame(Bytes.pattern(0, 10_000), pair.read(10_000));
            assertEquals(-1, pair.peer.getInputStream().read());
        }
    }

    @OverLoops
    void messageOfAnUnsupportedTypeFailsAndIsReleased(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            ChannelFuture text = pair.channel.writeAndFlush("text").await();
            assertInstanceOf(UnsupportedOperationException.class, text.cause());
            assertTrue(text.cause().getMessage().contains("String"), text.cause()::getMessage);
            assertTrue(text.cause().getMessage().contains("ByteBuf"), text.cause()::getMessage);
            ReferenceCounted holder = new DefaultByteBufHolder(Bytes.direct(new byte[1]));
            assertInstanceOf(UnsupportedOperationException.class, pair.channel.writeAndFlush(holder).await().cause());
            assertEquals(0, holder.refCnt());
            pair.channel.writeAndFlush(Bytes.direct(Bytes.pattern(0, 10))).sync();
            assertEquals(10, pair.read(10).length);
        }
    }

    @OverLoops
    void closeFailsAndReleasesWhatWaits(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.SO_SNDBUF, 16 * 1024));
            List<ByteBuf> messages = new ArrayList<>();
            List<ChannelFuture> written = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                ByteBuf message = Unpooled.directBuffer().writeZero(1024 * 1024);
                messages.add(message);
                written.add(pair.channel.writeAndFlush(message));
            }
            written.add(pair.channel.write(Unpooled.EMPTY_BUFFER));
            Net.settle(net.loop());
            pair.channel.close().sync();
            for (ChannelFuture future : written) {
                assertTrue(future.await().isSuccess() || future.cause() instanceof ClosedChannelException, () -> "" + future.cause());
            }
            assertTrue(written.get(19).cause() instanceof ClosedChannelException);
            for (ByteBuf message : messages) {
                assertEquals(0, message.refCnt());
            }
        }
    }

    @OverLoops
    void writeToAClosedChannelFailsAndReleases(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            pair.channel.close().sync();
            ByteBuf message = Bytes.direct(new byte[1]);
            assertInstanceOf(ClosedChannelException.class, pair.channel.writeAndFlush(message).await().cause());
            assertEquals(0, message.refCnt());
        }
    }

    @OverLoops
    void writeAfterAResetFailsReleasesAndCloses(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(inbox);
            ByteBuf message = Unpooled.directBuffer().writeZero(1024);
            Net.inLoop(net.loop(), () -> {
                pair.reset();
                return null;
            });
            ChannelFuture written = pair.channel.writeAndFlush(message).await();
            assertInstanceOf(IOException.class, written.cause());
            assertEquals(0, message.refCnt());
            pair.channel.closeFuture().sync();
            inbox.await("inactive");
            assertEquals(1, inbox.count("inactive"));
        }
    }
}
