package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.DatagramCalls;
import io.kqnet.sys.Errno;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.DatagramChannelConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.Map;

/**
 * Options of {@link KqDatagramChannel}; for those without a getter here see {@link KqChannelOption}. The receive buffers have 2048 bytes unless
 * another RecvByteBufAllocator is set; a longer datagram is {@linkplain KqDatagramPacket#isTruncated() truncated}. Thread safe.
 */
@SuppressWarnings("deprecation") // DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION: still what its users set
public final class KqDatagramChannelConfig extends KqChannelConfig implements DatagramChannelConfig {
    /**
     * System property: {@code loop} makes one system call per datagram even where there are such for batches, {@code recvmsg_x} uses macOS's
     * private call for receiving them. Read when a channel is made.
     */
    static final String CALLS_PROP_NAME = "io.kqnet.datagramCalls";
    private static final int RECEIVE_BUFFER = 2048;

    private final KqDatagramChannel channel;
    private final int how;
    private volatile boolean activeOnOpen;
    private volatile boolean coalesceFlush = true;
    private volatile boolean destination;
    private volatile boolean timestamp;
    private volatile int batch = Constants.KQ_DATAGRAM_BATCH;
    private volatile NetworkInterface networkInterface;
    private volatile InetAddress interfaceAddress;

    KqDatagramChannelConfig(KqDatagramChannel channel) {
        super(channel, Options.ALL);
        this.channel = channel;
        String calls = System.getProperty(CALLS_PROP_NAME, "");
        how = calls.equals("loop") ? Constants.KQ_DATAGRAM_SINGLY : calls.equals("recvmsg_x") ? Constants.KQ_DATAGRAM_PRIVATE : 0;
        super.setRecvByteBufAllocator(new FixedRecvByteBufAllocator(RECEIVE_BUFFER)
                .maxMessagesPerRead(channel.metadata().defaultMaxMessagesPerRead()));
    }

    /** Which system calls move datagrams. */
    int how() {
        return how;
    }

    /** System calls beyond the first that it took to move so many datagrams, or to be refused. */
    int moreCalls(int moved, int asked) {
        boolean batches = how == Constants.KQ_DATAGRAM_PRIVATE || how == 0 && Constants.BATCH_CALLS;
        return batches || moved < 0 ? 0 : moved - (moved < asked ? 0 : 1);
    }

    /** Whether the kernel tells something beside each datagram. */
    boolean isControlWanted() {
        return destination || timestamp;
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        return getOptions(super.getOptions(), ChannelOption.IP_TOS, ChannelOption.IP_MULTICAST_ADDR, ChannelOption.IP_MULTICAST_IF,
                ChannelOption.IP_MULTICAST_TTL, ChannelOption.IP_MULTICAST_LOOP_DISABLED,
                ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION, KqChannelOption.IP_RECVDSTADDR, KqChannelOption.DATAGRAM_BATCH,
                KqChannelOption.COALESCE_FLUSH);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(ChannelOption<T> option) {
        if (option == ChannelOption.IP_TOS) {
            return (T) Integer.valueOf(getTrafficClass());
        }
        if (option == ChannelOption.IP_MULTICAST_ADDR) {
            return (T) getInterface();
        }
        if (option == ChannelOption.IP_MULTICAST_IF) {
            return (T) networkInterface;
        }
        if (option == ChannelOption.IP_MULTICAST_TTL) {
            return (T) Integer.valueOf(getTimeToLive());
        }
        if (option == ChannelOption.IP_MULTICAST_LOOP_DISABLED) {
            return (T) Boolean.valueOf(isLoopbackModeDisabled());
        }
        if (option == ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION) {
            return (T) Boolean.valueOf(activeOnOpen);
        }
        if (option == KqChannelOption.IP_RECVDSTADDR) {
            return (T) Boolean.valueOf(destination);
        }
        if (option == KqChannelOption.DATAGRAM_BATCH) {
            return (T) Integer.valueOf(batch);
        }
        return option == KqChannelOption.COALESCE_FLUSH ? (T) Boolean.valueOf(coalesceFlush) : super.getOption(option);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        if (option == ChannelOption.DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION) {
            validate(option, value);
            if (channel.isRegistered()) {
                throw new IllegalStateException(option.name() + " can only be changed before the channel is registered");
            }
            activeOnOpen = (Boolean) value;
            return true;
        }
        if (option == KqChannelOption.DATAGRAM_BATCH) {
            validate(option, value);
            setDatagramBatch((Integer) value);
            return true;
        }
        if (option == KqChannelOption.COALESCE_FLUSH) {
            validate(option, value);
            coalesceFlush = (Boolean) value;
            return true;
        }
        return super.setOption(option, value);
    }

    @Override
    boolean setOnDescriptor(ChannelOption<?> option, Object value) {
        if (option == ChannelOption.IP_TOS) {
            trafficClass(fd(), channel.isIpv6(), (Integer) value);
        } else if (option == ChannelOption.IP_MULTICAST_ADDR) {
            sendThrough(interfaceOf((InetAddress) value), (InetAddress) value);
        } else if (option == ChannelOption.IP_MULTICAST_IF) {
            sendThrough((NetworkInterface) value, null);
        } else if (option == ChannelOption.IP_MULTICAST_TTL) {
            channel.multicast().ttl((Integer) value);
        } else if (option == ChannelOption.IP_MULTICAST_LOOP_DISABLED) {
            channel.multicast().loop(!(Boolean) value);
        } else if (option == KqChannelOption.IP_RECVDSTADDR) {
            tellDestination((Boolean) value);
        } else {
            boolean known = super.setOnDescriptor(option, value);
            if (option == KqChannelOption.SO_TIMESTAMP) {
                timestamp = (Boolean) value;
            }
            return known;
        }
        return true;
    }

    private static NetworkInterface interfaceOf(InetAddress address) {
        try {
            NetworkInterface found = NetworkInterface.getByInetAddress(address);
            if (found != null) {
                return found;
            }
        } catch (IOException e) {
            throw new ChannelException(e);
        }
        throw new ChannelException("no interface has the address " + address);
    }

    private void sendThrough(NetworkInterface via, InetAddress address) {
        channel.multicast().sendThrough(via);
        networkInterface = via;
        interfaceAddress = address;
    }

    private void tellDestination(boolean told) {
        int rc = DatagramCalls.destination(fd().openNumber(), channel.isIpv6(), told);
        if (rc < 0) {
            throw SocketOption.failure(Errno.toException("setsockopt", rc, "IP_RECVDSTADDR = " + told));
        }
        destination = told;
    }

    boolean isActiveOnOpen() {
        return activeOnOpen;
    }

    @Override
    boolean isCoalesceFlush() {
        return coalesceFlush;
    }

    /** See {@link KqChannelOption#DATAGRAM_BATCH}. */
    public int getDatagramBatch() {
        return batch;
    }

    /** See {@link KqChannelOption#DATAGRAM_BATCH}. */
    public KqDatagramChannelConfig setDatagramBatch(int datagrams) {
        if (datagrams < 1 || datagrams > Constants.KQ_DATAGRAM_BATCH) {
            throw new IllegalArgumentException("DATAGRAM_BATCH: " + datagrams + " (expected: 1-" + Constants.KQ_DATAGRAM_BATCH + ')');
        }
        batch = datagrams;
        return this;
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
    public int getTrafficClass() {
        return trafficClass(fd(), channel.isIpv6());
    }

    @Override
    public boolean isReuseAddress() {
        return SocketOption.REUSEADDR.get(fd());
    }

    @Override
    public boolean isBroadcast() {
        return SocketOption.BROADCAST.get(fd());
    }

    @Override
    public boolean isLoopbackModeDisabled() {
        return !channel.multicast().isLoop();
    }

    /** Hops a datagram to a group may make. */
    @Override
    public int getTimeToLive() {
        return channel.multicast().ttl();
    }

    /** An address of {@link #getNetworkInterface()}. */
    @Override
    public InetAddress getInterface() {
        NetworkInterface via = networkInterface;
        InetAddress address = interfaceAddress;
        return address != null || via == null ? address : Multicast.addressOf(via, channel.isIpv6());
    }

    /** As set here; null for the kernel's choice. */
    @Override
    public NetworkInterface getNetworkInterface() {
        return networkInterface;
    }

    @Override
    public KqDatagramChannelConfig setSendBufferSize(int sendBufferSize) {
        setOption(ChannelOption.SO_SNDBUF, sendBufferSize);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setReceiveBufferSize(int receiveBufferSize) {
        setOption(ChannelOption.SO_RCVBUF, receiveBufferSize);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setTrafficClass(int trafficClass) {
        setOption(ChannelOption.IP_TOS, trafficClass);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setReuseAddress(boolean reuseAddress) {
        setOption(ChannelOption.SO_REUSEADDR, reuseAddress);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setBroadcast(boolean broadcast) {
        setOption(ChannelOption.SO_BROADCAST, broadcast);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setLoopbackModeDisabled(boolean loopbackModeDisabled) {
        setOption(ChannelOption.IP_MULTICAST_LOOP_DISABLED, loopbackModeDisabled);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setTimeToLive(int ttl) {
        setOption(ChannelOption.IP_MULTICAST_TTL, ttl);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setInterface(InetAddress interfaceAddress) {
        setOption(ChannelOption.IP_MULTICAST_ADDR, interfaceAddress);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setNetworkInterface(NetworkInterface networkInterface) {
        setOption(ChannelOption.IP_MULTICAST_IF, networkInterface);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setConnectTimeoutMillis(int connectTimeoutMillis) {
        super.setConnectTimeoutMillis(connectTimeoutMillis);
        return this;
    }

    @Override
    @Deprecated
    public KqDatagramChannelConfig setMaxMessagesPerRead(int maxMessagesPerRead) {
        super.setMaxMessagesPerRead(maxMessagesPerRead);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setWriteSpinCount(int writeSpinCount) {
        super.setWriteSpinCount(writeSpinCount);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setAutoClose(boolean autoClose) {
        super.setAutoClose(autoClose);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark writeBufferWaterMark) {
        super.setWriteBufferWaterMark(writeBufferWaterMark);
        return this;
    }

    @Override
    public KqDatagramChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }

    /** Loaded with the first channel, when constants can be read. */
    private static final class Options {
        static final List<SocketOption<?>> ALL = List.of(SocketOption.RCVBUF, SocketOption.SNDBUF, SocketOption.BROADCAST,
                SocketOption.REUSEADDR, SocketOption.REUSEPORT, SocketOption.REUSEPORT_LB, SocketOption.TIMESTAMP);

        private Options() {
        }
    }
}
