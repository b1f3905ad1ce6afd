// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The command line. */
final class Options {
    static final String USAGE = String.join(System.lineSeparator(),
            "Usage: make bench BENCH='[options]'",
            "  --rounds N          measurements per transport and scenario (7)",
            "  --seconds S         length of a measurement (2)",
            "  --warmup S          unmeasured run of each new JVM (3)",
            "  --only A,B          these scenarios only (see --list)",
            "  --transports A,B    of " + Transport.NAMES + " (" + String.join(",", Transport.DEFAULTS) + ")",
            "  --syscalls          count system calls with strace instead of measuring time",
            "  --check             measure both and compare with the targets",
            "  --cpus LIST|all     bind the JVMs to these CPUs, where there is taskset (the last CPU alone)",
            "  --fresh             a new JVM for each measurement instead of one per transport and scenario",
            "  --svg FILE          where the plot goes (target/bench.svg)",
            "  --list              print the scenarios and end");

    static final String ALL_CPUS = "all";

    int rounds = 7;
    double seconds = 2;
    double warmupSeconds = 3;
    List<ScenarioKind> scenarios = List.of(ScenarioKind.values());
    List<String> transports = Transport.DEFAULTS;
    boolean time = true;
    boolean count;
    boolean check;
    boolean fresh;
    boolean list;
    boolean help;
    String svg;
    String cpus = Machine.lastCpu();

    private Options() {
    }

    static Options parse(String[] args) {
        Options options = new Options();
        List<String> rest = new ArrayList<>(Arrays.asList(args));
        while (!rest.isEmpty()) {
            options.take(rest.remove(0), rest);
        }
        return options;
    }

    private void take(String name, List<String> rest) {
        switch (name) {
            case "--rounds":
                rounds = (int) positive(name, rest);
                break;
            case "--seconds":
                seconds = positive(name, rest);
                break;
            case "--warmup":
                warmupSeconds = positive(name, rest);
                break;
            case "--only":
                scenarios = scenarios(value(name, rest));
                break;
            case "--transports":
                transports = transports(value(name, rest));
                break;
            case "--cpus":
                cpus = value(name, rest);
                break;
            case "--svg":
                svg = value(name, rest);
                break;
            default:
                take(name);
        }
    }

    private void take(String name) {
        switch (name) {
            case "--syscalls":
                count = true;
                time = check;
                break;
            case "--check":
                check = true;
                time = true;
                count = true;
                break;
            case "--fresh":
                fresh = true;
                break;
            case "--list":
                list = true;
                break;
            case "--help":
                help = true;
                break;
            default:
                throw new IllegalArgumentException("unknown option " + name);
        }
    }

    private static String value(String name, List<String> rest) {
        if (rest.isEmpty()) {
            throw new IllegalArgumentException(name + " needs a value");
        }
        return rest.remove(0);
    }

    private static double positive(String name, List<String> rest) {
        double number = Double.parseDouble(value(name, rest));
        if (!(number > 0)) {
            throw new IllegalArgumentException(name + " must be positive");
        }
        return number;
    }

    private static List<ScenarioKind> scenarios(String titles) {
        List<ScenarioKind> kinds = new ArrayList<>();
        for (String title : titles.split(",")) {
            kinds.add(ScenarioKind.titled(title).orElseThrow(
                    () -> new IllegalArgumentException("no scenario '" + title + "'; see --list")));
        }
        return kinds;
    }

    private static List<String> transports(String names) {
        List<String> transports = List.of(names.split(","));
        for (String name : transports) {
            if (!Transport.NAMES.contains(name)) {
                throw new IllegalArgumentException("no transport '" + name + "'; there are " + Transport.NAMES);
            }
        }
        return transports;
    }
}
