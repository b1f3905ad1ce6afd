package io.kqnet.support;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.Kq;
import io.kqnet.sys.Constants;
import io.kqnet.sys.IoCalls;
import io.kqnet.sys.Memory;
import io.kqnet.sys.Rights;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.kqnet.sys.UnixCalls;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A socket of the Unix domain without a channel, for the other end of a test: the natives, waiting where a blocking socket would. */
public final class UnixPeer implements Closeable {
    private static final int ROOM = 256 * 1024;

    private final int fd;
    private final Memory memory = new Memory(ROOM);
    private final Rights rights = new Rights();
    private boolean closed;

    public UnixPeer(int fd) {
        assertTrue(fd >= 0, () -> "errno " + -fd);
        this.fd = fd;
    }

    private static UnixPeer open(int type) {
        Kq.ensureAvailability();
        return new UnixPeer(SocketCalls.socket(Constants.AF_UNIX, type));
    }

    public static UnixPeer stream() {
        return open(Constants.SOCK_STREAM);
    }

    public static UnixPeer datagram() {
        return open(Constants.SOCK_DGRAM);
    }

    public static UnixPeer[] pair(int type) {
        Kq.ensureAvailability();
        Memory ends = new Memory(2 * Integer.BYTES);
        assertEquals(0, UnixCalls.socketpair(type, ends.address()));
        return new UnixPeer[] {new UnixPeer(ends.buffer().getInt(0)), new UnixPeer(ends.buffer().getInt(Integer.BYTES))};
    }

    public static Sockaddr address(String path) {
        Sockaddr sockaddr = new Sockaddr();
        sockaddr.setPath(path.getBytes(StandardCharsets.UTF_8));
        return sockaddr;
    }

    public int fd() {
        return fd;
    }

    /** Gives the descriptor away. */
    public int detach() {
        closed = true;
        return fd;
    }

    public UnixPeer bind(Path path) {
        assertEquals(0, SocketCalls.bind(fd, address(path.toString()).address()), path::toString);
        return this;
    }

    public UnixPeer listen(int backlog) {
        assertEquals(0, SocketCalls.listen(fd, backlog));
        return this;
    }

    public UnixPeer connect(Path path) {
        assertEquals(0, tryConnect(path.toString()), path::toString);
        return this;
    }

    public int tryConnect(String path) {
        return SocketCalls.connect(fd, address(path).address());
    }

    public UnixPeer accept() throws InterruptedException {
        int[] accepted = new int[1];
        Await.until(() -> (accepted[0] = SocketCalls.accept(fd, 0)) != -Constants.EAGAIN);
        return new UnixPeer(accepted[0]);
    }

    /** The next bytes: exactly so many unless the end comes first. */
    public byte[] read(int length) throws InterruptedException {
        byte[] bytes = new byte[length];
        int[] got = new int[1];
        for (int at = 0; at < length; at += got[0]) {
            int room = Math.min(ROOM, length - at);
            Await.until(() -> (got[0] = IoCalls.read(fd, memory.address(), room)) != -Constants.EAGAIN);
            assertTrue(got[0] >= 0, () -> "errno " + -got[0]);
            if (got[0] == 0) {
                return Arrays.copyOf(bytes, at);
            }
            memory.buffer().duplicate().get(bytes, at, got[0]);
        }
        return bytes;
    }

    public boolean isAtEnd() throws InterruptedException {
        return read(1).length == 0;
    }

    public void write(byte[] bytes) throws InterruptedException {
        write(bytes, null);
    }

    /** All in one message if the socket has room. */
    public void write(byte[] bytes, String to, int... descriptors) throws InterruptedException {
        int[] sent = new int[1];
        for (int at = 0; at == 0 || at < bytes.length; at += Math.max(1, sent[0])) {
            byte[] part = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + ROOM));
            int[] passed = at == 0 ? descriptors : new int[0];
            Await.until(() -> (sent[0] = tryWrite(part, to, passed)) != -Constants.EAGAIN);
            assertTrue(sent[0] >= 0, () -> "errno " + -sent[0]);
        }
    }

    /** One system call. */
    public int tryWrite(byte[] bytes, String to, int... descriptors) {
        memory.buffer().duplicate().put(bytes);
        Memory iov = new Memory(Constants.SIZEOF_IOVEC);
        iov.buffer().putLong(Constants.IOVEC_BASE, memory.address()).putLong(Constants.IOVEC_LENGTH, bytes.length);
        Memory passed = new Memory(Math.max(1, descriptors.length) * Integer.BYTES);
        for (int i = 0; i < descriptors.length; i++) {
            passed.buffer().putInt(i * Integer.BYTES, descriptors[i]);
        }
        long address = to == null ? 0 : address(to).address();
        return UnixCalls.send(fd, iov.address(), 1, address, passed.address(), descriptors.length);
    }

    /** One message, with its descriptors and its sender. */
    public Message receive() throws InterruptedException {
        Sockaddr from = new Sockaddr();
        int[] got = new int[1];
        Await.until(() -> (got[0] = UnixCalls.receive(fd, memory.address(), ROOM, from.address(), rights.address(), true))
                != -Constants.EAGAIN);
        assertTrue(got[0] >= 0, () -> "errno " + -got[0]);
        return new Message(memory.buffer().duplicate().limit(got[0]), rights, from);
    }

    public void shutdownOutput() {
        assertEquals(0, SocketCalls.shutdown(fd, false, true));
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            SocketCalls.close(fd);
        }
    }

    /** What one recvmsg(2) gave. */
    public static final class Message {
        public final byte[] bytes;
        public final List<Integer> descriptors = new ArrayList<>();
        public final String sender;

        Message(ByteBuffer content, Rights rights, Sockaddr from) {
            bytes = new byte[content.remaining()];
            content.get(bytes);
            for (int i = 0; i < rights.count(); i++) {
                descriptors.add(rights.descriptor(i));
            }
            byte[] path = from.path();
            sender = path == null ? null : new String(path, StandardCharsets.UTF_8);
        }

        public void closeDescriptors() {
            descriptors.forEach(SocketCalls::close);
        }
    }
}
