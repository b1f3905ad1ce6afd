package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.SocketCalls;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannelConfig;
import java.util.List;
import java.util.Map;

/** Options of {@link KqSocketChannel}; for those without a getter here see {@link KqChannelOption}. Thread safe. */
public final class KqSocketChannelConfig extends KqChannelConfig implements SocketChannelConfig {
    private final KqSocketChannel channel;
    private volatile boolean allowHalfClosure;
    private volatile boolean coalesceFlush = true;
    private volatile boolean tcpFastOpenConnect;
    private volatile boolean outOfBandEvents;
    /** As the kernel has it: set on every socket made here, inherited by accepted ones, so that setting it again costs no call. */
    private volatile boolean tcpNoDelay;
    private volatile int soLinger = -1;

    KqSocketChannelConfig(KqSocketChannel channel, boolean tcpNoDelay) {
        super(channel, Options.ALL);
        this.channel = channel;
        this.tcpNoDelay = tcpNoDelay;
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        Map<ChannelOption<?>, Object> options = getOptions(super.getOptions(), ChannelOption.TCP_NODELAY, ChannelOption.SO_LINGER,
                ChannelOption.IP_TOS, ChannelOption.ALLOW_HALF_CLOSURE, KqChannelOption.COALESCE_FLUSH,
                KqChannelOption.OUT_OF_BAND_EVENTS);
        return Constants.TCP_FASTOPEN == Constants.ABSENT ? options : getOptions(options, ChannelOption.TCP_FASTOPEN_CONNECT);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(ChannelOption<T> option) {
        if (option == ChannelOption.TCP_NODELAY) {
            return (T) Boolean.valueOf(isTcpNoDelay());
        }
        if (option == ChannelOption.SO_LINGER) {
            return (T) Integer.valueOf(getSoLinger());
        }
        if (option == ChannelOption.IP_TOS) {
            return (T) Integer.valueOf(getTrafficClass());
        }
        if (option == ChannelOption.ALLOW_HALF_CLOSURE) {
            return (T) Boolean.valueOf(allowHalfClosure);
        }
        if (option == ChannelOption.TCP_FASTOPEN_CONNECT) {
            return (T) Boolean.valueOf(tcpFastOpenConnect);
        }
        if (option == KqChannelOption.OUT_OF_BAND_EVENTS) {
            return (T) Boolean.valueOf(outOfBandEvents);
        }
        return option == KqChannelOption.COALESCE_FLUSH ? (T) Boolean.valueOf(coalesceFlush) : super.getOption(option);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        if (option == ChannelOption.ALLOW_HALF_CLOSURE) {
            validate(option, value);
            allowHalfClosure = (Boolean) value;
            return true;
        }
        if (option == KqChannelOption.COALESCE_FLUSH) {
            validate(option, value);
            coalesceFlush = (Boolean) value;
            return true;
        }
        if (option == ChannelOption.TCP_FASTOPEN_CONNECT) {
            validate(option, value);
            SocketOption.checkSupported(option, Constants.TCP_FASTOPEN);
            tcpFastOpenConnect = (Boolean) value;
            return true;
        }
        if (option == KqChannelOption.OUT_OF_BAND_EVENTS) {
            validate(option, value);
            outOfBandEvents = (Boolean) value;
            channel.outOfBandEventsChanged();
            return true;
        }
        return super.setOption(option, value);
    }

    @Override
    boolean setOnDescriptor(ChannelOption<?> option, Object value) {
        if (option == ChannelOption.TCP_NODELAY) {
            if (tcpNoDelay != (Boolean) value) {
                SocketOption.NODELAY.set(fd(), value);
                tcpNoDelay = (Boolean) value;
            }
            return true;
        }
        if (option == ChannelOption.SO_LINGER) {
            int rc = SocketCalls.setLinger(fd().openNumber(), (Integer) value);
            if (rc < 0) {
                throw SocketOption.failure(Errno.toException("setsockopt", rc, "SO_LINGER = " + value));
            }
            soLinger = (Integer) value;
            return true;
        }
        if (option == ChannelOption.IP_TOS) {
            trafficClass(fd(), channel.isIpv6(), (Integer) value);
            return true;
        }
        return super.setOnDescriptor(option, value);
    }

    /** A new socket has it on. */
    @Override
    synchronized void reapply() {
        tcpNoDelay = true;
        super.reapply();
    }

    /** Whether close(2) of this socket may block its thread until sent data is acknowledged. */
    boolean isLingerBlocking() {
        return soLinger > 0 && Constants.LINGER_BLOCKS;
    }

    boolean isOutOfBandEvents() {
        return outOfBandEvents;
    }

    @Override
    boolean isCoalesceFlush() {
        return coalesceFlush;
    }

    /** See {@link #setTcpFastOpenConnect}. */
    public boolean isTcpFastOpenConnect() {
        return tcpFastOpenConnect;
    }

    /**
     * TCP Fast Open (RFC 7413): {@code connect} flushes what was written before it, and as much of that as the kernel takes leaves with the
     * SYN, where it may arrive twice. Its promises succeed once the connection is there, or fail with it. An ordinary connect if the system
     * has it turned off ({@link Kq#isTcpFastOpenClientSideAvailable()}).
     *
     * @throws UnsupportedOperationException if the system does not know it: NetBSD, OpenBSD, DragonFly
     */
    public KqSocketChannelConfig setTcpFastOpenConnect(boolean tcpFastOpenConnect) {
        setOption(ChannelOption.TCP_FASTOPEN_CONNECT, tcpFastOpenConnect);
        return this;
    }

    @Override
    public boolean isAllowHalfClosure() {
        return allowHalfClosure;
    }

    @Override
    public boolean isTcpNoDelay() {
        return tcpNoDelay;
    }

    @Override
    public int getSoLinger() {
        int result = SocketCalls.getLinger(fd().openNumber());
        if (result < 0) {
            throw SocketOption.failure(Errno.toException("getsockopt", result, "SO_LINGER"));
        }
        return result - 1;
    }

    @Override
    public int getSendBufferSize() {
        return SocketOption.SNDBUF.get(fd());
    }

    @Override
    public int getReceiveBufferSize() {
        return SocketOption.RCVBUF.get(fd());
    }

    @Override
    public boolean isKeepAlive() {
        return SocketOption.KEEPALIVE.get(fd());
    }

    @Override
    public int getTrafficClass() {
        return trafficClass(fd(), channel.isIpv6());
    }

    @Override
    public boolean isReuseAddress() {
        return SocketOption.REUSEADDR.get(fd());
    }

    @Override
    public KqSocketChannelConfig setTcpNoDelay(boolean tcpNoDelay) {
        setOption(ChannelOption.TCP_NODELAY, tcpNoDelay);
        return this;
    }

    @Override
    public KqSocketChannelConfig setSoLinger(int soLinger) {
        setOption(ChannelOption.SO_LINGER, soLinger);
        return this;
    }

    @Override
    public KqSocketChannelConfig setSendBufferSize(int sendBufferSize) {
        setOption(ChannelOption.SO_SNDBUF, sendBufferSize);
        return this;
    }

    @Override
    public KqSocketChannelConfig setReceiveBufferSize(int receiveBufferSize) {
        setOption(ChannelOption.SO_RCVBUF, receiveBufferSize);
        return this;
    }

    @Override
    public KqSocketChannelConfig setKeepAlive(boolean keepAlive) {
        setOption(ChannelOption.SO_KEEPALIVE, keepAlive);
        return this;
    }

    @Override
    public KqSocketChannelConfig setTrafficClass(int trafficClass) {
        setOption(ChannelOption.IP_TOS, trafficClass);
        return this;
    }

    @Override
    public KqSocketChannelConfig setReuseAddress(boolean reuseAddress) {
        setOption(ChannelOption.SO_REUSEADDR, reuseAddress);
        return this;
    }

    @Override
    public KqSocketChannelConfig setAllowHalfClosure(boolean allowHalfClosure) {
        this.allowHalfClosure = allowHalfClosure;
        return this;
    }

    /** Means nothing to a socket of an operating system; does nothing, as in Netty's other transports. */
    @Override
    public KqSocketChannelConfig setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        return this;
    }

    @Override
    public KqSocketChannelConfig setRcvAllocTransportProvidesGuess(boolean transportProvidesGuess) {
        super.setRcvAllocTransportProvidesGuess(transportProvidesGuess);
        return this;
    }

    @Override
    public KqSocketChannelConfig setConnectTimeoutMillis(int connectTimeoutMillis) {
        super.setConnectTimeoutMillis(connectTimeoutMillis);
        return this;
    }

    @Override
    @Deprecated
    public KqSocketChannelConfig setMaxMessagesPerRead(int maxMessagesPerRead) {
        super.setMaxMessagesPerRead(maxMessagesPerRead);
        return this;
    }

    @Override
    public KqSocketChannelConfig setWriteSpinCount(int writeSpinCount) {
        super.setWriteSpinCount(writeSpinCount);
        return this;
    }

    @Override
    public KqSocketChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public KqSocketChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public KqSocketChannelConfig setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return this;
    }

    @Override
    public KqSocketChannelConfig setAutoClose(boolean autoClose) {
        super.setAutoClose(autoClose);
        return this;
    }

    @Override
    public KqSocketChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark writeBufferWaterMark) {
        super.setWriteBufferWaterMark(writeBufferWaterMark);
        return this;
    }

    @Override
    public KqSocketChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }

    /** Loaded with the first channel, when constants can be read. */
    private static final class Options {
        static final List<SocketOption<?>> ALL = List.of(SocketOption.RCVBUF, SocketOption.SNDBUF, SocketOption.KEEPALIVE,
                SocketOption.OOBINLINE, SocketOption.REUSEADDR, SocketOption.REUSEPORT, SocketOption.REUSEPORT_LB, SocketOption.SNDLOWAT, SocketOption.NOPUSH,
                SocketOption.KEEPIDLE, SocketOption.KEEPINTVL, SocketOption.KEEPCNT, SocketOption.USER_TIMEOUT,
                SocketOption.NOTSENT_LOWAT);

        private Options() {
        }
    }
}
