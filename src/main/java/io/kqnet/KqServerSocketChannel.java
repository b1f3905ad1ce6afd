package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Memory;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.Channel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.netty.channel.socket.ServerSocketChannel;
import java.io.IOException;
import java.lang.ref.Reference;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;

/**
 * Listening TCP socket on kqueue. Options: {@link KqServerSocketChannelConfig} and {@link KqChannelOption}; SO_REUSEADDR is on.
 * The families are those of {@link KqSocketChannel}; on systems without dual-stack sockets the wildcard address of a channel made without a
 * family means IPv4.
 *
 * <p>When {@code accept(2)} fails for want of descriptors or memory, the exception goes through the pipeline and accepting rests for a second.
 */
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
public final class KqServerSocketChannel extends AbstractKqServerChannel implements ServerSocketChannel {
    private final KqServerSocketChannelConfig config;
    private final InetFamily family;
    /** Set on this socket, so children have it without a call of their own; whether this kernel hands it on, the first child is asked. */
    private Boolean childrenHaveNoDelay;

    /**
     * Makes a socket.
     *
     * @throws io.netty.channel.ChannelException if {@code socket(2)} fails
     */
    public KqServerSocketChannel() {
        this((InternetProtocolFamily) null);
    }

    /**
     * Makes a socket of one family.
     *
     * @param protocolFamily null for the default
     */
    public KqServerSocketChannel(InternetProtocolFamily protocolFamily) {
        super(TcpSockets.open(protocolFamily));
        family = InetFamily.ofNew(protocolFamily, TcpSockets::open);
        config = new KqServerSocketChannelConfig(this);
        config.setReuseAddress(true);
    }

    /**
     * Takes over a TCP socket opened elsewhere, listening or not; it becomes non-blocking and close-on-exec.
     *
     * @throws io.netty.channel.ChannelException if it cannot be; the descriptor stays the caller's then
     */
    public KqServerSocketChannel(int fd) {
        super(TcpSockets.adopt(fd));
        family = InetFamily.of(InetSockets.isIpv6(descriptor()));
        config = new KqServerSocketChannelConfig(this);
        if (TcpSockets.isListening(descriptor())) {
            activate();
        }
    }

    @Override
    public KqServerSocketChannelConfig config() {
        return config;
    }

    @Override
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) super.localAddress();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return null;
    }

    boolean isIpv6() {
        return family.isIpv6();
    }

    @Override
    boolean mayReplaceSocket() {
        return family.isAdaptable();
    }

    boolean childrenHaveNoDelay(Fd child) {
        if (childrenHaveNoDelay == null) {
            long value = SocketCalls.getOption(child.number(), Constants.IPPROTO_TCP, Constants.TCP_NODELAY);
            if (value < 0) {
                // Reset while it waited (the BSDs then refuse options): it will not send any more, the next child is asked.
                return true;
            }
            childrenHaveNoDelay = (int) value != 0;
        }
        return childrenHaveNoDelay;
    }

    @Override
    protected void doBind(SocketAddress localAddress) throws IOException {
        InetSocketAddress address = Addresses.checkInet(localAddress);
        if (!address.getAddress().isAnyLocalAddress()) {
            family.adapt(this, address);
        }
        InetSockets.bind(descriptor(), address, family.isIpv6(), scratch().sockaddr());
        Errno.check("listen", SocketCalls.listen(descriptor().number(), config.getBacklog()), address);
        activate();
        applyAcceptFilter(config.acceptFilter());
        if (config.getTcpFastOpen() > 0) {
            applyFastOpen(config.getTcpFastOpen());
        }
        armRead();
    }

    /** The kernel takes a filter only after listen(2). */
    void applyAcceptFilter(AcceptFilter filter) {
        if (filter == null || !isActive()) {
            return;
        }
        byte[] name = filter.filterName().getBytes(StandardCharsets.UTF_8);
        byte[] args = filter.filterArgs().getBytes(StandardCharsets.UTF_8);
        Memory memory = new Memory(name.length + args.length + 2);
        memory.putText(0, name);
        memory.putText(name.length + 1, args);
        int rc = SocketCalls.setAcceptFilter(descriptor().number(), memory.address(), memory.address() + name.length + 1);
        Reference.reachabilityFence(memory);
        if (rc < 0) {
            throw SocketOption.failure(Errno.toException("setsockopt", rc, "SO_ACCEPTFILTER = " + filter));
        }
    }

    void applyFastOpen(int queueLength) {
        int value = Constants.FASTOPEN_QUEUE ? queueLength : Math.min(queueLength, 1);
        SocketOption.set(descriptor(), Constants.IPPROTO_TCP, Constants.TCP_FASTOPEN, value, "TCP_FASTOPEN");
    }

    @Override
    Channel newChild(int fd, SocketAddress remote) {
        return new KqSocketChannel(this, new Fd(fd), (InetSocketAddress) remote);
    }
}
