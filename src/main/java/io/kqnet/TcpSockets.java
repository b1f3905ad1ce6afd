package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.ChannelException;
import io.netty.channel.socket.InternetProtocolFamily;
import java.io.IOException;
import java.net.InetSocketAddress;

/** Making and adopting TCP sockets. */
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
final class TcpSockets {
    private TcpSockets() {
    }

    /** A socket of the family a default channel should have, or of the one asked for; TCP_NODELAY is on. */
    static Fd open(InternetProtocolFamily family) {
        int af = family == null ? Addresses.defaultFamily()
                : family == InternetProtocolFamily.IPv6 ? Constants.AF_INET6 : Constants.AF_INET;
        return openOrThrow(af);
    }

    static Fd openOrThrow(int af) {
        try {
            return open(af);
        } catch (IOException e) {
            throw new ChannelException(e.getMessage(), e);
        }
    }

    /** An AF_INET6 socket serves IPv4 too where the system allows it, also one that was asked for by family, as in the JDK. */
    private static Fd open(int af) throws IOException {
        Fd fd = new Fd(Errno.check("socket", SocketCalls.socket(af, Constants.SOCK_STREAM)));
        boolean made = false;
        try {
            Errno.check("setsockopt", SocketCalls.setOption(fd.number(), Constants.IPPROTO_TCP, Constants.TCP_NODELAY, 1), "TCP_NODELAY");
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

    /** Takes over a descriptor opened elsewhere; it stays the caller's if this throws. */
    static Fd adopt(int number) {
        Fd fd = new Fd(number);
        // Asked first: what is no TCP socket is left as it was.
        long probe = SocketCalls.getOption(number, Constants.IPPROTO_TCP, Constants.TCP_NODELAY);
        if (probe < 0) {
            throw new ChannelException("cannot adopt " + fd + " as a TCP socket: " + Errno.message("getsockopt", (int) -probe, "TCP_NODELAY"));
        }
        int rc = SocketCalls.adopt(number);
        if (rc < 0) {
            throw new ChannelException("cannot adopt " + fd + ": " + Errno.message("fcntl", -rc, fd));
        }
        return fd;
    }

    static boolean isIpv6(Fd fd) {
        Sockaddr sockaddr = new Sockaddr();
        return SocketCalls.sockname(fd.number(), sockaddr.address()) >= 0 && sockaddr.isInet6();
    }

    static boolean isListening(Fd fd) {
        return SocketCalls.getOption(fd.number(), Constants.SOL_SOCKET, Constants.SO_ACCEPTCONN) > 1L << 32;
    }

    static boolean isConnected(Fd fd) {
        return SocketCalls.peername(fd.number(), new Sockaddr().address()) >= 0;
    }

    static void bind(Fd fd, InetSocketAddress address, boolean ipv6, Sockaddr sockaddr) throws IOException {
        sockaddr.set(address, ipv6);
        Errno.check("bind", SocketCalls.bind(fd.number(), sockaddr.address()), address);
    }
}
