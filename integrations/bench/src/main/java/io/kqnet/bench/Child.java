// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import org.HdrHistogram.Histogram;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/**
 * The process that carries one transport through one scenario. Lines in: {@code time SECONDS},
 * {@code count OPERATIONS}, {@code go}; end of input ends it. Lines out: READY, RESULT, ATTACH, DETACH, FAILED.
 */
final class Child {
    /** Name of the thread that opens and starts scenarios. */
    static final String DRIVER = "bench-driver";

    private final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    private final PrintStream out;
    private final ScenarioKind kind;

    private Child(PrintStream out, ScenarioKind kind) {
        this.out = out;
        this.kind = kind;
    }

    public static void main(String[] args) {
        // A thread of its own, so that measuring can be told from what is measured by its name.
        new Thread(() -> drive(args), DRIVER).start();
    }

    private static void drive(String[] args) {
        PrintStream out = System.out;
        // Whatever a library prints must not look like a line of the conversation.
        System.setOut(System.err);
        int status = 0;
        try {
            new Child(out, ScenarioKind.valueOf(args[1])).serve(args[0]);
        } catch (Exception | LinkageError failure) {
            failure.printStackTrace();
            out.println("FAILED " + describe(failure));
            status = 1;
        }
        // Not by returning: the loops of a transport that does not shut down must not keep the process.
        System.exit(status);
    }

    private static String describe(Throwable failure) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            text.append(text.length() == 0 ? "" : ": ").append(cause);
        }
        return text.toString().replace('\n', ' ');
    }

    private void serve(String transport) throws Exception {
        try (Net net = new Net(Transport.named(transport))) {
            Scenario scenario = kind.create(net);
            out.println("READY " + scenario.open());
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] words = line.split(" ");
                Sample sample = words[0].equals("time")
                        ? time(scenario, Double.parseDouble(words[1]))
                        : count(scenario, Long.parseLong(words[1]));
                out.println("RESULT " + sample.format());
            }
        }
    }

    private Sample time(Scenario scenario, double seconds) throws Exception {
        Run run = new Run(Budget.ofSeconds(seconds, kind.maxOperations()));
        CpuMeter meter = new CpuMeter();
        scenario.run(run, meter);
        double operations = Math.max(1, run.operations);
        Sample sample = new Sample()
                .put(Sample.Value.RATE, operations / meter.nanos * 1e9)
                .put(Sample.Value.CPU_MICROS, meter.cpuNanos / 1e3 / operations)
                .put(Sample.Value.ALLOCATED_BYTES, meter.allocatedBytes / operations);
        Histogram latency = run.latency;
        if (latency.getTotalCount() > 0) {
            sample.put(Sample.Value.P50_MICROS, latency.getValueAtPercentile(50) / 1e3)
                    .put(Sample.Value.P99_MICROS, latency.getValueAtPercentile(99) / 1e3);
        }
        return sample;
    }

    /** Runs the operations while the parent counts the loops' system calls, and says how many there were. */
    private Sample count(Scenario scenario, long operations) throws Exception {
        Run run = new Run(Budget.ofOperations(operations));
        scenario.run(run, new Meter() {
            @Override
            public void start() throws IOException {
                String threads = ThreadClock.loopThreads().stream().map(String::valueOf)
                        .collect(Collectors.joining(" "));
                out.println("ATTACH " + threads);
                in.readLine();
            }

            @Override
            public void stop() throws IOException {
                out.println("DETACH " + Math.max(1, run.operations));
                in.readLine();
            }
        });
        return new Sample();
    }
}
