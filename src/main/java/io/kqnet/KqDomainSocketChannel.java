package io.kqnet;

import io.kqnet.poll.Counters;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Memory;
import io.kqnet.sys.Rights;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.kqnet.sys.UnixCalls;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.DefaultChannelPipeline;
import io.netty.channel.ServerChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.DomainSocketChannel;
import io.netty.channel.unix.DomainSocketReadMode;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.PeerCredentials;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;

/**
 * Stream socket of the Unix domain on kqueue. Options: {@link KqDomainSocketChannelConfig}. Addresses are {@link DomainSocketAddress} or
 * {@code java.net.UnixDomainSocketAddress}; those it returns are of the former kind, with the path {@code ""} for a socket without a name.
 *
 * <p>Writes ByteBuf, FileRegion, {@link FileDescriptor} (which stays the writer's and must stay open until it is sent) and
 * {@link KqDescriptorMessage}. What it reads is said by {@link DomainSocketReadMode} and {@link KqChannelOption#DESCRIPTOR_MESSAGES}:
 * <ul>
 * <li>{@code BYTES}, the default: ByteBuf; descriptors that come along are closed, unless
 * <li>{@code DESCRIPTOR_MESSAGES} is on: then they arrive, with their bytes, in a {@link KqDescriptorMessage};
 * <li>{@code FILE_DESCRIPTORS}, as in Netty's other transports: {@link FileDescriptor}, the byte each came with is dropped; a byte that came
 * without one is a ByteBuf.
 * </ul>
 * Received descriptors are close-on-exec and the receiver's to close; what nobody handles is closed at the pipeline's end. If some of a
 * message's descriptors did not get through (no room in the process's table, more than the system carries), all of them are closed and an
 * IOException goes through the pipeline before the message's bytes; the channel goes on.
 */
public final class KqDomainSocketChannel extends AbstractKqStreamChannel implements DomainSocketChannel {
    private static final String KIND = "stream socket of the Unix domain";
    /** Messages without a byte in a row, which some systems let a peer send, before it is taken for an attack. */
    private static final int MAX_EMPTY = 64;

    private final KqDomainSocketChannelConfig config = new KqDomainSocketChannelConfig(this);
    /** The file made by {@code bind}. */
    private SocketFile file;
    /** Of the bytes just read, until they are delivered. */
    private List<FileDescriptor> received;
    private IOException lost;
    private boolean cutShort;

    /**
     * Makes a socket.
     *
     * @throws io.netty.channel.ChannelException if {@code socket(2)} fails
     */
    public KqDomainSocketChannel() {
        super(null, UnixSockets.open(Constants.SOCK_STREAM));
    }

    /**
     * Takes over a stream socket of the Unix domain opened elsewhere, connected or not; it becomes non-blocking and close-on-exec.
     *
     * @throws io.netty.channel.ChannelException if it cannot be; the descriptor stays the caller's then
     */
    public KqDomainSocketChannel(int fd) {
        super(null, UnixSockets.adopt(fd, Constants.SOCK_STREAM, KIND, false));
        if (UnixSockets.isConnected(descriptor())) {
            activate();
        } else if (UnixSockets.isNamed(descriptor())) {
            markBound();
        }
    }

    private KqDomainSocketChannel(Fd fd) {
        super(null, fd);
        activate();
    }

    /** Accepted. */
    KqDomainSocketChannel(ServerChannel parent, Fd fd, DomainSocketAddress remote) {
        super(parent, fd);
        remote(remote);
        activate();
    }

    /**
     * Two channels connected with each other by {@code socketpair(2)}, active, to be registered to loops.
     *
     * @throws io.netty.channel.ChannelException if the call fails
     */
    public static KqDomainSocketChannel[] socketpair() {
        Fd[] ends = UnixSockets.pair(Constants.SOCK_STREAM);
        return new KqDomainSocketChannel[] {new KqDomainSocketChannel(ends[0]), new KqDomainSocketChannel(ends[1])};
    }

    @Override
    public KqDomainSocketChannelConfig config() {
        return config;
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
        return UnixAddresses.toDomain(super.remoteAddress0());
    }

    @Override
    SocketAddress toAddress(Sockaddr sockaddr) {
        return UnixAddresses.fromKernel(sockaddr);
    }

    /**
     * Who the peer was when it connected, listened or made the pair: effective user, groups (the effective one first, then the supplementary
     * ones where the system tells them) and process, 0 where the system does not tell it.
     *
     * @throws IOException if the channel is not connected
     */
    public PeerCredentials peerCredentials() throws IOException {
        return UnixSockets.peerCredentials(descriptor(), this);
    }

    @Override
    protected void doBind(SocketAddress localAddress) throws IOException {
        file = SocketFile.bind(descriptor(), localAddress, config.getSocketFileMode());
        markBound();
    }

    @Override
    boolean doConnect(SocketAddress remoteAddress, SocketAddress localAddress) throws IOException {
        Sockaddr sockaddr = scratch().sockaddr();
        UnixAddresses.store(remoteAddress, sockaddr, "connect");
        if (localAddress != null) {
            doBind(localAddress);
        }
        int rc = SocketCalls.connect(descriptor().number(), sockaddr.address());
        if (rc == -Constants.EINPROGRESS || rc == -Constants.EINTR) {
            return false;
        }
        Errno.check("connect", rc, remoteAddress);
        return true;
    }

    /** The file goes first: while the socket lives, nobody who binds the path takes the file for a dead one and replaces it. */
    @Override
    protected void doClose() throws Exception {
        if (received != null) {
            // They came without a byte, and none came after them.
            KqDescriptorMessage.close(received);
            received = null;
        }
        SocketFile bound = file;
        file = null;
        if (bound != null) {
            bound.delete();
        }
        super.doClose();
    }

    @Override
    protected DefaultChannelPipeline newChannelPipeline() {
        return new DescriptorPipeline(this);
    }

    @Override
    int readRoom(int writable) {
        return config.getReadMode() == DomainSocketReadMode.FILE_DESCRIPTORS ? Math.min(1, writable) : writable;
    }

    @Override
    int receive(long address, int length) {
        Rights rights = scratch().rights();
        boolean wanted = config.wantsDescriptors();
        int n = 0;
        for (int i = 0; i <= MAX_EMPTY; i++) {
            n = UnixCalls.receive(descriptor().number(), address, length, 0, rights.address(), wanted);
            if (wanted && isLoss(n)) {
                // The BSDs drop the descriptors there is no room for and say so instead of giving the bytes, which come next.
                lost = Errno.toException("recvmsg", n, "descriptors of " + this);
                continue;
            }
            if (n >= 0 && wanted) {
                take(rights);
            }
            cutShort = n >= 0 && rights.isSeen();
            if (n != 0 || !cutShort) {
                return n;
            }
        }
        return -Constants.EPROTO;
    }

    private static boolean isLoss(int result) {
        return result == -Constants.EMSGSIZE || result == -Constants.EMFILE || result == -Constants.ENFILE;
    }

    private void take(Rights rights) {
        if (rights.isLost()) {
            lost = new IOException("recvmsg(..): descriptors were lost, there being more than this process may have open or than a message"
                    + " carries; the others that came with them are closed: " + this);
        }
        for (int i = 0; i < rights.count(); i++) {
            if (received == null) {
                received = new ArrayList<>(rights.count());
            }
            received.add(new KqFileDescriptor(new Fd(rights.descriptor(i))));
        }
    }

    /** A read ends where descriptors came, so that fewer bytes than there was room for do not mean that no more wait. */
    @Override
    void received(int n, int room) {
        super.received(n, cutShort ? n : room);
    }

    @Override
    void deliver(ByteBuf bytes) {
        ChannelPipeline pipeline = pipeline();
        List<FileDescriptor> descriptors = received;
        IOException loss = lost;
        if (descriptors == null && loss == null) {
            pipeline.fireChannelRead(bytes);
            return;
        }
        received = null;
        lost = null;
        if (loss != null) {
            pipeline.fireExceptionCaught(loss);
        }
        if (config.getReadMode() == DomainSocketReadMode.FILE_DESCRIPTORS) {
            bytes.release();
            if (descriptors != null) {
                descriptors.forEach(pipeline::fireChannelRead);
            }
        } else {
            pipeline.fireChannelRead(descriptors == null ? bytes : new KqDescriptorMessage(bytes, descriptors));
        }
    }

    @Override
    protected Object filterOutboundMessage(Object message) throws Exception {
        if (message instanceof FileDescriptor) {
            return message;
        }
        if (!(message instanceof KqDescriptorMessage)) {
            return super.filterOutboundMessage(message);
        }
        KqDescriptorMessage descriptors = (KqDescriptorMessage) message;
        int count = descriptors.descriptors().size();
        if (count > Constants.DESCRIPTORS_MAX) {
            throw new IllegalArgumentException(count + " descriptors are more than a message carries: " + Constants.DESCRIPTORS_MAX);
        }
        descriptors.toDirect(alloc());
        return message;
    }

    @Override
    boolean writeOther(ChannelOutboundBuffer in, Object message) throws Exception {
        if (message instanceof KqDescriptorMessage) {
            return writeMessage(in, (KqDescriptorMessage) message);
        }
        if (message instanceof FileDescriptor) {
            return writeDescriptor(in, (FileDescriptor) message);
        }
        return super.writeOther(in, message);
    }

    private boolean writeMessage(ChannelOutboundBuffer in, KqDescriptorMessage message) throws IOException {
        ByteBuf content = message.content();
        List<FileDescriptor> descriptors = message.descriptors();
        Iovecs iovecs = scratch().iovecs();
        iovecs.limit(Integer.MAX_VALUE);
        iovecs.processMessage(content);
        boolean empty = iovecs.count() == 0;
        if (empty && descriptors.isEmpty()) {
            in.remove();
            return true;
        }
        if (empty) {
            iovecs.processMessage(DummyByte.BUFFER);
        }
        long offered = iovecs.bytes();
        int n = send(iovecs, descriptors);
        if (n == -Constants.EAGAIN) {
            return false;
        }
        if (n < 0) {
            return failed(in, n, descriptors);
        }
        message.sent();
        in.progress(empty ? 0 : n);
        if (!empty) {
            content.skipBytes(n);
        }
        if (!content.isReadable()) {
            in.remove();
        }
        return n == offered;
    }

    private boolean writeDescriptor(ChannelOutboundBuffer in, FileDescriptor descriptor) throws IOException {
        Iovecs iovecs = scratch().iovecs();
        iovecs.limit(1);
        iovecs.processMessage(DummyByte.BUFFER);
        List<FileDescriptor> descriptors = List.of(descriptor);
        int n = send(iovecs, descriptors);
        if (n == -Constants.EAGAIN) {
            return false;
        }
        if (n < 0) {
            return failed(in, n, descriptors);
        }
        in.remove();
        return true;
    }

    private int send(Iovecs iovecs, List<FileDescriptor> descriptors) {
        Memory numbers = scratch().descriptors();
        for (int i = 0; i < descriptors.size(); i++) {
            FileDescriptor descriptor = descriptors.get(i);
            // A closed one's number may be somebody else's by now.
            numbers.buffer().putInt(i * Integer.BYTES, descriptor.isOpen() ? descriptor.intValue() : -1);
        }
        count(Counters.WRITES);
        return UnixCalls.send(descriptor().number(), iovecs.address(), iovecs.count(), 0, numbers.address(), descriptors.size());
    }

    /** What is wrong with the descriptors fails their message only; anything else is wrong with the connection. */
    private boolean failed(ChannelOutboundBuffer in, int result, List<FileDescriptor> descriptors) throws IOException {
        IOException cause = Errno.toException("sendmsg", result, "descriptors " + descriptors + " to " + this);
        boolean aboutDescriptors = result == -Constants.EINVAL || result == -Constants.EOPNOTSUPP || result == -Constants.ETOOMANYREFS
                || result == -Constants.EMSGSIZE || result == -Constants.EMFILE || result == -Constants.EPERM
                || result == -Constants.EBADF && SocketCalls.getOption(descriptor().number(), Constants.SOL_SOCKET, Constants.SO_TYPE) >= 0;
        if (!aboutDescriptors || descriptors.isEmpty()) {
            throw cause;
        }
        in.remove(cause instanceof ClosedChannelException ? new IOException(cause.getMessage()) : cause);
        return true;
    }

    /** What travels with descriptors that have no bytes of their own. */
    private static final class DummyByte {
        static final ByteBuf BUFFER = io.netty.buffer.Unpooled.unreleasableBuffer(io.netty.buffer.Unpooled.directBuffer(1).writeZero(1));

        private DummyByte() {
        }
    }

    /** Closes descriptors that no handler wanted, as Netty's pipeline releases messages. */
    private static final class DescriptorPipeline extends DefaultChannelPipeline {
        DescriptorPipeline(KqDomainSocketChannel channel) {
            super(channel);
        }

        @Override
        protected void onUnhandledInboundMessage(Object message) {
            if (message instanceof FileDescriptor) {
                KqDescriptorMessage.close((FileDescriptor) message);
            }
            super.onUnhandledInboundMessage(message);
        }
    }
}
