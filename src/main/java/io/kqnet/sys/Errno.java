package io.kqnet.sys;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;

/** {@code -errno} to exception; the only place where exceptions are made from an errno. */
public final class Errno {
    private Errno() {
    }

    /**
     * An exception whose message names the call, the symbolic errno (numbers differ per system), its text and {@code detail}.
     *
     * @param call name of the system call
     * @param result the native's result, {@code -errno}
     * @param detail the address, path or option concerned; may be null
     */
    public static IOException toException(String call, long result, Object detail) {
        int errno = (int) -result;
        String message = message(call, errno, detail);
        if (errno == Constants.EBADF) {
            return new ClosedDescriptorException(message);
        }
        if (errno == Constants.ECONNREFUSED) {
            return new ConnectException(message);
        }
        if (errno == Constants.ENETUNREACH || errno == Constants.EHOSTUNREACH) {
            return new NoRouteToHostException(message);
        }
        if (errno == Constants.ETIMEDOUT && !"connect".equals(call)) {
            return new SocketTimeoutException(message);
        }
        if (errno == Constants.EADDRINUSE || errno == Constants.EADDRNOTAVAIL || "bind".equals(call)) {
            return new BindException(message);
        }
        if ("connect".equals(call)) {
            return errno == Constants.ENOENT ? new FileNotFoundException(message) : new ConnectException(message);
        }
        return new IOException(message);
    }

    public static IOException toException(String call, long result) {
        return toException(call, result, null);
    }

    /** As {@link #toException(String, long, Object)} for a datagram socket, where ECONNREFUSED is the news that nobody listens at the peer. */
    public static IOException toDatagramException(String call, long result, Object detail) {
        return result == -Constants.ECONNREFUSED ? new PortUnreachableException(message(call, (int) -result, detail))
                : toException(call, result, detail);
    }

    /** The result itself when it is not an error. */
    public static int check(String call, int result, Object detail) throws IOException {
        if (result < 0) {
            throw toException(call, result, detail);
        }
        return result;
    }

    public static int check(String call, int result) throws IOException {
        return check(call, result, null);
    }

    /** {@code connect(..) failed: ECONNREFUSED (Connection refused): /127.0.0.1:80}. */
    public static String message(String call, int errno, Object detail) {
        String name = Platform.errnoName(errno);
        String symbol = "errno".equals(name) ? "errno " + errno : name;
        String text = call + "(..) failed: " + symbol + " (" + Platform.errnoText(errno) + ')';
        return detail == null ? text : text + ": " + detail;
    }

    /** EBADF: what a closed descriptor answers. */
    private static final class ClosedDescriptorException extends ClosedChannelException {
        private static final long serialVersionUID = 1;
        private final String message;

        ClosedDescriptorException(String message) {
            this.message = message;
        }

        @Override
        public String getMessage() {
            return message;
        }
    }
}
