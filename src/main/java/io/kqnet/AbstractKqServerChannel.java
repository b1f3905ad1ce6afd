package io.kqnet;

import io.kqnet.poll.Counters;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.Channel;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ServerChannel;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;

/** A listening socket: accepts as many connections as the kernel says wait. */
abstract class AbstractKqServerChannel extends AbstractKqChannel implements ServerChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);
    /** Rest after accept(2) failed for want of descriptors: long enough not to spin, short against a client's patience. */
    private static final long EXHAUSTED_PAUSE_MILLIS = 1000;

    private final Runnable continuation = this::acceptMore;
    private boolean scheduled;
    private boolean accepting;
    private boolean resting;

    AbstractKqServerChannel(Fd fd) {
        super(null, fd);
    }

    /** Wraps an accepted descriptor, which it owns from then on. */
    abstract Channel newChild(int fd, SocketAddress remote);

    @Override
    public final ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    protected final AbstractUnsafe newUnsafe() {
        return new ServerUnsafe();
    }

    @Override
    final KqDescriptorOwner owner() {
        return (ServerUnsafe) unsafe();
    }

    @Override
    final void armRead() {
        registration().armRead(true);
    }

    @Override
    protected final SocketAddress remoteAddress0() {
        return null;
    }

    @Override
    protected final void doBeginRead() {
        readState().request();
        scheduleIfReadable();
    }

    private void scheduleIfReadable() {
        if (!scheduled && !accepting && !resting && readState().isReadable() && readState().isRequested() && isAttached()) {
            scheduled = true;
            eventLoop().execute(continuation);
        }
    }

    private void acceptMore() {
        if (!isInLoop()) {
            return;
        }
        scheduled = false;
        if (readState().isReadable() && readState().isRequested() && isAttached()) {
            acceptBatch();
        }
    }

    private void acceptBatch() {
        KqRecvHandle handle = ((ServerUnsafe) unsafe()).recvBufAllocHandle();
        handle.reset(config(), false);
        ChannelPipeline pipeline = pipeline();
        Throwable failure = null;
        accepting = true;
        try {
            do {
                Channel child = accept();
                if (child == null) {
                    break;
                }
                handle.incMessagesRead(1);
                readState().answered();
                pipeline.fireChannelRead(child);
            } while (isAttached() && handle.continueReading());
        } catch (Throwable t) {
            failure = t;
        }
        handle.readComplete();
        pipeline.fireChannelReadComplete();
        if (failure != null) {
            pipeline.fireExceptionCaught(failure);
        }
        accepting = false;
        scheduleIfReadable();
    }

    /** Null when none waits. */
    private Channel accept() throws IOException {
        Sockaddr sockaddr = scratch().sockaddr();
        while (readState().isReadable()) {
            count(Counters.ACCEPTS);
            int fd = SocketCalls.accept(descriptor().number(), sockaddr.address());
            if (fd >= 0) {
                readState().consumed(1, 1);
                return newChild(fd, toAddress(sockaddr));
            }
            if (fd == -Constants.EAGAIN) {
                readState().drained();
            } else if (fd == -Constants.ECONNABORTED || fd == -Constants.EPROTO) {
                // The client gave up while it waited; it still counted as one.
                readState().consumed(1, 1);
            } else {
                throw acceptFailed(fd);
            }
        }
        return null;
    }

    private IOException acceptFailed(int result) {
        if (result == -Constants.EMFILE || result == -Constants.ENFILE || result == -Constants.ENOBUFS || result == -Constants.ENOMEM) {
            resting = true;
            eventLoop().schedule(this::rested, EXHAUSTED_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            readState().drained();
        }
        return Errno.toException("accept", result, this);
    }

    private void rested() {
        if (!isInLoop()) {
            eventLoop().execute(this::rested);
            return;
        }
        resting = false;
        scheduleIfReadable();
    }

    /** The new loop's kqueue tells of the connections that wait; the old loop's continuation does nothing any more. */
    @Override
    final void resume() {
        scheduled = false;
    }

    @Override
    protected final void doWrite(ChannelOutboundBuffer in) {
        throw new UnsupportedOperationException("a server channel cannot write");
    }

    @Override
    protected final Object filterOutboundMessage(Object message) {
        throw new UnsupportedOperationException("a server channel cannot write");
    }

    /** Netty's Unsafe for a listener, and the receiver of its readiness. */
    private final class ServerUnsafe extends AbstractKqUnsafe {
        @Override
        public void onReadable(long data, boolean eof, int errno) {
            readState().event(data, false);
            if (readState().isRequested() && !resting) {
                acceptBatch();
            }
        }

        @Override
        public void onWritable(boolean eof, int errno) {
            throw new IllegalStateException("EVFILT_WRITE on a listener");
        }

        @Override
        public void onError(String call, int errno) {
            pipeline().fireExceptionCaught(refusedFilter(call, errno));
            close(voidPromise());
        }

        @Override
        public void connect(SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
            promise.setFailure(new UnsupportedOperationException("a server channel cannot connect"));
        }
    }
}
