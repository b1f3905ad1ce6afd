package io.kqnet.contract;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.kqnet.KqDatagramChannel;
import io.kqnet.KqServerSocketChannel;
import io.kqnet.KqSocketChannel;
import io.kqnet.support.LoopKind;
import io.kqnet.sys.Constants;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.InternetProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.testsuite.transport.socket.SocketTestPermutation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Who plays server and who client in Netty's testsuite: kqnet in at least one role, NIO in the other. NIO against itself proves nothing about
 * this transport and is left out.
 */
@SuppressWarnings("deprecation") // InternetProtocolFamily: its successor is not in Netty 4.1
public final class KqPermutation extends SocketTestPermutation {
    /** System property: {@code true} leaves NIO out, for a library whose kernel is not the one NIO talks to. */
    public static final String ONLY_PROP_NAME = "kqnet.contract.only";

    private final EventLoopGroup bosses;
    private final EventLoopGroup workers;

    public KqPermutation(LoopKind loops) {
        bosses = loops.newGroup(2);
        workers = loops.newGroup(3);
    }

    private static boolean isOnly() {
        return Boolean.getBoolean(ONLY_PROP_NAME);
    }

    /** For tests whose other end is a socket of the JDK. */
    static void assumeJdkSockets() {
        assumeFalse(isOnly(), ONLY_PROP_NAME + " leaves the JDK's sockets out");
    }

    /** The pairs with kqnet in both roles, as server of NIO and as client of NIO. */
    @Override
    public List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> socket() {
        List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> pairs = new ArrayList<>(combo(serverSocket(), clientSocket()));
        if (!isOnly()) {
            pairs.addAll(combo(serverSocket(), super.clientSocket()));
            pairs.addAll(combo(super.serverSocket(), clientSocket()));
        }
        return pairs;
    }

    @Override
    public List<BootstrapFactory<ServerBootstrap>> serverSocket() {
        return Collections.singletonList(() -> new ServerBootstrap().group(bosses, workers).channel(KqServerSocketChannel.class));
    }

    @Override
    public List<BootstrapFactory<Bootstrap>> clientSocket() {
        return Collections.singletonList(() -> new Bootstrap().group(workers).channel(KqSocketChannel.class));
    }

    /** As {@link #socket()}; NIO has no such option. */
    @Override
    public List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> socketWithFastOpen() {
        List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> pairs = new ArrayList<>(combo(serverSocket(), clientSocketWithFastOpen()));
        if (!isOnly()) {
            pairs.addAll(combo(super.serverSocket(), clientSocketWithFastOpen()));
        }
        return pairs;
    }

    @Override
    public List<BootstrapFactory<Bootstrap>> clientSocketWithFastOpen() {
        return Collections.singletonList(() -> {
            Bootstrap bootstrap = new Bootstrap().group(workers).channel(KqSocketChannel.class);
            return hasFastOpen() ? bootstrap.option(ChannelOption.TCP_FASTOPEN_CONNECT, true) : bootstrap;
        });
    }

    /** NetBSD and OpenBSD refuse the options. */
    static boolean hasFastOpen() {
        return Constants.TCP_FASTOPEN != Constants.ABSENT;
    }

    /** As {@link #socket()}, for datagrams of one family. */
    List<BootstrapComboFactory<Bootstrap, Bootstrap>> datagrams(InternetProtocolFamily family) {
        List<BootstrapFactory<Bootstrap>> kqnet =
                Collections.singletonList(() -> new Bootstrap().group(workers).channelFactory(() -> new KqDatagramChannel(family)));
        List<BootstrapFactory<Bootstrap>> nio =
                Collections.singletonList(() -> new Bootstrap().group(NIO_GROUP).channelFactory(() -> new NioDatagramChannel(family)));
        List<BootstrapComboFactory<Bootstrap, Bootstrap>> pairs = new ArrayList<>(combo(kqnet, kqnet));
        if (!isOnly()) {
            pairs.addAll(combo(kqnet, nio));
            pairs.addAll(combo(nio, kqnet));
        }
        return pairs;
    }

    @Override
    public List<BootstrapFactory<Bootstrap>> datagramSocket() {
        return Collections.singletonList(() -> new Bootstrap().group(workers).channel(KqDatagramChannel.class));
    }

    void close() throws InterruptedException {
        for (EventLoopGroup group : Arrays.asList(bosses, workers, NIO_GROUP)) {
            group.shutdownGracefully(0, 10, TimeUnit.SECONDS).sync();
        }
    }
}
