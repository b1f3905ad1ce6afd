package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Bytes;
import io.kqnet.support.Counts;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.FileRegion;
import io.netty.util.AbstractReferenceCounted;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FileRegionTest {
    private static final int SIZE = 6 * 1024 * 1024;

    @TempDir
    Path directory;

    private File file(int size) throws IOException {
        Path path = directory.resolve("content-" + size);
        return Files.write(path, Bytes.pattern(0, size)).toFile();
    }

    @OverLoops
    void wholeFileLargerThanTheSocketBufferArrives(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.SO_SNDBUF, 32 * 1024));
            FileRegion region = new DefaultFileRegion(file(SIZE), 0, SIZE);
            ChannelFuture written = pair.channel.writeAndFlush(region);
            Bytes.assertSame(Bytes.pattern(0, SIZE), pair.read(SIZE));
            written.sync();
            assertEquals(SIZE, region.transferred());
            assertEquals(0, region.refCnt());
        }
    }

    @OverLoops
    void partOfAnOpenChannelArrives(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            FileChannel content = FileChannel.open(file(SIZE).toPath(), StandardOpenOption.READ);
            ChannelFuture written = pair.channel.writeAndFlush(new DefaultFileRegion(content, 12_345, 1_000_000));
            Bytes.assertSame(Bytes.pattern(12_345, 1_000_000), pair.read(1_000_000));
            written.sync();
        }
    }

    @OverLoops
    void regionsInterleavedWithBuffersArriveInOrder(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.SO_SNDBUF, 16 * 1024));
            File file = file(SIZE);
            int step = 50_000;
            ChannelFuture last = null;
            for (int i = 0; i < 60; i++) {
                Object message = i % 3 == 0 ? new DefaultFileRegion(file, (long) i * step, step)
                        : i % 3 == 1 ? Bytes.direct(Bytes.pattern(i * step, step))
                        : new MemoryRegion(i * step, step, 1000);
                last = pair.channel.writeAndFlush(message);
            }
            Bytes.assertSame(Bytes.pattern(0, 60 * step), pair.read(60 * step));
            last.sync();
        }
    }

    @OverLoops
    void regionOfNoBytesSucceeds(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            assertTrue(pair.channel.writeAndFlush(new DefaultFileRegion(file(10), 5, 0)).await().isSuccess());
            assertTrue(pair.channel.writeAndFlush(new MemoryRegion(0, 0, 1)).await().isSuccess());
        }
    }

    @OverLoops
    void fileThatIsShorterThanTheRegionFailsWithAClearErrorAndNoSpin(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            Counts before = Counts.of(net.loop());
            FileRegion region = new DefaultFileRegion(file(1000), 0, 5000);
            ChannelFuture written = pair.channel.writeAndFlush(region).await();
            assertInstanceOf(IOException.class, written.cause());
            assertTrue(written.cause().getMessage().contains("1000"), written.cause()::getMessage);
            assertTrue(before.since(net.loop()).writes < 10);
            assertEquals(0, region.refCnt());
            pair.channel.closeFuture().sync();
        }
    }

    @OverLoops
    void fileTruncatedWhileItIsSentFailsWithAClearErrorAndNoSpin(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.SO_SNDBUF, 16 * 1024));
            File file = file(SIZE);
            FileRegion region = new DefaultFileRegion(file, 0, SIZE);
            ChannelFuture written = pair.channel.writeAndFlush(region);
            Net.settle(net.loop());
            try (RandomAccessFile content = new RandomAccessFile(file, "rw")) {
                content.setLength(1000);
            }
            Thread reader = new Thread(() -> {
                try {
                    pair.peer.getInputStream().readAllBytes();
                } catch (IOException ignored) {
                    // The channel closes; how the peer sees it does not matter.
                }
            });
            reader.start();
            assertInstanceOf(IOException.class, written.await().cause());
            assertEquals(0, region.refCnt());
            pair.channel.closeFuture().sync();
            reader.join();
        }
    }

    @OverLoops
    void fileThatCannotBeOpenedFailsThePromise(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            FileRegion region = new DefaultFileRegion(directory.resolve("missing").toFile(), 0, 10);
            ChannelFuture written = pair.channel.writeAndFlush(region).await();
            assertTrue(written.cause().getMessage().contains("missing"), written.cause()::getMessage);
            assertEquals(0, region.refCnt());
        }
    }

    @OverLoops
    void closedFileFailsThePromise(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            FileChannel content = FileChannel.open(file(1000).toPath(), StandardOpenOption.READ);
            content.close();
            ChannelFuture written = pair.channel.writeAndFlush(new DefaultFileRegion(content, 0, 1000)).await();
            assertInstanceOf(IOException.class, written.cause());
        }
    }

    @OverLoops
    void customRegionArrives(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.SO_SNDBUF, 16 * 1024));
            MemoryRegion region = new MemoryRegion(0, 2_000_000, 70_000);
            ChannelFuture written = pair.channel.writeAndFlush(region);
            Bytes.assertSame(Bytes.pattern(0, 2_000_000), pair.read(2_000_000));
            written.sync();
            assertEquals(0, region.refCnt());
        }
    }

    @OverLoops
    void customRegionThatMakesNoProgressFailsAndDoesNotSpin(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            MemoryRegion region = new MemoryRegion(0, 100, 0);
            ChannelFuture written = pair.channel.writeAndFlush(region).await();
            assertInstanceOf(IOException.class, written.cause());
            assertTrue(written.cause().getMessage().contains("0 of 100"), written.cause()::getMessage);
            assertEquals(0, region.refCnt());
            assertTrue(region.calls < 5, () -> region.calls + " calls");
        }
    }

    @OverLoops
    void customRegionThatThrowsFailsItsPromise(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(new Inbox());
            MemoryRegion region = new MemoryRegion(0, 100, -1);
            ChannelFuture written = pair.channel.writeAndFlush(region).await();
            assertEquals("on purpose", written.cause().getMessage());
            assertEquals(0, region.refCnt());
        }
    }

    @OverLoops
    void closeReleasesARegionThatWaits(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = net.pair(net.client(new Inbox()).option(ChannelOption.SO_SNDBUF, 16 * 1024));
            FileRegion region = new DefaultFileRegion(file(SIZE), 0, SIZE);
            ChannelFuture written = pair.channel.writeAndFlush(region);
            Net.settle(net.loop());
            pair.channel.close().sync();
            assertTrue(!written.await().isSuccess());
            assertEquals(0, region.refCnt());
        }
    }

    /** Bytes of the pattern, at most {@code step} per call; a step of -1 throws. */
    private static final class MemoryRegion extends AbstractReferenceCounted implements FileRegion {
        private final int offset;
        private final int count;
        private final int step;
        private long transferred;
        volatile int calls;

        MemoryRegion(int offset, int count, int step) {
            this.offset = offset;
            this.count = count;
            this.step = step;
        }

        @Override
        public long position() {
            return offset;
        }

        @Override
        @Deprecated
        public long transfered() {
            return transferred;
        }

        @Override
        public long transferred() {
            return transferred;
        }

        @Override
        public long count() {
            return count;
        }

        @Override
        public long transferTo(WritableByteChannel target, long position) throws IOException {
            calls++;
            if (step < 0) {
                throw new IOException("on purpose");
            }
            int length = (int) Math.min(step, count - position);
            byte[] part = Bytes.pattern(offset + (int) position, length);
            ByteBuffer source = position % 2 == 0 ? ByteBuffer.wrap(part) : ByteBuffer.allocateDirect(length).put(part).flip();
            int n = target.write(source);
            transferred += n;
            return n;
        }

        @Override
        protected void deallocate() {
            // Nothing to free.
        }

        @Override
        public FileRegion retain() {
            super.retain();
            return this;
        }

        @Override
        public FileRegion retain(int increment) {
            super.retain(increment);
            return this;
        }

        @Override
        public FileRegion touch() {
            return this;
        }

        @Override
        public FileRegion touch(Object hint) {
            return this;
        }
    }
}
