// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One number the transport is to reach, measured against the results. */
final class Target {
    private enum Measure {
        CPU_RATIO("CPU per operation against epoll"),
        SYSTEM_CALLS("system calls per operation"),
        LATENESS("median lateness in us"),
        CPU("CPU us per loop and second");

        private final String text;

        Measure(String text) {
            this.text = text;
        }
    }

    /** Less than a loop uses that wakes up once a second, which is about 30. */
    private static final double NO_CPU_MICROS = 10;
    /** A count is off by the few calls that start and end it, and by the JVM's own at safepoints. */
    private static final double COUNT_SLACK = 1.02;
    private static final int LEAST_ROUNDS = 7;

    private static final List<Target> ALL = List.of(
            new Target(ScenarioKind.PING_PONG_1, Measure.CPU_RATIO, 1.0),
            new Target(ScenarioKind.PING_PONG_64, Measure.CPU_RATIO, 1.0),
            new Target(ScenarioKind.STREAMING, Measure.CPU_RATIO, 1.0),
            new Target(ScenarioKind.PIPELINED, Measure.CPU_RATIO, 0.65),
            new Target(ScenarioKind.CHURN, Measure.CPU_RATIO, 0.9),
            new Target(ScenarioKind.CONNECT_BURST, Measure.CPU_RATIO, 0.9),
            new Target(ScenarioKind.UDP_RECEIVE, Measure.CPU_RATIO, 0.5),
            new Target(ScenarioKind.UDP_SEND, Measure.CPU_RATIO, 0.5),
            new Target(ScenarioKind.PING_PONG_1, Measure.SYSTEM_CALLS, 6.0),
            new Target(ScenarioKind.PIPELINED, Measure.SYSTEM_CALLS, 0.6),
            new Target(ScenarioKind.CHURN, Measure.SYSTEM_CALLS, 20),
            new Target(ScenarioKind.WAKE_UP, Measure.SYSTEM_CALLS, 2),
            new Target(ScenarioKind.TIMER, Measure.LATENESS, 150),
            new Target(ScenarioKind.IDLE_LOOPS, Measure.CPU, NO_CPU_MICROS));

    private final ScenarioKind kind;
    private final Measure measure;
    private final double limit;

    private Target(ScenarioKind kind, Measure measure, double limit) {
        this.kind = kind;
        this.measure = measure;
        this.limit = limit;
    }

    /** One line per target and kqnet transport. */
    static List<String> check(Results results, Options options) {
        List<String> lines = new ArrayList<>();
        for (Target target : ALL) {
            for (String transport : options.transports) {
                // The eager variant exists to show what coalescing saves; it has no target.
                if (transport.equals("kqnet") || transport.equals("kqnet-io")) {
                    lines.add(target.check(results, transport));
                }
            }
        }
        if (options.rounds < LEAST_ROUNDS) {
            lines.add("The targets are for the median of at least " + LEAST_ROUNDS + " rounds; these were "
                    + options.rounds + ".");
        }
        return lines;
    }

    private String check(Results results, String transport) {
        Series measured = measured(results, transport);
        String verdict = measured.isEmpty() ? "not measured" : passes(measured.median()) ? "pass" : "MISS";
        return String.format(Locale.ROOT, "%-12s %-9s %-14s %s <= %s: %s", verdict, transport, kind.title,
                measure.text, Text.number(limit), Text.range(measured));
    }

    private boolean passes(double median) {
        double allowed = measure == Measure.SYSTEM_CALLS ? limit * COUNT_SLACK : limit;
        return median <= allowed;
    }

    private Series measured(Results results, String transport) {
        switch (measure) {
            case CPU_RATIO:
                return results.ratio(kind, transport, Sample.Value.CPU_MICROS);
            case SYSTEM_CALLS:
                return results.counted(kind, transport);
            case LATENESS:
                return results.timed(kind, transport, Sample.Value.P50_MICROS);
            default:
                return results.timed(kind, transport, Sample.Value.CPU_MICROS);
        }
    }
}
