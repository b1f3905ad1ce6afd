package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Memory;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.RawUnixChannelOption;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Options every channel of this transport has: Netty's, RCV_ALLOC_TRANSPORT_PROVIDES_GUESS, and any socket option by number through
 * {@link IntegerUnixChannelOption} and {@link RawUnixChannelOption}. Thread safe.
 */
public class KqChannelConfig extends DefaultChannelConfig {
    private static final int SOCKET_FILE_MODE_MAX = 0777;

    private final AbstractKqChannel channel;
    private final List<SocketOption<?>> socketOptions;
    /** What was set on a socket that may have to be replaced, to be repeated then. Guarded by this. */
    private Map<ChannelOption<?>, Object> applied;
    private volatile boolean transportProvidesGuess;

    KqChannelConfig(AbstractKqChannel channel, List<SocketOption<?>> socketOptions) {
        super(channel);
        this.channel = channel;
        this.socketOptions = socketOptions;
    }

    final Fd fd() {
        return channel.descriptor();
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        List<ChannelOption<?>> options = new ArrayList<>();
        options.add(KqChannelOption.RCV_ALLOC_TRANSPORT_PROVIDES_GUESS);
        for (SocketOption<?> candidate : socketOptions) {
            if (candidate.isSupported()) {
                options.add(candidate.option());
            }
        }
        return getOptions(super.getOptions(), options.toArray(new ChannelOption<?>[0]));
    }

    private SocketOption<?> find(ChannelOption<?> option) {
        for (SocketOption<?> candidate : socketOptions) {
            if (candidate.option() == option) {
                return candidate;
            }
        }
        return null;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(ChannelOption<T> option) {
        if (option == KqChannelOption.RCV_ALLOC_TRANSPORT_PROVIDES_GUESS) {
            return (T) Boolean.valueOf(transportProvidesGuess);
        }
        if (option instanceof IntegerUnixChannelOption) {
            IntegerUnixChannelOption raw = (IntegerUnixChannelOption) option;
            return (T) Integer.valueOf(SocketOption.get(fd(), raw.level(), raw.optname(), raw.name()));
        }
        if (option instanceof RawUnixChannelOption) {
            return (T) getRaw((RawUnixChannelOption) option);
        }
        SocketOption<?> socketOption = find(option);
        return socketOption != null ? (T) socketOption.get(fd()) : super.getOption(option);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        validate(option, value);
        boolean known = setOnDescriptor(option, value);
        if (known) {
            remember(option, value);
            return true;
        }
        if (option == KqChannelOption.RCV_ALLOC_TRANSPORT_PROVIDES_GUESS) {
            transportProvidesGuess = (Boolean) value;
            return true;
        }
        return super.setOption(option, value);
    }

    /** Sets an option that lives in the kernel; false if it is not one. */
    boolean setOnDescriptor(ChannelOption<?> option, Object value) {
        if (option instanceof IntegerUnixChannelOption) {
            IntegerUnixChannelOption raw = (IntegerUnixChannelOption) option;
            SocketOption.set(fd(), raw.level(), raw.optname(), (Integer) value, raw.name());
            return true;
        }
        if (option instanceof RawUnixChannelOption) {
            setRaw((RawUnixChannelOption) option, (ByteBuffer) value);
            return true;
        }
        SocketOption<?> socketOption = find(option);
        if (socketOption == null) {
            return false;
        }
        socketOption.set(fd(), value);
        return true;
    }

    private synchronized void remember(ChannelOption<?> option, Object value) {
        if (channel.mayReplaceSocket()) {
            if (applied == null) {
                applied = new LinkedHashMap<>();
            }
            applied.put(option, value);
        }
    }

    /** The descriptor is a new socket: give it what the old one had. */
    synchronized void reapply() {
        if (applied != null) {
            applied.forEach(this::setOnDescriptor);
            applied = null;
        }
    }

    private ByteBuffer getRaw(RawUnixChannelOption option) {
        Memory memory = new Memory(Math.max(1, option.length()));
        int length = SocketCalls.getRaw(fd().openNumber(), option.level(), option.optname(), memory.address(), option.length());
        if (length < 0) {
            throw SocketOption.failure(Errno.toException("getsockopt", length, option.name()));
        }
        ByteBuffer copy = ByteBuffer.allocate(option.length());
        copy.put(memory.buffer().duplicate().limit(Math.min(length, option.length())));
        return copy.flip();
    }

    private void setRaw(RawUnixChannelOption option, ByteBuffer value) {
        Memory memory = new Memory(Math.max(1, value.remaining()));
        memory.buffer().duplicate().put(value.duplicate());
        int rc = SocketCalls.setRaw(fd().openNumber(), option.level(), option.optname(), memory.address(), value.remaining());
        Reference.reachabilityFence(memory);
        if (rc < 0) {
            throw SocketOption.failure(Errno.toException("setsockopt", rc, option.name()));
        }
    }

    /** See {@link KqChannelOption#RCV_ALLOC_TRANSPORT_PROVIDES_GUESS}. */
    public boolean getRcvAllocTransportProvidesGuess() {
        return transportProvidesGuess;
    }

    /** See {@link KqChannelOption#RCV_ALLOC_TRANSPORT_PROVIDES_GUESS}. */
    public KqChannelConfig setRcvAllocTransportProvidesGuess(boolean transportProvidesGuess) {
        this.transportProvidesGuess = transportProvidesGuess;
        return this;
    }

    /** What was requested before is no longer wanted. */
    @Override
    protected final void autoReadCleared() {
        channel.forgetReadRequest();
    }

    /** Whether flushes of one read batch leave together; only streams have it. */
    boolean isCoalesceFlush() {
        return false;
    }

    /** Whether a channel lives on when its peer has finished sending; only streams have it. */
    boolean isAllowHalfClosure() {
        return false;
    }

    @Override
    public KqChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        if (!(allocator.newHandle() instanceof RecvByteBufAllocator.ExtendedHandle)) {
            throw new IllegalArgumentException("allocator.newHandle() must return an object of type: "
                    + RecvByteBufAllocator.ExtendedHandle.class);
        }
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    /** See {@link KqChannelOption#SOCKET_FILE_MODE}. */
    static int checkSocketFileMode(int mode) {
        if (mode < -1 || mode > SOCKET_FILE_MODE_MAX) {
            throw new IllegalArgumentException("SOCKET_FILE_MODE: 0" + Integer.toOctalString(mode) + " (expected: -1, or 0 to 0777)");
        }
        return mode;
    }

    /** Reads or writes both of a dual-stack socket's traffic class fields, so that v4-mapped traffic is marked too. */
    static int trafficClass(Fd fd, boolean ipv6) {
        return ipv6 ? SocketOption.get(fd, Constants.IPPROTO_IPV6, Constants.IPV6_TCLASS, "IP_TOS")
                : SocketOption.get(fd, Constants.IPPROTO_IP, Constants.IP_TOS, "IP_TOS");
    }

    /** See {@link #trafficClass(Fd, boolean)}. */
    static void trafficClass(Fd fd, boolean ipv6, int value) {
        if (ipv6) {
            SocketOption.set(fd, Constants.IPPROTO_IPV6, Constants.IPV6_TCLASS, value, "IP_TOS");
            // A socket that cannot carry IPv4 refuses; the IPv6 half is set.
            SocketCalls.setOption(fd.openNumber(), Constants.IPPROTO_IP, Constants.IP_TOS, value);
        } else {
            SocketOption.set(fd, Constants.IPPROTO_IP, Constants.IP_TOS, value, "IP_TOS");
        }
    }
}
