package io.kqnet.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.Kq;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SockaddrTest {
    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    private static InetSocketAddress roundTrip(InetSocketAddress address, boolean mapped) {
        Sockaddr sockaddr = new Sockaddr();
        sockaddr.set(address, mapped);
        return sockaddr.get();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "0.0.0.0", "255.255.255.255", "10.200.3.4"})
    void keepsIPv4Addresses(String text) throws UnknownHostException {
        for (int port : new int[] {0, 1, 80, 32768, 65535}) {
            InetSocketAddress address = new InetSocketAddress(InetAddress.getByName(text), port);
            assertEquals(address, roundTrip(address, false));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"::1", "::", "2001:db8::ff00:42:8329", "ff02::1", "::127.0.0.1"})
    void keepsIPv6Addresses(String text) throws UnknownHostException {
        for (int port : new int[] {0, 443, 65535}) {
            InetSocketAddress address = new InetSocketAddress(Inet6Address.getByName(text), port);
            assertEquals(address, roundTrip(address, false));
            assertEquals(address, roundTrip(address, true), "only IPv4 addresses are mapped");
        }
    }

    @Test
    void keepsTheScopeId() throws UnknownHostException {
        byte[] linkLocal = InetAddress.getByName("fe80::1").getAddress();
        InetSocketAddress back = roundTrip(new InetSocketAddress(Inet6Address.getByAddress(null, linkLocal, 7), 9), false);
        assertEquals(7, ((Inet6Address) back.getAddress()).getScopeId());
        InetSocketAddress without = roundTrip(new InetSocketAddress(Inet6Address.getByAddress(null, linkLocal, -1), 9), false);
        assertEquals("/[fe80:0:0:0:0:0:0:1]:9", without.toString(), "no scope is not scope 0");
    }

    @Test
    void mapsIPv4ForADualStackSocketAndBack() throws UnknownHostException {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getByName("192.0.2.33"), 8080);
        Sockaddr sockaddr = new Sockaddr();
        sockaddr.set(address, true);
        assertTrue(sockaddr.isInet6());
        assertEquals(address, sockaddr.get());
        assertInstanceOf(Inet4Address.class, sockaddr.get().getAddress());
    }

    @Test
    void theIPv4WildcardOfADualStackSocketIsTheIPv6One() throws UnknownHostException {
        InetSocketAddress back = roundTrip(new InetSocketAddress(InetAddress.getByName("0.0.0.0"), 5), true);
        assertEquals(new InetSocketAddress(InetAddress.getByName("::"), 5), back);
        assertInstanceOf(Inet6Address.class, back.getAddress());
    }

    @Test
    void forgetsTheAddressBefore() throws UnknownHostException {
        Sockaddr sockaddr = new Sockaddr();
        byte[] linkLocal = InetAddress.getByName("fe80::abcd:ef01:2345:6789").getAddress();
        sockaddr.set(new InetSocketAddress(Inet6Address.getByAddress(null, linkLocal, 3), 1), false);
        InetSocketAddress mapped = new InetSocketAddress(InetAddress.getByName("192.0.2.1"), 2);
        sockaddr.set(mapped, true);
        assertEquals(mapped, sockaddr.get());
        InetSocketAddress plain = new InetSocketAddress(InetAddress.getByName("::1"), 3);
        sockaddr.set(plain, false);
        assertEquals(plain, sockaddr.get());
        assertFalse(sockaddr.get().toString().contains("%"));
    }

    @Test
    void holdsNothingAtFirst() {
        assertNull(new Sockaddr().get());
        assertFalse(new Sockaddr().isInet6());
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void theKernelReadsWhatWasWritten(String text) throws UnknownHostException {
        InetAddress loopback = InetAddress.getByName(text);
        int fd = SocketCalls.socket(loopback instanceof Inet4Address ? Constants.AF_INET : Constants.AF_INET6, Constants.SOCK_STREAM);
        Assumptions.assumeTrue(fd >= 0, "this machine has no IPv6");
        try {
            Sockaddr sockaddr = new Sockaddr();
            sockaddr.set(new InetSocketAddress(loopback, 0), false);
            Assumptions.assumeTrue(SocketCalls.bind(fd, sockaddr.address()) == 0, "this machine has no " + text);
            Sockaddr back = new Sockaddr();
            assertEquals(0, SocketCalls.sockname(fd, back.address()));
            assertEquals(loopback, back.get().getAddress());
            assertTrue(back.get().getPort() > 0);
            assertEquals(-Constants.ENOTCONN, SocketCalls.peername(fd, back.address()));
        } finally {
            SocketCalls.close(fd);
        }
    }
}
