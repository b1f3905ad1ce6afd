package io.kqnet;

import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * One connect that did not complete at once: its promise, its timeout and its cancellation. Ends exactly once, by
 * {@link #end()}; belongs to the loop's thread.
 */
final class ConnectAttempt {
    private final AbstractKqStreamChannel channel;
    private final ChannelPromise promise;
    private final SocketAddress remoteAddress;
    private Future<?> timeout;

    ConnectAttempt(AbstractKqStreamChannel channel, ChannelPromise promise, SocketAddress remoteAddress) {
        this.channel = channel;
        this.promise = promise;
        this.remoteAddress = remoteAddress;
    }

    void start(EventLoop loop, int timeoutMillis) {
        if (timeoutMillis > 0) {
            timeout = loop.schedule(() -> timedOut(timeoutMillis), timeoutMillis, TimeUnit.MILLISECONDS);
        }
        promise.addListener(future -> {
            if (future.isCancelled()) {
                end();
                channel.close();
            }
        });
    }

    /** Closes through the pipeline, which changes to the channel's loop should it have moved; a void promise is not allowed there. */
    private void timedOut(int timeoutMillis) {
        if (promise.tryFailure(new ConnectTimeoutException("connection timed out after " + timeoutMillis + " ms: " + remoteAddress))) {
            channel.close();
        }
    }

    SocketAddress remoteAddress() {
        return remoteAddress;
    }

    /** The promise, for whoever completes it. */
    ChannelPromise end() {
        if (timeout != null) {
            timeout.cancel(false);
            timeout = null;
        }
        return promise;
    }

    void fail(Throwable cause) {
        end().tryFailure(cause);
    }
}
