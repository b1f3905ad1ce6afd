package io.kqnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kqnet.OutOfBandTest.Log;
import io.kqnet.support.Bytes;
import io.kqnet.support.Inbox;
import io.kqnet.support.LoopKind;
import io.kqnet.support.Net;
import io.kqnet.support.OverLoops;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/** Urgent data when a system call fails. */
@Tag("faults")
@Timeout(60)
class OutOfBandFaultsTest {
    @BeforeEach
    void load() {
        Faults.load();
    }

    @AfterEach
    void clear() {
        Faults.clear();
    }

    private static Net.Pair pair(Net net, ChannelHandler handler) throws Exception {
        Net.Pair pair = net.pair(net.client(handler).option(KqChannelOption.OUT_OF_BAND_EVENTS, true));
        Net.settle(net.loop());
        return pair;
    }

    /** All of it is there when the loop comes to look. */
    private static void burst(Net net, Net.Pair pair) throws Exception {
        Net.inLoop(net.loop(), () -> {
            pair.peer.getOutputStream().write("a".getBytes(StandardCharsets.US_ASCII));
            pair.peer.sendUrgentData('!');
            pair.peer.getOutputStream().write("b".getBytes(StandardCharsets.US_ASCII));
            return null;
        });
    }

    private static int fd(Channel channel) {
        return ((KqSocketChannel) channel).fd().intValue();
    }

    @OverLoops
    void interruptedCallsAreRepeated(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            for (int skip = 0; skip < 2; skip++) {
                Log log = new Log();
                Net.Pair pair = pair(net, log);
                Faults.failNext("recv", "EINTR", skip, 1);
                burst(net, pair);
                log.await("a<!>b");
                assertEquals(1, Faults.hit("recv"));
                Faults.failNext("send", "EINTR", fd(pair.channel));
                pair.peer.setOOBInline(true);
                pair.channel.writeOutOfBand((byte) 1).sync();
                assertEquals(1, Faults.hit("send"));
                assertEquals(1, pair.read(1)[0]);
            }
        }
    }

    @OverLoops
    void dataIsReadThoughTheMarkCannotBeAskedFor(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Log log = new Log();
            Net.Pair pair = pair(net, log);
            Faults.failNext("ioctl", "ENOTTY", 0, 1000);
            burst(net, pair);
            log.await("ab");
            assertTrue(Faults.hit("ioctl") > 0);
        }
    }

    @OverLoops
    void errorOfTheSocketIsReportedByTheRead(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = pair(net, inbox);
            Faults.failNext("recv", "ECONNRESET", fd(pair.channel));
            Faults.failNext("read", "ECONNRESET", fd(pair.channel));
            pair.peer.sendUrgentData('!');
            pair.peer.getOutputStream().write(1);
            inbox.await("inactive");
            assertTrue(inbox.causes().get(0).getMessage().contains("read(..) failed: ECONNRESET"), () -> inbox.causes().toString());
            Inbox reset = new Inbox();
            Net.Pair other = pair(net, reset);
            other.reset();
            reset.await("inactive");
            assertTrue(reset.causes().get(0).getMessage().contains("ECONNRESET"), () -> reset.causes().toString());
        }
    }

    @OverLoops
    void refusedUrgentByteWaitsForRoomAndKeepsItsPlace(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Net.Pair pair = pair(net, new Log());
            pair.peer.setOOBInline(true);
            Faults.failNext("send", "EAGAIN", fd(pair.channel));
            ChannelFuture urgent = pair.channel.writeOutOfBand((byte) 1);
            ChannelFuture behind = pair.channel.writeAndFlush(Bytes.direct(new byte[] {2}));
            assertEquals(1, pair.read(1)[0]);
            assertEquals(2, pair.read(1)[0]);
            assertTrue(urgent.sync().isSuccess() && behind.sync().isSuccess());
            Faults.failNext("send", "EPIPE", fd(pair.channel));
            Throwable cause = pair.channel.writeOutOfBand((byte) 1).await().cause();
            assertTrue(cause instanceof IOException && cause.getMessage().contains("send(..) failed: EPIPE"), () -> String.valueOf(cause));
            pair.channel.closeFuture().sync();
        }
    }

    @OverLoops
    void filterThatIsRefusedForWantOfMemoryFailsTheChannel(LoopKind loops) throws Exception {
        try (Net net = Net.with(loops)) {
            Inbox inbox = new Inbox();
            Net.Pair pair = net.pair(inbox);
            Net.settle(net.loop());
            Faults.failNext("epoll_ctl", "ENOMEM", fd(pair.channel));
            pair.channel.config().setOption(KqChannelOption.OUT_OF_BAND_EVENTS, true);
            inbox.await("inactive");
            assertTrue(inbox.causes().get(0).getMessage().contains("kevent(EVFILT_EXCEPT)(..) failed: ENOMEM"), () -> inbox.causes().toString());
        }
    }
}
