package io.kqnet.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.sys.Constants;
import io.kqnet.sys.IoCalls;
import io.kqnet.sys.Memory;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Two connected descriptors. */
final class Ends implements AutoCloseable {
    /** A pipe's read end, or the accepted socket. */
    int near;
    /** A pipe's write end, or the connecting socket. */
    int far;
    private final boolean isPipe;

    private Ends(int near, int far, boolean isPipe) {
        this.near = near;
        this.far = far;
        this.isPipe = isPipe;
    }

    static Ends pipe() {
        Memory ends = new Memory(2 * Integer.BYTES);
        assertEquals(0, IoCalls.pipe(ends.address()));
        return new Ends(ends.buffer().getInt(0), ends.buffer().getInt(Integer.BYTES), true);
    }

    static Ends sockets() {
        int listener = SocketCalls.socket(Constants.AF_INET, Constants.SOCK_STREAM);
        int connecting = SocketCalls.socket(Constants.AF_INET, Constants.SOCK_STREAM);
        Sockaddr address = new Sockaddr();
        address.set(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), false);
        assertEquals(0, SocketCalls.bind(listener, address.address()));
        assertEquals(0, SocketCalls.listen(listener, 1));
        assertEquals(0, SocketCalls.sockname(listener, address.address()));
        int rc = SocketCalls.connect(connecting, address.address());
        assertTrue(rc == 0 || rc == -Constants.EINPROGRESS, () -> "connect: " + rc);
        int accepted = SocketCalls.accept(listener, 0);
        while (accepted == -Constants.EAGAIN) {
            Thread.onSpinWait();
            accepted = SocketCalls.accept(listener, 0);
        }
        assertTrue(accepted >= 0, "accept failed");
        SocketCalls.close(listener);
        return new Ends(accepted, connecting, false);
    }

    /** Makes {@link #near} readable by as many bytes. */
    Ends fill(int bytes) {
        for (int i = 0; i < bytes; i++) {
            assertEquals(1, isPipe ? IoCalls.writePipe(far) : IoCalls.write(far, new Memory(1).address(), 1));
        }
        return this;
    }

    /** Reads near dry; the number of bytes read. */
    int drain() {
        Memory room = new Memory(4096);
        int sum = 0;
        for (int n = IoCalls.read(near, room.address(), room.size()); n > 0; n = IoCalls.read(near, room.address(), room.size())) {
            sum += n;
        }
        return sum;
    }

    int closeNear() {
        int number = near;
        near = -1;
        return SocketCalls.close(number);
    }

    int closeFar() {
        int number = far;
        far = -1;
        return SocketCalls.close(number);
    }

    @Override
    public void close() {
        if (near >= 0) {
            closeNear();
        }
        if (far >= 0) {
            closeFar();
        }
    }
}
