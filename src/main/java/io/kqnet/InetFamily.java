package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.socket.InternetProtocolFamily;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.IntFunction;

/** Which internet family a channel's socket is of, and whether that was the user's choice. Belongs to the loop's thread once registered. */
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
final class InetFamily {
    private boolean ipv6;
    /** Makes a socket of a family, to take the place of the one there is; null if that is as it should be. */
    private IntFunction<Fd> replacements;

    private InetFamily(boolean ipv6, IntFunction<Fd> replacements) {
        this.ipv6 = ipv6;
        this.replacements = replacements;
    }

    static InetFamily ofNew(InternetProtocolFamily asked, IntFunction<Fd> sockets) {
        if (asked != null) {
            return of(asked == InternetProtocolFamily.IPv6);
        }
        boolean dualStack = Addresses.defaultFamily() == Constants.AF_INET6;
        return new InetFamily(dualStack, dualStack ? null : sockets);
    }

    static InetFamily of(boolean ipv6) {
        return new InetFamily(ipv6, null);
    }

    boolean isIpv6() {
        return ipv6;
    }

    /** Whether the socket may still be replaced by one of the other family. */
    boolean isAdaptable() {
        return replacements != null;
    }

    /** The socket has an address now. */
    void settle() {
        replacements = null;
    }

    /** Where no socket serves both families, a fresh IPv4 socket gives its number and options to an IPv6 one when that is what is needed. */
    void adapt(AbstractKqChannel channel, InetSocketAddress address) throws IOException {
        if (replacements != null && Addresses.isIpv6Literal(address) && Addresses.Ipv6Probe.AVAILABLE) {
            Fd replacement = replacements.apply(Constants.AF_INET6);
            try {
                Errno.check("dup2", SocketCalls.replace(replacement.number(), channel.descriptor().number()), address);
            } finally {
                replacement.close();
            }
            ipv6 = true;
            channel.config().reapply();
        }
        settle();
    }
}
