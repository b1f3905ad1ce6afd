package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Platform;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import java.io.IOException;

/** A channel option that is one int of {@code setsockopt(2)}. Names and numbers come from C, so instances exist only once the library is loaded. */
final class SocketOption<T> {
    static final SocketOption<Boolean> REUSEADDR = flag(ChannelOption.SO_REUSEADDR, Constants.SOL_SOCKET, Constants.SO_REUSEADDR);
    static final SocketOption<Boolean> REUSEPORT = flag(UnixChannelOption.SO_REUSEPORT, Constants.SOL_SOCKET, Constants.SO_REUSEPORT);
    static final SocketOption<Boolean> REUSEPORT_LB = flag(KqChannelOption.SO_REUSEPORT_LB, Constants.SOL_SOCKET, Constants.SO_REUSEPORT_LB);
    static final SocketOption<Boolean> BROADCAST = flag(ChannelOption.SO_BROADCAST, Constants.SOL_SOCKET, Constants.SO_BROADCAST);
    static final SocketOption<Boolean> TIMESTAMP = flag(KqChannelOption.SO_TIMESTAMP, Constants.SOL_SOCKET, Constants.SO_TIMESTAMP);
    static final SocketOption<Boolean> KEEPALIVE = flag(ChannelOption.SO_KEEPALIVE, Constants.SOL_SOCKET, Constants.SO_KEEPALIVE);
    static final SocketOption<Boolean> OOBINLINE = flag(KqChannelOption.SO_OOBINLINE, Constants.SOL_SOCKET, Constants.SO_OOBINLINE);
    static final SocketOption<Boolean> NODELAY = flag(ChannelOption.TCP_NODELAY, Constants.IPPROTO_TCP, Constants.TCP_NODELAY);
    static final SocketOption<Boolean> NOPUSH = flag(KqChannelOption.TCP_NOPUSH, Constants.IPPROTO_TCP, Constants.TCP_NOPUSH);
    static final SocketOption<Integer> RCVBUF = number(ChannelOption.SO_RCVBUF, Constants.SOL_SOCKET, Constants.SO_RCVBUF, 1);
    static final SocketOption<Integer> SNDBUF = number(ChannelOption.SO_SNDBUF, Constants.SOL_SOCKET, Constants.SO_SNDBUF, 1);
    static final SocketOption<Integer> SNDLOWAT = number(KqChannelOption.SO_SNDLOWAT, Constants.SOL_SOCKET, Constants.SO_SNDLOWAT, 1);
    static final SocketOption<Integer> KEEPIDLE = number(KqChannelOption.TCP_KEEPIDLE, Constants.IPPROTO_TCP, Constants.TCP_KEEPIDLE, 1);
    static final SocketOption<Integer> KEEPINTVL = number(KqChannelOption.TCP_KEEPINTVL, Constants.IPPROTO_TCP, Constants.TCP_KEEPINTVL, 1);
    static final SocketOption<Integer> KEEPCNT = number(KqChannelOption.TCP_KEEPCNT, Constants.IPPROTO_TCP, Constants.TCP_KEEPCNT, 1);
    static final SocketOption<Integer> NOTSENT_LOWAT =
            number(KqChannelOption.TCP_NOTSENT_LOWAT, Constants.IPPROTO_TCP, Constants.TCP_NOTSENT_LOWAT, 1);
    static final SocketOption<Integer> USER_TIMEOUT =
            number(KqChannelOption.TCP_USER_TIMEOUT, Constants.IPPROTO_TCP, Constants.TCP_USER_TIMEOUT, Constants.TCP_USER_TIMEOUT_UNIT);

    private final ChannelOption<T> option;
    private final int level;
    private final int name;
    private final boolean flag;
    /** Of the option's value, in the kernel's. */
    private final int unit;

    private SocketOption(ChannelOption<T> option, int level, int name, boolean flag, int unit) {
        this.option = option;
        this.level = level;
        this.name = name;
        this.flag = flag;
        this.unit = unit;
    }

    private static SocketOption<Boolean> flag(ChannelOption<Boolean> option, int level, int name) {
        return new SocketOption<>(option, level, name, true, 1);
    }

    private static SocketOption<Integer> number(ChannelOption<Integer> option, int level, int name, int unit) {
        return new SocketOption<>(option, level, name, false, unit);
    }

    ChannelOption<T> option() {
        return option;
    }

    boolean isSupported() {
        return name != Constants.ABSENT;
    }

    private void checkSupported() {
        checkSupported(option, name);
    }

    static void checkSupported(ChannelOption<?> option, int name) {
        if (name == Constants.ABSENT) {
            throw new UnsupportedOperationException(option.name() + " is not an option of " + Platform.name());
        }
    }

    @SuppressWarnings("unchecked")
    T get(Fd fd) {
        checkSupported();
        int value = get(fd, level, name, option.name());
        return (T) (flag ? (Object) (value != 0) : (Object) (value * unit));
    }

    void set(Fd fd, Object value) {
        checkSupported();
        int number = flag ? ((Boolean) value ? 1 : 0) : (int) (((Integer) value + (long) unit - 1) / unit);
        if (!flag && (Integer) value < 0) {
            throw new IllegalArgumentException(option.name() + ": " + value + " (expected: >= 0)");
        }
        set(fd, level, name, number, option.name());
    }

    static int get(Fd fd, int level, int name, String optionName) {
        long result = SocketCalls.getOption(fd.openNumber(), level, name);
        if (result < 0) {
            throw failure(Errno.toException("getsockopt", result, optionName));
        }
        return (int) result;
    }

    static void set(Fd fd, int level, int name, int value, String optionName) {
        int result = SocketCalls.setOption(fd.openNumber(), level, name, value);
        if (result < 0) {
            throw failure(Errno.toException("setsockopt", result, optionName + " = " + value));
        }
    }

    static ChannelException failure(IOException cause) {
        return new ChannelException(cause.getMessage(), cause);
    }
}
