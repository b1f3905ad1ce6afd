package io.kqnet;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.DuplexChannelConfig;
import io.netty.channel.unix.DomainSocketChannelConfig;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.UnixChannelOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Options of {@link KqDomainSocketChannel}; for those without a getter here see {@link KqChannelOption}. Thread safe. */
public final class KqDomainSocketChannelConfig extends KqChannelConfig implements DomainSocketChannelConfig, DuplexChannelConfig {
    private volatile DomainSocketReadMode readMode = DomainSocketReadMode.BYTES;
    private volatile boolean descriptorMessages;
    private volatile boolean allowHalfClosure;
    private volatile boolean coalesceFlush = true;
    private volatile int socketFileMode = -1;

    KqDomainSocketChannelConfig(KqDomainSocketChannel channel) {
        super(channel, Options.ALL);
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(), UnixChannelOption.DOMAIN_SOCKET_READ_MODE, KqChannelOption.DESCRIPTOR_MESSAGES,
                ChannelOption.ALLOW_HALF_CLOSURE, KqChannelOption.COALESCE_FLUSH, KqChannelOption.SOCKET_FILE_MODE);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(ChannelOption<T> option) {
        if (option == UnixChannelOption.DOMAIN_SOCKET_READ_MODE) {
            return (T) readMode;
        }
        if (option == KqChannelOption.DESCRIPTOR_MESSAGES) {
            return (T) Boolean.valueOf(descriptorMessages);
        }
        if (option == ChannelOption.ALLOW_HALF_CLOSURE) {
            return (T) Boolean.valueOf(allowHalfClosure);
        }
        if (option == KqChannelOption.COALESCE_FLUSH) {
            return (T) Boolean.valueOf(coalesceFlush);
        }
        return option == KqChannelOption.SOCKET_FILE_MODE ? (T) Integer.valueOf(socketFileMode) : super.getOption(option);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        if (option == UnixChannelOption.DOMAIN_SOCKET_READ_MODE) {
            setReadMode((DomainSocketReadMode) value);
        } else if (option == KqChannelOption.DESCRIPTOR_MESSAGES) {
            setDescriptorMessages((Boolean) value);
        } else if (option == ChannelOption.ALLOW_HALF_CLOSURE) {
            setAllowHalfClosure((Boolean) value);
        } else if (option == KqChannelOption.COALESCE_FLUSH) {
            coalesceFlush = (Boolean) value;
        } else if (option == KqChannelOption.SOCKET_FILE_MODE) {
            setSocketFileMode((Integer) value);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    /** Whether descriptors that arrive are to be kept. */
    boolean wantsDescriptors() {
        return descriptorMessages || readMode == DomainSocketReadMode.FILE_DESCRIPTORS;
    }

    @Override
    boolean isCoalesceFlush() {
        return coalesceFlush;
    }

    @Override
    public DomainSocketReadMode getReadMode() {
        return readMode;
    }

    @Override
    public KqDomainSocketChannelConfig setReadMode(DomainSocketReadMode mode) {
        readMode = Objects.requireNonNull(mode, "mode");
        return this;
    }

    /** See {@link KqChannelOption#DESCRIPTOR_MESSAGES}. */
    public boolean isDescriptorMessages() {
        return descriptorMessages;
    }

    /** See {@link KqChannelOption#DESCRIPTOR_MESSAGES}. */
    public KqDomainSocketChannelConfig setDescriptorMessages(boolean descriptorMessages) {
        this.descriptorMessages = descriptorMessages;
        return this;
    }

    @Override
    public boolean isAllowHalfClosure() {
        return allowHalfClosure;
    }

    @Override
    public KqDomainSocketChannelConfig setAllowHalfClosure(boolean allowHalfClosure) {
        this.allowHalfClosure = allowHalfClosure;
        return this;
    }

    /** See {@link KqChannelOption#SOCKET_FILE_MODE}. */
    public int getSocketFileMode() {
        return socketFileMode;
    }

    /** See {@link KqChannelOption#SOCKET_FILE_MODE}. */
    public KqDomainSocketChannelConfig setSocketFileMode(int mode) {
        socketFileMode = checkSocketFileMode(mode);
        return this;
    }

    public int getSendBufferSize() {
        return SocketOption.SNDBUF.get(fd());
    }

    public KqDomainSocketChannelConfig setSendBufferSize(int sendBufferSize) {
        setOption(ChannelOption.SO_SNDBUF, sendBufferSize);
        return this;
    }

    public int getReceiveBufferSize() {
        return SocketOption.RCVBUF.get(fd());
    }

    public KqDomainSocketChannelConfig setReceiveBufferSize(int receiveBufferSize) {
        setOption(ChannelOption.SO_RCVBUF, receiveBufferSize);
        return this;
    }

    @Override
    public KqDomainSocketChannelConfig setRcvAllocTransportProvidesGuess(boolean transportProvidesGuess) {
        super.setRcvAllocTransportProvidesGuess(transportProvidesGuess);
        return this;
    }

    @Override
    public KqDomainSocketChannelConfig setConnectTimeoutMillis(int connectTimeoutMillis) {
        super.setConnectTimeoutMillis(connectTimeoutMillis);
        return this;
    }

    @Override
    @Deprecated
    public KqDomainSocketChannelConfig setMaxMessagesPerRead(int maxMessagesPerRead) {
        super.setMaxMessagesPerRead(maxMessagesPerRead);
        return this;
    }

    @Override
    public KqDomainSocketChannelConfig setWriteSpinCount(int writeSpinCount) {
        super.setWriteSpinCount(writeSpinCount);
        return this;
    }

    @Override
    public KqDomainSocketChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public KqDomainSocketChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public KqDomainSocketChannelConfig setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return this;
    }

    @Override
    public KqDomainSocketChannelConfig setAutoClose(boolean autoClose) {
        super.setAutoClose(autoClose);
        return this;
    }

    @Override
    @Deprecated
    public KqDomainSocketChannelConfig setWriteBufferHighWaterMark(int writeBufferHighWaterMark) {
        super.setWriteBufferHighWaterMark(writeBufferHighWaterMark);
        return this;
    }

    @Override
    @Deprecated
    public KqDomainSocketChannelConfig setWriteBufferLowWaterMark(int writeBufferLowWaterMark) {
        super.setWriteBufferLowWaterMark(writeBufferLowWaterMark);
        return this;
    }

    @Override
    public KqDomainSocketChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark writeBufferWaterMark) {
        super.setWriteBufferWaterMark(writeBufferWaterMark);
        return this;
    }

    @Override
    public KqDomainSocketChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }

    /** Loaded with the first channel, when constants can be read. */
    private static final class Options {
        static final List<SocketOption<?>> ALL = List.of(SocketOption.RCVBUF, SocketOption.SNDBUF, SocketOption.SNDLOWAT, SocketOption.KEEPALIVE);

        private Options() {
        }
    }
}
