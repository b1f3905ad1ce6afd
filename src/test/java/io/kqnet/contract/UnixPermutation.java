package io.kqnet.contract;

import io.kqnet.KqDomainDatagramChannel;
import io.kqnet.KqDomainSocketChannel;
import io.kqnet.KqServerDomainSocketChannel;
import io.kqnet.support.LoopKind;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.SocketTestPermutation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** As {@link KqPermutation} for sockets of the Unix domain; in the other role Netty's epoll transport, where there is one. */
public final class UnixPermutation extends SocketTestPermutation {
    private final EventLoopGroup bosses;
    private final EventLoopGroup workers;
    private final EventLoopGroup others;
    private final AtomicInteger paths = new AtomicInteger();
    private final Path directory;

    UnixPermutation(LoopKind loops) {
        bosses = loops.newGroup(2);
        workers = loops.newGroup(3);
        others = hasOther() ? newEpollGroup() : null;
        try {
            directory = Files.createTempDirectory("kq");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean hasOther() {
        return Epoll.isAvailable() && !Boolean.getBoolean(KqPermutation.ONLY_PROP_NAME);
    }

    @SuppressWarnings("deprecation") // its successor is not in Netty 4.1
    private static EventLoopGroup newEpollGroup() {
        return new EpollEventLoopGroup(3);
    }

    /** A path where nothing is. */
    DomainSocketAddress newAddress() {
        return new DomainSocketAddress(directory.resolve("s" + paths.incrementAndGet()).toString());
    }

    @Override
    public List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> socket() {
        List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> pairs = new ArrayList<>(combo(serverSocket(), clientSocket()));
        if (others != null) {
            pairs.addAll(combo(serverSocket(), otherClient()));
            pairs.addAll(combo(otherServer(), clientSocket()));
        }
        return pairs;
    }

    @Override
    public List<BootstrapFactory<ServerBootstrap>> serverSocket() {
        return Collections.singletonList(() -> new ServerBootstrap().group(bosses, workers).channel(KqServerDomainSocketChannel.class));
    }

    @Override
    public List<BootstrapFactory<Bootstrap>> clientSocket() {
        return Collections.singletonList(() -> new Bootstrap().group(workers).channel(KqDomainSocketChannel.class));
    }

    private List<BootstrapFactory<ServerBootstrap>> otherServer() {
        return Collections.singletonList(() -> new ServerBootstrap().group(others).channel(EpollServerDomainSocketChannel.class));
    }

    private List<BootstrapFactory<Bootstrap>> otherClient() {
        return Collections.singletonList(() -> new Bootstrap().group(others).channel(EpollDomainSocketChannel.class));
    }

    List<BootstrapComboFactory<Bootstrap, Bootstrap>> datagrams() {
        List<BootstrapFactory<Bootstrap>> own =
                Collections.singletonList(() -> new Bootstrap().group(workers).channel(KqDomainDatagramChannel.class));
        List<BootstrapComboFactory<Bootstrap, Bootstrap>> pairs = new ArrayList<>(combo(own, own));
        if (others != null) {
            List<BootstrapFactory<Bootstrap>> other =
                    Collections.singletonList(() -> new Bootstrap().group(others).channel(EpollDomainDatagramChannel.class));
            pairs.addAll(combo(own, other));
            pairs.addAll(combo(other, own));
        }
        return pairs;
    }

    void close() throws InterruptedException {
        for (EventLoopGroup group : new EventLoopGroup[] {bosses, workers, others, NIO_GROUP}) {
            if (group != null) {
                group.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
            }
        }
        try (Stream<Path> left = Files.list(directory)) {
            // Netty's epoll transport leaves the files of clients and datagram sockets.
            for (Path file : left.collect(Collectors.toList())) {
                Files.delete(file);
            }
            Files.delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
