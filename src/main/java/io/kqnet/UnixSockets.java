package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Memory;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.kqnet.sys.UnixCalls;
import io.netty.channel.ChannelException;
import io.netty.channel.unix.PeerCredentials;
import java.io.IOException;
import java.lang.ref.Reference;
import java.util.Arrays;

/** Making and adopting sockets of the Unix domain, and who is at their other end. */
final class UnixSockets {
    /** Beyond what a process usually has, and what Linux allows at most (NGROUPS_MAX) with the effective one. */
    private static final int[] GROUPS = {64, 65_537};
    private static final long OPTION_ON = 1L << 32;

    private UnixSockets() {
    }

    static Fd open(int type) {
        return new Fd(orThrow("socket", SocketCalls.socket(Constants.AF_UNIX, type)));
    }

    static Fd[] pair(int type) {
        Memory ends = new Memory(2 * Integer.BYTES);
        orThrow("socketpair", UnixCalls.socketpair(type, ends.address()));
        return new Fd[] {new Fd(ends.buffer().getInt(0)), new Fd(ends.buffer().getInt(Integer.BYTES))};
    }

    private static int orThrow(String call, int result) {
        if (result < 0) {
            IOException cause = Errno.toException(call, result);
            throw new ChannelException(cause.getMessage(), cause);
        }
        return result;
    }

    /**
     * Takes over a descriptor opened elsewhere; it stays the caller's, and as it was, if this throws.
     *
     * @param what name of what it should be
     * @param mayListen whether a listening socket will do
     */
    static Fd adopt(int number, int type, String what, boolean mayListen) {
        Fd fd = new Fd(number);
        long actual = SocketCalls.getOption(number, Constants.SOL_SOCKET, Constants.SO_TYPE);
        if (actual < 0) {
            throw refused(fd, what, Errno.message("getsockopt", (int) -actual, "SO_TYPE"));
        }
        Sockaddr sockaddr = new Sockaddr();
        int rc = SocketCalls.sockname(number, sockaddr.address());
        if (rc < 0) {
            throw refused(fd, what, Errno.message("getsockname", -rc, fd));
        }
        if (sockaddr.path() == null) {
            throw refused(fd, what, "it is a socket of another domain");
        }
        if ((int) actual != type) {
            throw refused(fd, what, "it is of type " + (int) actual + ", not " + type);
        }
        if (!mayListen && isListening(fd)) {
            throw refused(fd, what, "it listens");
        }
        rc = SocketCalls.adopt(number);
        if (rc < 0) {
            throw refused(fd, what, Errno.message("fcntl", -rc, fd));
        }
        return fd;
    }

    private static ChannelException refused(Fd fd, String what, String reason) {
        return new ChannelException("cannot adopt " + fd + " as a " + what + ": " + reason);
    }

    static boolean isListening(Fd fd) {
        return SocketCalls.getOption(fd.number(), Constants.SOL_SOCKET, Constants.SO_ACCEPTCONN) > OPTION_ON;
    }

    static boolean isConnected(Fd fd) {
        Sockaddr sockaddr = new Sockaddr();
        int rc = SocketCalls.peername(fd.number(), sockaddr.address());
        Reference.reachabilityFence(sockaddr);
        return rc >= 0;
    }

    static boolean isNamed(Fd fd) {
        Sockaddr sockaddr = new Sockaddr();
        return SocketCalls.sockname(fd.number(), sockaddr.address()) >= 0 && sockaddr.path() != null && sockaddr.path().length > 0;
    }

    /** See {@link UnixCalls#peer}. */
    static PeerCredentials peerCredentials(Fd fd, Object channel) throws IOException {
        int count = -Constants.ERANGE;
        Memory peer = null;
        for (int i = 0; i < GROUPS.length && count == -Constants.ERANGE; i++) {
            peer = new Memory((2 + GROUPS[i]) * Integer.BYTES);
            count = UnixCalls.peer(fd.openNumber(), peer.address(), GROUPS[i]);
        }
        Errno.check("getsockopt", count, channel);
        int[] gids = new int[count];
        int distinct = 0;
        for (int i = 0; i < count; i++) {
            int gid = peer.buffer().getInt((2 + i) * Integer.BYTES);
            // The effective group may be among the others as well.
            if (i == 0 || gid != gids[0]) {
                gids[distinct++] = gid;
            }
        }
        Object credentials = UnixCalls.newCredentials(PeerCredentials.class, peer.buffer().getInt(0), peer.buffer().getInt(Integer.BYTES),
                Arrays.copyOf(gids, distinct));
        if (credentials == null) {
            throw new IOException("this Netty's PeerCredentials cannot be made");
        }
        return (PeerCredentials) credentials;
    }
}
