package io.kqnet.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kqnet.Kq;
import io.kqnet.support.Await;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What may be read without passing an urgent byte. */
@Timeout(60)
class OobCallsTest {
    private final Memory room = new Memory(64);

    @BeforeAll
    static void loadLibrary() {
        Kq.ensureAvailability();
    }

    private static void await(int fd, int expected) throws InterruptedException {
        Await.until(() -> OobCalls.poll(fd) == expected);
    }

    private int read(int fd) {
        return IoCalls.read(fd, room.address(), room.size());
    }

    @Test
    void onlyDataBeforeTheNextMarkIsSafeToRead() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            int fd = SocketCalls.socket(Constants.AF_INET, Constants.SOCK_STREAM);
            Sockaddr address = new Sockaddr();
            address.set((InetSocketAddress) listener.getLocalSocketAddress(), false);
            SocketCalls.connect(fd, address.address());
            try (Socket peer = listener.accept()) {
                assertEquals(0, OobCalls.poll(fd), "a read of an empty socket may pass what comes just now");
                peer.getOutputStream().write(new byte[2]);
                await(fd, OobCalls.DATA);
                peer.sendUrgentData('!');
                peer.getOutputStream().write(new byte[3]);
                Await.quiet(20);
                assertEquals(OobCalls.DATA, OobCalls.poll(fd), "the mark is not reached yet");
                assertEquals(2, read(fd));
                assertEquals(OobCalls.BYTE | '!', OobCalls.poll(fd) & ~OobCalls.DATA);
                assertEquals(OobCalls.DATA, OobCalls.poll(fd), "the byte was taken, data stands behind it");
                assertEquals(3, read(fd));
                assertEquals(0, OobCalls.poll(fd));
                peer.sendUrgentData('?');
                await(fd, OobCalls.BYTE | '?');
                assertEquals(0, OobCalls.poll(fd), "at the mark with nothing behind it");
                peer.shutdownOutput();
                Await.quiet(20);
                assertEquals(0, OobCalls.poll(fd));
                assertEquals(0, read(fd));
            } finally {
                SocketCalls.close(fd);
            }
        }
    }
}
