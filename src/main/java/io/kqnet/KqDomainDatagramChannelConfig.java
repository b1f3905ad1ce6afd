package io.kqnet;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.unix.DomainDatagramChannelConfig;
import java.util.List;
import java.util.Map;

/**
 * Options of {@link KqDomainDatagramChannel}; for those without a getter here see {@link KqChannelOption}. Thread safe.
 *
 * <p>The default buffer for a datagram has 2048 bytes: a longer one is cut, as in Netty's other transports, unless another
 * RecvByteBufAllocator or {@link KqChannelOption#RCV_ALLOC_TRANSPORT_PROVIDES_GUESS} makes room.
 */
public final class KqDomainDatagramChannelConfig extends KqChannelConfig implements DomainDatagramChannelConfig {
    private static final int DEFAULT_ROOM = 2048;

    private final KqDomainDatagramChannel channel;
    private volatile boolean activeOnRegistration;
    private volatile int socketFileMode = -1;

    KqDomainDatagramChannelConfig(KqDomainDatagramChannel channel) {
        super(channel, Options.ALL);
        this.channel = channel;
        setRecvByteBufAllocator(new FixedRecvByteBufAllocator(DEFAULT_ROOM));
    }

    @Override
    @SuppressWarnings("deprecation")
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(), ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, KqChannelOption.SOCKET_FILE_MODE);
    }

    @Override
    @SuppressWarnings({"unchecked", "deprecation"})
    public <T> T getOption(ChannelOption<T> option) {
        if (option == ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION) {
            return (T) Boolean.valueOf(activeOnRegistration);
        }
        return option == KqChannelOption.SOCKET_FILE_MODE ? (T) Integer.valueOf(socketFileMode) : super.getOption(option);
    }

    @Override
    @SuppressWarnings("deprecation")
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        if (option == ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION) {
            if (channel.isRegistered()) {
                throw new IllegalStateException("can only be set before the channel is registered");
            }
            activeOnRegistration = (Boolean) value;
        } else if (option == KqChannelOption.SOCKET_FILE_MODE) {
            setSocketFileMode((Integer) value);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    /** Whether a channel is active, and may send, without being bound. */
    boolean isActiveOnRegistration() {
        return activeOnRegistration;
    }

    /** See {@link KqChannelOption#SOCKET_FILE_MODE}. */
    public int getSocketFileMode() {
        return socketFileMode;
    }

    /** See {@link KqChannelOption#SOCKET_FILE_MODE}. */
    public KqDomainDatagramChannelConfig setSocketFileMode(int mode) {
        socketFileMode = checkSocketFileMode(mode);
        return this;
    }

    @Override
    public int getSendBufferSize() {
        return SocketOption.SNDBUF.get(fd());
    }

    @Override
    public KqDomainDatagramChannelConfig setSendBufferSize(int sendBufferSize) {
        setOption(ChannelOption.SO_SNDBUF, sendBufferSize);
        return this;
    }

    public int getReceiveBufferSize() {
        return SocketOption.RCVBUF.get(fd());
    }

    public KqDomainDatagramChannelConfig setReceiveBufferSize(int receiveBufferSize) {
        setOption(ChannelOption.SO_RCVBUF, receiveBufferSize);
        return this;
    }

    @Override
    public KqDomainDatagramChannelConfig setRcvAllocTransportProvidesGuess(boolean transportProvidesGuess) {
        super.setRcvAllocTransportProvidesGuess(transportProvidesGuess);
        return this;
    }

    @Override
    public KqDomainDatagramChannelConfig setConnectTimeoutMillis(int connectTimeoutMillis) {
        super.setConnectTimeoutMillis(connectTimeoutMillis);
        return this;
    }

    @Override
    @Deprecated
    public KqDomainDatagramChannelConfig setMaxMessagesPerRead(int maxMessagesPerRead) {
        super.setMaxMessagesPerRead(maxMessagesPerRead);
        return this;
    }

    @Override
    public KqDomainDatagramChannelConfig setWriteSpinCount(int writeSpinCount) {
        super.setWriteSpinCount(writeSpinCount);
        return this;
    }

    @Override
    public KqDomainDatagramChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public KqDomainDatagramChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public KqDomainDatagramChannelConfig setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return this;
    }

    @Override
    public KqDomainDatagramChannelConfig setAutoClose(boolean autoClose) {
        super.setAutoClose(autoClose);
        return this;
    }

    @Override
    @Deprecated
    public KqDomainDatagramChannelConfig setWriteBufferHighWaterMark(int writeBufferHighWaterMark) {
        super.setWriteBufferHighWaterMark(writeBufferHighWaterMark);
        return this;
    }

    @Override
    @Deprecated
    public KqDomainDatagramChannelConfig setWriteBufferLowWaterMark(int writeBufferLowWaterMark) {
        super.setWriteBufferLowWaterMark(writeBufferLowWaterMark);
        return this;
    }

    @Override
    public KqDomainDatagramChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark writeBufferWaterMark) {
        super.setWriteBufferWaterMark(writeBufferWaterMark);
        return this;
    }

    @Override
    public KqDomainDatagramChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }

    /** Loaded with the first channel, when constants can be read. */
    private static final class Options {
        static final List<SocketOption<?>> ALL = List.of(SocketOption.RCVBUF, SocketOption.SNDBUF);

        private Options() {
        }
    }
}
