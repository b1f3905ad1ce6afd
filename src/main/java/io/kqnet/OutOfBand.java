package io.kqnet;

import io.kqnet.poll.Counters;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.OobCalls;
import io.netty.channel.ChannelOutboundBuffer;
import java.io.IOException;

/**
 * Urgent data of a TCP socket. Taken only when reading has come to the mark: a byte taken earlier would come out of order, and once more as
 * ordinary data if another urgent byte followed (tcp_check_urg() of Linux). Belongs to the loop's thread.
 */
final class OutOfBand {
    private OutOfBand() {
    }

    /** Fires the urgent bytes that are next; true if ordinary data or the end is. */
    static boolean admitRead(KqSocketChannel channel) {
        int found = deliver(channel);
        if (!channel.isAttached() || channel.isReadingOver()) {
            return false;
        }
        if (found < 0) {
            // The read reports an error better.
            return true;
        }
        if ((found & OobCalls.BYTE) != 0) {
            // The handler turned autoRead off; what follows stays to be read.
            return false;
        }
        if ((found & OobCalls.DATA) != 0 || channel.readState().isEof()) {
            return true;
        }
        channel.readState().drained();
        return false;
    }

    /** What {@link OobCalls#poll} said last; with {@link OobCalls#BYTE} if the handler of that byte's event ended the reading. */
    static int deliver(KqSocketChannel channel) {
        for (;;) {
            boolean wanted = isWanted(channel);
            int found = OobCalls.poll(channel.descriptor().number());
            if (found < 0 || (found & OobCalls.BYTE) == 0) {
                return found;
            }
            channel.count(Counters.READS);
            channel.pipeline().fireUserEventTriggered(new KqOutOfBandEvent((byte) found));
            if (!channel.isAttached() || channel.isReadingOver() || wanted && !isWanted(channel)) {
                return found;
            }
        }
    }

    private static boolean isWanted(KqSocketChannel channel) {
        return channel.config().isAutoRead() || channel.readState().isRequested() || channel.readState().isEof();
    }

    /** False if the kernel has no room for it. */
    static boolean send(KqSocketChannel channel, ChannelOutboundBuffer in, Message message) throws IOException {
        channel.count(Counters.WRITES);
        int n = OobCalls.send(channel.descriptor().number(), message.value);
        if (n == -Constants.EAGAIN) {
            return false;
        }
        Errno.check("send", n, channel);
        in.remove();
        return true;
    }

    /** An urgent byte in the outbound buffer. */
    static final class Message {
        private final byte value;

        Message(byte value) {
            this.value = value;
        }
    }
}
