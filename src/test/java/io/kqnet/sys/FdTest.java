package io.kqnet.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.Kq;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FdTest {
    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    private static Fd socket() {
        return new Fd(SocketCalls.socket(Constants.AF_INET, Constants.SOCK_STREAM));
    }

    private static boolean isSocket(int number) {
        return SocketCalls.getOption(number, Constants.SOL_SOCKET, Constants.SO_ACCEPTCONN) >= 0;
    }

    @Test
    void closesItsDescriptorOnce() throws IOException {
        Fd fd = socket();
        assertTrue(fd.isOpen());
        assertEquals("fd " + fd.number(), fd.toString());
        fd.close();
        assertFalse(fd.isOpen());
        assertFalse(isSocket(fd.number()));
        assertEquals("fd " + fd.number() + " (closed)", fd.toString());
        Fd next = socket();
        fd.close();
        assertTrue(isSocket(next.number()), "the second close took the number's next owner");
        next.close();
    }

    @Test
    void leavesAReleasedDescriptorOpen() throws IOException {
        Fd fd = socket();
        assertTrue(fd.release());
        assertFalse(fd.release());
        fd.close();
        assertFalse(fd.isOpen());
        assertTrue(isSocket(fd.number()));
        assertEquals(0, SocketCalls.close(fd.number()));
    }

    @Test
    void saysSoWhenSomebodyElseClosedIt() {
        Fd fd = socket();
        assertEquals(0, SocketCalls.close(fd.number()));
        ClosedChannelException e = assertThrows(ClosedChannelException.class, fd::close);
        assertTrue(e.getMessage().startsWith("close(..) failed: EBADF"), e.getMessage());
        assertFalse(fd.isOpen());
    }

    @Test
    void takesNoNegativeNumber() {
        assertThrows(IllegalArgumentException.class, () -> new Fd(-1));
    }

    @Test
    void isReleasedToOneOfManyThreads() throws Exception {
        for (int round = 0; round < 100; round++) {
            Fd fd = new Fd(Integer.MAX_VALUE);
            CyclicBarrier start = new CyclicBarrier(4);
            AtomicInteger winners = new AtomicInteger();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Thread thread = new Thread(() -> {
                    await(start);
                    if (fd.release()) {
                        winners.incrementAndGet();
                    }
                });
                thread.start();
                threads.add(thread);
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertEquals(1, winners.get());
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
