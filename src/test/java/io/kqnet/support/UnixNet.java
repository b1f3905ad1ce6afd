package io.kqnet.support;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kqnet.KqDomainDatagramChannel;
import io.kqnet.KqDomainSocketChannel;
import io.kqnet.KqServerDomainSocketChannel;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** {@link Net} for the Unix domain, with a directory for its files. Closing fails if a descriptor or a file is left. */
public final class UnixNet implements AutoCloseable {
    private final Net net;
    private final Path directory;

    private UnixNet(LoopKind loops) throws IOException {
        net = Net.with(loops);
        directory = Files.createTempDirectory("kq");
    }

    /** One loop. */
    public static UnixNet with(LoopKind loops) throws IOException {
        return new UnixNet(loops);
    }

    public Net net() {
        return net;
    }

    public Path path(String name) {
        return directory.resolve(name);
    }

    public DomainSocketAddress address(String name) {
        return new DomainSocketAddress(path(name).toString());
    }

    /** Names of the files there are. */
    public List<String> files() {
        String[] names = directory.toFile().list();
        Arrays.sort(names);
        return Arrays.asList(names);
    }

    public ServerBootstrap server(ChannelHandler child) {
        return new ServerBootstrap().group(net.group()).channel(KqServerDomainSocketChannel.class).childHandler(child);
    }

    public Bootstrap client(ChannelHandler handler) {
        return new Bootstrap().group(net.group()).channel(KqDomainSocketChannel.class).handler(handler);
    }

    public Bootstrap datagrams(ChannelHandler handler) {
        return new Bootstrap().group(net.group()).channel(KqDomainDatagramChannel.class).handler(handler);
    }

    /** To be closed with the rest. */
    public UnixPeer keep(UnixPeer peer) {
        return net.keep(peer);
    }

    /** A connected pair: the channel under test, made by {@code bootstrap}, and its peer. */
    public Pair pair(Bootstrap bootstrap) throws InterruptedException {
        try (UnixPeer listener = UnixPeer.stream().bind(path("pair")).listen(1)) {
            Channel channel = bootstrap.connect(address("pair")).sync().channel();
            return new Pair((KqDomainSocketChannel) channel, keep(listener.accept()));
        } finally {
            path("pair").toFile().delete();
        }
    }

    public Pair pair(ChannelHandler handler) throws InterruptedException {
        return pair(client(handler));
    }

    @Override
    public void close() throws IOException {
        net.close();
        List<String> left = new ArrayList<>(files());
        for (File file : directory.toFile().listFiles()) {
            file.delete();
        }
        Files.delete(directory);
        assertEquals(List.of(), left, "files left behind");
    }

    /** A channel and its peer. */
    public static final class Pair {
        public final KqDomainSocketChannel channel;
        public final UnixPeer peer;

        Pair(KqDomainSocketChannel channel, UnixPeer peer) {
            this.channel = channel;
            this.peer = peer;
        }
    }
}
