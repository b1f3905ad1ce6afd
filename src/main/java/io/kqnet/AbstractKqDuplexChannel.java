package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetConnectedException;

/** A channel whose two directions end one by one. */
abstract class AbstractKqDuplexChannel extends AbstractKqChannel implements DuplexChannel {
    private volatile boolean inputShutdown;
    private volatile boolean outputShutdown;

    AbstractKqDuplexChannel(Channel parent, Fd fd) {
        super(parent, fd);
    }

    /** What was flushed before goes out before the output ends. */
    abstract void writeDeferred();

    final void markInputShutdown() {
        inputShutdown = true;
    }

    final void markOutputShutdown() {
        outputShutdown = true;
    }

    /** Why the output cannot end while the input goes on; null if it can. */
    IOException outputShutdownRefused() {
        return null;
    }

    @Override
    protected void doClose() throws Exception {
        inputShutdown = true;
        outputShutdown = true;
        super.doClose();
    }

    @Override
    protected final void doShutdownOutput() throws Exception {
        writeDeferred();
        endDirections(false, true);
        outputShutdown = true;
    }

    private void doShutdownInput() throws IOException {
        endDirections(true, false);
        inputShutdown = true;
    }

    private void endDirections(boolean read, boolean write) throws IOException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
        shutdownDescriptor(read, write);
    }

    /** ENOTCONN on a channel that was connected: the peer's reset was faster, which the read side reports. */
    void shutdownDescriptor(boolean read, boolean write) throws IOException {
        int rc = SocketCalls.shutdown(descriptor().number(), read, write);
        if (rc == -Constants.ENOTCONN) {
            if (!isActive()) {
                throw new NotYetConnectedException();
            }
        } else {
            Errno.check("shutdown", rc, this);
        }
    }

    @Override
    public final boolean isInputShutdown() {
        return inputShutdown;
    }

    @Override
    public final boolean isOutputShutdown() {
        return outputShutdown;
    }

    @Override
    public final boolean isShutdown() {
        return inputShutdown && outputShutdown;
    }

    @Override
    public final ChannelFuture shutdownOutput() {
        return shutdownOutput(newPromise());
    }

    @Override
    public final ChannelFuture shutdownOutput(ChannelPromise promise) {
        inLoop(() -> {
            IOException refused = outputShutdownRefused();
            if (refused != null) {
                promise.setFailure(refused);
            } else {
                ((AbstractUnsafe) unsafe()).shutdownOutput(promise);
            }
        });
        return promise;
    }

    @Override
    public final ChannelFuture shutdownInput() {
        return shutdownInput(newPromise());
    }

    @Override
    public final ChannelFuture shutdownInput(ChannelPromise promise) {
        inLoop(() -> {
            try {
                doShutdownInput();
                promise.setSuccess();
            } catch (Throwable t) {
                promise.setFailure(t);
            }
        });
        return promise;
    }

    @Override
    public final ChannelFuture shutdown() {
        return shutdown(newPromise());
    }

    /** Output first; the input is shut down whatever came of it, the first failure is the one reported. */
    @Override
    public final ChannelFuture shutdown(ChannelPromise promise) {
        shutdownOutput().addListener(output -> shutdownInput().addListener(input -> {
            if (!output.isSuccess()) {
                promise.setFailure(output.cause());
            } else if (!input.isSuccess()) {
                promise.setFailure(input.cause());
            } else {
                promise.setSuccess();
            }
        }));
        return promise;
    }

    final void inLoop(Runnable action) {
        if (eventLoop().inEventLoop()) {
            action.run();
        } else {
            eventLoop().execute(action);
        }
    }
}
