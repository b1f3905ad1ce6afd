package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.socket.InternetProtocolFamily;
import java.io.IOException;
import java.net.InetSocketAddress;

/** Which internet family a channel's socket is of, and whether that was the user's choice. Belongs to the loop's thread once registered. */
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
final class InetFamily {
    private boolean ipv6;
    private boolean adaptable;

    private InetFamily(boolean ipv6, boolean adaptable) {
        this.ipv6 = ipv6;
        this.adaptable = adaptable;
    }

    static InetFamily ofNew(InternetProtocolFamily asked) {
        if (asked != null) {
            return of(asked == InternetProtocolFamily.IPv6);
        }
        boolean dualStack = Addresses.defaultFamily() == Constants.AF_INET6;
        return new InetFamily(dualStack, !dualStack);
    }

    static InetFamily of(boolean ipv6) {
        return new InetFamily(ipv6, false);
    }

    boolean isIpv6() {
        return ipv6;
    }

    /** Whether the socket may still be replaced by one of the other family. */
    boolean isAdaptable() {
        return adaptable;
    }

    /** Where no socket serves both families, a fresh IPv4 socket gives its number and options to an IPv6 one when that is what is needed. */
    void adapt(AbstractKqChannel channel, InetSocketAddress address) throws IOException {
        if (adaptable && Addresses.isIpv6Literal(address) && Addresses.Ipv6Probe.AVAILABLE) {
            Fd replacement = TcpSockets.openOrThrow(Constants.AF_INET6);
            try {
                Errno.check("dup2", SocketCalls.replace(replacement.number(), channel.descriptor().number()), address);
            } finally {
                replacement.close();
            }
            ipv6 = true;
            channel.config().reapply();
        }
        adaptable = false;
    }
}
