package io.kqnet;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.NetUtil;
import java.util.List;
import java.util.Map;

/** Options of {@link KqServerDomainSocketChannel}; for those without a getter here see {@link KqChannelOption}. Thread safe. */
public final class KqServerDomainSocketChannelConfig extends KqChannelConfig {
    private volatile int backlog = NetUtil.SOMAXCONN;
    private volatile int socketFileMode = -1;

    KqServerDomainSocketChannelConfig(KqServerDomainSocketChannel channel) {
        super(channel, Options.ALL);
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(), ChannelOption.SO_BACKLOG, KqChannelOption.SOCKET_FILE_MODE);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(ChannelOption<T> option) {
        if (option == ChannelOption.SO_BACKLOG) {
            return (T) Integer.valueOf(backlog);
        }
        return option == KqChannelOption.SOCKET_FILE_MODE ? (T) Integer.valueOf(socketFileMode) : super.getOption(option);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        if (option == ChannelOption.SO_BACKLOG) {
            setBacklog((Integer) value);
        } else if (option == KqChannelOption.SOCKET_FILE_MODE) {
            setSocketFileMode((Integer) value);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    /** Connections that may wait to be accepted; {@code listen(2)}. */
    public int getBacklog() {
        return backlog;
    }

    /** Takes effect with {@code bind}. */
    public KqServerDomainSocketChannelConfig setBacklog(int backlog) {
        if (backlog < 0) {
            throw new IllegalArgumentException("SO_BACKLOG: " + backlog + " (expected: >= 0)");
        }
        this.backlog = backlog;
        return this;
    }

    /** See {@link KqChannelOption#SOCKET_FILE_MODE}. */
    public int getSocketFileMode() {
        return socketFileMode;
    }

    /** See {@link KqChannelOption#SOCKET_FILE_MODE}. */
    public KqServerDomainSocketChannelConfig setSocketFileMode(int mode) {
        socketFileMode = checkSocketFileMode(mode);
        return this;
    }

    public int getReceiveBufferSize() {
        return SocketOption.RCVBUF.get(fd());
    }

    public KqServerDomainSocketChannelConfig setReceiveBufferSize(int receiveBufferSize) {
        setOption(ChannelOption.SO_RCVBUF, receiveBufferSize);
        return this;
    }

    @Override
    public KqServerDomainSocketChannelConfig setRcvAllocTransportProvidesGuess(boolean transportProvidesGuess) {
        super.setRcvAllocTransportProvidesGuess(transportProvidesGuess);
        return this;
    }

    @Override
    public KqServerDomainSocketChannelConfig setConnectTimeoutMillis(int connectTimeoutMillis) {
        super.setConnectTimeoutMillis(connectTimeoutMillis);
        return this;
    }

    @Override
    @Deprecated
    public KqServerDomainSocketChannelConfig setMaxMessagesPerRead(int maxMessagesPerRead) {
        super.setMaxMessagesPerRead(maxMessagesPerRead);
        return this;
    }

    @Override
    public KqServerDomainSocketChannelConfig setWriteSpinCount(int writeSpinCount) {
        super.setWriteSpinCount(writeSpinCount);
        return this;
    }

    @Override
    public KqServerDomainSocketChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public KqServerDomainSocketChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public KqServerDomainSocketChannelConfig setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return this;
    }

    @Override
    public KqServerDomainSocketChannelConfig setAutoClose(boolean autoClose) {
        super.setAutoClose(autoClose);
        return this;
    }

    @Override
    @Deprecated
    public KqServerDomainSocketChannelConfig setWriteBufferHighWaterMark(int writeBufferHighWaterMark) {
        super.setWriteBufferHighWaterMark(writeBufferHighWaterMark);
        return this;
    }

    @Override
    @Deprecated
    public KqServerDomainSocketChannelConfig setWriteBufferLowWaterMark(int writeBufferLowWaterMark) {
        super.setWriteBufferLowWaterMark(writeBufferLowWaterMark);
        return this;
    }

    @Override
    public KqServerDomainSocketChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark writeBufferWaterMark) {
        super.setWriteBufferWaterMark(writeBufferWaterMark);
        return this;
    }

    @Override
    public KqServerDomainSocketChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }

    /** Loaded with the first channel, when constants can be read. */
    private static final class Options {
        static final List<SocketOption<?>> ALL = List.of(SocketOption.RCVBUF, SocketOption.REUSEADDR);

        private Options() {
        }
    }
}
