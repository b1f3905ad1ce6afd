package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Bytes;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultFileRegion;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Fast open where the kernel really does it. Each connection that must not find a cookie goes to a loopback address of its own. */
@Timeout(60)
class FastOpenInsideTest {
    private static final String ON = "3";
    private static final String OFF = "0";
    private static final String REASON = "run by FastOpenTest in a network namespace";
    private static final AtomicInteger NEXT_HOST = new AtomicInteger(1);

    @TempDir
    Path directory;

    /** A counter of {@code TcpExt} in {@code /proc/net/netstat}: a line of names, a line of numbers. */
    static long counter(String name) throws IOException {
        List<String> lines = Files.readAllLines(Paths.get("/proc/net/netstat"));
        List<String> names = List.of(lines.get(0).split(" "));
        return Long.parseLong(lines.get(1).split(" ")[names.indexOf(name)]);
    }

    private static String newHost() {
        return "127.1.0." + NEXT_HOST.getAndIncrement();
    }

    private static Channel listen(Net net, Inbox accepted) throws InterruptedException {
        return net.server(accepted).option(ChannelOption.TCP_FASTOPEN, 16).bind("0.0.0.0", 0).sync().channel();
    }

    private static InetSocketAddress at(String host, Channel listener) {
        return new InetSocketAddress(host, ((InetSocketAddress) listener.localAddress()).getPort());
    }

    private static Channel newClient(Net net) throws InterruptedException {
        return net.client(new Inbox()).option(ChannelOption.TCP_FASTOPEN_CONNECT, true).register().sync().channel();
    }

    /** One connection that brings {@code messages}; whether the data came with the SYN. */
    private static boolean connects(Net net, String host, int total, Object... messages) throws Exception {
        Inbox accepted = new Inbox();
        Channel listener = listen(net, accepted);
        Channel client = newClient(net);
        long active = counter("TCPFastOpenActive");
        long passive = counter("TCPFastOpenPassive");
        ChannelFuture last = null;
        for (Object message : messages) {
            last = client.write(message);
        }
        client.connect(at(host, listener)).sync();
        last.sync();
        accepted.awaitBytes(total);
        Bytes.assertSame(Bytes.pattern(0, total), accepted.bytes());
        client.writeAndFlush(Bytes.direct(Bytes.pattern(total, 10))).sync();
        accepted.awaitBytes(total + 10);
        Bytes.assertSame(Bytes.pattern(0, total + 10), accepted.bytes());
        client.close().sync();
        listener.close().sync();
        assertEquals(counter("TCPFastOpenActive") - active, counter("TCPFastOpenPassive") - passive);
        return counter("TCPFastOpenActive") == active + 1;
    }

    private static ByteBuf buffer(int offset, int length) {
        return Bytes.direct(Bytes.pattern(offset, length));
    }

    @OverLoops
    @EnabledIfSystemProperty(named = FastOpenTest.PROP_NAME, matches = ON, disabledReason = REASON)
    void systemSaysThatItIsOn(LoopKind loops) {
        assertTrue(Kq.isTcpFastOpenClientSideAvailable());
        assertTrue(Kq.isTcpFastOpenServerSideAvailable());
    }

    @OverLoops
    @EnabledIfSystemProperty(named = FastOpenTest.PROP_NAME, matches = ON, disabledReason = REASON)
    void dataGoesWithTheSynOnceThereIsACookie(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            String host = newHost();
            assertFalse(connects(net, host, 100, buffer(0, 100)), "the first connect asks for the cookie");
            assertTrue(connects(net, host, 100, buffer(0, 100)));
            assertTrue(connects(net, host, 100, buffer(0, 40), buffer(40, 0), buffer(40, 60)));
            ByteBuf composite = Unpooled.wrappedBuffer(buffer(0, 1), buffer(0, 40), buffer(40, 60));
            assertTrue(connects(net, host, 100, composite.skipBytes(1)));
            assertTrue(connects(net, host, 100, Unpooled.wrappedBuffer(Bytes.pattern(0, 100))));
        }
    }

    @OverLoops
    @EnabledIfSystemProperty(named = FastOpenTest.PROP_NAME, matches = ON, disabledReason = REASON)
    void moreThanASynCarriesArrivesWhole(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            String host = newHost();
            int size = 3_000_000;
            connects(net, host, size, buffer(0, size));
            assertTrue(connects(net, host, size, buffer(0, size)));
            assertTrue(connects(net, host, size, buffer(0, 1000), buffer(1000, size - 1000)));
        }
    }

    @OverLoops
    @EnabledIfSystemProperty(named = FastOpenTest.PROP_NAME, matches = ON, disabledReason = REASON)
    void fileFollowsItsHeaderThatWentWithTheSyn(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            String host = newHost();
            Path file = Files.write(directory.resolve("content"), Bytes.pattern(0, 100_000));
            connects(net, host, 100, buffer(0, 100));
            assertTrue(connects(net, host, 100_000, buffer(0, 100), new DefaultFileRegion(file.toFile(), 100, 99_900)));
            assertFalse(connects(net, host, 100_000, new DefaultFileRegion(file.toFile(), 0, 100_000)), "a file has no address");
        }
    }

    @OverLoops
    @EnabledIfSystemProperty(named = FastOpenTest.PROP_NAME, matches = ON, disabledReason = REASON)
    void connectWithoutDataIsOrdinary(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox accepted = new Inbox();
            Channel listener = listen(net, accepted);
            Channel client = newClient(net);
            client.connect(at(newHost(), listener)).sync();
            client.writeAndFlush(buffer(0, 100)).sync();
            accepted.awaitBytes(100);
        }
    }

    @OverLoops
    @EnabledIfSystemProperty(named = FastOpenTest.PROP_NAME, matches = ON, disabledReason = REASON)
    void refusedConnectFailsWhatWasToGoWithIt(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            String host = newHost();
            connects(net, host, 100, buffer(0, 100));
            Channel client = newClient(net);
            ByteBuf data = buffer(0, 100);
            ChannelFuture written = client.write(data);
            ChannelFuture connect = client.connect(new InetSocketAddress(host, Net.deadAddress().getPort())).await();
            assertInstanceOf(ConnectException.class, connect.cause());
            assertTrue(connect.cause().getMessage().contains("ECONNREFUSED"), connect.cause()::getMessage);
            client.close().sync();
            assertFalse(written.await().isSuccess());
            assertEquals(0, data.refCnt());
        }
    }

    @OverLoops
    @EnabledIfSystemProperty(named = FastOpenTest.PROP_NAME, matches = ON, disabledReason = REASON)
    void listenerCanTurnItOnAndOffWhileItListens(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox accepted = new Inbox();
            Channel listener = Net.bind(net.server(accepted));
            InetSocketAddress address = (InetSocketAddress) listener.localAddress();
            listener.config().setOption(ChannelOption.TCP_FASTOPEN, 4);
            long passive = counter("TCPFastOpenPassive");
            for (int i = 0; i < 2; i++) {
                Channel client = newClient(net);
                client.write(buffer(0, 100));
                client.connect(address).sync();
                accepted.awaitBytes(100 * i + 100);
            }
            assertTrue(counter("TCPFastOpenPassive") > passive);
            listener.config().setOption(ChannelOption.TCP_FASTOPEN, 0);
            passive = counter("TCPFastOpenPassive");
            Channel client = newClient(net);
            client.write(buffer(0, 100));
            client.connect(address).sync();
            accepted.awaitBytes(300);
            assertEquals(passive, counter("TCPFastOpenPassive"));
        }
    }

    @OverLoops
    @EnabledIfSystemProperty(named = FastOpenTest.PROP_NAME, matches = OFF, disabledReason = REASON)
    void turnedOffItIsAnOrdinaryConnect(LoopKind loops) throws Exception {
        assertFalse(Kq.isTcpFastOpenClientSideAvailable());
        assertFalse(Kq.isTcpFastOpenServerSideAvailable());
        try (Net net = Net.with(loops)) {
            String host = newHost();
            assertFalse(connects(net, host, 100, buffer(0, 100)));
            assertFalse(connects(net, host, 100, buffer(0, 40), buffer(40, 60)));
        }
    }
}
