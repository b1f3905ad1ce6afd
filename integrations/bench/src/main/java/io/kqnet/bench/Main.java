// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs the scenarios, prints the table and writes the plot. See README.md for how to read them. */
public final class Main {
    private Main() {
    }

    public static void main(String[] args) throws Exception {
        Options options;
        try {
            options = Options.parse(args);
        } catch (IllegalArgumentException wrong) {
            System.err.println(wrong.getMessage());
            System.err.println(Options.USAGE);
            System.exit(2);
            return;
        }
        if (options.help) {
            System.out.println(Options.USAGE);
            return;
        }
        if (options.list) {
            for (ScenarioKind kind : ScenarioKind.values()) {
                System.out.printf("%-14s %s%n", kind.title, kind.operation);
            }
            return;
        }
        measure(options, args);
    }

    private static void measure(Options options, String[] args) throws IOException, InterruptedException {
        List<String> machine = Machine.describe(options, args);
        machine.forEach(System.out::println);
        if (options.count && !Strace.available()) {
            System.out.println("note      no strace on this machine: system calls are not counted");
            options.count = false;
        }
        Results results = new Results();
        Rounds rounds = new Rounds(options, results);
        for (ScenarioKind kind : options.scenarios) {
            rounds.measure(kind);
        }
        new Table(results, System.out).print(options.scenarios);
        if (options.check) {
            System.out.printf("%nTargets%n");
            Target.check(results, options).forEach(System.out::println);
        }
        Path svg = options.svg == null ? defaultPlot() : Path.of(options.svg);
        Files.createDirectories(svg.toAbsolutePath().getParent());
        Files.writeString(svg, new Plot(results, options, machine).draw());
        System.out.printf("%nplot: %s%n", svg);
        if (rounds.failed()) {
            System.err.println("Some measurements failed; the notes of their scenarios say how.");
            System.exit(1);
        }
    }

    /** Beside the jar or the classes directory, which is Maven's target/ wherever the command was started. */
    private static Path defaultPlot() {
        try {
            Path classes = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            return classes.resolveSibling("bench.svg");
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
