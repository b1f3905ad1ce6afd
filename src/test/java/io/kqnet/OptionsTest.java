package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.support.Await;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OpenFds;
import io.kqnet.support.OverLoops;
import io.kqnet.sys.Constants;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultMessageSizeEstimator;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** Every option on both kinds of channel, and what is answered to bad values. Needs no loop: options are set before registration too. */
@Timeout(60)
class OptionsTest {
    private OpenFds open;
    private KqSocketChannel socket;
    private KqServerSocketChannel server;

    @BeforeEach
    void open() {
        open = OpenFds.now();
        socket = new KqSocketChannel();
        server = new KqServerSocketChannel();
    }

    @AfterEach
    void close() throws Exception {
        socket.unsafe().closeForcibly();
        server.unsafe().closeForcibly();
        open.awaitNoneLeft();
    }

    private static <T> void assertKeeps(Channel channel, ChannelOption<T> option, T value) {
        assertTrue(channel.config().setOption(option, value), () -> option + " is not an option of " + channel);
        assertEquals(value, channel.config().getOption(option), option::name);
        assertEquals(value, channel.config().getOptions().get(option), () -> option + " of getOptions()");
    }

    private static void assertKeepsFlag(Channel channel, ChannelOption<Boolean> option) {
        assertKeeps(channel, option, true);
        assertKeeps(channel, option, false);
    }

    @Test
    void nettysOwnOptionsAreKept() {
        for (Channel channel : List.of(socket, server)) {
            assertKeeps(channel, ChannelOption.CONNECT_TIMEOUT_MILLIS, 1234);
            assertKeeps(channel, ChannelOption.WRITE_SPIN_COUNT, 3);
            assertKeeps(channel, ChannelOption.ALLOCATOR, UnpooledByteBufAllocator.DEFAULT);
            assertKeeps(channel, Net.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(100));
            assertKeepsFlag(channel, ChannelOption.AUTO_READ);
            assertKeepsFlag(channel, ChannelOption.AUTO_CLOSE);
            assertKeeps(channel, ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(10, 20));
            assertKeeps(channel, ChannelOption.MESSAGE_SIZE_ESTIMATOR, DefaultMessageSizeEstimator.DEFAULT);
            assertKeepsFlag(channel, KqChannelOption.RCV_ALLOC_TRANSPORT_PROVIDES_GUESS);
        }
    }

    @Test
    void socketsHaveTheOptionsOfTcp() {
        assertTrue(socket.config().isTcpNoDelay());
        assertKeepsFlag(socket, ChannelOption.TCP_NODELAY);
        assertKeepsFlag(socket, ChannelOption.SO_KEEPALIVE);
        assertKeepsFlag(socket, ChannelOption.SO_REUSEADDR);
        assertKeepsFlag(socket, UnixChannelOption.SO_REUSEPORT);
        assertKeepsFlag(socket, ChannelOption.ALLOW_HALF_CLOSURE);
        assertKeepsFlag(socket, KqChannelOption.COALESCE_FLUSH);
        assertKeeps(socket, ChannelOption.SO_LINGER, 5);
        assertKeeps(socket, ChannelOption.SO_LINGER, 0);
        assertKeeps(socket, ChannelOption.SO_LINGER, -1);
        assertKeeps(socket, ChannelOption.IP_TOS, 0x10);
    }

    @Test
    void socketsHaveTheOptionsOfThisSystem() {
        if (Constants.TCP_NOPUSH != Constants.ABSENT) {
            assertKeepsFlag(socket, KqChannelOption.TCP_NOPUSH);
        }
        assertKeepsWhereKnown(KqChannelOption.TCP_KEEPIDLE, Constants.TCP_KEEPIDLE, 100);
        assertKeepsWhereKnown(KqChannelOption.TCP_KEEPINTVL, Constants.TCP_KEEPINTVL, 10);
        assertKeepsWhereKnown(KqChannelOption.TCP_KEEPCNT, Constants.TCP_KEEPCNT, 4);
        assertKeepsWhereKnown(KqChannelOption.TCP_USER_TIMEOUT, Constants.TCP_USER_TIMEOUT, 3000);
        assertKeepsWhereKnown(KqChannelOption.TCP_NOTSENT_LOWAT, Constants.TCP_NOTSENT_LOWAT, 16 * 1024);
        assertTrue(socket.config().getOption(KqChannelOption.SO_SNDLOWAT) > 0);
    }

    private void assertKeepsWhereKnown(ChannelOption<Integer> option, int constant, int value) {
        if (constant != Constants.ABSENT) {
            assertKeeps(socket, option, value);
        } else {
            assertThrows(UnsupportedOperationException.class, () -> socket.config().setOption(option, value));
        }
    }

    @Test
    void kernelsMayRoundBufferSizesUp() {
        for (Channel channel : List.of(socket, server)) {
            assertTrue(channel.config().setOption(ChannelOption.SO_RCVBUF, 50_000));
            assertTrue(channel.config().getOption(ChannelOption.SO_RCVBUF) >= 50_000);
        }
        assertTrue(socket.config().setOption(ChannelOption.SO_SNDBUF, 50_000));
        assertTrue(socket.config().getOption(ChannelOption.SO_SNDBUF) >= 50_000);
    }

    @Test
    void listenersHaveTheirOptions() {
        assertTrue(server.config().isReuseAddress());
        assertKeepsFlag(server, ChannelOption.SO_REUSEADDR);
        assertKeepsFlag(server, UnixChannelOption.SO_REUSEPORT);
        assertKeeps(server, ChannelOption.SO_BACKLOG, 77);
        assertFalse(server.config().setOption(ChannelOption.TCP_NODELAY, true), "TCP_NODELAY is the children's");
        assertFalse(server.config().setOption(ChannelOption.SO_LINGER, 1));
    }

    @Test
    void typedSettersAndGettersAreTheOptions() {
        KqSocketChannelConfig config = socket.config().setTcpNoDelay(false).setKeepAlive(true).setReuseAddress(true).setSoLinger(7)
                .setTrafficClass(8).setSendBufferSize(40_000).setReceiveBufferSize(40_000).setAllowHalfClosure(true)
                .setPerformancePreferences(1, 2, 3).setRcvAllocTransportProvidesGuess(true);
        assertFalse(config.getOption(ChannelOption.TCP_NODELAY));
        assertTrue(config.isKeepAlive() && config.isReuseAddress() && config.isAllowHalfClosure());
        assertTrue(config.getRcvAllocTransportProvidesGuess());
        assertEquals(7, config.getSoLinger());
        assertEquals(8, config.getTrafficClass());
        assertTrue(config.getSendBufferSize() >= 40_000 && config.getReceiveBufferSize() >= 40_000);
        KqServerSocketChannelConfig listening = server.config().setBacklog(5).setReuseAddress(false).setReceiveBufferSize(40_000)
                .setPerformancePreferences(1, 2, 3);
        assertEquals(5, listening.getBacklog());
        assertFalse(listening.isReuseAddress());
        assertTrue(listening.getReceiveBufferSize() >= 40_000);
    }

    @Test
    void everyOptionListedCanBeReadAndNoneUnsupportedIsListed() {
        for (Channel channel : List.of(socket, server)) {
            for (Map.Entry<ChannelOption<?>, Object> entry : channel.config().getOptions().entrySet()) {
                assertEquals(entry.getValue(), channel.config().getOption(entry.getKey()), entry.getKey()::name);
            }
        }
        Set<ChannelOption<?>> all = new HashSet<>(socket.config().getOptions().keySet());
        all.addAll(server.config().getOptions().keySet());
        assertEquals(Constants.SO_REUSEPORT_LB != Constants.ABSENT, all.contains(KqChannelOption.SO_REUSEPORT_LB));
        assertEquals(Constants.SO_ACCEPTFILTER != Constants.ABSENT, all.contains(KqChannelOption.SO_ACCEPTFILTER));
    }

    @Test
    void optionTheSystemLacksNamesItselfAndTheSystem() {
        if (Constants.SO_REUSEPORT_LB == Constants.ABSENT) {
            for (Channel channel : List.of(socket, server)) {
                UnsupportedOperationException cause = assertThrows(UnsupportedOperationException.class,
                        () -> channel.config().setOption(KqChannelOption.SO_REUSEPORT_LB, true));
                assertMentions(cause, "SO_REUSEPORT_LB", Kq.platform());
            }
        }
        if (Constants.SO_ACCEPTFILTER == Constants.ABSENT) {
            UnsupportedOperationException cause = assertThrows(UnsupportedOperationException.class,
                    () -> server.config().setOption(KqChannelOption.SO_ACCEPTFILTER, new AcceptFilter("dataready", "")));
            assertMentions(cause, "SO_ACCEPTFILTER", Kq.platform());
        }
    }

    private static void assertMentions(Throwable cause, String... parts) {
        for (String part : parts) {
            assertTrue(cause.getMessage().contains(part), () -> part + " is not in: " + cause.getMessage());
        }
    }

    private <T> void assertRefused(Class<? extends Throwable> type, ChannelOption<T> option, T value, String... parts) {
        List<String> all = new ArrayList<>(List.of(parts));
        all.add(option.name());
        assertMentions(assertThrows(type, () -> socket.config().setOption(option, value)), all.toArray(new String[0]));
    }

    @Test
    void badValuesAreRefusedByName() {
        assertRefused(IllegalArgumentException.class, ChannelOption.SO_RCVBUF, -1, "-1");
        assertRefused(IllegalArgumentException.class, ChannelOption.SO_SNDBUF, -1, "-1");
        assertRefused(ChannelException.class, KqChannelOption.TCP_KEEPIDLE, 0, "setsockopt(..)", "EINVAL", "0");
        assertRefused(ChannelException.class, KqChannelOption.TCP_KEEPCNT, 100_000, "setsockopt(..)", "EINVAL", "100000");
        assertRefused(IllegalArgumentException.class, KqChannelOption.TCP_USER_TIMEOUT, -1, "-1");
        assertThrows(IllegalArgumentException.class, () -> server.config().setBacklog(-1));
        assertThrows(NullPointerException.class, () -> socket.config().setOption(ChannelOption.SO_RCVBUF, null));
    }

    @Test
    void integerOptionByNumberReachesTheKernel() {
        IntegerUnixChannelOption keepAlive = new IntegerUnixChannelOption("MY_KEEPALIVE", Constants.SOL_SOCKET, Constants.SO_KEEPALIVE);
        assertTrue(socket.config().setOption(keepAlive, 1));
        assertTrue(socket.config().isKeepAlive());
        assertTrue(socket.config().getOption(keepAlive) != 0);
        assertTrue(server.config().setOption(keepAlive, 1));
        IntegerUnixChannelOption unknown = new IntegerUnixChannelOption("NO_SUCH", Constants.SOL_SOCKET, 98_765);
        assertMentions(assertThrows(ChannelException.class, () -> socket.config().setOption(unknown, 1)),
                "setsockopt(..)", "ENOPROTOOPT", "NO_SUCH");
        assertMentions(assertThrows(ChannelException.class, () -> socket.config().getOption(unknown)),
                "getsockopt(..)", "ENOPROTOOPT", "NO_SUCH");
    }

    @Test
    void rawOptionByNumberReachesTheKernel() {
        RawUnixChannelOption keepAlive = new RawUnixChannelOption("MY_KEEPALIVE", Constants.SOL_SOCKET, Constants.SO_KEEPALIVE, 4);
        ByteBuffer value = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(1).flip();
        assertTrue(socket.config().setOption(keepAlive, value));
        assertEquals(4, value.remaining(), "the caller's buffer is left as it was");
        assertTrue(socket.config().isKeepAlive());
        ByteBuffer got = socket.config().getOption(keepAlive);
        assertEquals(4, got.remaining());
        assertTrue(got.order(ByteOrder.nativeOrder()).getInt() != 0);
        assertThrows(IllegalArgumentException.class, () -> socket.config().setOption(keepAlive, ByteBuffer.allocate(3)));
        RawUnixChannelOption tooShort = new RawUnixChannelOption("SHORT", Constants.SOL_SOCKET, Constants.SO_KEEPALIVE, 1);
        assertMentions(assertThrows(ChannelException.class, () -> socket.config().setOption(tooShort, ByteBuffer.allocate(1))),
                "setsockopt(..)", "EINVAL", "SHORT");
        RawUnixChannelOption unknown = new RawUnixChannelOption("NO_SUCH", Constants.SOL_SOCKET, 98_765, 4);
        assertMentions(assertThrows(ChannelException.class, () -> socket.config().getOption(unknown)),
                "getsockopt(..)", "ENOPROTOOPT", "NO_SUCH");
    }

    @Test
    void unknownOptionIsNotTaken() {
        ChannelOption<String> unknown = ChannelOption.valueOf("OptionsTest.unknown");
        assertFalse(socket.config().setOption(unknown, "value"));
        assertFalse(server.config().setOption(unknown, "value"));
    }

    @Test
    void optionOfAClosedChannelNeverReachesWhoeverHasItsNumberNow() {
        int number = socket.fd().intValue();
        socket.unsafe().closeForcibly();
        KqSocketChannel next = new KqSocketChannel();
        try {
            assertEquals(number, next.fd().intValue(), "the lowest free number is given out next");
            assertClosed(() -> socket.config().setKeepAlive(true));
            assertClosed(() -> socket.config().setSoLinger(1));
            assertClosed(() -> socket.config().setTrafficClass(8));
            assertClosed(() -> socket.config().setOption(new RawUnixChannelOption("RAW", Constants.SOL_SOCKET, Constants.SO_KEEPALIVE, 4),
                    ByteBuffer.allocate(4).putInt(-1).flip()));
            assertClosed(() -> socket.config().getSendBufferSize());
            assertClosed(() -> socket.config().getSoLinger());
            assertFalse(next.config().isKeepAlive());
            assertEquals(-1, next.config().getSoLinger());
        } finally {
            next.unsafe().closeForcibly();
        }
    }

    private static void assertClosed(Executable use) {
        assertMentions(assertThrows(ChannelException.class, use), "EBADF");
    }

    @OverLoops
    void childrenInheritNoDelayAndGetTheirOptions(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox accepted = new Inbox();
            Channel listener = Net.bind(net.server(accepted).childOption(ChannelOption.SO_KEEPALIVE, true)
                    .childOption(ChannelOption.TCP_NODELAY, false));
            net.dial(listener);
            accepted.await("active");
            KqSocketChannel child = (KqSocketChannel) accepted.channel();
            IntegerUnixChannelOption kernel = new IntegerUnixChannelOption("NODELAY", Constants.IPPROTO_TCP, Constants.TCP_NODELAY);
            assertEquals(0, child.config().getOption(kernel));
            assertTrue(child.config().isKeepAlive());
            Channel plain = net.listen(accepted);
            net.dial(plain);
            Await.until(() -> accepted.count("active") == 2);
            KqSocketChannel inherits = (KqSocketChannel) accepted.channel();
            assertTrue(inherits.config().isTcpNoDelay());
            assertTrue(inherits.config().getOption(kernel) != 0);
            assertInstanceOf(KqServerSocketChannel.class, inherits.parent());
        }
    }
}
