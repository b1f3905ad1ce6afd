// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The results as text. */
final class Table {
    static final String WARNING = "Medians of the rounds, (min-max) beside them. "
            + "Differences under 20 % mean nothing on a shared machine.";
    private static final String TIMED = "  %-12s %11s %10s %10s %22s %18s %18s %10s%n";
    private static final int CALLS_SHOWN = 8;

    private final Results results;
    private final PrintStream out;

    Table(Results results, PrintStream out) {
        this.results = results;
        this.out = out;
    }

    void print(List<ScenarioKind> kinds) {
        for (ScenarioKind kind : kinds) {
            out.printf("%n%s: %s%n", kind.title, kind.operation);
            results.notes(kind).forEach(note -> out.println("  note: " + note));
            if (!results.timed(kind).isEmpty()) {
                printTimed(kind);
            }
            if (!results.counted(kind).isEmpty()) {
                printCounted(kind);
            }
        }
        out.printf("%n%s%n", WARNING);
        out.println("CPU: all threads of client and server but the JIT compiler's, the collector's and the JVM's own.");
    }

    private void printTimed(ScenarioKind kind) {
        String to = "x " + Transport.BASELINE;
        out.printf(TIMED, "transport", "rate/s", "p50 us", "p99 us", "CPU us/op", "CPU " + to, "rate " + to,
                "alloc B");
        for (String transport : results.timed(kind).keySet()) {
            out.printf(TIMED, transport,
                    median(kind, transport, Sample.Value.RATE),
                    median(kind, transport, Sample.Value.P50_MICROS),
                    median(kind, transport, Sample.Value.P99_MICROS),
                    Text.range(results.timed(kind, transport, Sample.Value.CPU_MICROS), ""),
                    Text.range(results.ratio(kind, transport, Sample.Value.CPU_MICROS)),
                    Text.range(results.ratio(kind, transport, Sample.Value.RATE)),
                    median(kind, transport, Sample.Value.ALLOCATED_BYTES));
        }
    }

    private String median(ScenarioKind kind, String transport, Sample.Value value) {
        return Text.number(results.timed(kind, transport, value).median());
    }

    private void printCounted(ScenarioKind kind) {
        out.printf("  %-12s %s%n", "transport", "system calls per operation, client and server together");
        for (Map.Entry<String, List<Sample>> entry : results.counted(kind).entrySet()) {
            List<Sample> rounds = entry.getValue();
            out.printf("  %-12s %-20s %s%n", entry.getKey(),
                    Text.range(Series.of(rounds, Sample.Value.SYSTEM_CALLS)), calls(rounds.get(rounds.size() - 1)));
        }
    }

    /** Of the last round, the most frequent first, without those that round to nothing. */
    private static String calls(Sample sample) {
        return sample.calls().entrySet().stream()
                .filter(call -> call.getValue() >= 0.005)
                .sorted((a, b) -> Double.compare(b.getValue(), a.getValue()))
                .limit(CALLS_SHOWN)
                .map(call -> call.getKey() + " " + Text.number(call.getValue()))
                .collect(Collectors.joining(", "));
    }
}
