package io.kqnet;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.DuplexChannelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Options of {@link KqDescriptorChannel}: Netty's, ALLOW_HALF_CLOSURE, COALESCE_FLUSH, and the TTY options of {@link KqChannelOption} for a
 * terminal or serial line (of a pair, the input if it is one, else the output). Thread safe.
 */
public final class KqDescriptorChannelConfig extends KqChannelConfig implements DuplexChannelConfig {
    private final DescriptorEnd terminal;
    private volatile boolean allowHalfClosure;
    private volatile boolean coalesceFlush = true;

    KqDescriptorChannelConfig(KqDescriptorChannel channel, DescriptorEnd terminal) {
        super(channel, List.of());
        this.terminal = terminal;
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        List<ChannelOption<?>> options = new ArrayList<>(List.of(ChannelOption.ALLOW_HALF_CLOSURE, KqChannelOption.COALESCE_FLUSH));
        if (terminal.isTty()) {
            TtyOption.ALL.forEach(candidate -> options.add(candidate.option()));
        }
        return getOptions(super.getOptions(), options.toArray(new ChannelOption<?>[0]));
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getOption(ChannelOption<T> option) {
        if (option == ChannelOption.ALLOW_HALF_CLOSURE) {
            return (T) Boolean.valueOf(allowHalfClosure);
        }
        if (option == KqChannelOption.COALESCE_FLUSH) {
            return (T) Boolean.valueOf(coalesceFlush);
        }
        TtyOption<?> tty = TtyOption.find(option);
        return tty != null ? (T) tty.get(terminal) : super.getOption(option);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        if (option == ChannelOption.ALLOW_HALF_CLOSURE) {
            validate(option, value);
            allowHalfClosure = (Boolean) value;
            return true;
        }
        if (option == KqChannelOption.COALESCE_FLUSH) {
            validate(option, value);
            coalesceFlush = (Boolean) value;
            return true;
        }
        return super.setOption(option, value);
    }

    @Override
    boolean setOnDescriptor(ChannelOption<?> option, Object value) {
        TtyOption<?> tty = TtyOption.find(option);
        if (tty == null) {
            return super.setOnDescriptor(option, value);
        }
        if (option == KqChannelOption.TTY_RAW) {
            terminal.saveModes();
        }
        tty.set(terminal, value);
        return true;
    }

    @Override
    boolean isCoalesceFlush() {
        return coalesceFlush;
    }

    @Override
    public boolean isAllowHalfClosure() {
        return allowHalfClosure;
    }

    @Override
    public KqDescriptorChannelConfig setAllowHalfClosure(boolean allowHalfClosure) {
        this.allowHalfClosure = allowHalfClosure;
        return this;
    }

    @Override
    public KqDescriptorChannelConfig setRcvAllocTransportProvidesGuess(boolean transportProvidesGuess) {
        super.setRcvAllocTransportProvidesGuess(transportProvidesGuess);
        return this;
    }

    @Override
    public KqDescriptorChannelConfig setConnectTimeoutMillis(int connectTimeoutMillis) {
        super.setConnectTimeoutMillis(connectTimeoutMillis);
        return this;
    }

    @Override
    @Deprecated
    public KqDescriptorChannelConfig setMaxMessagesPerRead(int maxMessagesPerRead) {
        super.setMaxMessagesPerRead(maxMessagesPerRead);
        return this;
    }

    @Override
    public KqDescriptorChannelConfig setWriteSpinCount(int writeSpinCount) {
        super.setWriteSpinCount(writeSpinCount);
        return this;
    }

    @Override
    public KqDescriptorChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public KqDescriptorChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public KqDescriptorChannelConfig setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return this;
    }

    @Override
    public KqDescriptorChannelConfig setAutoClose(boolean autoClose) {
        super.setAutoClose(autoClose);
        return this;
    }

    @Override
    public KqDescriptorChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark writeBufferWaterMark) {
        super.setWriteBufferWaterMark(writeBufferWaterMark);
        return this;
    }

    @Override
    public KqDescriptorChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }
}
