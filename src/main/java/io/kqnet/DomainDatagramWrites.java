package io.kqnet;

import io.kqnet.poll.Counters;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.UnixCalls;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.DefaultAddressedEnvelope;
import io.netty.util.internal.StringUtil;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.NotYetConnectedException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** The sending side of a {@link KqDomainDatagramChannel}: one system call per datagram. Belongs to the loop's thread. */
final class DomainDatagramWrites {
    private static final String EXPECTED_TYPES = " (expected: DomainDatagramPacket, AddressedEnvelope<ByteBuf, DomainSocketAddress>, ByteBuf)";

    private final KqDomainDatagramChannel channel;
    private final SendRetry retry = new SendRetry();
    private Future<?> waiting;

    DomainDatagramWrites(KqDomainDatagramChannel channel) {
        this.channel = channel;
    }

    /** The message, or one that takes its place: only memory the kernel can read where it is, by one system call. */
    static Object filter(Object message, KqDomainDatagramChannel channel) {
        if (message instanceof ByteBuf) {
            return OutboundMessages.forDatagram((ByteBuf) message, channel.alloc());
        }
        if (message instanceof AddressedEnvelope) {
            AddressedEnvelope<?, ?> envelope = (AddressedEnvelope<?, ?>) message;
            SocketAddress recipient = envelope.recipient();
            if (envelope.content() instanceof ByteBuf && (recipient == null || UnixAddresses.isUnix(recipient))) {
                ByteBuf content = OutboundMessages.forDatagram((ByteBuf) envelope.content(), channel.alloc());
                SocketAddress sender = recipient == null ? UnixAddresses.UNNAMED : null;
                return content == envelope.content() ? message : new DefaultAddressedEnvelope<>(content, recipient, sender);
            }
            throw new UnsupportedOperationException("unsupported message: " + message + EXPECTED_TYPES);
        }
        throw new UnsupportedOperationException("unsupported message type: " + StringUtil.simpleClassName(message) + EXPECTED_TYPES);
    }

    void write(ChannelOutboundBuffer in, int limit) throws IOException {
        for (int left = limit; left > 0; left--) {
            OutboundMessages.skipCancelled(in);
            Object message = in.current();
            if (message == null) {
                return;
            }
            int rc;
            try {
                rc = send(message);
            } catch (IOException e) {
                // A path that cannot be.
                in.remove(e);
                continue;
            }
            if (rc == -Constants.EBADF) {
                throw Errno.toException("sendmsg", rc, channel);
            }
            if ((rc == -Constants.EAGAIN || rc == -Constants.ENOBUFS) && waitsForRoom(rc, message)) {
                return;
            }
            retry.ended();
            if (rc < 0) {
                in.remove(failure(rc, message));
            } else {
                in.remove();
            }
        }
        if (!in.isEmpty()) {
            channel.eventLoop().execute(this::flushAgain);
        }
    }

    private Exception failure(int rc, Object message) {
        SocketAddress recipient = recipient(message);
        return recipient == null && !channel.isConnected() ? new NotYetConnectedException() : Errno.toException("sendmsg", rc, recipient);
    }

    private int send(Object message) throws IOException {
        ByteBuf content = message instanceof ByteBuf ? (ByteBuf) message : (ByteBuf) ((AddressedEnvelope<?, ?>) message).content();
        SocketAddress recipient = recipient(message);
        long address = 0;
        if (recipient != null && recipient != channel.remoteAddress()) {
            Sockaddr sockaddr = channel.scratch().sockaddr();
            UnixAddresses.store(recipient, sockaddr, "sendmsg");
            address = sockaddr.address();
        }
        Iovecs iovecs = channel.scratch().iovecs();
        iovecs.limit(Integer.MAX_VALUE);
        iovecs.processMessage(content);
        channel.count(Counters.WRITES);
        return UnixCalls.send(channel.descriptor().number(), iovecs.address(), iovecs.count(), address, 0, 0);
    }

    /** The peer's own address object if it goes to the peer of a connected socket: a BSD refuses to be told whom it is connected to. */
    private SocketAddress recipient(Object message) {
        SocketAddress recipient = message instanceof ByteBuf ? null : (SocketAddress) ((AddressedEnvelope<?, ?>) message).recipient();
        boolean peer = recipient == null || channel.isConnected() && UnixAddresses.toDomain(recipient).equals(channel.remoteAddress());
        return peer ? channel.remoteAddress() : recipient;
    }

    /** False once it has waited long enough. EVFILT_WRITE of a connected socket tells of its peer's queue, and nobody else's, where EAGAIN does. */
    private boolean waitsForRoom(int rc, Object message) {
        if (rc == -Constants.EAGAIN && channel.isConnected() && recipient(message) == channel.remoteAddress()) {
            channel.registration().armWrite();
            return true;
        }
        long nanos = retry.refused(System.nanoTime());
        if (nanos < 0) {
            return false;
        }
        waiting = channel.eventLoop().schedule(() -> {
            waiting = null;
            flushAgain();
        }, nanos, TimeUnit.NANOSECONDS);
        return true;
    }

    private void flushAgain() {
        if (channel.isInLoop() && channel.isAttached()) {
            channel.flushNow();
        }
    }

    boolean isWaiting() {
        return waiting != null;
    }

    void stopWaiting() {
        if (waiting != null) {
            waiting.cancel(false);
            waiting = null;
        }
        retry.ended();
    }
}
