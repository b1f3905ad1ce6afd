package io.kqnet.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class EndpointTest {
    private static InetSocketAddress linkLocal(int scope) throws UnknownHostException {
        return new InetSocketAddress(Inet6Address.getByAddress(null, InetAddress.getByName("ff02::fb").getAddress(), scope), 5353);
    }

    @Test
    void isOfOneZoneOnly() throws UnknownHostException {
        Endpoint endpoint = Endpoint.of(linkLocal(2), false);
        assertEquals(linkLocal(2), linkLocal(3), "to Java they are equal");
        assertTrue(endpoint.isOf(linkLocal(2)));
        assertFalse(endpoint.isOf(linkLocal(3)));
        assertFalse(endpoint.isOf(new InetSocketAddress(InetAddress.getByName("ff02::fb"), 5354)));
    }

    @Test
    void zoneOfAnAddressWithoutOneIsZero() throws UnknownHostException {
        assertEquals(7, Endpoint.scope(linkLocal(7)));
        assertEquals(0, Endpoint.scope(new InetSocketAddress(InetAddress.getByName("fe80::1"), 9)));
        assertEquals(0, Endpoint.scope(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 9)));
    }
}
