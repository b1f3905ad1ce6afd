package io.kqnet;

import io.kqnet.sys.Constants;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ServerSocketChannelConfig;
import io.netty.util.NetUtil;
import java.util.List;
import java.util.Map;

/** Options of {@link KqServerSocketChannel}; for those without a getter here see {@link KqChannelOption}. Thread safe. */
public final class KqServerSocketChannelConfig extends KqChannelConfig implements ServerSocketChannelConfig {
    private final KqServerSocketChannel channel;
    private volatile int backlog = NetUtil.SOMAXCONN;
    private volatile AcceptFilter acceptFilter;
    private volatile int tcpFastOpen;

    KqServerSocketChannelConfig(KqServerSocketChannel channel) {
        super(channel, Options.ALL);
        this.channel = channel;
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        Map<ChannelOption<?>, Object> options = getOptions(super.getOptions(), ChannelOption.SO_BACKLOG);
        if (Constants.TCP_FASTOPEN != Constants.ABSENT) {
            options = getOptions(options, ChannelOption.TCP_FASTOPEN);
        }
        return Constants.SO_ACCEPTFILTER == Constants.ABSENT ? options : getOptions(options, KqChannelOption.SO_ACCEPTFILTER);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(ChannelOption<T> option) {
        if (option == ChannelOption.SO_BACKLOG) {
            return (T) Integer.valueOf(backlog);
        }
        if (option == ChannelOption.TCP_FASTOPEN) {
            return (T) Integer.valueOf(tcpFastOpen);
        }
        return option == KqChannelOption.SO_ACCEPTFILTER ? (T) acceptFilter : super.getOption(option);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        if (option == ChannelOption.SO_BACKLOG) {
            validate(option, value);
            setBacklog((Integer) value);
            return true;
        }
        if (option == KqChannelOption.SO_ACCEPTFILTER) {
            validate(option, value);
            SocketOption.checkSupported(option, Constants.SO_ACCEPTFILTER);
            channel.applyAcceptFilter((AcceptFilter) value);
            acceptFilter = (AcceptFilter) value;
            return true;
        }
        if (option == ChannelOption.TCP_FASTOPEN) {
            validate(option, value);
            setTcpFastOpen((Integer) value);
            return true;
        }
        return super.setOption(option, value);
    }

    /** See {@link #setTcpFastOpen}. */
    public int getTcpFastOpen() {
        return tcpFastOpen;
    }

    /**
     * TCP Fast Open (RFC 7413): how many connections may wait whose SYN brought data; 0 turns it off. Only Linux lets the number be chosen,
     * for the others it is on or off. Set after {@code listen}, since macOS refuses it before. Where the system has it turned off
     * ({@link Kq#isTcpFastOpenServerSideAvailable()}) it has no effect, and on FreeBSD the bind fails. {@code tcp(4)}, {@code tcp(7)}.
     *
     * @throws UnsupportedOperationException if the system does not know it: NetBSD, OpenBSD, DragonFly
     */
    public KqServerSocketChannelConfig setTcpFastOpen(int queueLength) {
        SocketOption.checkSupported(ChannelOption.TCP_FASTOPEN, Constants.TCP_FASTOPEN);
        if (queueLength < 0) {
            throw new IllegalArgumentException("TCP_FASTOPEN: " + queueLength + " (expected: >= 0)");
        }
        if (channel.isActive()) {
            channel.applyFastOpen(queueLength);
        }
        tcpFastOpen = queueLength;
        return this;
    }

    /** Set by {@code listen(2)} from {@link #getBacklog()}, so only to be applied from then on. */
    AcceptFilter acceptFilter() {
        return acceptFilter;
    }

    @Override
    public int getBacklog() {
        return backlog;
    }

    @Override
    public KqServerSocketChannelConfig setBacklog(int backlog) {
        if (backlog < 0) {
            throw new IllegalArgumentException("SO_BACKLOG: " + backlog + " (expected: >= 0)");
        }
        this.backlog = backlog;
        return this;
    }

    @Override
    public boolean isReuseAddress() {
        return SocketOption.REUSEADDR.get(fd());
    }

    @Override
    public KqServerSocketChannelConfig setReuseAddress(boolean reuseAddress) {
        setOption(ChannelOption.SO_REUSEADDR, reuseAddress);
        return this;
    }

    @Override
    public int getReceiveBufferSize() {
        return SocketOption.RCVBUF.get(fd());
    }

    @Override
    public KqServerSocketChannelConfig setReceiveBufferSize(int receiveBufferSize) {
        setOption(ChannelOption.SO_RCVBUF, receiveBufferSize);
        return this;
    }

    /** Means nothing to a socket of an operating system; does nothing, as in Netty's other transports. */
    @Override
    public KqServerSocketChannelConfig setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        return this;
    }

    @Override
    public KqServerSocketChannelConfig setRcvAllocTransportProvidesGuess(boolean transportProvidesGuess) {
        super.setRcvAllocTransportProvidesGuess(transportProvidesGuess);
        return this;
    }

    @Override
    public KqServerSocketChannelConfig setConnectTimeoutMillis(int connectTimeoutMillis) {
        super.setConnectTimeoutMillis(connectTimeoutMillis);
        return this;
    }

    @Override
    @Deprecated
    public KqServerSocketChannelConfig setMaxMessagesPerRead(int maxMessagesPerRead) {
        super.setMaxMessagesPerRead(maxMessagesPerRead);
        return this;
    }

    @Override
    public KqServerSocketChannelConfig setWriteSpinCount(int writeSpinCount) {
        super.setWriteSpinCount(writeSpinCount);
        return this;
    }

    @Override
    public KqServerSocketChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public KqServerSocketChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public KqServerSocketChannelConfig setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return this;
    }

    @Override
    @Deprecated
    public KqServerSocketChannelConfig setWriteBufferHighWaterMark(int writeBufferHighWaterMark) {
        super.setWriteBufferHighWaterMark(writeBufferHighWaterMark);
        return this;
    }

    @Override
    @Deprecated
    public KqServerSocketChannelConfig setWriteBufferLowWaterMark(int writeBufferLowWaterMark) {
        super.setWriteBufferLowWaterMark(writeBufferLowWaterMark);
        return this;
    }

    @Override
    public KqServerSocketChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark writeBufferWaterMark) {
        super.setWriteBufferWaterMark(writeBufferWaterMark);
        return this;
    }

    @Override
    public KqServerSocketChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }

    /** Loaded with the first channel, when constants can be read. */
    private static final class Options {
        static final List<SocketOption<?>> ALL = List.of(SocketOption.RCVBUF, SocketOption.REUSEADDR, SocketOption.REUSEPORT,
                SocketOption.REUSEPORT_LB);

        private Options() {
        }
    }
}
