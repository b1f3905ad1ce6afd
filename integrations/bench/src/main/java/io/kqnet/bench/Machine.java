// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a reader must know about where the numbers come from. */
final class Machine {
    private Machine() {
    }

    static List<String> describe(Options options, String[] args) {
        List<String> lines = new ArrayList<>();
        lines.add("machine   " + Runtime.getRuntime().availableProcessors() + " x " + processor()
                + ", load average " + load());
        lines.add("kernel    " + property("os.name") + " " + property("os.version") + " " + property("os.arch"));
        lines.add("JVM       " + property("java.vm.name") + " " + property("java.vm.version"));
        lines.add("CPUs used " + options.cpus + (options.cpus.equals(Options.ALL_CPUS) ? "" : " (taskset -c)"));
        lines.add("JVM flags " + String.join(" ", ChildProcess.jvmOptions()));
        List<String> command = new ArrayList<>(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.add(0, "java");
        command.add(Main.class.getName());
        command.addAll(List.of(args));
        lines.add("command   " + String.join(" ", command));
        return lines;
    }

    /**
     * The number of the last CPU this process may use, or {@link Options#ALL_CPUS} where it cannot be chosen. Both
     * loops on one CPU is what makes CPU per operation repeatable: on two, it doubles or halves with where the
     * scheduler happens to put them, and with what waking an idle CPU costs in a virtual machine.
     */
    static String lastCpu() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("Cpus_allowed_list:") && Files.isExecutable(Path.of("/usr/bin/taskset"))) {
                    String[] numbers = line.substring(line.indexOf(':') + 1).trim().split("[,-]");
                    return numbers[numbers.length - 1];
                }
            }
        } catch (IOException notLinux) {
            // Fall through: the other systems have no such file.
        }
        return Options.ALL_CPUS;
    }

    private static String property(String name) {
        return System.getProperty(name);
    }

    private static String load() {
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        return load < 0 ? "unknown" : Text.number(load);
    }

    private static String processor() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
                if (line.startsWith("model name")) {
                    return line.substring(line.indexOf(':') + 1).trim();
                }
            }
        } catch (IOException notLinux) {
            // Fall through: the other systems have no such file.
        }
        return property("os.arch") + " processor";
    }
}
