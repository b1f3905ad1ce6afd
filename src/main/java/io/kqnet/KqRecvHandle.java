package io.kqnet;

import io.kqnet.poll.ReadyHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator.DelegatingHandle;
import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.channel.unix.PreferredDirectByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/** Adds to the user's handle what the kernel told: direct buffers, their size, and when to stop reading. */
final class KqRecvHandle extends DelegatingHandle implements ExtendedHandle {
    /** Largest buffer taken at once because the kernel says so many bytes wait. */
    private static final int MAX_GUESS = 1 << 20;
    /**
     * A buffer filled to its end leaves open whether more waits, which costs a read to learn. Where the kernel gives no count, buffers the
     * adaptive allocator sized after equal messages get this much more than the messages need.
     */
    private static final int HEADROOM = 16;

    private final PreferredDirectByteBufAllocator direct = new PreferredDirectByteBufAllocator();
    private final UncheckedBooleanSupplier more = this::mayBeMore;
    private final ReadState state;
    private boolean guess;
    private boolean elastic;

    KqRecvHandle(ExtendedHandle delegate, ReadState state) {
        super(delegate);
        this.state = state;
    }

    void reset(ChannelConfig config, boolean transportProvidesGuess) {
        guess = transportProvidesGuess;
        elastic = config.getRecvByteBufAllocator() instanceof AdaptiveRecvByteBufAllocator;
        reset(config);
    }

    private boolean mayBeMore() {
        return state.isReadable();
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
        direct.updateAllocator(allocator);
        long available = state.available();
        if (guess && available != ReadyHandler.UNKNOWN && available > 0) {
            return direct.ioBuffer((int) Math.min(available, MAX_GUESS));
        }
        return elastic && available == ReadyHandler.UNKNOWN ? direct.ioBuffer(delegate().guess() + HEADROOM) : delegate().allocate(direct);
    }

    @Override
    public int guess() {
        long available = state.available();
        return guess && available != ReadyHandler.UNKNOWN && available > 0 ? (int) Math.min(available, MAX_GUESS) : delegate().guess();
    }

    @Override
    public boolean continueReading() {
        return continueReading(more);
    }

    @Override
    public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
        return ((ExtendedHandle) delegate()).continueReading(maybeMoreData);
    }
}
