package io.kqnet.sys;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** An internet address both as Java has it and as a datagram record has it ({@code kq_endpoint} of {@code kq.h}). Immutable. */
public final class Endpoint {
    static final int SIZE = 24;
    private static final int FAMILY = 16;
    private static final int PORT = 18;
    private static final int SCOPE = 20;
    private static final short INET = 4;
    private static final short INET6 = 6;

    private final InetSocketAddress address;
    private final long high;
    private final long low;
    /** Family, port and scope. */
    private final long rest;

    private Endpoint(InetSocketAddress address, long high, long low, long rest) {
        this.address = address;
        this.high = high;
        this.low = low;
        this.rest = rest;
    }

    /**
     * To send to an address.
     *
     * @param mapped write an IPv4 address in its v4-mapped form, for an AF_INET6 socket
     */
    public static Endpoint of(InetSocketAddress address, boolean mapped) {
        ByteBuffer bytes = ByteBuffer.allocate(SIZE).order(ByteOrder.nativeOrder());
        InetAddress host = address.getAddress();
        boolean inet = host instanceof Inet4Address;
        if (inet && mapped) {
            bytes.put(10, (byte) -1).put(11, (byte) -1).position(12);
        }
        bytes.put(host.getAddress());
        bytes.putShort(FAMILY, inet && !mapped ? INET : INET6);
        bytes.putShort(PORT, (short) address.getPort());
        bytes.putInt(SCOPE, inet ? 0 : ((Inet6Address) host).getScopeId());
        return new Endpoint(address, bytes.getLong(0), bytes.getLong(8), bytes.getLong(FAMILY));
    }

    /** Whether this is the same address, in the same zone: {@link Inet6Address#equals} does not look at that. */
    public boolean isOf(InetSocketAddress other) {
        return address == other || address.equals(other) && scope(address) == scope(other);
    }

    /** The zone of an IPv6 address, 0 if it has none. */
    public static int scope(InetSocketAddress address) {
        return address.getAddress() instanceof Inet6Address ? ((Inet6Address) address.getAddress()).getScopeId() : 0;
    }

    /** The endpoint at an offset, {@code last} if it is that one again; null if there is none. */
    static Endpoint read(ByteBuffer memory, int offset, int port, Endpoint last) {
        long rest = memory.getLong(offset + FAMILY);
        if (last != null && rest == last.rest && memory.getLong(offset) == last.high && memory.getLong(offset + 8) == last.low) {
            return last;
        }
        short family = memory.getShort(offset + FAMILY);
        if (family != INET && family != INET6) {
            return null;
        }
        byte[] bytes = new byte[family == INET ? 4 : 16];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = memory.get(offset + i);
        }
        int told = memory.getShort(offset + PORT) & 0xFFFF;
        InetAddress host = toAddress(bytes, memory.getInt(offset + SCOPE));
        return new Endpoint(new InetSocketAddress(host, told == 0 ? port : told), memory.getLong(offset), memory.getLong(offset + 8), rest);
    }

    private static InetAddress toAddress(byte[] bytes, int scope) {
        try {
            return bytes.length == 4 || scope == 0 ? InetAddress.getByAddress(bytes) : Inet6Address.getByAddress(null, bytes, scope);
        } catch (UnknownHostException e) {
            throw new AssertionError("not an address: " + Arrays.toString(bytes), e);
        }
    }

    void write(ByteBuffer memory, int offset) {
        memory.putLong(offset, high);
        memory.putLong(offset + 8, low);
        memory.putLong(offset + FAMILY, rest);
    }

    static void writeNone(ByteBuffer memory, int offset) {
        memory.putLong(offset + FAMILY, 0);
    }

    public InetSocketAddress address() {
        return address;
    }
}
