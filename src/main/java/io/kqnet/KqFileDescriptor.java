package io.kqnet;

import io.kqnet.sys.Fd;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;

/**
 * The descriptor behind {@link io.netty.channel.unix.UnixChannel#fd()}. Only its number, {@link #close()} and {@link #isOpen()} work:
 * Netty's read and write methods need Netty's own native library.
 */
final class KqFileDescriptor extends FileDescriptor {
    private final Fd fd;

    KqFileDescriptor(Fd fd) {
        super(fd.number());
        this.fd = fd;
    }

    @Override
    public void close() throws IOException {
        fd.close();
    }

    @Override
    public boolean isOpen() {
        return fd.isOpen();
    }
}
