// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The list of loads: name, what one operation is, and how many of them a count of system calls takes. */
enum ScenarioKind {
    PING_PONG_1("ping-pong-1", "round trip of 64 bytes, 1 connection", 3000, net -> new PingPong(net, 1, 1)),
    PING_PONG_64("ping-pong-64", "round trip of 64 bytes, 64 connections", 12800, net -> new PingPong(net, 64, 64)),
    PIPELINED("pipelined", "64-byte message and answer, windows of 64, a flush each", 12800, Pipelined::new),
    STREAMING("streaming", "64 KiB written and read, 1 connection", 2000, Streaming::new),
    CHURN("churn", "connect, exchange, close", 1000, Churn::new),
    CONNECT_BURST("connect-burst", "connect, 1,000 at once", ConnectBurst.CONNECTS, ConnectBurst::new),
    MANY_IDLE("many-idle", "round trip of 64 bytes, 16 under way on 10,000 connections", 12800,
            net -> new PingPong(net, 10_000, 16)),
    UDP_RECEIVE("udp-receive", "datagram of 64 bytes received, 192 wait at once", 12800, DatagramReceive::new),
    UDP_SEND("udp-send", "datagram of 64 bytes sent, a flush for 64", 12800, DatagramSend::new),
    UDP_ECHO("udp-echo", "datagram of 64 bytes and its answer, windows of 64, a flush each", 12800, DatagramEcho::new),
    WAKE_UP("wake-up", "execute() from another thread to a sleeping loop", 3000, WakeUps::new),
    TIMER("timer-1ms", "timer of 1 ms; p50 and p99 are its lateness", 300, Timers::new),
    IDLE_LOOPS("idle-loops", "one of 8 idle loops for one second", 24, IdleLoops::new);

    final String title;
    final String operation;
    final int countedOperations;
    private final Function<Net, Scenario> factory;

    ScenarioKind(String title, String operation, int countedOperations, Function<Net, Scenario> factory) {
        this.title = title;
        this.operation = operation;
        this.countedOperations = countedOperations;
        this.factory = factory;
    }

    Scenario create(Net net) {
        return factory.apply(net);
    }

    /** The most operations of a timed run. */
    long maxOperations() {
        return this == CHURN ? Churn.MAX_OPERATIONS : Long.MAX_VALUE;
    }

    static Optional<ScenarioKind> titled(String title) {
        return List.of(values()).stream().filter(kind -> kind.title.equals(title)).findFirst();
    }
}
