package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.OverLoops;
import io.kqnet.support.UnixNet;
import io.kqnet.support.UnixPeer;
import io.kqnet.sys.Constants;
import io.kqnet.sys.Fd;
import io.netty.bootstrap.AbstractBootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.BindException;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;

/** What bind makes, replaces and leaves alone, and what close removes. */
@Timeout(60)
class SocketFileTest {
    private static void assertInUse(UnixNet net, AbstractBootstrap<?, ?> bootstrap, String name) throws InterruptedException {
        ChannelFuture bound = bootstrap.bind(net.address(name)).await();
        Throwable cause = bound.cause();
        assertNotNull(cause, () -> name + " was bound");
        assertInstanceOf(BindException.class, cause);
        assertTrue(cause.getMessage().contains("bind(..) failed: EADDRINUSE"), cause::getMessage);
        assertTrue(cause.getMessage().contains(net.path(name).toString()), cause::getMessage);
        bound.channel().closeFuture().sync();
    }

    private static List<AbstractBootstrap<?, ?>> binders(UnixNet net) {
        return List.of(net.server(new Inbox()), net.datagrams(new Inbox()), net.client(new Inbox()));
    }

    private static Object identity(Path path) throws Exception {
        return Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS);
    }

    @OverLoops
    void fileAppearsWithBindAndGoesWithClose(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            for (AbstractBootstrap<?, ?> binder : binders(net)) {
                Channel channel = binder.bind(net.address("a")).sync().channel();
                assertEquals(List.of("a"), net.files());
                assertEquals(net.address("a"), channel.localAddress());
                channel.close().sync();
                assertEquals(List.of(), net.files());
            }
        }
    }

    @OverLoops
    void fileOfADeadSocketIsReplaced(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            for (AbstractBootstrap<?, ?> binder : binders(net)) {
                UnixPeer.stream().bind(net.path("stream")).listen(1).close();
                UnixPeer.datagram().bind(net.path("datagram")).close();
                for (String name : List.of("stream", "datagram")) {
                    Channel channel = binder.bind(net.address(name)).sync().channel();
                    assertTrue(net.files().contains(name));
                    channel.close().sync();
                    assertFalse(net.files().contains(name));
                }
            }
        }
    }

    @OverLoops
    void fileOfALiveSocketIsLeftAlone(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixPeer listener = net.keep(UnixPeer.stream().bind(net.path("listening")).listen(1));
            UnixPeer full = net.keep(UnixPeer.stream().bind(net.path("full")).listen(0));
            net.keep(UnixPeer.stream().connect(net.path("full")));
            net.keep(UnixPeer.stream()).tryConnect(net.path("full").toString());
            net.keep(UnixPeer.stream().bind(net.path("not-listening-yet")));
            net.keep(UnixPeer.datagram().bind(net.path("datagram")));
            net.keep(UnixPeer.datagram().bind(net.path("datagram-to-another")).connect(net.path("datagram")));
            List<String> names = net.files();
            assertEquals(5, names.size());
            for (String name : names) {
                Object before = identity(net.path(name));
                for (AbstractBootstrap<?, ?> binder : binders(net)) {
                    assertInUse(net, binder, name);
                }
                assertEquals(before, identity(net.path(name)));
            }
            net.keep(UnixPeer.stream().connect(net.path("listening")));
            net.keep(listener.accept());
            net.keep(full.accept());
            for (String name : names) {
                Files.delete(net.path(name));
            }
        }
    }

    @OverLoops
    void aLiveListenerNoticesNothingOfTheAttempt(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Inbox accepted = new Inbox();
            Channel server = net.server(accepted).bind(net.address("a")).sync().channel();
            assertInUse(net, net.server(new Inbox()), "a");
            net.keep(UnixPeer.stream().connect(net.path("a")));
            accepted.await("active");
            assertEquals(1, accepted.count("active"));
            server.close().sync();
        }
    }

    @OverLoops
    void whatIsNoSocketIsLeftAlone(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Files.writeString(net.path("file"), "precious");
            Files.createDirectory(net.path("directory"));
            Files.createSymbolicLink(net.path("link-to-file"), net.path("file"));
            UnixPeer.stream().bind(net.path("dead")).close();
            Files.createSymbolicLink(net.path("link-to-dead"), net.path("dead"));
            Files.createSymbolicLink(net.path("dangling"), net.path("nothing"));
            for (String name : List.of("file", "directory", "link-to-file", "link-to-dead", "dangling")) {
                for (AbstractBootstrap<?, ?> binder : binders(net)) {
                    assertInUse(net, binder, name);
                }
            }
            assertEquals("precious", Files.readString(net.path("file")));
            assertEquals(List.of("dangling", "dead", "directory", "file", "link-to-dead", "link-to-file"), net.files());
            for (String name : net.files()) {
                Files.delete(net.path(name));
            }
        }
    }

    @OverLoops
    void closeLeavesAFileThatTookThePlace(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            for (AbstractBootstrap<?, ?> binder : binders(net)) {
                Channel channel = binder.bind(net.address("a")).sync().channel();
                Files.delete(net.path("a"));
                UnixPeer other = net.keep(UnixPeer.stream().bind(net.path("a")).listen(1));
                channel.close().sync();
                net.keep(UnixPeer.stream().connect(net.path("a")));
                net.keep(other.accept());
                Files.delete(net.path("a"));
                channel = binder.bind(net.address("a")).sync().channel();
                Files.delete(net.path("a"));
                Files.writeString(net.path("a"), "precious");
                channel.close().sync();
                assertEquals("precious", Files.readString(net.path("a")));
                Files.delete(net.path("a"));
            }
        }
    }

    @OverLoops
    void fileThatIsGoneAlreadyIsNoError(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            Channel channel = net.server(new Inbox()).bind(net.address("a")).sync().channel();
            Files.delete(net.path("a"));
            channel.close().sync();
        }
    }

    @OverLoops
    void adoptedListenersFileIsNotRemoved(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            int fd = UnixPeer.stream().bind(net.path("a")).listen(1).detach();
            Channel server = new ServerBootstrap().group(net.net().group()).channelFactory(() -> new KqServerDomainSocketChannel(fd))
                    .childHandler(new Inbox()).register().sync().channel();
            assertTrue(server.isActive());
            assertEquals(net.address("a"), server.localAddress());
            server.close().sync();
            Files.delete(net.path("a"));
        }
    }

    @OverLoops
    void ofManyThatFindADeadSocketOneGetsThePath(LoopKind loops) throws Exception {
        int contenders = 8;
        ExecutorService threads = Executors.newFixedThreadPool(contenders);
        try (UnixNet net = UnixNet.with(loops)) {
            for (int round = 0; round < 20; round++) {
                UnixPeer.stream().bind(net.path("a")).close();
                CyclicBarrier start = new CyclicBarrier(contenders);
                List<Future<SocketFile>> files = new ArrayList<>();
                List<UnixPeer> sockets = new ArrayList<>();
                for (int i = 0; i < contenders; i++) {
                    UnixPeer socket = UnixPeer.stream();
                    sockets.add(socket);
                    files.add(threads.submit(() -> {
                        start.await(10, TimeUnit.SECONDS);
                        try {
                            return SocketFile.bind(new Fd(socket.fd()), net.address("a"), -1);
                        } catch (BindException e) {
                            return null;
                        }
                    }));
                }
                List<SocketFile> bound = new ArrayList<>();
                for (int i = 0; i < contenders; i++) {
                    SocketFile file = files.get(i).get();
                    if (file != null) {
                        bound.add(file);
                        sockets.get(i).listen(1);
                    }
                }
                assertEquals(1, bound.size());
                UnixPeer.stream().connect(net.path("a")).close();
                bound.get(0).delete();
                sockets.forEach(UnixPeer::close);
                assertEquals(List.of(), net.files());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @OverLoops
    void fileHasTheModeThatWasAskedFor(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            for (AbstractBootstrap<?, ?> binder : binders(net)) {
                for (int mode : new int[] {0600, 0660, 0777, 0}) {
                    binder.option(KqChannelOption.SOCKET_FILE_MODE, mode);
                    Channel channel = binder.bind(net.address("a")).sync().channel();
                    assertEquals(mode, channel.config().getOption(KqChannelOption.SOCKET_FILE_MODE));
                    assertEquals(mode, (int) Files.getAttribute(net.path("a"), "unix:mode") & 0777);
                    channel.close().sync();
                }
            }
        }
    }

    @OverLoops
    void withoutAModeTheUmaskDecides(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            UnixPeer.stream().bind(net.path("plain")).close();
            Channel channel = net.server(new Inbox()).bind(net.address("a")).sync().channel();
            assertEquals(PosixFilePermissions.toString(Files.getPosixFilePermissions(net.path("plain"))),
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(net.path("a"))));
            channel.close().sync();
            Files.delete(net.path("plain"));
        }
    }

    @OverLoops
    void modesThatAreNoneAreRefused(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            KqServerDomainSocketChannel channel = new KqServerDomainSocketChannel();
            for (int mode : new int[] {-2, 01000, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
                IllegalArgumentException cause = assertThrows(IllegalArgumentException.class,
                        () -> channel.config().setSocketFileMode(mode));
                assertTrue(cause.getMessage().contains("SOCKET_FILE_MODE"), cause::getMessage);
            }
            net.net().group().register(channel).sync();
            channel.close().sync();
        }
    }

    @OverLoops
    void pathsThatCannotBeAreRefused(LoopKind loops) throws Exception {
        try (UnixNet net = UnixNet.with(loops)) {
            for (AbstractBootstrap<?, ?> binder : binders(net)) {
                assertRefused(binder, net.address("no-such-directory/a"), "ENOENT", "no-such-directory");
                assertRefused(binder, new DomainSocketAddress(""), "EINVAL", "empty");
                assertRefused(binder, new DomainSocketAddress("a\0b"), "EINVAL", "NUL");
                assertRefused(binder, net.address("x".repeat(200)), "ENAMETOOLONG", "more than " + Constants.UNIX_PATH_MAX);
            }
        }
    }

    private static void assertRefused(AbstractBootstrap<?, ?> binder, SocketAddress address, String... parts) throws InterruptedException {
        ChannelFuture bound = binder.bind(address).await();
        assertInstanceOf(BindException.class, bound.cause());
        for (String part : parts) {
            assertTrue(bound.cause().getMessage().contains(part), bound.cause()::getMessage);
        }
        bound.channel().closeFuture().sync();
    }
}
