package io.kqnet;

import io.kqnet.poll.Counters;
import io.kqnet.poll.Registration;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.concurrent.Executor;

/** Netty's Channel contract over one descriptor: registration, addresses, close. */
abstract class AbstractKqChannel extends AbstractChannel implements UnixChannel {
    private final Fd fd;
    private final KqFileDescriptor fileDescriptor;
    private final ReadState readState = new ReadState();
    private LoopRegistration registration;
    /** The kernel knows an address for this socket (bound, connected or accepted), so getsockname(2) tells something. */
    private volatile boolean bound;
    private volatile boolean active;
    private volatile SocketAddress remote;

    AbstractKqChannel(Channel parent, Fd fd) {
        super(parent);
        this.fd = fd;
        fileDescriptor = new KqFileDescriptor(fd);
    }

    @Override
    public final FileDescriptor fd() {
        return fileDescriptor;
    }

    final Fd descriptor() {
        return fd;
    }

    final ReadState readState() {
        return readState;
    }

    /** Whether the descriptor may yet become another socket. */
    boolean mayReplaceSocket() {
        return false;
    }

    @Override
    public abstract KqChannelConfig config();

    @Override
    public abstract ChannelMetadata metadata();

    @Override
    public final boolean isOpen() {
        return fd.isOpen();
    }

    @Override
    public final boolean isActive() {
        return active && fd.isOpen();
    }

    /** From now on the channel is active, until it is closed. */
    final void activate() {
        bound = true;
        active = true;
    }

    final void markBound() {
        bound = true;
    }

    final void remote(SocketAddress address) {
        remote = address;
    }

    @Override
    protected final boolean isCompatible(EventLoop loop) {
        return LoopBinding.isAnyCompatible(loop);
    }

    final boolean isAttached() {
        return registration != null && registration.registration().isValid();
    }

    /** Null while not registered to a loop. */
    final Registration registration() {
        return registration == null ? null : registration.registration();
    }

    final LoopScratch scratch() {
        return registration.scratch();
    }

    final void count(int counter) {
        registration.registration().counters().add(counter, 1);
    }

    final Counters counters() {
        return registration.registration().counters();
    }

    abstract KqDescriptorOwner owner();

    /** Whether being registered is all the channel needs to be active. */
    boolean isActiveOnRegistration() {
        return false;
    }

    /** Arms EVFILT_READ for the channel's life; also with autoRead off, where it is what notices a peer that resets or leaves. */
    abstract void armRead();

    /** What was under way in an earlier loop goes on in this one. */
    abstract void resume();

    /** False for a task that was queued in a loop the channel has left since. */
    final boolean isInLoop() {
        return eventLoop().inEventLoop();
    }

    @Override
    @SuppressWarnings("deprecation")
    protected final void doRegister() throws Exception {
        registration = LoopBinding.of(eventLoop()).register(eventLoop(), owner());
        if (isActiveOnRegistration()) {
            activate();
        }
        if (active) {
            armRead();
        }
        resume();
    }

    @Override
    protected void doDeregister() throws Exception {
        if (registration != null) {
            registration.deregister();
        }
    }

    /** Called when the user turned autoRead off: what was requested before is no longer wanted. */
    final void forgetReadRequest() {
        if (isRegistered()) {
            if (eventLoop().inEventLoop()) {
                readState.answered();
            } else {
                eventLoop().execute(() -> {
                    if (!config().isAutoRead()) {
                        readState.answered();
                    }
                });
            }
        }
    }

    /** Who closes the descriptor, null for the loop itself; see {@link AbstractUnsafe#prepareToClose()}. */
    Executor closeExecutor() {
        return null;
    }

    /** The filters go, the descriptor stays open for another thread to close. */
    final void leaveLoop() {
        try {
            doDeregister();
        } catch (Exception e) {
            // The close that follows takes the filters with it.
            pipeline().fireExceptionCaught(e);
        }
    }

    /** Changes queued for the descriptor go before its number does: whoever gets the number next must not get them. */
    @Override
    protected void doClose() throws Exception {
        active = false;
        if (registration != null) {
            registration.close();
        }
        fd.close();
    }

    @Override
    protected void doDisconnect() throws Exception {
        doClose();
    }

    @Override
    protected SocketAddress localAddress0() {
        return bound ? lookup(false) : null;
    }

    @Override
    protected SocketAddress remoteAddress0() {
        SocketAddress known = remote;
        return known != null || !active ? known : lookup(true);
    }

    /** Looked up when somebody asks, which most servers never do. */
    private SocketAddress lookup(boolean peer) {
        if (!fd.isOpen()) {
            return null;
        }
        Sockaddr sockaddr = new Sockaddr();
        int rc = peer ? SocketCalls.peername(fd.number(), sockaddr.address()) : SocketCalls.sockname(fd.number(), sockaddr.address());
        return rc < 0 ? null : toAddress(sockaddr);
    }

    /** What the kernel named, in the terms of the channel's family; null if it is of another. */
    SocketAddress toAddress(Sockaddr sockaddr) {
        return sockaddr.get();
    }

    /** Fails what depends on the filter the kernel refused: without it this channel would hang silently. */
    final IOException refusedFilter(String call, int errno) {
        return Errno.toException(call, -errno, this);
    }

    /** Part of the Unsafe that is the same for all kinds of channel. */
    abstract class AbstractKqUnsafe extends AbstractUnsafe implements KqDescriptorOwner {
        private KqRecvHandle recvHandle;

        @Override
        public final Channel channel() {
            return AbstractKqChannel.this;
        }

        @Override
        public final int descriptor() {
            return fd.number();
        }

        @Override
        public final void closeByLoop() {
            close(voidPromise());
        }

        @Override
        protected final Executor prepareToClose() {
            return closeExecutor();
        }

        @Override
        public final KqRecvHandle recvBufAllocHandle() {
            if (recvHandle == null) {
                recvHandle = new KqRecvHandle((RecvByteBufAllocator.ExtendedHandle) super.recvBufAllocHandle(), readState);
            }
            return recvHandle;
        }
    }
}
