// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import com.sun.management.ThreadMXBean;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * CPU time and allocation of this process's threads. JIT compiler, garbage collector and the JVM's own housekeeping
 * threads are left out: what they do depends on how long the JVM has been running, not on the transport. So is the
 * thread that measures.
 */
final class ThreadClock {
    private static final Path TASKS = Path.of("/proc/self/task");
    /** Linux keeps 15 characters of a thread's name; the serial collector works in "VM Thread". */
    private static final List<String> LEFT_OUT = List.of("C1 Compiler", "C2 Compiler", "GC Thread", "G1 ",
            "VM Thread", "VM Periodic", "Sweeper", "Signal Dispatch", "Service Thread", "Monitor Deflat",
            "Notification", "Common-Cleaner", "Attach Listener", Child.DRIVER);
    private static final int STAT_UTIME = 11;
    /** Of /proc's clock ticks, which Linux fixes at 100 a second for all architectures we run on. */
    private static final long NANOS_PER_TICK = 10_000_000;

    private final ThreadMXBean beans = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final boolean linux = Files.isDirectory(TASKS);
    /** The scheduler's own count is in nanoseconds, stat's in ticks; some kernels are built without the former. */
    private final boolean schedstat = linux && runNanos(TASKS.resolve(ownId())) > 0;

    /** Thread id to nanoseconds of CPU; called by the measuring thread. */
    Map<Long, Long> cpu() throws IOException {
        Map<Long, Long> nanos = new HashMap<>();
        if (!linux) {
            for (long id : beans.getAllThreadIds()) {
                if (id != Thread.currentThread().getId()) {
                    nanos.put(id, Math.max(0, beans.getThreadCpuTime(id)));
                }
            }
            return nanos;
        }
        for (Path task : tasks()) {
            String name = read(task.resolve("comm"));
            if (!name.isEmpty() && LEFT_OUT.stream().noneMatch(name::startsWith)) {
                nanos.put(id(task), schedstat ? runNanos(task) : tickNanos(task));
            }
        }
        return nanos;
    }

    /** Thread id to bytes allocated; called by the measuring thread. */
    Map<Long, Long> allocation() {
        long[] ids = beans.getAllThreadIds();
        long[] bytes = beans.getThreadAllocatedBytes(ids);
        Map<Long, Long> allocated = new HashMap<>();
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] == Thread.currentThread().getId()) {
                continue;
            }
            allocated.put(ids[i], Math.max(0, bytes[i]));
        }
        return allocated;
    }

    /** Kernel ids of the threads that run event loops of this benchmark. */
    static List<Long> loopThreads() throws IOException {
        List<Long> ids = new ArrayList<>();
        for (Path task : tasks()) {
            if (read(task.resolve("comm")).startsWith(Net.THREAD_PREFIX)) {
                ids.add(id(task));
            }
        }
        return ids;
    }

    static long difference(Map<Long, Long> before, Map<Long, Long> after) {
        long sum = 0;
        for (Map.Entry<Long, Long> entry : after.entrySet()) {
            sum += entry.getValue() - before.getOrDefault(entry.getKey(), 0L);
        }
        return sum;
    }

    private static List<Path> tasks() throws IOException {
        List<Path> tasks = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(TASKS)) {
            entries.forEach(tasks::add);
        }
        return tasks;
    }

    private static long id(Path task) {
        return Long.parseLong(task.getFileName().toString());
    }

    private static String ownId() {
        // The first thread of a process has the process's id; by now it has run the JVM's start.
        return Long.toString(ProcessHandle.current().pid());
    }

    private static long runNanos(Path task) {
        String[] fields = read(task.resolve("schedstat")).split(" ");
        return fields[0].isEmpty() ? 0 : Long.parseLong(fields[0]);
    }

    private static long tickNanos(Path task) {
        String stat = read(task.resolve("stat"));
        if (stat.isEmpty()) {
            return 0;
        }
        // The name, in brackets, may hold blanks.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[STAT_UTIME]) + Long.parseLong(fields[STAT_UTIME + 1])) * NANOS_PER_TICK;
    }

    /** An empty string for a thread that has just ended, and for a file this kernel does not have. */
    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).trim();
        } catch (IOException gone) {
            return "";
        }
    }
}
