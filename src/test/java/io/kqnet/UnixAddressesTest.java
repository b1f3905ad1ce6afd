package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Sockaddr;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.UnsupportedAddressTypeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.Paths;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnixAddressesTest {
    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    private static Sockaddr store(SocketAddress address) throws IOException {
        Sockaddr sockaddr = new Sockaddr();
        UnixAddresses.store(address, sockaddr, "bind");
        return sockaddr;
    }

    /** By name: the JDK has it since 16. */
    static SocketAddress jdkAddress(String path) throws Exception {
        try {
            Class<?> type = Class.forName("java.net.UnixDomainSocketAddress");
            return (SocketAddress) type.getMethod("of", Path.class).invoke(null, Paths.get(path));
        } catch (ClassNotFoundException e) {
            return Assumptions.abort("this JDK has no UnixDomainSocketAddress");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "/tmp/a b", "relative/path", "/\u00fc\u20ac", "/\ud83d\ude00"})
    void keepsPathsInUtf8(String path) throws IOException {
        Sockaddr sockaddr = store(new DomainSocketAddress(path));
        assertEquals(path, new String(sockaddr.path(), StandardCharsets.UTF_8));
        assertEquals(new DomainSocketAddress(path), UnixAddresses.fromKernel(sockaddr));
        assertNull(sockaddr.get(), "no internet address");
    }

    @Test
    void countsBytesNotCharacters() throws IOException {
        int limit = Constants.UNIX_PATH_MAX;
        assertEquals(limit, store(new DomainSocketAddress("x".repeat(limit))).path().length);
        for (String path : new String[] {"x".repeat(limit + 1), "\u20ac".repeat(limit / 3 + 1), "x".repeat(100_000)}) {
            IOException cause = assertThrows(IOException.class, () -> store(new DomainSocketAddress(path)));
            int bytes = path.getBytes(StandardCharsets.UTF_8).length;
            assertTrue(cause.getMessage().contains("ENAMETOOLONG"), cause::getMessage);
            assertTrue(cause.getMessage().contains("has " + bytes + " bytes, more than " + limit + ": " + path), cause::getMessage);
        }
    }

    @Test
    void refusesEmptyPathsAndNuls() {
        assertThrows(IOException.class, () -> store(new DomainSocketAddress("")));
        for (String path : new String[] {"\0", "\0abstract", "a\0b", "a\0"}) {
            IOException cause = assertThrows(IOException.class, () -> store(new DomainSocketAddress(path)));
            assertTrue(cause.getMessage().contains("NUL at byte " + path.indexOf(0)), cause::getMessage);
        }
    }

    @Test
    void refusesOtherKindsOfAddress() {
        InetSocketAddress inet = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        assertTrue(assertThrows(UnsupportedAddressTypeException.class, () -> store(inet)).getMessage().contains("InetSocketAddress"));
        assertThrows(UnsupportedAddressTypeException.class, () -> store(null));
    }

    @Test
    void takesTheJdksAddresses() throws Exception {
        SocketAddress address = jdkAddress("/tmp/a");
        assertTrue(UnixAddresses.isUnix(address));
        assertEquals("/tmp/a", new String(store(address).path(), StandardCharsets.UTF_8));
        assertEquals(new DomainSocketAddress("/tmp/a"), UnixAddresses.toDomain(address));
        assertThrows(IOException.class, () -> store(jdkAddress("")));
    }

    @Test
    void namesThatAreNotUtf8KeepTheirBytes() throws IOException {
        Sockaddr sockaddr = new Sockaddr();
        byte[] path = {'/', 'a', (byte) 0xff, (byte) 0xfe};
        sockaddr.setPath(path);
        DomainSocketAddress address = UnixAddresses.fromKernel(sockaddr);
        assertTrue(address.path().startsWith("/a"));
        assertArrayEquals(path, store(address).path());
    }

    @Test
    void whatHasNoNameIsTheEmptyPath() throws Exception {
        Sockaddr sockaddr = new Sockaddr();
        assertNull(UnixAddresses.fromKernel(sockaddr), "no address at all");
        sockaddr.setPath(new byte[0]);
        assertSame(UnixAddresses.UNNAMED, UnixAddresses.fromKernel(sockaddr));
        sockaddr.set(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 1), false);
        assertNull(UnixAddresses.fromKernel(sockaddr), "another family");
        assertNull(UnixAddresses.toDomain(null));
    }
}
