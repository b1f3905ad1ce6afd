package io.kqnet;

import io.kqnet.poll.Counters;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Rights;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.UnixCalls;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;

/** The reading side of a {@link KqDomainDatagramChannel}: packets until there are none, or enough. Belongs to the loop's thread. */
final class DomainDatagramReads {
    private final KqDomainDatagramChannel channel;
    private final ReadState state;
    private final Runnable continuation = this::resume;
    private boolean scheduled;
    private boolean running;

    DomainDatagramReads(KqDomainDatagramChannel channel) {
        this.channel = channel;
        state = channel.readState();
    }

    void beginRead() {
        state.request();
        scheduleIfReadable();
    }

    void onReadable(long data) {
        state.event(data, false);
        readIfWanted();
    }

    /** The channel comes to another loop, whose kqueue tells anew what there is to read. */
    void forgetContinuation() {
        scheduled = false;
    }

    private void scheduleIfReadable() {
        if (!scheduled && !running && state.isReadable() && state.isRequested() && channel.isAttached()) {
            scheduled = true;
            channel.eventLoop().execute(continuation);
        }
    }

    private void resume() {
        if (channel.isInLoop()) {
            scheduled = false;
            readIfWanted();
        }
    }

    private void readIfWanted() {
        if (!running && state.isReadable() && state.isRequested() && channel.isAttached()) {
            read();
        }
    }

    /** What goes wrong concerns a datagram or a peer; the channel goes on. */
    private void read() {
        KqRecvHandle handle = channel.recvHandle();
        handle.reset(channel.config(), channel.config().getRcvAllocTransportProvidesGuess());
        ChannelPipeline pipeline = channel.pipeline();
        Throwable failure = null;
        running = true;
        try {
            readBatch(handle, pipeline);
        } catch (Throwable t) {
            failure = t;
        }
        handle.readComplete();
        pipeline.fireChannelReadComplete();
        if (failure != null) {
            pipeline.fireExceptionCaught(failure);
        }
        running = false;
        scheduleIfReadable();
    }

    private void readBatch(KqRecvHandle handle, ChannelPipeline pipeline) throws IOException {
        do {
            DomainDatagramPacket packet = receive(handle);
            if (packet == null) {
                return;
            }
            handle.incMessagesRead(1);
            state.answered();
            pipeline.fireChannelRead(packet);
        } while (channel.isAttached() && handle.continueReading());
    }

    /** Null when none waits. */
    private DomainDatagramPacket receive(KqRecvHandle handle) throws IOException {
        ByteBuf buf = handle.allocate(channel.config().getAllocator());
        boolean received = false;
        try {
            Sockaddr from = channel.scratch().sockaddr();
            int n = receiveInto(buf, handle, from);
            if (n == -Constants.EAGAIN) {
                return null;
            }
            handle.lastBytesRead(n);
            buf.writerIndex(buf.writerIndex() + n);
            DomainSocketAddress sender = channel.isConnected() ? channel.remoteAddress() : UnixAddresses.fromKernel(from);
            received = true;
            return new DomainDatagramPacket(buf, channel.localAddress(), sender == null ? UnixAddresses.UNNAMED : sender);
        } finally {
            if (!received) {
                buf.release();
            }
        }
    }

    private int receiveInto(ByteBuf buf, KqRecvHandle handle, Sockaddr from) throws IOException {
        int room = buf.writableBytes();
        handle.attemptedBytesRead(room);
        Rights rights = channel.scratch().rights();
        channel.count(Counters.READS);
        int n = UnixCalls.receive(channel.descriptor().number(), BufferAddress.of(buf, buf.writerIndex(), room), room, from.address(),
                rights.address(), false);
        if (n == -Constants.EAGAIN) {
            state.drained();
            return n;
        }
        if (n < 0 && n != -Constants.ECONNRESET && n != -Constants.ECONNREFUSED) {
            // Not one of those that are told once: asking again at once would hear the same.
            state.drained();
        }
        return Errno.check("recvmsg", n, channel);
    }
}
