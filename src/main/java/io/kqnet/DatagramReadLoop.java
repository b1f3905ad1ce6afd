package io.kqnet;

import io.kqnet.poll.Counters;
import io.kqnet.poll.ReadyHandler;
import io.kqnet.sys.Constants;
import io.kqnet.sys.DatagramCalls;
import io.kqnet.sys.Datagrams;
import io.kqnet.sys.Errno;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import java.io.IOException;

/**
 * Receives datagrams in batches until there are no more, {@code maxMessagesPerRead} is reached or autoRead is turned off, which keeps back
 * what was received and not delivered. Belongs to the loop's thread.
 */
final class DatagramReadLoop {
    private final KqDatagramChannel channel;
    private final ReadState state;
    private final DatagramBatch batch = new DatagramBatch();
    private final Runnable continuation = this::resume;
    private ByteBufAllocator allocator;
    /** Datagrams to ask for: one more than came last time, so that one call both gets them and tells that there are no more. */
    private int guess = 2;
    /** Since reading was begun. */
    private int received;
    private boolean failed;
    /** What ended the batch that is being delivered. */
    private int lateError;
    private boolean scheduled;
    private boolean running;

    DatagramReadLoop(KqDatagramChannel channel) {
        this.channel = channel;
        state = channel.readState();
    }

    /** A batch is being delivered: what is flushed now can leave together at its end. */
    boolean isRunning() {
        return running;
    }

    void beginRead() {
        state.request();
        if (!running) {
            scheduleIfReadable();
        }
    }

    void onReadable() {
        state.event(ReadyHandler.UNKNOWN, false);
        if (state.isRequested()) {
            read();
        }
    }

    private boolean isMore() {
        return state.isReadable() || !batch.isEmpty();
    }

    private void scheduleIfReadable() {
        if (!scheduled && isMore() && state.isRequested() && channel.isAttached()) {
            scheduled = true;
            channel.eventLoop().execute(continuation);
        }
    }

    /** The channel comes to another loop; datagrams it brings along are delivered there. */
    void changeLoop() {
        scheduled = false;
        scheduleIfReadable();
    }

    private void resume() {
        if (channel.isInLoop()) {
            scheduled = false;
            if (isMore() && state.isRequested() && channel.isAttached()) {
                read();
            }
        }
    }

    private void read() {
        if (running) {
            return;
        }
        KqDatagramChannelConfig config = channel.config();
        KqRecvHandle handle = channel.recvHandle();
        handle.reset(config, false);
        running = true;
        received = 0;
        Throwable failure = null;
        try {
            readBatches(handle, config);
        } catch (Throwable t) {
            failure = t;
        }
        handle.readComplete();
        channel.pipeline().fireChannelReadComplete();
        if (failure != null) {
            // A datagram socket outlives its errors: they are news of one peer.
            channel.pipeline().fireExceptionCaught(failure);
        }
        running = false;
        if (received > 0) {
            guess = Math.max(2, Math.min(received + 1, Constants.KQ_DATAGRAM_BATCH));
        }
        channel.flushDeferred();
        if (channel.isOpen()) {
            batch.trim();
        } else {
            batch.clear();
        }
        scheduleIfReadable();
    }

    private void readBatches(KqRecvHandle handle, KqDatagramChannelConfig config) throws IOException {
        int left = messagesPerRead(config);
        do {
            if (batch.isEmpty() && !receive(handle, config, left)) {
                return;
            }
            do {
                KqDatagramPacket packet = batch.take();
                left--;
                handle.attemptedBytesRead(packet.content().capacity());
                handle.lastBytesRead(packet.content().readableBytes());
                handle.incMessagesRead(1);
                state.answered();
                channel.pipeline().fireChannelRead(packet);
            } while (!batch.isEmpty() && config.isAutoRead() && channel.isAttached());
            if (lateError != 0) {
                int errno = lateError;
                lateError = 0;
                throw Errno.toDatagramException("recvmsg", -errno, channel);
            }
        } while (left > 0 && config.isAutoRead() && channel.isAttached() && handle.continueReading());
    }

    private static int messagesPerRead(KqDatagramChannelConfig config) {
        if (!config.isAutoRead()) {
            return 1;
        }
        RecvByteBufAllocator allocator = config.getRecvByteBufAllocator();
        return allocator instanceof MaxMessagesRecvByteBufAllocator ? ((MaxMessagesRecvByteBufAllocator) allocator).maxMessagesPerRead()
                : Constants.KQ_DATAGRAM_BATCH;
    }

    /** False if there was nothing to receive. */
    private boolean receive(KqRecvHandle handle, KqDatagramChannelConfig config, int most) throws IOException {
        if (config.getAllocator() != allocator) {
            allocator = config.getAllocator();
            batch.clearBuffers();
        }
        Datagrams records = channel.scratch().datagrams();
        int asked = Math.min(Math.min(guess, most), config.getDatagramBatch());
        batch.prepare(records, asked, handle, allocator);
        boolean told = config.isControlWanted();
        channel.count(Counters.READS);
        int n = DatagramCalls.receive(channel.descriptor().number(), records.address(), asked,
                config.how() | (told ? Constants.KQ_DATAGRAM_CONTROL : 0));
        channel.counters().add(Counters.READS, config.moreCalls(n, asked));
        if (n < 0) {
            return nothing(n);
        }
        failed = false;
        received += n;
        guess = Math.min(2 * asked, Constants.KQ_DATAGRAM_BATCH);
        int error = n < asked ? records.error(n) : 0;
        if (n < asked && (error == 0 || error == Constants.EAGAIN)) {
            state.drained();
        } else if (error != 0) {
            lateError = error;
        }
        batch.accept(records, n, channel.localAddress(), told);
        return true;
    }

    /** The kernel tells a socket's error once. One that comes twice in a row stays, and nothing would end the loop over it. */
    private boolean nothing(int result) throws IOException {
        boolean again = failed;
        failed = result != -Constants.EAGAIN;
        if (!failed || again) {
            state.drained();
        }
        if (failed) {
            throw Errno.toDatagramException("recvmsg", result, channel);
        }
        return false;
    }

    /** Drops all that is held for the user. */
    void close() {
        if (!running) {
            batch.clear();
        }
    }
}
