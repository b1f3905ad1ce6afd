package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.kqnet.sys.UnixCalls;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.unix.DomainDatagramChannel;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.PeerCredentials;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;

/**
 * Datagram socket of the Unix domain on kqueue. Options: {@link KqDomainDatagramChannelConfig}. Addresses and files as in
 * {@link KqDomainSocketChannel} and {@link KqServerDomainSocketChannel}.
 *
 * <p>Reads {@link DomainDatagramPacket}; the sender's path is {@code ""} if it has no name, and cannot be answered then. Writes
 * {@link DomainDatagramPacket}, {@link AddressedEnvelope} of a ByteBuf and an address of the Unix domain, and, when connected, ByteBuf. A
 * datagram may be empty. One that cannot be delivered fails alone. While a receiver's queue is full a connected channel waits for it; an
 * unconnected one, and any on the BSDs, tries again for a second before the datagram fails.
 *
 * <p>A channel that is neither bound nor connected may send with {@code DATAGRAM_CHANNEL_ACTIVE_ON_REGISTRATION}.
 */
public final class KqDomainDatagramChannel extends AbstractKqChannel implements DomainDatagramChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(true, 16);
    private static final String KIND = "datagram socket of the Unix domain";

    private final KqDomainDatagramChannelConfig config = new KqDomainDatagramChannelConfig(this);
    private final DomainDatagramReads reads = new DomainDatagramReads(this);
    private final DomainDatagramWrites writes = new DomainDatagramWrites(this);
    private SocketFile file;
    private volatile boolean connected;

    /**
     * Makes a socket.
     *
     * @throws io.netty.channel.ChannelException if {@code socket(2)} fails
     */
    public KqDomainDatagramChannel() {
        super(null, UnixSockets.open(Constants.SOCK_DGRAM));
    }

    /**
     * Takes over a datagram socket of the Unix domain opened elsewhere; it becomes non-blocking and close-on-exec. The channel is active if the
     * socket is bound or connected.
     *
     * @throws io.netty.channel.ChannelException if it cannot be; the descriptor stays the caller's then
     */
    public KqDomainDatagramChannel(int fd) {
        super(null, UnixSockets.adopt(fd, Constants.SOCK_DGRAM, KIND, false));
        connected = UnixSockets.isConnected(descriptor());
        if (connected || UnixSockets.isNamed(descriptor())) {
            activate();
        }
    }

    private KqDomainDatagramChannel(Fd fd) {
        super(null, fd);
        connected = true;
        activate();
    }

    /**
     * Two channels connected with each other by {@code socketpair(2)}, active, to be registered to loops.
     *
     * @throws io.netty.channel.ChannelException if the call fails
     */
    public static KqDomainDatagramChannel[] socketpair() {
        Fd[] ends = UnixSockets.pair(Constants.SOCK_DGRAM);
        return new KqDomainDatagramChannel[] {new KqDomainDatagramChannel(ends[0]), new KqDomainDatagramChannel(ends[1])};
    }

    @Override
    public KqDomainDatagramChannelConfig config() {
        return config;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public boolean isConnected() {
        return connected && isOpen();
    }

    @Override
    public DomainSocketAddress localAddress() {
        return (DomainSocketAddress) super.localAddress();
    }

    @Override
    public DomainSocketAddress remoteAddress() {
        return (DomainSocketAddress) super.remoteAddress();
    }

    @Override
    protected SocketAddress remoteAddress0() {
        return connected ? UnixAddresses.toDomain(super.remoteAddress0()) : null;
    }

    @Override
    SocketAddress toAddress(Sockaddr sockaddr) {
        return UnixAddresses.fromKernel(sockaddr);
    }

    /**
     * See {@link KqDomainSocketChannel#peerCredentials()}; Linux knows the peer of a pair only.
     *
     * @throws IOException if the system does not know the peer
     */
    public PeerCredentials peerCredentials() throws IOException {
        return UnixSockets.peerCredentials(descriptor(), this);
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new DatagramUnsafe();
    }

    @Override
    KqDescriptorOwner owner() {
        return (DatagramUnsafe) unsafe();
    }

    @Override
    void armRead() {
        registration().armRead(config.getRcvAllocTransportProvidesGuess());
    }

    @Override
    void resume() {
        reads.forgetContinuation();
        if (config.isActiveOnRegistration() && !isActive()) {
            activate();
            armRead();
        }
        ChannelOutboundBuffer out = unsafe().outboundBuffer();
        if (out != null && !out.isEmpty()) {
            registration().armWrite();
        }
    }

    @Override
    @SuppressWarnings("deprecation")
    protected void doBind(SocketAddress localAddress) throws IOException {
        file = SocketFile.bind(descriptor(), localAddress, config.getSocketFileMode());
        invalidateLocalAddress();
        activate();
        armRead();
    }

    @SuppressWarnings("deprecation")
    private void doConnect(SocketAddress remoteAddress, SocketAddress localAddress) throws IOException {
        Sockaddr sockaddr = scratch().sockaddr();
        UnixAddresses.store(remoteAddress, sockaddr, "connect");
        if (localAddress != null) {
            doBind(localAddress);
        }
        Errno.check("connect", SocketCalls.connect(descriptor().number(), sockaddr.address()), remoteAddress);
        connected = true;
        remote(remoteAddress);
        invalidateRemoteAddress();
        activate();
        armRead();
    }

    /** The channel stays open, and active. */
    @Override
    @SuppressWarnings("deprecation")
    protected void doDisconnect() throws Exception {
        // Netty asks a closed channel too, whose number may be somebody else's by now.
        if (isConnected()) {
            Errno.check("connect", UnixCalls.disconnect(descriptor().number()), this);
            connected = false;
            remote(null);
            invalidateRemoteAddress();
        }
    }

    /** The file goes first: while the socket lives, nobody who binds the path takes the file for a dead one and replaces it. */
    @Override
    protected void doClose() throws Exception {
        writes.stopWaiting();
        SocketFile bound = file;
        file = null;
        if (bound != null) {
            bound.delete();
        }
        super.doClose();
    }

    @Override
    protected void doDeregister() throws Exception {
        writes.stopWaiting();
        super.doDeregister();
    }

    @Override
    protected void doBeginRead() {
        reads.beginRead();
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        return DomainDatagramWrites.filter(message, this);
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer in) throws Exception {
        writes.write(in, maxMessagesPerWrite());
    }

    KqRecvHandle recvHandle() {
        return ((DatagramUnsafe) unsafe()).recvBufAllocHandle();
    }

    void flushNow() {
        ((DatagramUnsafe) unsafe()).flushOutbound();
    }

    /** Netty's Unsafe for datagrams, and the receiver of the descriptor's readiness. */
    private final class DatagramUnsafe extends AbstractKqUnsafe {
        @Override
        public void onReadable(long data, boolean eof, int errno) {
            reads.onReadable(data);
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
            if (registration() != null && !registration().isWriteArmed() && !writes.isWaiting()) {
                super.flush0();
            }
        }

        void flushOutbound() {
            flush0();
        }

        @Override
        public void connect(SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
            if (promise.isDone() || !ensureOpen(promise)) {
                return;
            }
            boolean wasActive = isActive();
            boolean cancelled = false;
            try {
                if (connected) {
                    throw new AlreadyConnectedException();
                }
                doConnect(remoteAddress, localAddress);
                cancelled = !promise.trySuccess();
            } catch (Throwable t) {
                closeIfClosed();
                promise.tryFailure(t);
            }
            // Also when only the local address was bound.
            if (!wasActive && isActive()) {
                pipeline().fireChannelActive();
            }
            if (cancelled) {
                close(voidPromise());
            }
        }
    }
}
