package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Datagrams;
import io.kqnet.sys.Endpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.net.InetSocketAddress;

/**
 * The receive buffers of one channel, and the datagrams that were received and not delivered yet. Each datagram has a buffer of its own, so
 * that one the user keeps holds on to nothing but its own. Belongs to the loop's thread.
 */
final class DatagramBatch {
    private final ByteBuf[] buffers = new ByteBuf[Constants.KQ_DATAGRAM_BATCH];
    private int spare;
    private final KqDatagramPacket[] packets = new KqDatagramPacket[Constants.KQ_DATAGRAM_BATCH];
    private int next;
    private int end;
    private Endpoint lastSender;
    private Endpoint lastRecipient;

    /** Prepares room for up to {@code count} datagrams; what an earlier call left unused is used first. */
    void prepare(Datagrams records, int count, KqRecvHandle handle, ByteBufAllocator allocator) {
        if (spare > 0 && buffers[0].capacity() < handle.guess()) {
            clearBuffers();
        }
        for (int i = 0; i < count; i++) {
            if (i == spare) {
                buffers[i] = handle.allocate(allocator);
                spare++;
            }
            ByteBuf buf = buffers[i];
            int room = buf.writableBytes();
            records.bytes(i, BufferAddress.of(buf, buf.writerIndex(), room), room);
        }
    }

    /** Takes over the first {@code count} records, {@code told} with what the kernel told beside them; {@code local} is the channel's address. */
    void accept(Datagrams records, int count, InetSocketAddress local, boolean told) {
        next = 0;
        end = 0;
        for (int i = 0; i < count; i++) {
            ByteBuf buf = buffers[i];
            buf.writerIndex(buf.writerIndex() + records.length(i));
            lastSender = records.peer(i, lastSender);
            InetSocketAddress sender = lastSender == null ? null : lastSender.address();
            packets[end++] = told ? withWhatWasTold(records, i, buf, local, sender)
                    : new KqDatagramPacket(buf, local, sender, 0, null, records.isTruncated(i));
        }
        spare -= count;
        System.arraycopy(buffers, count, buffers, 0, spare);
        for (int i = spare; i < spare + count; i++) {
            buffers[i] = null;
        }
    }

    private KqDatagramPacket withWhatWasTold(Datagrams records, int i, ByteBuf buf, InetSocketAddress local, InetSocketAddress sender) {
        lastRecipient = records.local(i, local == null ? 0 : local.getPort(), lastRecipient);
        InetSocketAddress recipient = lastRecipient == null ? local : lastRecipient.address();
        return new KqDatagramPacket(buf, recipient, sender, records.interfaceIndex(i), records.arrival(i), records.isTruncated(i));
    }

    boolean isEmpty() {
        return next == end;
    }

    KqDatagramPacket take() {
        KqDatagramPacket packet = packets[next];
        packets[next++] = null;
        return packet;
    }

    /** Keeps one buffer: enough for the next datagram of a channel that gets them one by one, and no burden for one that gets none. */
    void trim() {
        while (spare > 1) {
            release();
        }
    }

    /** Buffers of another size or kind are wanted from now on. */
    void clearBuffers() {
        while (spare > 0) {
            release();
        }
    }

    private void release() {
        ByteBuf buf = buffers[--spare];
        buffers[spare] = null;
        buf.release();
    }

    /** The channel is closed: what the user did not get yet is dropped as the kernel drops it. */
    void clear() {
        clearBuffers();
        while (!isEmpty()) {
            take().release();
        }
    }
}
