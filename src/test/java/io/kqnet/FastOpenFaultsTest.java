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
import io.kqnet.sys.NativeLibrary;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/**
 * Connects that bring data while the call fails or keeps less than it was given. The call is sendmsg with MSG_FASTOPEN. Where the machine has it
 * turned off, or a connection needs a cookie first, the kernel keeps nothing: all run once more in a network namespace where it keeps what it gets.
 */
@Tag("faults")
@Timeout(60)
class FastOpenFaultsTest {
    private static final int[] LENGTHS = {5, 1, 0, 20};
    private static final int TOTAL = 26;

    /** Clients and servers, with data in each SYN, without cookies, for every listener: Documentation/networking/ip-sysctl.rst. */
    private static final String ALWAYS = "1543";

    @Test
    @Timeout(150)
    @DisabledIfSystemProperty(named = FastOpenTest.PROP_NAME, matches = ALWAYS, disabledReason = "this is the namespace")
    void allHoldsWhereEverySynBringsData() throws Exception {
        FastOpenTest.assertPassInside(ALWAYS, System.getProperty(NativeLibrary.LIBRARY_PROP_NAME), FastOpenFaultsTest.class.getName());
    }

    private static boolean isAlways() {
        return ALWAYS.equals(System.getProperty(FastOpenTest.PROP_NAME));
    }

    @BeforeEach
    void load() {
        Faults.load();
    }

    @AfterEach
    void clear() {
        Faults.clear();
    }

    /** A client that has written and is not connected yet. */
    private static final class Client {
        final KqSocketChannel channel;
        final List<ByteBuf> messages = new ArrayList<>();
        final List<ChannelFuture> written = new ArrayList<>();

        Client(Net net, Inbox inbox) throws Exception {
            channel = (KqSocketChannel) net.client(inbox).option(ChannelOption.TCP_FASTOPEN_CONNECT, true).register().sync().channel();
            int offset = 0;
            for (int length : LENGTHS) {
                messages.add(Bytes.direct(Bytes.pattern(offset, length)));
                offset += length;
            }
            for (ByteBuf message : messages) {
                written.add(channel.write(message));
            }
        }

        void assertArrivesOnce(Net net, ServerSocket listener) throws Exception {
            Socket peer = net.keep(listener.accept());
            for (ChannelFuture future : written) {
                future.sync();
            }
            channel.writeAndFlush(Bytes.direct(Bytes.pattern(TOTAL, 10))).sync();
            channel.shutdownOutput().sync();
            Bytes.assertSame(Bytes.pattern(0, TOTAL + 10), peer.getInputStream().readAllBytes());
            channel.close().sync();
            assertReleased();
        }

        void assertNotWritten() throws Exception {
            channel.close().sync();
            for (ChannelFuture future : written) {
                assertInstanceOf(ClosedChannelException.class, future.await().cause());
            }
            assertReleased();
        }

        private void assertReleased() {
            for (ByteBuf message : messages) {
                assertEquals(0, message.refCnt());
            }
        }
    }

    @OverLoops
    void whatTheKernelDoesNotTakeFollows(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ServerSocket listener = net.peerListener();
            for (int taken = 1; taken <= TOTAL; taken++) {
                Client client = new Client(net, new Inbox());
                Faults.shortenNext("sendmsg", taken, client.channel.fd().intValue(), 1);
                long active = FastOpenInsideTest.counter("TCPFastOpenActive");
                client.channel.connect(listener.getLocalSocketAddress()).sync();
                client.assertArrivesOnce(net, listener);
                assertEquals(1, Faults.hit("sendmsg"));
                assertTrue(!isAlways() || FastOpenInsideTest.counter("TCPFastOpenActive") > active, "a SYN with data");
            }
        }
    }

    /** The connection is not there at once, so it is EVFILT_WRITE that tells of it. */
    @OverLoops
    void whatTheKernelDoesNotTakeFollowsWhenTheConnectionIsThere(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ServerSocket listener = net.peerListener();
            for (int taken = 1; taken <= TOTAL; taken++) {
                Client client = new Client(net, new Inbox());
                Faults.failNext("getpeername", "ENOTCONN", client.channel.fd().intValue());
                Faults.shortenNext("sendmsg", taken, client.channel.fd().intValue(), 1);
                client.channel.connect(listener.getLocalSocketAddress()).sync();
                assertEquals(1, Faults.hit("getpeername"));
                client.assertArrivesOnce(net, listener);
            }
        }
    }

    @OverLoops
    void withoutACookieOrWithItTurnedOffAllFollows(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ServerSocket listener = net.peerListener();
            for (String errno : List.of("EINPROGRESS", "EOPNOTSUPP", "EINTR")) {
                Client client = new Client(net, new Inbox());
                Faults.failNext("sendmsg", errno, client.channel.fd().intValue());
                client.channel.connect(listener.getLocalSocketAddress()).sync();
                client.assertArrivesOnce(net, listener);
                assertEquals(1, Faults.hit("sendmsg"), errno);
            }
        }
    }

    @OverLoops
    void flushWhileConnectingDoesNotSendTwice(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ServerSocket listener = net.peerListener();
            Client client = new Client(net, new Inbox());
            Faults.failNext("getpeername", "ENOTCONN", client.channel.fd().intValue());
            Faults.shortenNext("sendmsg", 7, client.channel.fd().intValue(), 1);
            Net.inLoop(net.loop(), () -> {
                ChannelFuture connect = client.channel.connect(listener.getLocalSocketAddress());
                client.channel.flush();
                assertFalse(client.written.get(0).isDone());
                return connect.addListener(done -> client.channel.flush());
            }).sync();
            client.assertArrivesOnce(net, listener);
        }
    }

    @OverLoops
    void failingConnectFailsAndTheNextOneBringsTheData(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ServerSocket listener = net.peerListener();
            for (String errno : List.of("ECONNREFUSED", "EPIPE", "ECONNRESET", "ENETUNREACH", "ETIMEDOUT", "EAFNOSUPPORT")) {
                Client client = new Client(net, new Inbox());
                Faults.failNext("sendmsg", errno, client.channel.fd().intValue());
                Throwable cause = client.channel.connect(listener.getLocalSocketAddress()).await().cause();
                assertTrue(cause.getMessage().contains("connect(..) failed: " + errno), cause::getMessage);
                assertTrue(cause.getMessage().contains(listener.getLocalSocketAddress().toString()), cause::getMessage);
                assertEquals("ENETUNREACH".equals(errno), cause instanceof NoRouteToHostException);
                assertFalse(client.channel.isActive());
                client.channel.connect(listener.getLocalSocketAddress()).sync();
                client.assertArrivesOnce(net, listener);
            }
        }
    }

    /** Its bytes were with the kernel, which has dropped them. */
    @OverLoops
    void dataThatLeftWithAFailingConnectIsNotReportedAsWritten(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ServerSocket listener = net.peerListener();
            Client client = new Client(net, new Inbox());
            Faults.failNext("getpeername", "ENOTCONN", client.channel.fd().intValue());
            Faults.failNext("getsockopt", "ECONNREFUSED", client.channel.fd().intValue());
            Throwable cause = client.channel.connect(listener.getLocalSocketAddress()).await().cause();
            assertInstanceOf(ConnectException.class, cause);
            client.assertNotWritten();
        }
    }

    @OverLoops
    void dataOfAConnectThatNobodyAnswersFailsWithIt(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            ServerSocket hole = net.blackHole();
            for (String errno : new String[] {"EINPROGRESS", "EINTR", null}) {
                Client client = new Client(net, new Inbox());
                if (errno != null) {
                    Faults.failNext("sendmsg", errno, client.channel.fd().intValue());
                }
                client.channel.config().setConnectTimeoutMillis(100);
                Throwable cause = client.channel.connect(hole.getLocalSocketAddress()).await().cause();
                assertInstanceOf(ConnectTimeoutException.class, cause);
                client.assertNotWritten();
            }
        }
    }

    @OverLoops
    void refusedOptionFailsTheBindByName(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Faults.failNext("setsockopt", "EPERM", 2, 1000);
            ChannelFuture bind = net.server(new Inbox()).option(ChannelOption.TCP_FASTOPEN, 3)
                    .bind(new InetSocketAddress("127.0.0.1", 0)).await();
            assertInstanceOf(ChannelException.class, bind.cause());
            assertTrue(bind.cause().getMessage().contains("setsockopt(..) failed: EPERM"), bind.cause()::getMessage);
            assertTrue(bind.cause().getMessage().contains("TCP_FASTOPEN = 3"), bind.cause()::getMessage);
            bind.channel().closeFuture().sync();
        }
    }
}
