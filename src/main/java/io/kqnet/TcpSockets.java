package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.ChannelException;
import io.netty.channel.socket.InternetProtocolFamily;
import java.io.IOException;

/** Making and adopting TCP sockets. */
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
final class TcpSockets {
    private TcpSockets() {
    }

    /** A socket of the family a default channel should have, or of the one asked for; TCP_NODELAY is on. */
    static Fd open(InternetProtocolFamily family) {
        return open(InetSockets.family(family));
    }

    static Fd open(int af) {
        return InetSockets.open(af, Constants.SOCK_STREAM, TcpSockets::noDelay);
    }

    private static void noDelay(Fd fd) throws IOException {
        Errno.check("setsockopt", SocketCalls.setOption(fd.number(), Constants.IPPROTO_TCP, Constants.TCP_NODELAY, 1), "TCP_NODELAY");
    }

    /** Takes over a descriptor opened elsewhere; it stays the caller's if this throws. */
    static Fd adopt(int number) {
        Fd fd = new Fd(number);
        // Asked first: what is no TCP socket is left as it was.
        long probe = SocketCalls.getOption(number, Constants.IPPROTO_TCP, Constants.TCP_NODELAY);
        if (probe < 0) {
            throw new ChannelException("cannot adopt " + fd + " as a TCP socket: " + Errno.message("getsockopt", (int) -probe, "TCP_NODELAY"));
        }
        return InetSockets.adopt(fd);
    }

    static boolean isListening(Fd fd) {
        return SocketCalls.getOption(fd.number(), Constants.SOL_SOCKET, Constants.SO_ACCEPTCONN) > 1L << 32;
    }
}
