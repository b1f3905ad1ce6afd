package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.ChannelException;
import io.netty.channel.socket.InternetProtocolFamily;
import java.io.IOException;
import java.lang.ref.Reference;
import java.net.InetSocketAddress;

/** What internet sockets of all types have in common. */
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
final class InetSockets {
    private InetSockets() {
    }

    /** What a type of socket needs before anybody gets it. */
    interface Preparation {
        void prepare(Fd fd) throws IOException;
    }

    /** The family a default channel should have, or the one asked for. */
    static int family(InternetProtocolFamily asked) {
        return asked == null ? Addresses.defaultFamily() : asked == InternetProtocolFamily.IPv6 ? Constants.AF_INET6 : Constants.AF_INET;
    }

    static Fd open(int af, int type, Preparation preparation) {
        try {
            return openPrepared(af, type, preparation);
        } catch (IOException e) {
            throw new ChannelException(e.getMessage(), e);
        }
    }

    /** An AF_INET6 socket serves IPv4 too where the system allows it, also one that was asked for by family, as in the JDK. */
    private static Fd openPrepared(int af, int type, Preparation preparation) throws IOException {
        Fd fd = new Fd(Errno.check("socket", SocketCalls.socket(af, type)));
        boolean made = false;
        try {
            preparation.prepare(fd);
            if (af == Constants.AF_INET6 && Constants.DUAL_STACK && !Addresses.Ipv6Probe.DUAL_STACK_BY_DEFAULT) {
                Errno.check("setsockopt", SocketCalls.setOption(fd.number(), Constants.IPPROTO_IPV6, Constants.IPV6_V6ONLY, 0),
                        "IPV6_V6ONLY");
            }
            made = true;
            return fd;
        } finally {
            if (!made) {
                fd.close();
            }
        }
    }

    /** Makes a descriptor opened elsewhere what {@link #open} would have made. */
    static Fd adopt(Fd fd) {
        int rc = SocketCalls.adopt(fd.number());
        if (rc < 0) {
            throw new ChannelException("cannot adopt " + fd + ": " + Errno.message("fcntl", -rc, fd));
        }
        return fd;
    }

    static boolean isIpv6(Fd fd) {
        Sockaddr sockaddr = new Sockaddr();
        return SocketCalls.sockname(fd.number(), sockaddr.address()) >= 0 && sockaddr.isInet6();
    }

    static boolean isConnected(Fd fd) {
        Sockaddr sockaddr = new Sockaddr();
        int rc = SocketCalls.peername(fd.number(), sockaddr.address());
        Reference.reachabilityFence(sockaddr);
        return rc >= 0;
    }

    static void bind(Fd fd, InetSocketAddress address, boolean ipv6, Sockaddr sockaddr) throws IOException {
        sockaddr.set(address, ipv6);
        Errno.check("bind", SocketCalls.bind(fd.number(), sockaddr.address()), address);
    }
}
