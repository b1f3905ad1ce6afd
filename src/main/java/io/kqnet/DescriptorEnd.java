package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.DescriptorCalls;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Memory;
import io.kqnet.sys.TtyCalls;
import io.netty.channel.ChannelException;
import java.io.IOException;

/** A descriptor that was opened elsewhere: what it is, and what has to be put back before it is closed. */
final class DescriptorEnd {
    private final Fd fd;
    private final int type;
    private final int access;
    private final boolean tty;
    private boolean wasBlocking;
    /** Of the terminal, from before the first change to them. Guarded by this. */
    private Memory savedModes;

    private DescriptorEnd(int number) {
        fd = new Fd(number);
        type = check("fstat", DescriptorCalls.type(number));
        access = check("fcntl", DescriptorCalls.access(number));
        tty = check("isatty", TtyCalls.isTty(number)) != 0;
        checkPollable();
    }

    /** Takes over a descriptor; if this throws, it is as it was and stays the caller's. */
    static DescriptorEnd adopt(int number) {
        Kq.ensureAvailability();
        DescriptorEnd end = new DescriptorEnd(number);
        end.wasBlocking = end.check("fcntl", DescriptorCalls.adopt(number)) != 0;
        return end;
    }

    private int check(String call, int result) {
        if (result < 0) {
            IOException cause = Errno.toException(call, result, fd);
            throw new ChannelException("cannot adopt " + fd + ": " + cause.getMessage(), cause);
        }
        return result;
    }

    private void checkPollable() {
        if (type == Constants.S_IFREG || type == Constants.S_IFDIR || type == Constants.S_IFBLK) {
            throw new ChannelException("cannot adopt " + this
                    + ": a kqueue calls it ready at all times or only once, reading and writing it blocks the loop; use a FileChannel");
        }
        if (type != Constants.S_IFIFO && type != Constants.S_IFSOCK) {
            check("kevent", DescriptorCalls.pollable(fd.number(), access == Constants.O_WRONLY));
        }
    }

    Fd fd() {
        return fd;
    }

    boolean isReadable() {
        return access != Constants.O_WRONLY;
    }

    boolean isWritable() {
        return access != Constants.O_RDONLY;
    }

    boolean isTty() {
        return tty;
    }

    boolean isSocket() {
        return type == Constants.S_IFSOCK;
    }

    /** Whether EV_EOF of EVFILT_READ tells that nobody reads what is written: not of a socket, where it is the peer's shutdown. */
    boolean hasHangup() {
        return type == Constants.S_IFIFO || tty;
    }

    /**
     * Whether close(2) may wait until the terminal's driver has sent what was written, or given up: ttywait() of the BSDs, closing_wait of Linux.
     */
    boolean mayLinger() {
        return tty && fd.isOpen() && TtyCalls.unsent(fd.number()) != 0;
    }

    /** To be called before raw mode is turned on or off; remembers what {@link #giveBack()} restores. */
    synchronized void saveModes() {
        if (savedModes == null) {
            Memory memory = new Memory(Constants.SIZEOF_TERMIOS);
            if (TtyCalls.getModes(fd.openNumber(), memory.address()) >= 0) {
                savedModes = memory;
            }
        }
    }

    /**
     * Others may have the same open file, a shell its terminal: it gets back its modes and O_NONBLOCK. Errors mean that there is nothing to put
     * back any more.
     */
    synchronized void giveBack() {
        if (!fd.isOpen()) {
            return;
        }
        if (savedModes != null) {
            TtyCalls.putModes(fd.number(), savedModes.address());
            savedModes = null;
        }
        if (wasBlocking) {
            DescriptorCalls.restore(fd.number());
            wasBlocking = false;
        }
    }

    /** Undoes {@link #adopt}. */
    void release() {
        giveBack();
        fd.release();
    }

    void close() throws IOException {
        giveBack();
        fd.close();
    }

    private String typeName() {
        if (tty) {
            return "terminal";
        }
        if (type == Constants.S_IFREG) {
            return "regular file";
        }
        if (type == Constants.S_IFDIR) {
            return "directory";
        }
        if (type == Constants.S_IFBLK) {
            return "block device";
        }
        if (type == Constants.S_IFIFO) {
            return "pipe";
        }
        return type == Constants.S_IFSOCK ? "socket" : "device";
    }

    @Override
    public String toString() {
        return fd + " (" + typeName() + ')';
    }
}
