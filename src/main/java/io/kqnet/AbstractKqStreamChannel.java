package io.kqnet;

import io.kqnet.poll.Registration;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.IoCalls;
import io.kqnet.sys.SocketCalls;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;

/** A byte stream: wires {@link ReadLoop}, {@link WriteLoop} and {@link ConnectAttempt}, and owns half closure. */
abstract class AbstractKqStreamChannel extends AbstractKqDuplexChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);

    private final ReadLoop readLoop = new ReadLoop(this);
    private final WriteLoop writeLoop = new WriteLoop(this);
    private ConnectAttempt connecting;
    /** A flush made during a read batch, kept for its end; the buffer itself, because close takes the unsafe's reference away first. */
    private ChannelOutboundBuffer deferredFlush;
    private boolean inputEndReported;

    AbstractKqStreamChannel(Channel parent, Fd fd) {
        super(parent, fd);
    }

    @Override
    public final ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    protected final AbstractUnsafe newUnsafe() {
        return new StreamUnsafe();
    }

    @Override
    final KqDescriptorOwner owner() {
        return (StreamUnsafe) unsafe();
    }

    final KqRecvHandle recvHandle() {
        return ((StreamUnsafe) unsafe()).recvBufAllocHandle();
    }

    @Override
    void armRead() {
        registration().armRead(config().getRcvAllocTransportProvidesGuess());
    }

    /** A connect that is pending and what an earlier loop's socket refused both wait for EVFILT_WRITE. */
    @Override
    final void resume() {
        readLoop.forgetContinuation();
        ChannelOutboundBuffer out = unsafe().outboundBuffer();
        if (connecting != null || out != null && !out.isEmpty()) {
            writeRegistration().armWrite();
        }
    }

    /** Of the descriptor that is written to. */
    Registration writeRegistration() {
        return registration();
    }

    /** Starts connecting; true if the connection is there already. */
    abstract boolean doConnect(SocketAddress remoteAddress, SocketAddress localAddress) throws IOException;

    @Override
    protected final void doBeginRead() {
        readLoop.beginRead();
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) throws Exception {
        writeLoop.write(in);
    }

    /** Whether sendfile(2) takes this channel's descriptor. */
    boolean hasSendfile() {
        return Constants.SENDFILE;
    }

    /** There may be something to read, and nobody asks for it. */
    void readableUnwanted() {
    }

    /** Asked before each read of a batch; false ends the batch. */
    boolean admitRead() {
        return true;
    }

    /** {@code n} bytes were read where there was room for {@code room}. */
    void received(int n, int room) {
        readState().consumed(n, room);
    }

    /** Reads up to {@code length} bytes to {@code address}: the count, 0 at end of file, or {@code -errno}. */
    int receive(long address, int length) {
        return IoCalls.read(descriptor().number(), address, length);
    }

    /** How many bytes may be read at once into a buffer with room for {@code writable}. */
    int readRoom(int writable) {
        return writable;
    }

    /** Gives the handlers what was read. */
    void deliver(ByteBuf bytes) {
        pipeline().fireChannelRead(bytes);
    }

    /** Writes up to {@code length} bytes from {@code address}: the count or {@code -errno}. */
    int send(long address, int length) {
        return IoCalls.write(descriptor().number(), address, length);
    }

    /** As {@link #send} with an array of {@code struct iovec}. */
    int sendGathered(long iov, int count) {
        return IoCalls.writev(descriptor().number(), iov, count);
    }

    /** Writes a message that only this kind of channel lets into its outbound buffer; false if the kernel took less than offered. */
    boolean writeOther(ChannelOutboundBuffer in, Object message) throws Exception {
        throw new UnsupportedOperationException("unsupported message type: " + message.getClass().getName());
    }

    /** See {@link WriteLoop#sentWithConnect}. */
    final void sentWithConnect(long bytes) {
        writeLoop.sentWithConnect(bytes);
    }

    /** What is flushed now, in the loop's own time rather than a caller's. */
    final void flushNow() {
        ((StreamUnsafe) unsafe()).flushOutbound();
    }

    final void flushDeferred() {
        if (deferredFlush != null) {
            deferredFlush = null;
            flushNow();
        }
    }

    /** Before the socket is closed, shut down or leaves its loop: a flush the user made earlier goes out earlier. */
    @Override
    final void writeDeferred() {
        ChannelOutboundBuffer in = deferredFlush;
        deferredFlush = null;
        if (in != null && isActive() && isAttached() && !writeRegistration().isWriteArmed()) {
            try {
                writeLoop.write(in);
            } catch (Throwable t) {
                // The other messages fail with the close or shutdown under way.
                in.remove(t);
            }
        }
    }

    @Override
    protected Object filterOutboundMessage(Object message) throws Exception {
        return OutboundMessages.forStream(message, alloc());
    }

    /** A region that has fewer bytes than it promised. */
    final IOException truncated(FileRegion region, long sent) throws IOException {
        if (region instanceof DefaultFileRegion) {
            validateFileRegion((DefaultFileRegion) region, sent);
        }
        return new IOException("file region ended early: " + sent + " of " + region.count() + " bytes were there to send");
    }

    /** EVFILT_EXCEPT fired. */
    void outOfBand() {
    }

    /** There is no input, so that nothing will tell of its end. */
    final void markNoInput() {
        markInputShutdown();
        inputEndReported = true;
    }

    /** EVFILT_READ fired though nothing is read any more. */
    void hungUp(boolean eof, int errno) {
        if (errno != 0 && isOpen()) {
            // Reset after the input had ended: nobody reads any more, so nobody else would notice.
            readFailed(Errno.toException("read", -errno, this));
        }
    }

    /** Nothing that is read from now on would be delivered. */
    final boolean isReadingOver() {
        return isInputShutdown() && (inputEndReported || !config().isAllowHalfClosure());
    }

    /** The end of the stream was read. */
    final void inputEnded() {
        if (!isOpen()) {
            return;
        }
        if (!isInputShutdown()) {
            if (!config().isAllowHalfClosure()) {
                unsafe().close(voidPromise());
                return;
            }
            markInputShutdown();
            pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        }
        if (!inputEndReported) {
            inputEndReported = true;
            pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
        }
    }

    /** A socket error ends both directions; anything else (no memory for a buffer) only costs this batch, as in Netty's transports. */
    final void readFailed(Throwable cause) {
        pipeline().fireExceptionCaught(cause);
        if (cause instanceof IOException || cause instanceof OutOfMemoryError) {
            unsafe().close(voidPromise());
        }
    }

    @Override
    protected void doClose() throws Exception {
        writeDeferred();
        ConnectAttempt attempt = connecting;
        connecting = null;
        try {
            super.doClose();
        } finally {
            if (attempt != null) {
                attempt.fail(new ClosedChannelException());
            }
        }
    }

    @Override
    protected void doDeregister() throws Exception {
        writeDeferred();
        super.doDeregister();
    }

    /** Netty's Unsafe for a stream, and the receiver of its descriptor's readiness. */
    private final class StreamUnsafe extends AbstractKqUnsafe {
        @Override
        public void onReadable(long data, boolean eof, int errno) {
            if (!isReadingOver()) {
                readLoop.onReadable(data, eof);
            } else {
                hungUp(eof, errno);
            }
        }

        @Override
        public void onOutOfBand() {
            outOfBand();
        }

        @Override
        public void onWritable(boolean eof, int errno) {
            if (connecting != null) {
                finishConnect();
            } else if (!isOutputShutdown()) {
                flushOutbound();
            }
        }

        @Override
        public void onError(String call, int errno) {
            IOException cause = refusedFilter(call, errno);
            if (connecting != null) {
                ConnectAttempt attempt = connecting;
                connecting = null;
                attempt.fail(cause);
            } else {
                pipeline().fireExceptionCaught(cause);
            }
            close(voidPromise());
        }

        /** Also keeps what is written while connecting; it leaves when the connection is there. */
        @Override
        protected void flush0() {
            if (registration() != null && writeRegistration().isWriteArmed()) {
                return;
            }
            ChannelOutboundBuffer in = outboundBuffer();
            if (readLoop.isRunning() && in != null && in.isWritable() && isActive() && config().isCoalesceFlush()) {
                deferredFlush = in;
                return;
            }
            super.flush0();
        }

        void flushOutbound() {
            if (!writeRegistration().isWriteArmed()) {
                super.flush0();
            }
        }

        @Override
        public void connect(SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
            if (promise.isDone() || !ensureOpen(promise)) {
                return;
            }
            try {
                if (connecting != null) {
                    throw new ConnectionPendingException();
                }
                if (isActive()) {
                    // Not left to the kernel: Linux lets the call after a connect that ended in the background succeed once more.
                    throw new AlreadyConnectedException();
                }
                if (doConnect(remoteAddress, localAddress)) {
                    remote(remoteAddress);
                    connected(promise);
                } else {
                    registration().armWrite();
                    connecting = new ConnectAttempt(AbstractKqStreamChannel.this, promise, remoteAddress);
                    connecting.start(eventLoop(), config().getConnectTimeoutMillis());
                }
            } catch (Throwable t) {
                closeIfClosed();
                promise.tryFailure(t);
            }
        }

        private void finishConnect() {
            long error = SocketCalls.getOption(descriptor(), Constants.SOL_SOCKET, Constants.SO_ERROR);
            int errno = error < 0 ? (int) -error : (int) error;
            ConnectAttempt attempt = connecting;
            connecting = null;
            if (errno != 0) {
                attempt.fail(Errno.toException("connect", -errno, attempt.remoteAddress()));
                closeIfClosed();
                return;
            }
            remote(attempt.remoteAddress());
            connected(attempt.end());
        }

        /**
         * EVFILT_READ only from here on: while connecting, a read would take the error that SO_ERROR has to report. Whatever the promise's
         * listeners do to the channel, and were it cancelled, it was active.
         */
        private void connected(ChannelPromise promise) {
            activate();
            try {
                armRead();
            } catch (IllegalStateException e) {
                // kevent had no memory for the changes before this one: without the filter the channel would be deaf.
                promise.tryFailure(e);
                close(voidPromise());
                return;
            }
            boolean notCancelled = promise.trySuccess();
            pipeline().fireChannelActive();
            if (!notCancelled) {
                close(voidPromise());
            } else if (isOpen()) {
                flushOutbound();
            }
        }
    }
}
