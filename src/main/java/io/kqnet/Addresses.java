package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.SocketCalls;
import io.netty.util.NetUtil;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;

/** Which address a socket can use, and which family of socket to make. */
final class Addresses {
    /** System property: {@code false} makes sockets as on systems without dual-stack ones, IPv4 until an IPv6 address is used. */
    static final String DUAL_STACK_PROP_NAME = "io.kqnet.dualStack";

    private Addresses() {
    }

    /** AF_INET6 where one socket can serve both families, else AF_INET (docs/platforms.md). */
    static int defaultFamily() {
        boolean dualStack = Constants.DUAL_STACK && !"false".equals(System.getProperty(DUAL_STACK_PROP_NAME));
        return dualStack && !NetUtil.isIpV4StackPreferred() && Ipv6Probe.AVAILABLE ? Constants.AF_INET6 : Constants.AF_INET;
    }

    /**
     * The address if it can be given to the kernel.
     *
     * @throws UnresolvedAddressException if its host name was not resolved
     * @throws UnsupportedAddressTypeException if it is not an internet address
     */
    static InetSocketAddress checkInet(SocketAddress address) {
        if (!(address instanceof InetSocketAddress)) {
            throw new UnsupportedAddressException("an InetSocketAddress", address);
        }
        InetSocketAddress inet = (InetSocketAddress) address;
        if (inet.isUnresolved()) {
            throw new UnresolvedException(inet);
        }
        return inet;
    }

    static boolean isIpv6Literal(InetSocketAddress address) {
        return address.getAddress() instanceof Inet6Address;
    }

    /** Whether this machine has IPv6 at all, and sockets that are dual-stack without being asked. */
    static final class Ipv6Probe {
        static final boolean AVAILABLE;
        static final boolean DUAL_STACK_BY_DEFAULT;

        private Ipv6Probe() {
        }

        static {
            int fd = SocketCalls.socket(Constants.AF_INET6, Constants.SOCK_STREAM);
            AVAILABLE = fd >= 0;
            boolean dual = false;
            if (fd >= 0) {
                dual = (SocketCalls.getOption(fd, Constants.IPPROTO_IPV6, Constants.IPV6_V6ONLY) & 0xFFFF_FFFFL) == 0;
                SocketCalls.close(fd);
            }
            DUAL_STACK_BY_DEFAULT = dual;
        }
    }

    private static final class UnresolvedException extends UnresolvedAddressException {
        private static final long serialVersionUID = 1;
        private final String message;

        UnresolvedException(InetSocketAddress address) {
            message = "address is not resolved: " + address;
        }

        @Override
        public String getMessage() {
            return message;
        }
    }

    static final class UnsupportedAddressException extends UnsupportedAddressTypeException {
        private static final long serialVersionUID = 1;
        private final String message;

        UnsupportedAddressException(String expected, SocketAddress address) {
            message = "expected " + expected + ": " + (address == null ? null : address.getClass().getName() + ' ' + address);
        }

        @Override
        public String getMessage() {
            return message;
        }
    }
}
