package io.kqnet;

import io.kqnet.sys.Constants;
import io.kqnet.sys.Errno;
import io.kqnet.sys.Fd;
import io.kqnet.sys.Sockaddr;
import io.kqnet.sys.SocketCalls;
import io.netty.channel.Channel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.ServerDomainSocketChannel;
import java.io.IOException;
import java.net.SocketAddress;

/**
 * Listening stream socket of the Unix domain on kqueue. Options: {@link KqServerDomainSocketChannelConfig}.
 *
 * <p>{@code bind} takes a {@link DomainSocketAddress} or a {@code java.net.UnixDomainSocketAddress}. A socket file at the path that nobody
 * has bound any more is replaced; anything else there, a symbolic link too, is left alone and bind fails with EADDRINUSE. {@code close}
 * removes the file if it is still the one that bind made. Two servers of this transport that find the same dead file exclude each other by a
 * {@code flock(2)} of the directory; a program that replaces the file without it can still lose its new file in the moment between the last
 * look and {@code unlink(2)}.
 *
 * <p>When {@code accept(2)} fails for want of descriptors or memory, the exception goes through the pipeline and accepting rests for a second.
 */
public final class KqServerDomainSocketChannel extends AbstractKqServerChannel implements ServerDomainSocketChannel {
    private static final String KIND = "stream socket of the Unix domain";

    private final KqServerDomainSocketChannelConfig config = new KqServerDomainSocketChannelConfig(this);
    private SocketFile file;

    /**
     * Makes a socket.
     *
     * @throws io.netty.channel.ChannelException if {@code socket(2)} fails
     */
    public KqServerDomainSocketChannel() {
        super(UnixSockets.open(Constants.SOCK_STREAM));
    }

    /**
     * Takes over a stream socket of the Unix domain opened elsewhere, listening or not; it becomes non-blocking and close-on-exec. Its file is
     * not removed by {@code close}.
     *
     * @throws io.netty.channel.ChannelException if it cannot be; the descriptor stays the caller's then
     */
    public KqServerDomainSocketChannel(int fd) {
        super(UnixSockets.adopt(fd, Constants.SOCK_STREAM, KIND, true));
        if (UnixSockets.isListening(descriptor())) {
            activate();
        } else if (UnixSockets.isNamed(descriptor())) {
            markBound();
        }
    }

    @Override
    public KqServerDomainSocketChannelConfig config() {
        return config;
    }

    @Override
    public DomainSocketAddress localAddress() {
        return (DomainSocketAddress) super.localAddress();
    }

    @Override
    public DomainSocketAddress remoteAddress() {
        return null;
    }

    @Override
    SocketAddress toAddress(Sockaddr sockaddr) {
        return UnixAddresses.fromKernel(sockaddr);
    }

    @Override
    protected void doBind(SocketAddress localAddress) throws IOException {
        file = SocketFile.bind(descriptor(), localAddress, config.getSocketFileMode());
        Errno.check("listen", SocketCalls.listen(descriptor().number(), config.getBacklog()), localAddress);
        activate();
        armRead();
    }

    /** The file goes first: while the socket lives, nobody who binds the path takes the file for a dead one and replaces it. */
    @Override
    protected void doClose() throws Exception {
        SocketFile bound = file;
        file = null;
        if (bound != null) {
            bound.delete();
        }
        super.doClose();
    }

    /** The kernel tells no address of a peer that has left already (macOS), or has none. */
    @Override
    Channel newChild(int fd, SocketAddress remote) {
        return new KqDomainSocketChannel(this, new Fd(fd), remote == null ? UnixAddresses.UNNAMED : (DomainSocketAddress) remote);
    }
}
