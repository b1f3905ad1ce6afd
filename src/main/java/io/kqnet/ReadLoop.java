package io.kqnet;

import io.kqnet.poll.Counters;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelConfig;

/**
 * Reads a stream until it is dry, {@code maxMessagesPerRead} is reached or autoRead is turned off. At EV_EOF it reads on to the end whoever
 * asked for it or not: what the peer sent comes before the news that it left. Belongs to the loop's thread.
 */
final class ReadLoop {
    private final AbstractKqStreamChannel channel;
    private final ReadState state;
    private final Runnable continuation = this::resume;
    private boolean scheduled;
    private boolean running;

    ReadLoop(AbstractKqStreamChannel channel) {
        this.channel = channel;
        state = channel.readState();
    }

    /** A read batch is being delivered: what is flushed now can leave together at its end. */
    boolean isRunning() {
        return running;
    }

    void beginRead() {
        state.request();
        if (!running) {
            scheduleIfReadable();
        }
    }

    void onReadable(long data, boolean eof) {
        state.event(data, eof);
        if (isWanted()) {
            read();
        } else {
            channel.readableUnwanted();
        }
    }

    /** Turning autoRead off takes a request back, also while the continuation is queued. */
    private boolean isWanted() {
        return state.isRequested() || state.isEof();
    }

    private void scheduleIfReadable() {
        if (!scheduled && state.isReadable() && isWanted() && channel.isAttached()) {
            scheduled = true;
            channel.eventLoop().execute(continuation);
        }
    }

    /** The channel comes to another loop, whose kqueue tells anew what there is to read. */
    void forgetContinuation() {
        scheduled = false;
    }

    private void resume() {
        if (!channel.isInLoop()) {
            return;
        }
        scheduled = false;
        if (state.isReadable() && isWanted() && channel.isAttached() && !channel.isReadingOver()) {
            read();
        }
    }

    private void read() {
        if (running) {
            return;
        }
        KqChannelConfig config = channel.config();
        KqRecvHandle handle = channel.recvHandle();
        handle.reset(config, config.getRcvAllocTransportProvidesGuess());
        running = true;
        boolean endOfFile = false;
        Throwable failure = null;
        try {
            endOfFile = readBatch(handle, config);
        } catch (Throwable t) {
            failure = t;
        }
        handle.readComplete();
        channel.pipeline().fireChannelReadComplete();
        running = false;
        channel.flushDeferred();
        if (failure != null) {
            channel.readFailed(failure);
        } else if (endOfFile) {
            channel.inputEnded();
            return;
        }
        scheduleIfReadable();
        if (!isWanted()) {
            channel.readableUnwanted();
        }
    }

    /** True at end of file. */
    private boolean readBatch(KqRecvHandle handle, ChannelConfig config) throws Exception {
        do {
            if (!channel.admitRead()) {
                return false;
            }
            ByteBuf buf = handle.allocate(config.getAllocator());
            int n;
            try {
                n = readInto(buf, handle);
            } catch (Throwable t) {
                buf.release();
                throw t;
            }
            handle.lastBytesRead(n);
            if (n == 0) {
                // The request stands: nobody repeats it.
                buf.release();
                return false;
            }
            if (n < 0) {
                buf.release();
                state.answered();
                return true;
            }
            handle.incMessagesRead(1);
            state.answered();
            channel.deliver(buf);
        } while (!channel.isReadingOver() && channel.isAttached() && handle.continueReading());
        return false;
    }

    /** Bytes read, 0 if there are none now, -1 at end of file. */
    private int readInto(ByteBuf buf, KqRecvHandle handle) throws Exception {
        int room = channel.readRoom(buf.writableBytes());
        handle.attemptedBytesRead(room);
        channel.count(Counters.READS);
        int n = channel.receive(BufferAddress.of(buf, buf.writerIndex(), room), room);
        if (n == -Constants.EAGAIN) {
            state.drained();
            return 0;
        }
        Errno.check("read", n, channel);
        if (n == 0) {
            return -1;
        }
        channel.received(n, room);
        buf.writerIndex(buf.writerIndex() + n);
        return n;
    }
}
