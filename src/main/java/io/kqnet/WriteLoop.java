package io.kqnet;

import io.kqnet.poll.Counters;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.FileRegion;
import java.io.IOException;

/**
 * Writes flushed messages speculatively: the system call first, EVFILT_WRITE only after the kernel refused or took less than offered.
 * Belongs to the loop's thread.
 */
final class WriteLoop {
    /** As much as most kernels take at once; doubled and halved by what the socket really takes. */
    private static final long INITIAL_GATHERING_BYTES = 256 * 1024;
    private static final long GATHERING_LOW_THRESHOLD = 4096;

    private final AbstractKqStreamChannel channel;
    private final RegionWrites regions;
    private final Runnable flushAgain;
    private long gatheringBytes = INITIAL_GATHERING_BYTES;
    private long sentWithConnect;

    WriteLoop(AbstractKqStreamChannel channel) {
        this.channel = channel;
        regions = new RegionWrites(channel);
        flushAgain = () -> {
            if (channel.isInLoop()) {
                channel.flushNow();
            }
        };
    }

    /** So many bytes the kernel took when it was told to connect. Until it has, they stay in the buffer, to fail with the connect. */
    void sentWithConnect(long bytes) {
        sentWithConnect = bytes;
    }

    void write(ChannelOutboundBuffer in) throws Exception {
        if (sentWithConnect > 0) {
            long sent = sentWithConnect;
            sentWithConnect = 0;
            in.removeBytes(sent);
        }
        for (int spins = channel.config().getWriteSpinCount(); spins > 0; spins--) {
            if (in.isEmpty()) {
                return;
            }
            if (!writeOnce(in)) {
                channel.writeRegistration().armWrite();
                return;
            }
        }
        if (!in.isEmpty()) {
            // The socket takes all it gets: let others have a turn, then go on without asking the kernel.
            channel.eventLoop().execute(flushAgain);
        }
    }

    /** False if the kernel took less than offered. */
    private boolean writeOnce(ChannelOutboundBuffer in) throws Exception {
        Object message = in.current();
        if (message instanceof ByteBuf) {
            ByteBuf buf = (ByteBuf) message;
            return in.size() > 1 || buf.nioBufferCount() != 1 ? gather(in) : writeBytes(in, buf);
        }
        if (message instanceof FileRegion) {
            return message instanceof DefaultFileRegion && Constants.SENDFILE ? gather(in) : regions.copy(in, (FileRegion) message);
        }
        return channel.writeOther(in, message);
    }

    private boolean writeBytes(ChannelOutboundBuffer in, ByteBuf buf) throws IOException {
        int length = buf.readableBytes();
        if (length == 0) {
            in.remove();
            return true;
        }
        channel.count(Counters.WRITES);
        int n = channel.send(BufferAddress.of(buf, buf.readerIndex(), length), length);
        return accepted(in, "write", n, length);
    }

    private boolean gather(ChannelOutboundBuffer in) throws Exception {
        Iovecs iovecs = channel.scratch().iovecs();
        iovecs.limit(gatheringBytes);
        in.forEachFlushedMessage(iovecs);
        DefaultFileRegion region = iovecs.region();
        if (region != null) {
            long n = regions.send(region, iovecs);
            if (!RegionWrites.isUnsuited(n)) {
                return regions.sent(in, region, iovecs, n);
            }
            if (iovecs.headers() == 0) {
                // Empty buffers may stand before it; the listener of one may close the channel.
                in.removeBytes(0);
                return in.current() != region || regions.copy(in, region);
            }
            iovecs.endBeforeRegion();
        }
        if (iovecs.count() == 0) {
            return passEmpty(in);
        }
        long offered = iovecs.bytes();
        channel.count(Counters.WRITES);
        int n = channel.sendGathered(iovecs.address(), iovecs.count());
        adjustGathering(offered, n);
        return accepted(in, "writev", n, offered);
    }

    private boolean passEmpty(ChannelOutboundBuffer in) throws Exception {
        if (in.current() instanceof FileRegion) {
            return regions.copy(in, (FileRegion) in.current());
        }
        in.removeBytes(0);
        return true;
    }

    private boolean accepted(ChannelOutboundBuffer in, String call, int n, long offered) throws IOException {
        if (n == -Constants.EAGAIN) {
            return false;
        }
        in.removeBytes(Errno.check(call, n, channel));
        return n == offered;
    }

    private void adjustGathering(long offered, long taken) {
        if (taken == offered) {
            gatheringBytes = Math.max(gatheringBytes, Math.min(offered << 1, Integer.MAX_VALUE));
        } else if (offered > GATHERING_LOW_THRESHOLD && taken < offered >>> 1) {
            gatheringBytes = offered >>> 1;
        }
    }
}
