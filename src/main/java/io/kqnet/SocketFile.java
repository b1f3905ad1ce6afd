package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Memory;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.kqnet.sys.UnixCalls;
import java.io.IOException;
import java.lang.ref.Reference;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The file that {@code bind(2)} makes for a socket of the Unix domain. Remembers which file that was, so that no other is ever removed.
 *
 * <p>A file that is in the way is replaced only if it is a socket nobody has bound any more. That is asked with a datagram socket's
 * {@code connect(2)}: ECONNREFUSED means that no socket stands behind the file; a socket of another type answers EPROTOTYPE, also one that
 * does not listen yet, or whose backlog is full (which the BSDs answer to a stream's connect with ECONNREFUSED too), and notices nothing.
 */
final class SocketFile {
    /** Attempts, a millisecond apart, to get the directory's lock from another process that is just replacing a file there. */
    private static final int LOCK_TRIES = 20;
    /** Replacing is one at a time in this process, too. */
    private static final Object REPLACING = new Object();

    private final Sockaddr path = new Sockaddr();
    private final Memory identity = new Memory(2 * Long.BYTES);

    private SocketFile(SocketAddress address) throws IOException {
        UnixAddresses.store(address, path, "bind");
    }

    /**
     * Binds the socket. Until it listens nobody can connect, so a stream socket's file is never open to more than {@code mode} says.
     *
     * @param mode permissions of the file; -1 leaves them to the umask
     */
    static SocketFile bind(Fd fd, SocketAddress address, int mode) throws IOException {
        SocketFile file = new SocketFile(address);
        if (mode >= 0) {
            // Linux makes the file with these and the umask; where a socket has no permissions of its own the call fails, and chmod does it.
            UnixCalls.fchmod(fd.number(), mode);
        }
        int rc = SocketCalls.bind(fd.number(), file.path.address());
        if (rc == -Constants.EADDRINUSE) {
            rc = file.replace(fd);
        }
        Errno.check("bind", rc, address);
        if (UnixCalls.stat(file.path.address(), file.identity.address()) != 1) {
            // Gone already: nothing to remove later.
            file.identity.buffer().putLong(0, 0).putLong(Long.BYTES, 0);
        }
        if (mode >= 0) {
            file.chmod(mode, address);
        }
        return file;
    }

    private void chmod(int mode, SocketAddress address) throws IOException {
        int rc = UnixCalls.chmod(path.address(), mode);
        if (rc < 0) {
            delete();
            throw Errno.toException("chmod", rc, address);
        }
    }

    /** Under a lock on the directory: two that find the same dead file must not remove each other's new one. */
    private int replace(Fd fd) throws IOException {
        synchronized (REPLACING) {
            int lock = lock();
            try {
                return isDead() ? bindAgain(fd) : -Constants.EADDRINUSE;
            } finally {
                if (lock >= 0) {
                    SocketCalls.close(lock);
                }
            }
        }
    }

    /** Without it (a directory that may not be read, a file system without locks) the file is replaced all the same. */
    private int lock() {
        int lock = UnixCalls.lockDirectory(path.address());
        for (int i = 1; i < LOCK_TRIES && lock == -Constants.EAGAIN; i++) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            lock = UnixCalls.lockDirectory(path.address());
        }
        return lock;
    }

    private boolean isDead() throws IOException {
        int kind = UnixCalls.stat(path.address(), identity.address());
        if (kind != 1) {
            return kind == -Constants.ENOENT;
        }
        Fd probe = new Fd(Errno.check("socket", SocketCalls.socket(Constants.AF_UNIX, Constants.SOCK_DGRAM)));
        try {
            return SocketCalls.connect(probe.number(), path.address()) == -Constants.ECONNREFUSED;
        } finally {
            probe.close();
        }
    }

    private int bindAgain(Fd fd) {
        delete();
        return SocketCalls.bind(fd.number(), path.address());
    }

    /** Removes the file unless another has taken its place; a failure leaves it behind. */
    void delete() {
        Memory now = new Memory(2 * Long.BYTES);
        if (UnixCalls.stat(path.address(), now.address()) == 1 && now.buffer().equals(identity.buffer())) {
            UnixCalls.unlink(path.address());
        }
        Reference.reachabilityFence(this);
    }
}
