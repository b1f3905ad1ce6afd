package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Memory;
import io.kqnet.sys.TtyCalls;
import io.netty.channel.ChannelOption;
import java.lang.ref.Reference;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** A channel option that is one field of the terminal record ({@code kq_tty} of {@code kq.h}). */
final class TtyOption<T> {
    private static final int LEAVE = -1;
    static final List<TtyOption<?>> ALL = List.of(
            number(KqChannelOption.TTY_SPEED, 0),
            flag(KqChannelOption.TTY_RAW, 1),
            number(KqChannelOption.TTY_DATA_BITS, 2),
            number(KqChannelOption.TTY_STOP_BITS, 3),
            new TtyOption<>(KqChannelOption.TTY_PARITY, 4, value -> TtyParity.values()[value], TtyParity::ordinal),
            new TtyOption<>(KqChannelOption.TTY_FLOW_CONTROL, 5, value -> TtyFlowControl.values()[value], TtyFlowControl::ordinal),
            flag(KqChannelOption.TTY_CARRIER, 6));

    private final ChannelOption<T> option;
    private final int offset;
    private final Function<Integer, T> decode;
    private final ToIntFunction<T> encode;

    private TtyOption(ChannelOption<T> option, int index, Function<Integer, T> decode, ToIntFunction<T> encode) {
        this.option = option;
        offset = index * Integer.BYTES;
        this.decode = decode;
        this.encode = encode;
    }

    private static TtyOption<Integer> number(ChannelOption<Integer> option, int index) {
        return new TtyOption<>(option, index, Function.identity(), Integer::intValue);
    }

    private static TtyOption<Boolean> flag(ChannelOption<Boolean> option, int index) {
        return new TtyOption<>(option, index, value -> value != 0, value -> value ? 1 : 0);
    }

    /** Null if it is another kind of option. */
    static TtyOption<?> find(ChannelOption<?> option) {
        for (TtyOption<?> candidate : ALL) {
            if (candidate.option == option) {
                return candidate;
            }
        }
        return null;
    }

    ChannelOption<T> option() {
        return option;
    }

    T get(DescriptorEnd end) {
        Memory memory = new Memory(Constants.SIZEOF_TTY);
        int rc = TtyCalls.get(end.fd().openNumber(), memory.address());
        if (rc < 0) {
            throw SocketOption.failure(Errno.toException("tcgetattr", rc, option.name() + " of " + end));
        }
        return decode.apply(memory.buffer().getInt(offset));
    }

    @SuppressWarnings("unchecked")
    void set(DescriptorEnd end, Object value) {
        int number = encode.applyAsInt((T) value);
        if (number < 0) {
            throw new IllegalArgumentException(option.name() + ": " + value + " (expected: >= 0)");
        }
        Memory memory = new Memory(Constants.SIZEOF_TTY);
        for (int i = 0; i < memory.size(); i += Integer.BYTES) {
            memory.buffer().putInt(i, LEAVE);
        }
        memory.buffer().putInt(offset, number);
        int rc = TtyCalls.set(end.fd().openNumber(), memory.address());
        Reference.reachabilityFence(memory);
        if (rc < 0) {
            throw SocketOption.failure(Errno.toException("tcsetattr", rc, option.name() + " = " + value + " of " + end));
        }
    }
}
