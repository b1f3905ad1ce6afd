package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.MulticastCalls;
import io.kqnet.sys.Platform;
import io.kqnet.sys.Sockaddr;
import java.io.IOException;
import java.lang.ref.Reference;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.util.Enumeration;

/** Multicast membership of one socket, and what it sends with. */
final class Multicast {
    private final KqDatagramChannel channel;

    Multicast(KqDatagramChannel channel) {
        this.channel = channel;
    }

    private int fd() {
        return channel.descriptor().openNumber();
    }

    /** A null source means any source. */
    void join(InetAddress group, NetworkInterface via, InetAddress source) throws IOException {
        int index = index(via);
        Sockaddr groupAddress = sockaddr(group);
        Sockaddr other = source == null ? local(via) : specific(source);
        int rc = source == null ? MulticastCalls.join(fd(), groupAddress.address(), index, address(other))
                : MulticastCalls.joinSource(fd(), groupAddress.address(), index, other.address());
        keep(groupAddress, other);
        check(rc, "join", group, via, source);
    }

    void leave(InetAddress group, NetworkInterface via, InetAddress source) throws IOException {
        int index = index(via);
        Sockaddr groupAddress = sockaddr(group);
        Sockaddr other = source == null ? local(via) : specific(source);
        int rc = source == null ? MulticastCalls.leave(fd(), groupAddress.address(), index, address(other))
                : MulticastCalls.leaveSource(fd(), groupAddress.address(), index, other.address());
        keep(groupAddress, other);
        check(rc, "leave", group, via, source);
    }

    void block(InetAddress group, NetworkInterface via, InetAddress source) throws IOException {
        Sockaddr groupAddress = sockaddr(group);
        Sockaddr sourceAddress = specific(source);
        int rc = MulticastCalls.block(fd(), groupAddress.address(), index(via), sourceAddress.address());
        keep(groupAddress, sourceAddress);
        check(rc, "block", group, via, source);
    }

    /** Until here the memory of both was in use. */
    private static void keep(Sockaddr one, Sockaddr other) {
        Reference.reachabilityFence(one);
        Reference.reachabilityFence(other);
    }

    private void check(int result, String what, InetAddress group, NetworkInterface via, InetAddress source) throws IOException {
        if (result >= 0) {
            return;
        }
        String detail = what + ' ' + group + (source == null ? "" : " from " + source) + (via == null ? "" : " on " + via.getName());
        if (group instanceof Inet4Address && channel.isIpv6()) {
            detail += "; this is an IPv6 socket, make the channel with InternetProtocolFamily.IPv4 for groups of IPv4";
        }
        throw Errno.toException("setsockopt", result, detail);
    }

    /** An address the kernel may be told beside the group's; systems without source-specific multicast refuse to be told any. */
    private static Sockaddr specific(InetAddress source) {
        if (!Constants.SOURCE_MULTICAST) {
            throw new UnsupportedOperationException("source-specific multicast is not a feature of " + Platform.name());
        }
        return sockaddr(source);
    }

    private static Sockaddr sockaddr(InetAddress address) {
        Sockaddr sockaddr = new Sockaddr();
        sockaddr.set(new InetSocketAddress(address, 0), false);
        return sockaddr;
    }

    private static int index(NetworkInterface via) {
        return via == null ? 0 : Math.max(0, via.getIndex());
    }

    private static long address(Sockaddr sockaddr) {
        return sockaddr == null ? 0 : sockaddr.address();
    }

    /** The interface by an IPv4 address; null if it has none. */
    private static Sockaddr local(NetworkInterface via) {
        InetAddress address = via == null ? null : addressOf(via, false);
        return address == null ? null : sockaddr(address);
    }

    /** The first address of a family; null if there is none. */
    static InetAddress addressOf(NetworkInterface via, boolean ipv6) {
        for (Enumeration<InetAddress> addresses = via.getInetAddresses(); addresses.hasMoreElements();) {
            InetAddress address = addresses.nextElement();
            if (address instanceof Inet4Address != ipv6) {
                return address;
            }
        }
        return null;
    }

    /** The interface groups are sent to through. A dual-stack socket has one for each family; the IPv4 one follows where it can. */
    void sendThrough(NetworkInterface via) {
        Sockaddr local = local(via);
        boolean ipv6 = channel.isIpv6();
        checkOption(MulticastCalls.setInterface(fd(), ipv6, index(via), address(local)), "IP_MULTICAST_IF = " + via);
        if (ipv6) {
            MulticastCalls.setInterface(fd(), false, index(via), address(local));
        }
        Reference.reachabilityFence(local);
    }

    void ttl(int hops) {
        boolean ipv6 = channel.isIpv6();
        checkOption(MulticastCalls.setTtl(fd(), ipv6, hops), "IP_MULTICAST_TTL = " + hops);
        if (ipv6) {
            MulticastCalls.setTtl(fd(), false, hops);
        }
    }

    int ttl() {
        return checkOption(MulticastCalls.ttl(fd(), channel.isIpv6()), "IP_MULTICAST_TTL");
    }

    void loop(boolean on) {
        boolean ipv6 = channel.isIpv6();
        checkOption(MulticastCalls.setLoop(fd(), ipv6, on), "IP_MULTICAST_LOOP = " + on);
        if (ipv6) {
            MulticastCalls.setLoop(fd(), false, on);
        }
    }

    boolean isLoop() {
        return checkOption(MulticastCalls.loop(fd(), channel.isIpv6()), "IP_MULTICAST_LOOP") != 0;
    }

    private static int checkOption(int result, String option) {
        if (result < 0) {
            throw SocketOption.failure(Errno.toException("setsockopt", result, option));
        }
        return result;
    }
}
