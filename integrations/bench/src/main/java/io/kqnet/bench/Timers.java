// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.util.concurrent.TimeUnit;

/** One timer of 1 ms after the other on a loop without I/O; the latency reported is how late each one ran. */
final class Timers extends Scenario {
    private static final long DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private Run run;
    private long dueNanos;

    Timers(Net net) {
        super(net);
    }

    @Override
    String open() throws Exception {
        net.clientLoop().submit(() -> { }).sync();
        return "";
    }

    @Override
    void run(Run run, Meter meter) throws Exception {
        this.run = run;
        meter.start();
        net.clientLoop().execute(this::schedule);
        run.await();
        meter.stop();
    }

    private void schedule() {
        if (!run.budget.take()) {
            run.finish();
            return;
        }
        dueNanos = System.nanoTime() + DELAY_NANOS;
        net.clientLoop().schedule(this::fire, DELAY_NANOS, TimeUnit.NANOSECONDS);
    }

    private void fire() {
        run.completed(dueNanos);
        schedule();
    }
}
