package io.kqnet.support;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.sys.Constants;
import io.kqnet.sys.DescriptorCalls;
import io.kqnet.sys.IoCalls;
import io.kqnet.sys.Memory;
import io.kqnet.sys.SocketCalls;
import io.kqnet.sys.TtyCalls;
import java.io.Closeable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** Bare descriptors, non-blocking: the other ends of channels. Closes those that were not taken over. */
public final class RawEnds implements Closeable {
    private final Deque<Integer> owned = new ArrayDeque<>();

    /** Read end, write end. */
    public int[] pipe() {
        Memory ends = new Memory(2 * Integer.BYTES);
        assertEquals(0, IoCalls.pipe(ends.address()));
        return new int[] {own(ends.buffer().getInt(0)), own(ends.buffer().getInt(Integer.BYTES))};
    }

    /** Master, and another side that is held open. */
    public int[] pty() {
        Memory name = new Memory(128);
        int master = own(TtyCalls.open(name.address(), 128));
        assertTrue(master >= 0);
        int slave = own(DescriptorCalls.open(name.address(), Constants.O_RDWR));
        assertTrue(slave >= 0);
        return new int[] {master, slave};
    }

    private static Memory text(Path path) {
        byte[] bytes = path.toString().getBytes(StandardCharsets.UTF_8);
        Memory memory = new Memory(bytes.length + 1);
        memory.putText(0, bytes);
        return memory;
    }

    public int open(Path path, int access) {
        Memory memory = text(path);
        int fd = DescriptorCalls.open(memory.address(), access);
        return fd < 0 ? fd : own(fd);
    }

    public int duplicate(int fd) {
        return own(DescriptorCalls.duplicate(fd));
    }

    public static Path fifo(Path directory, String name) {
        Path path = directory.resolve(name + ".kqnet-fifo");
        Memory memory = text(path);
        assertEquals(0, DescriptorCalls.fifo(memory.address()));
        return path;
    }

    private int own(int fd) {
        owned.push(fd);
        return fd;
    }

    /** Somebody else closes it. */
    public int give(int fd) {
        owned.remove(fd);
        return fd;
    }

    public void close(int fd) {
        assertEquals(0, SocketCalls.close(give(fd)));
    }

    public static void write(int fd, byte[] bytes) {
        Memory memory = new Memory(Math.max(1, bytes.length));
        memory.buffer().duplicate().put(bytes);
        assertEquals(bytes.length, DescriptorCalls.write(fd, memory.address(), bytes.length));
    }

    public static void fill(int fd) {
        Memory memory = new Memory(4096);
        int n;
        do {
            n = DescriptorCalls.write(fd, memory.address(), memory.size());
        } while (n > 0);
        assertEquals(-Constants.EAGAIN, n);
    }

    /** What is there now: null for nothing, an empty array for the end. */
    public static byte[] readNow(int fd) {
        Memory memory = new Memory(64 * 1024);
        int n = IoCalls.read(fd, memory.address(), memory.size());
        if (n == -Constants.EAGAIN) {
            return null;
        }
        assertTrue(n >= 0 || n == -Constants.EIO, () -> "read: " + n);
        byte[] bytes = new byte[Math.max(0, n)];
        memory.buffer().duplicate().get(bytes);
        return bytes;
    }

    public static byte[] read(int fd, int count) throws InterruptedException {
        byte[] all = new byte[count];
        int[] got = {0};
        Await.until(() -> {
            byte[] part = readNow(fd);
            if (part != null) {
                assertTrue(part.length > 0, "the end after " + got[0] + " of " + count);
                System.arraycopy(part, 0, all, got[0], part.length);
                got[0] += part.length;
            }
            return got[0] == count;
        });
        return all;
    }

    public static void awaitEnd(int fd) throws InterruptedException {
        Await.until(() -> Arrays.equals(new byte[0], readNow(fd)));
    }

    /** Leaves it as it is. */
    public static boolean isBlocking(int fd) {
        boolean blocking = DescriptorCalls.adopt(fd) == 1;
        if (blocking) {
            assertEquals(0, DescriptorCalls.restore(fd));
        }
        return blocking;
    }

    public static boolean isOpen(int fd) {
        return DescriptorCalls.access(fd) >= 0;
    }

    @Override
    public void close() {
        while (!owned.isEmpty()) {
            SocketCalls.close(owned.pop());
        }
    }
}
