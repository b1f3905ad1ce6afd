// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;

/** Eight started loops with nothing to do; an operation is one loop idling for one second. */
final class IdleLoops extends Scenario {
    private static final int LOOPS = 8;
    private static final long SETTLE_MILLIS = 200;
    /** A loop that ticks once a second must not slip through. */
    private static final double LEAST_SECONDS = 3;

    private final EventLoopGroup group;

    IdleLoops(Net net) {
        super(net);
        group = net.loops("idle", LOOPS);
    }

    @Override
    String open() throws Exception {
        for (EventExecutor loop : group) {
            loop.submit(() -> { }).sync();
        }
        return "";
    }

    @Override
    void run(Run run, Meter meter) throws Exception {
        double asked = run.budget.timed() ? run.budget.seconds : (double) run.budget.operations / LOOPS;
        double seconds = Math.max(LEAST_SECONDS, asked);
        Thread.sleep(SETTLE_MILLIS);
        meter.start();
        Thread.sleep((long) (seconds * 1000));
        run.operations = Math.round(seconds * LOOPS);
        meter.stop();
    }
}
