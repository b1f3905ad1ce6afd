// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.io.IOException;
import java.util.Map;

/** Adds up time, CPU and allocation between start and stop. */
final class CpuMeter implements Meter {
    private final ThreadClock clock = new ThreadClock();
    private Map<Long, Long> cpuBefore;
    private Map<Long, Long> allocationBefore;
    private long startedNanos;
    long nanos;
    long cpuNanos;
    long allocatedBytes;

    @Override
    public void start() throws IOException {
        cpuBefore = clock.cpu();
        allocationBefore = clock.allocation();
        startedNanos = System.nanoTime();
    }

    @Override
    public void stop() throws IOException {
        nanos += System.nanoTime() - startedNanos;
        allocatedBytes += ThreadClock.difference(allocationBefore, clock.allocation());
        cpuNanos += ThreadClock.difference(cpuBefore, clock.cpu());
    }
}
