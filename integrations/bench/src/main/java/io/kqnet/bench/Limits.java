// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import com.sun.management.UnixOperatingSystemMXBean;

import java.lang.management.ManagementFactory;

/** How many connections this process may hold, both ends being its own. */
final class Limits {
    /** Jars, pipes, loops and listeners. */
    private static final long OTHER_DESCRIPTORS = 200;

    private Limits() {
    }

    static long maxDescriptors() {
        return ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class).getMaxFileDescriptorCount();
    }

    static int affordableConnections(int wanted) {
        long affordable = (maxDescriptors() - OTHER_DESCRIPTORS) / 2;
        return (int) Math.max(1, Math.min(wanted, affordable));
    }
}
