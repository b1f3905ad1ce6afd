package io.kqnet;

import io.kqnet.poll.Counters;
import io.kqnet.sys.Constants;
import io.kqnet.sys.DatagramCalls;
import io.kqnet.sys.Datagrams;
import io.kqnet.sys.Endpoint;
import io.kqnet.sys.Errno;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.unix.SegmentedDatagramPacket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.NotYetConnectedException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Sends flushed datagrams in batches, speculatively. Whatever the kernel says of one datagram concerns its promise alone; a full socket waits
 * for EVFILT_WRITE, a full interface for time ({@link SendBackoff}). Belongs to the loop's thread.
 */
final class DatagramWriteLoop implements ChannelOutboundBuffer.MessageProcessor {
    private final KqDatagramChannel channel;
    private final SendBackoff backoff = new SendBackoff();
    private final Runnable flushAgain;
    private Future<?> waiting;
    private Endpoint lastRecipient;
    /** What of the current message has left already, when that is one of several segments. */
    private int sentBytes;

    private Datagrams records;
    private Iovecs iovecs;
    private int count;
    private int messages;
    /** Messages that may still leave before others have a turn. */
    private int left;
    /** Bytes of each record. */
    private final int[] lengths = new int[Constants.KQ_DATAGRAM_BATCH];
    /** Whether a record is the last, or only, one of its message. */
    private final boolean[] last = new boolean[Constants.KQ_DATAGRAM_BATCH];

    DatagramWriteLoop(KqDatagramChannel channel) {
        this.channel = channel;
        flushAgain = () -> {
            if (channel.isInLoop()) {
                waiting = null;
                channel.flushNow();
            }
        };
    }

    /** Until some time has passed, offering more is useless. */
    boolean isWaiting() {
        return waiting != null;
    }

    /** Time that was to pass in another loop, or before a close. */
    void stopWaiting() {
        if (waiting != null) {
            waiting.cancel(false);
            waiting = null;
        }
    }

    void write(ChannelOutboundBuffer in) throws Exception {
        left = channel.messagesPerWrite();
        for (int spins = channel.config().getWriteSpinCount(); spins > 0 && left > 0; spins--) {
            if (in.isEmpty() || !writeBatch(in)) {
                return;
            }
        }
        if (!in.isEmpty()) {
            // The kernel takes all it gets: let others have a turn, then go on.
            channel.eventLoop().execute(flushAgain);
        }
    }

    /** False if it is useless to go on now. */
    private boolean writeBatch(ChannelOutboundBuffer in) throws Exception {
        OutboundMessages.skipCancelled(in);
        Object message = in.current();
        if (message == null) {
            return true;
        }
        InetSocketAddress recipient = recipient(message);
        if (recipient == null && !channel.isConnected()) {
            in.remove(new NotYetConnectedException());
            return true;
        }
        try {
            channel.beforeSend(recipient);
        } catch (IOException e) {
            in.remove(e);
            return true;
        }
        records = channel.scratch().datagrams();
        iovecs = channel.scratch().iovecs();
        count = 0;
        messages = 0;
        in.forEachFlushedMessage(this);
        channel.count(Counters.WRITES);
        int n = DatagramCalls.send(channel.descriptor().number(), records.address(), count, channel.config().how());
        channel.counters().add(Counters.WRITES, channel.config().moreCalls(n, count));
        if (n < 0) {
            return refused(in, n, recipient);
        }
        channel.afterSend();
        backoff.reset();
        for (int i = 0; i < n; i++) {
            if (last[i]) {
                sentBytes = 0;
                OutboundMessages.skipCancelled(in);
                in.remove();
                left--;
            } else {
                sentBytes += lengths[i];
            }
        }
        return true;
    }

    private boolean refused(ChannelOutboundBuffer in, int result, InetSocketAddress recipient) {
        if (result == -Constants.EAGAIN) {
            channel.registration().armWrite();
            return false;
        }
        int millis = result == -Constants.ENOBUFS ? backoff.next() : 0;
        if (millis > 0) {
            waiting = channel.eventLoop().schedule(flushAgain, millis, TimeUnit.MILLISECONDS);
            return false;
        }
        IOException cause = Errno.toDatagramException("sendmsg", result, recipient == null ? channel.remoteAddress() : recipient);
        sentBytes = 0;
        in.remove(cause);
        return true;
    }

    @SuppressWarnings("unchecked")
    private static InetSocketAddress recipient(Object message) {
        return message instanceof ByteBuf ? null : ((AddressedEnvelope<ByteBuf, InetSocketAddress>) message).recipient();
    }

    @Override
    @SuppressWarnings("unchecked")
    public boolean processMessage(Object message) {
        InetSocketAddress recipient = recipient(message);
        if (recipient == null && !channel.isConnected()) {
            // Its turn to fail comes when it is the first.
            return false;
        }
        Endpoint peer = endpoint(recipient);
        ByteBuf content = message instanceof ByteBuf ? (ByteBuf) message : ((AddressedEnvelope<ByteBuf, InetSocketAddress>) message).content();
        int at = count == 0 ? sentBytes : 0;
        int rest = content.readableBytes() - at;
        int most = message instanceof SegmentedDatagramPacket ? ((SegmentedDatagramPacket) message).segmentSize() : rest;
        do {
            int length = Math.min(rest, most);
            if (count == Constants.KQ_DATAGRAM_BATCH || messages == left || !add(content, content.readerIndex() + at, length)) {
                return false;
            }
            records.sendTo(count, peer);
            lengths[count] = length;
            at += length;
            rest -= length;
            last[count++] = rest == 0;
        } while (rest > 0);
        messages++;
        return true;
    }

    private boolean add(ByteBuf content, int index, int length) {
        if (length == 0) {
            records.bytes(count, 0, 0);
            return true;
        }
        if (content.nioBufferCount() == 1) {
            records.bytes(count, BufferAddress.of(content, index, length), length);
            return true;
        }
        int first = iovecs.count();
        if (!iovecs.append(content.nioBuffers(index, length))) {
            return false;
        }
        records.gathered(count, iovecs.address(first), iovecs.count() - first);
        return true;
    }

    /** Null for the peer the socket is connected to: the BSDs refuse to be told it again (EISCONN, udp_output()). */
    private Endpoint endpoint(InetSocketAddress recipient) {
        if (recipient == null || channel.isPeer(recipient)) {
            return null;
        }
        Endpoint known = lastRecipient;
        if (known == null || !known.isOf(recipient)) {
            known = Endpoint.of(recipient, channel.isIpv6());
            lastRecipient = known;
        }
        return known;
    }
}
