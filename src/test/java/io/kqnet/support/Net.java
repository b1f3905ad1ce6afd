package io.kqnet.support;

import io.kqnet.KqLoopMetrics;
import io.kqnet.KqServerSocketChannel;
import io.kqnet.KqSocketChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * The loops of one test, and what it opened. Peers of the channel under test are blocking sockets of the JDK, so that counters and faults
 * concern that channel alone. Closing fails if a descriptor is left.
 */
public final class Net implements AutoCloseable {
    /** By name: Netty 4.2.17 renamed it. */
    public static final ChannelOption<RecvByteBufAllocator> RCVBUF_ALLOCATOR =
            ChannelOption.valueOf(ChannelOption.exists("RECVBUF_ALLOCATOR") ? "RECVBUF_ALLOCATOR" : "RCVBUF_ALLOCATOR");

    private static final int PEER_TIMEOUT_MILLIS = 10_000;

    private final OpenFds open = OpenFds.now();
    private final EventLoopGroup group;
    private final Deque<Closeable> peers = new ArrayDeque<>();

    private Net(LoopKind loops, int threads) {
        group = loops.newGroup(threads);
    }

    /** One loop: everything the channels of the test do happens there, one after the other. */
    public static Net with(LoopKind loops) {
        return new Net(loops, 1);
    }

    public static Net with(LoopKind loops, int threads) {
        return new Net(loops, threads);
    }

    public EventLoopGroup group() {
        return group;
    }

    public EventLoop loop() {
        return group.next();
    }

    /** With more than one loop. */
    public EventLoop loopOtherThan(EventLoop loop) {
        EventLoop next = group.next();
        return next == loop ? group.next() : next;
    }

    public ServerBootstrap server(ChannelHandler child) {
        return new ServerBootstrap().group(group).channel(KqServerSocketChannel.class).childHandler(child);
    }

    public Bootstrap client(ChannelHandler handler) {
        return new Bootstrap().group(group).channel(KqSocketChannel.class).handler(handler);
    }

    /** A listener on a free loopback port. */
    public Channel listen(ChannelHandler child) throws InterruptedException {
        return bind(server(child));
    }

    public static Channel bind(ServerBootstrap bootstrap) throws InterruptedException {
        return bootstrap.bind("127.0.0.1", 0).sync().channel();
    }

    /** A blocking peer, connected to a channel that listens. */
    public Socket dial(Channel listener) throws IOException {
        Socket socket = new Socket();
        peers.push(socket);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PEER_TIMEOUT_MILLIS);
        socket.connect(listener.localAddress(), PEER_TIMEOUT_MILLIS);
        return socket;
    }

    /** A blocking listener for channels that connect. */
    public ServerSocket peerListener() throws IOException {
        return peerListener(50);
    }

    public ServerSocket peerListener(int backlog) throws IOException {
        ServerSocket listener = new ServerSocket(0, backlog, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
        peers.push(listener);
        listener.setSoTimeout(PEER_TIMEOUT_MILLIS);
        return listener;
    }

    /** A connected pair: the channel under test, made by {@code bootstrap}, and its blocking peer. */
    public Pair pair(Bootstrap bootstrap) throws IOException, InterruptedException {
        ServerSocket listener = peerListener();
        Channel channel = bootstrap.connect(listener.getLocalSocketAddress()).sync().channel();
        Socket socket = listener.accept();
        peers.push(socket);
        socket.setSoTimeout(PEER_TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        return new Pair((KqSocketChannel) channel, socket);
    }

    public Pair pair(ChannelHandler handler) throws IOException, InterruptedException {
        return pair(client(handler));
    }

    /** An address that answers no connection request: a listener whose queue is full and stays so. */
    public ServerSocket blackHole() throws IOException {
        ServerSocket listener = peerListener(1);
        for (int i = 0; i < 64; i++) {
            Socket socket = new Socket();
            peers.push(socket);
            try {
                socket.connect(listener.getLocalSocketAddress(), 200);
            } catch (SocketTimeoutException full) {
                return listener;
            }
        }
        throw new AssertionError("a listener with a backlog of 1 took 64 connections");
    }

    /** To be closed with the rest. */
    public <T extends Closeable> T keep(T peer) {
        peers.push(peer);
        return peer;
    }

    /** An address nobody listens on. */
    public static InetSocketAddress deadAddress() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            return (InetSocketAddress) socket.getLocalSocketAddress();
        }
    }

    /** Runs in the loop and waits for the result. */
    public static <T> T inLoop(EventLoop loop, Callable<T> action) throws Exception {
        return loop.submit(action).get(10, TimeUnit.SECONDS);
    }

    /** Returns once all that was queued for the kernel by now has been submitted. */
    public static void settle(EventLoop loop) throws Exception {
        KqLoopMetrics metrics = KqLoopMetrics.of(loop);
        long kevents = inLoop(loop, metrics::keventCalls);
        do {
            inLoop(loop, () -> null);
        } while (metrics.keventCalls() == kevents);
    }

    @Override
    public void close() {
        while (!peers.isEmpty()) {
            try {
                peers.pop().close();
            } catch (IOException ignored) {
                // A peer that was reset or broken on purpose.
            }
        }
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).awaitUninterruptibly();
        try {
            open.awaitNoneLeft();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for descriptors to close", e);
        }
    }

    /** A channel and its blocking peer. */
    public static final class Pair {
        public final KqSocketChannel channel;
        public final Socket peer;

        Pair(KqSocketChannel channel, Socket peer) {
            this.channel = channel;
            this.peer = peer;
        }

        /** The peer's next bytes. */
        public byte[] read(int length) throws IOException {
            return peer.getInputStream().readNBytes(length);
        }

        /** The peer resets the connection. */
        public void reset() throws IOException {
            peer.setSoLinger(true, 0);
            peer.close();
        }
    }
}
