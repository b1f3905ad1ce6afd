package io.kqnet;

import io.kqnet.poll.Counters;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.FastOpenCalls;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.InternetProtocolFamily;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.Executor;

/**
 * TCP socket on kqueue. Options: {@link KqSocketChannelConfig} and {@link KqChannelOption}.
 *
 * <p>A channel made without a family uses one socket for IPv4 and IPv6 where the system allows it (macOS, FreeBSD); elsewhere it is an IPv4
 * socket that becomes an IPv6 one when an IPv6 address is bound or connected. {@code -Djava.net.preferIPv4Stack=true} makes it IPv4.
 */
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
public final class KqSocketChannel extends AbstractKqStreamChannel implements SocketChannel {
    /** More than a SYN carries on any network. */
    private static final int FAST_OPEN_BYTES = 64 * 1024;

    private final KqSocketChannelConfig config;
    private final InetFamily family;

    /**
     * Makes a socket with TCP_NODELAY on.
     *
     * @throws io.netty.channel.ChannelException if {@code socket(2)} fails
     */
    public KqSocketChannel() {
        this((InternetProtocolFamily) null);
    }

    /**
     * Makes a socket of one family.
     *
     * @param protocolFamily null for the default
     */
    public KqSocketChannel(InternetProtocolFamily protocolFamily) {
        super(null, TcpSockets.open(protocolFamily));
        family = InetFamily.ofNew(protocolFamily, TcpSockets::open);
        config = new KqSocketChannelConfig(this, true);
    }

    /**
     * Takes over a TCP socket opened elsewhere, connected or not; it becomes non-blocking and close-on-exec.
     *
     * @throws io.netty.channel.ChannelException if it cannot be; the descriptor stays the caller's then
     */
    public KqSocketChannel(int fd) {
        super(null, TcpSockets.adopt(fd));
        family = InetFamily.of(InetSockets.isIpv6(descriptor()));
        config = new KqSocketChannelConfig(this, SocketOption.NODELAY.get(descriptor()));
        if (InetSockets.isConnected(descriptor())) {
            activate();
        }
    }

    /** Accepted. */
    KqSocketChannel(KqServerSocketChannel parent, Fd fd, InetSocketAddress remote) {
        super(parent, fd);
        family = InetFamily.of(parent.isIpv6());
        config = new KqSocketChannelConfig(this, parent.childrenHaveNoDelay(fd));
        remote(remote);
        activate();
    }

    @Override
    public KqSocketChannelConfig config() {
        return config;
    }

    @Override
    public ServerSocketChannel parent() {
        return (ServerSocketChannel) super.parent();
    }

    @Override
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) super.localAddress();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return (InetSocketAddress) super.remoteAddress();
    }

    /**
     * Sends an urgent byte (TCP urgent data, RFC 6093) behind all that was written before, flushed or not, which it flushes; it is not held back by
     * what is written later. It does not pass through the pipeline's handlers. TCP knows one urgent byte at a time: of two that the peer has
     * not taken yet only the last is urgent.
     *
     * @return done when the kernel has taken the byte
     */
    public ChannelFuture writeOutOfBand(byte value) {
        return writeOutOfBand(value, newPromise());
    }

    /** See {@link #writeOutOfBand(byte)}. */
    public ChannelFuture writeOutOfBand(byte value, ChannelPromise promise) {
        inLoop(() -> {
            unsafe().write(new OutOfBand.Message(value), promise);
            unsafe().flush();
        });
        return promise;
    }

    void outOfBandEventsChanged() {
        if (isRegistered() && config.isOutOfBandEvents()) {
            inLoop(this::armOutOfBand);
        }
    }

    private void armOutOfBand() {
        if (isActive() && isAttached()) {
            registration().armOutOfBand();
        }
    }

    @Override
    void armRead() {
        super.armRead();
        if (config.isOutOfBandEvents()) {
            registration().armOutOfBand();
        }
    }

    @Override
    void outOfBand() {
        if (config.isOutOfBandEvents() && !isReadingOver()) {
            OutOfBand.deliver(this);
        }
    }

    /** The urgent byte that nothing stands before comes also while nobody reads. */
    @Override
    void readableUnwanted() {
        outOfBand();
    }

    @Override
    boolean admitRead() {
        return !config.isOutOfBandEvents() || OutOfBand.admitRead(this);
    }

    @Override
    protected Object filterOutboundMessage(Object message) throws Exception {
        return message instanceof OutOfBand.Message ? message : super.filterOutboundMessage(message);
    }

    @Override
    boolean writeOther(ChannelOutboundBuffer in, Object message) throws Exception {
        return message instanceof OutOfBand.Message ? OutOfBand.send(this, in, (OutOfBand.Message) message) : super.writeOther(in, message);
    }

    boolean isIpv6() {
        return family.isIpv6();
    }

    @Override
    boolean mayReplaceSocket() {
        return family.isAdaptable();
    }

    @Override
    protected void doBind(SocketAddress localAddress) throws IOException {
        InetSocketAddress address = Addresses.checkInet(localAddress);
        family.adapt(this, address);
        InetSockets.bind(descriptor(), address, family.isIpv6(), scratch().sockaddr());
        markBound();
    }

    @Override
    boolean doConnect(SocketAddress remoteAddress, SocketAddress localAddress) throws IOException {
        InetSocketAddress address = Addresses.checkInet(remoteAddress);
        if (localAddress != null) {
            doBind(localAddress);
        }
        family.adapt(this, address);
        Sockaddr sockaddr = scratch().sockaddr();
        sockaddr.set(address, family.isIpv6());
        sentWithConnect(0);
        int rc = config.isTcpFastOpenConnect() ? connectFast(sockaddr) : SocketCalls.connect(descriptor().number(), sockaddr.address());
        if (rc == -Constants.EINPROGRESS || rc == -Constants.EINTR) {
            markBound();
            // A handshake on the loopback interface is mostly over by now; asking is cheaper than waiting for EVFILT_WRITE.
            return address.getAddress().isLoopbackAddress() && SocketCalls.peername(descriptor().number(), sockaddr.address()) >= 0;
        }
        Errno.check("connect", rc, address);
        return true;
    }

    /** What was written before goes with the SYN, as much of it as the kernel takes. */
    private int connectFast(Sockaddr sockaddr) {
        Iovecs iovecs = scratch().iovecs();
        iovecs.limit(FAST_OPEN_BYTES);
        int n = -Constants.EOPNOTSUPP;
        if (offer(unsafe().outboundBuffer(), iovecs)) {
            n = FastOpenCalls.connect(descriptor().number(), sockaddr.address(), iovecs.address(), iovecs.count());
        }
        if (n >= 0) {
            count(Counters.WRITES);
            sentWithConnect(n);
            return -Constants.EINPROGRESS;
        }
        if (n != -Constants.EOPNOTSUPP && n != -Constants.EINTR) {
            return n;
        }
        int rc = SocketCalls.connect(descriptor().number(), sockaddr.address());
        return n == -Constants.EINTR && (rc == -Constants.EALREADY || rc == -Constants.EISCONN) ? -Constants.EINPROGRESS : rc;
    }

    private static boolean offer(ChannelOutboundBuffer out, Iovecs iovecs) {
        if (out == null) {
            return false;
        }
        out.addFlush();
        try {
            out.forEachFlushedMessage(iovecs);
        } catch (Exception e) {
            throw new IllegalStateException("an array of addresses throws nothing", e);
        }
        if (iovecs.region() != null) {
            iovecs.endBeforeRegion();
        }
        return iovecs.count() > 0;
    }

    /** Where close(2) would block on SO_LINGER it is done by another thread, the descriptor having left the loop before. */
    @Override
    Executor closeExecutor() {
        if (!config.isLingerBlocking() || !isAttached()) {
            return null;
        }
        leaveLoop();
        return GlobalEventExecutor.INSTANCE;
    }
}
