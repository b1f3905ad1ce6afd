package io.kqnet.sys;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One address record ({@code kq_address} of {@code kq.h}), which C turns into the platform's sockaddr. Not thread safe.
 */
public final class Sockaddr {
    private static final int FAMILY = 0;
    private static final int PORT = 4;
    private static final int SCOPE = 8;
    private static final int LENGTH = 12;
    private static final int BYTES = 16;
    private static final int PATH = 32;
    private static final int UNIX = 1;
    private static final int INET = 4;
    private static final int INET6 = 6;
    private static final byte[] V4_MAPPED = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1};

    private final Memory memory = new Memory(Constants.SIZEOF_ADDRESS);

    public long address() {
        return memory.address();
    }

    /**
     * Stores an internet address.
     *
     * @param mapped write an IPv4 address in its v4-mapped IPv6 form, for a dual-stack AF_INET6 socket
     */
    public void set(InetSocketAddress socketAddress, boolean mapped) {
        InetAddress address = socketAddress.getAddress();
        byte[] bytes = address.getAddress();
        ByteBuffer buffer = memory.buffer();
        buffer.putInt(PORT, socketAddress.getPort());
        buffer.putInt(SCOPE, 0);
        int offset = BYTES;
        if (address instanceof Inet4Address && mapped) {
            buffer.putInt(FAMILY, INET6);
            // The IPv4 wildcard on a dual-stack socket is ::, since ::ffff:0.0.0.0 would accept no IPv6 connection.
            offset = put(offset, address.isAnyLocalAddress() ? new byte[V4_MAPPED.length] : V4_MAPPED);
        } else {
            buffer.putInt(FAMILY, address instanceof Inet4Address ? INET : INET6);
        }
        if (address instanceof Inet6Address) {
            buffer.putInt(SCOPE, ((Inet6Address) address).getScopeId());
        }
        put(offset, bytes);
    }

    /**
     * Stores a path of the Unix domain.
     *
     * @param path at most {@link Constants#UNIX_PATH_MAX} bytes, none of them 0
     */
    public void setPath(byte[] path) {
        memory.buffer().putInt(FAMILY, UNIX);
        memory.buffer().putInt(LENGTH, path.length);
        put(PATH, path);
    }

    /** The stored path of the Unix domain, empty for a socket without a name; null if the record holds an address of another family. */
    public byte[] path() {
        if (memory.buffer().getInt(FAMILY) != UNIX) {
            return null;
        }
        byte[] path = new byte[memory.buffer().getInt(LENGTH)];
        for (int i = 0; i < path.length; i++) {
            path[i] = memory.buffer().get(PATH + i);
        }
        return path;
    }

    private int put(int offset, byte[] bytes) {
        for (byte value : bytes) {
            memory.buffer().put(offset++, value);
        }
        return offset;
    }

    public boolean isInet6() {
        return memory.buffer().getInt(FAMILY) == INET6;
    }

    /** The stored internet address, v4-mapped ones as IPv4; null if the record holds none. */
    public InetSocketAddress get() {
        int family = memory.buffer().getInt(FAMILY);
        if (family != INET && family != INET6) {
            return null;
        }
        byte[] bytes = new byte[family == INET ? 4 : 16];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = memory.buffer().get(BYTES + i);
        }
        return new InetSocketAddress(toAddress(bytes), memory.buffer().getInt(PORT));
    }

    private InetAddress toAddress(byte[] bytes) {
        try {
            int scope = memory.buffer().getInt(SCOPE);
            boolean mapped = bytes.length == 16 && Arrays.equals(V4_MAPPED, Arrays.copyOf(bytes, V4_MAPPED.length));
            if (bytes.length == 4 || mapped) {
                return InetAddress.getByAddress(Arrays.copyOfRange(bytes, bytes.length - 4, bytes.length));
            }
            return Inet6Address.getByAddress(null, bytes, scope == 0 ? -1 : scope);
        } catch (UnknownHostException e) {
            throw new AssertionError("4 or 16 bytes are always an address", e);
        }
    }
}
