package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.ChannelException;
import io.netty.channel.socket.InternetProtocolFamily;
import java.net.InetSocketAddress;

/** Making and adopting UDP sockets. */
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
final class DatagramSockets {
    private DatagramSockets() {
    }

    static Fd open(InternetProtocolFamily family) {
        return open(InetSockets.family(family));
    }

    static Fd open(int af) {
        return InetSockets.open(af, Constants.SOCK_DGRAM, fd -> {
        });
    }

    /** Takes over a descriptor opened elsewhere; it stays the caller's if this throws. */
    static Fd adopt(int number) {
        Fd fd = new Fd(number);
        long type = SocketCalls.getOption(number, Constants.SOL_SOCKET, Constants.SO_TYPE);
        if (type < 0) {
            throw new ChannelException("cannot adopt " + fd + " as a UDP socket: " + Errno.message("getsockopt", (int) -type, "SO_TYPE"));
        }
        if ((int) type != Constants.SOCK_DGRAM || local(fd) == null) {
            throw new ChannelException("cannot adopt " + fd + " as a UDP socket: it is another kind of socket");
        }
        return InetSockets.adopt(fd);
    }

    /** The address the kernel knows, which has port 0 while the socket is not bound; null if it is no internet socket. */
    static InetSocketAddress local(Fd fd) {
        Sockaddr sockaddr = new Sockaddr();
        return SocketCalls.sockname(fd.number(), sockaddr.address()) < 0 ? null : sockaddr.get();
    }

    static boolean isBound(Fd fd) {
        InetSocketAddress local = local(fd);
        return local != null && local.getPort() != 0;
    }
}
