package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.DatagramCalls;
import io.kqnet.sys.Endpoint;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.InternetProtocolFamily;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;

/**
 * UDP socket on kqueue. Reads {@link KqDatagramPacket}s; writes {@link io.netty.channel.socket.DatagramPacket},
 * {@code AddressedEnvelope<ByteBuf, InetSocketAddress>}, {@link io.netty.channel.unix.SegmentedDatagramPacket}, whose promise succeeds when
 * all segments left, and on a connected channel {@code ByteBuf}. Both go in batches, by one system call where the system has such
 * ({@link KqChannelOption#DATAGRAM_BATCH}). Options: {@link KqDatagramChannelConfig}.
 *
 * <p>The channel is active once it is bound or connected, or from its registration on with
 * {@link io.netty.channel.ChannelOption#DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION}. What goes wrong with one datagram fails that datagram's
 * promise; on the reading side it goes through the pipeline and the channel stays open. That nobody listens at a connected peer (ICMP port
 * unreachable) is a {@link java.net.PortUnreachableException}. A datagram refused with ENOBUFS is offered again for 63 ms.
 *
 * <p>A channel made without a family uses one socket for IPv4 and IPv6 where the system allows it (macOS, FreeBSD); elsewhere it is an IPv4
 * socket that becomes an IPv6 one when an IPv6 address is bound, connected or sent to first. Groups of IPv4 are best joined by a channel made
 * for IPv4: macOS and FreeBSD refuse them on IPv6 sockets.
 */
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
public final class KqDatagramChannel extends AbstractKqMulticastChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(true, 32);

    private final KqDatagramChannelConfig config;
    private final InetFamily family;
    private final Multicast multicast = new Multicast(this);
    private final DatagramReadLoop readLoop = new DatagramReadLoop(this);
    private final DatagramWriteLoop writeLoop = new DatagramWriteLoop(this);
    /** A flush made during a read batch, kept for its end. */
    private ChannelOutboundBuffer deferredFlush;
    /** The peer the socket is connected to. */
    private volatile InetSocketAddress peer;
    /** The socket has a port, so that something can come in. */
    private boolean hasPort;

    /**
     * Makes a socket.
     *
     * @throws io.netty.channel.ChannelException if {@code socket(2)} fails
     */
    public KqDatagramChannel() {
        this((InternetProtocolFamily) null);
    }

    /**
     * Makes a socket of one family.
     *
     * @param protocolFamily null for the default
     */
    public KqDatagramChannel(InternetProtocolFamily protocolFamily) {
        super(DatagramSockets.open(protocolFamily));
        family = InetFamily.ofNew(protocolFamily, DatagramSockets::open);
        config = new KqDatagramChannelConfig(this);
    }

    /**
     * Takes over a UDP socket opened elsewhere, bound, connected or neither; it becomes non-blocking and close-on-exec.
     *
     * @throws io.netty.channel.ChannelException if it cannot be; the descriptor stays the caller's then
     */
    public KqDatagramChannel(int fd) {
        super(DatagramSockets.adopt(fd));
        family = InetFamily.of(InetSockets.isIpv6(descriptor()));
        config = new KqDatagramChannelConfig(this);
        Sockaddr sockaddr = new Sockaddr();
        if (SocketCalls.peername(fd, sockaddr.address()) >= 0) {
            peer = sockaddr.get();
            remote(peer);
        }
        if (DatagramSockets.isBound(descriptor())) {
            hasPort = true;
            activate();
        }
    }

    @Override
    public KqDatagramChannelConfig config() {
        return config;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public boolean isConnected() {
        return peer != null && isOpen();
    }

    /** Without a port it may still get one, and Netty remembers the first answer that is not null. */
    @Override
    protected SocketAddress localAddress0() {
        InetSocketAddress local = (InetSocketAddress) super.localAddress0();
        return local == null || local.getPort() == 0 ? null : local;
    }

    @Override
    protected SocketAddress remoteAddress0() {
        return peer;
    }

    boolean isIpv6() {
        return family.isIpv6();
    }

    boolean isPeer(InetSocketAddress address) {
        InetSocketAddress known = peer;
        if (known == null || !known.equals(address)) {
            return false;
        }
        int scope = Endpoint.scope(address);
        return scope == 0 || scope == Endpoint.scope(known);
    }

    @Override
    boolean mayReplaceSocket() {
        return family.isAdaptable();
    }

    @Override
    Multicast multicast() {
        return multicast;
    }

    @Override
    NetworkInterface defaultInterface() throws IOException {
        NetworkInterface chosen = config.getNetworkInterface();
        InetSocketAddress local = localAddress();
        if (chosen != null || local == null) {
            return chosen;
        }
        InetAddress address = local.getAddress();
        return address.isAnyLocalAddress() || address.isMulticastAddress() ? null : NetworkInterface.getByInetAddress(address);
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new DatagramUnsafe();
    }

    @Override
    KqDescriptorOwner owner() {
        return (DatagramUnsafe) unsafe();
    }

    KqRecvHandle recvHandle() {
        return ((DatagramUnsafe) unsafe()).recvBufAllocHandle();
    }

    @Override
    boolean isActiveOnRegistration() {
        return config.isActiveOnOpen();
    }

    /** Not before there is a port: until then the socket may have to be replaced, and its filters would go with it. */
    @Override
    void armRead() {
        if (hasPort) {
            registration().armRead(false);
        }
    }

    private void gotPort() {
        if (!hasPort) {
            hasPort = true;
            armRead();
        }
    }

    /** What an earlier loop's socket refused waits for EVFILT_WRITE. */
    @Override
    void resume() {
        readLoop.changeLoop();
        writeLoop.stopWaiting();
        ChannelOutboundBuffer out = unsafe().outboundBuffer();
        if (out != null && !out.isEmpty()) {
            registration().armWrite();
        }
    }

    /** The wildcard of a channel made without a family means both families or, where no socket has both, IPv4. */
    @Override
    protected void doBind(SocketAddress localAddress) throws IOException {
        InetSocketAddress address = Addresses.checkInet(localAddress);
        if (!address.getAddress().isAnyLocalAddress()) {
            family.adapt(this, address);
        }
        InetSockets.bind(descriptor(), address, family.isIpv6(), scratch().sockaddr());
        family.settle();
        activate();
        gotPort();
    }

    private void doConnect(SocketAddress remoteAddress, SocketAddress localAddress) throws IOException {
        InetSocketAddress address = Addresses.checkInet(remoteAddress);
        if (localAddress != null) {
            doBind(localAddress);
        }
        family.adapt(this, address);
        Sockaddr sockaddr = scratch().sockaddr();
        sockaddr.set(address, family.isIpv6());
        Errno.check("connect", SocketCalls.connect(descriptor().number(), sockaddr.address()), address);
        // The kernel chose an address to send from, and the peer before may have been another one.
        invalidateLocalAddress();
        invalidateRemoteAddress();
        peer = address;
        activate();
        gotPort();
    }

    /** The channel stays bound and active. Linux takes the port back that it chose itself, other kernels do not: it is bound again. */
    @Override
    protected void doDisconnect() throws Exception {
        // Netty asks a closed channel too, whose number may be somebody else's by now.
        if (!isConnected()) {
            return;
        }
        InetSocketAddress before = DatagramSockets.local(descriptor());
        Errno.check("connect", DatagramCalls.disconnect(descriptor().number(), family.isIpv6()), "disconnect from " + peer);
        peer = null;
        InetSocketAddress left = DatagramSockets.local(descriptor());
        if (before != null && left != null && left.getPort() == 0) {
            InetSocketAddress again = new InetSocketAddress(left.getAddress(), before.getPort());
            InetSockets.bind(descriptor(), again, family.isIpv6(), scratch().sockaddr());
        }
    }

    @Override
    protected void doBeginRead() {
        readLoop.beginRead();
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) throws Exception {
        writeLoop.write(in);
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        return OutboundMessages.forDatagrams(message, alloc());
    }

    int messagesPerWrite() {
        return maxMessagesPerWrite();
    }

    void beforeSend(InetSocketAddress recipient) throws IOException {
        if (!hasPort && recipient != null) {
            family.adapt(this, recipient);
        }
    }

    /** The kernel gives a socket its port with the first datagram it sends. */
    void afterSend() {
        gotPort();
    }

    void flushNow() {
        ((DatagramUnsafe) unsafe()).flushOutbound();
    }

    void flushDeferred() {
        if (deferredFlush != null) {
            deferredFlush = null;
            if (isOpen()) {
                flushNow();
            }
        }
    }

    /** Before the socket is closed or leaves its loop: a flush the user made earlier goes out earlier. */
    private void writeDeferred() {
        ChannelOutboundBuffer in = deferredFlush;
        deferredFlush = null;
        if (in != null && isActive() && isAttached() && !isSendingHeldUp()) {
            try {
                writeLoop.write(in);
            } catch (Throwable t) {
                // The other messages fail with the close under way.
                in.remove(t);
            }
        }
    }

    private boolean isSendingHeldUp() {
        return registration() == null || registration().isWriteArmed() || writeLoop.isWaiting();
    }

    @Override
    protected void doClose() throws Exception {
        writeDeferred();
        writeLoop.stopWaiting();
        readLoop.close();
        super.doClose();
    }

    @Override
    protected void doDeregister() throws Exception {
        writeDeferred();
        super.doDeregister();
    }

    /** Netty's Unsafe for datagrams, and the receiver of its descriptor's readiness. */
    private final class DatagramUnsafe extends AbstractKqUnsafe {
        @Override
        public void onReadable(long data, boolean eof, int errno) {
            readLoop.onReadable();
        }

        @Override
        public void onWritable(boolean eof, int errno) {
            flushOutbound();
        }

        @Override
        public void onError(String call, int errno) {
            pipeline().fireExceptionCaught(refusedFilter(call, errno));
            close(voidPromise());
        }

        @Override
        protected void flush0() {
            ChannelOutboundBuffer in = outboundBuffer();
            if (isSendingHeldUp()) {
                return;
            }
            if (readLoop.isRunning() && in != null && in.isWritable() && isActive() && config.isCoalesceFlush()) {
                deferredFlush = in;
                return;
            }
            super.flush0();
        }

        void flushOutbound() {
            if (!isSendingHeldUp()) {
                super.flush0();
            }
        }

        @Override
        public void connect(SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
            if (promise.isDone() || !ensureOpen(promise)) {
                return;
            }
            boolean wasActive = isActive();
            try {
                doConnect(remoteAddress, localAddress);
                promise.trySuccess();
            } catch (Throwable t) {
                closeIfClosed();
                promise.tryFailure(t);
            }
            // Also when only the local address was bound.
            if (!wasActive && isActive()) {
                pipeline().fireChannelActive();
            }
        }
    }
}
