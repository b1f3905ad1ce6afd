// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The parent's end of a {@link Child}: one JVM, one transport, one scenario. */
final class ChildProcess implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 90;
    private static final String END = "END";
    /** Both ends of 10,000 connections and {@link Limits}' margin. */
    private static final int WANTED_DESCRIPTORS = 20_400;

    private final Process process;
    private final PrintStream in;
    private final BlockingQueue<String> out = new LinkedBlockingQueue<>();
    /** What the scenario said about itself when it opened. */
    final String note;

    ChildProcess(String transport, ScenarioKind kind, String cpus) throws IOException, InterruptedException {
        process = new ProcessBuilder(command(transport, kind, cpus))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        in = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        Thread reader = new Thread(this::read, "child-output");
        reader.setDaemon(true);
        reader.start();
        try {
            note = expect("READY");
        } catch (IOException | InterruptedException failure) {
            close();
            throw failure;
        }
    }

    private static List<String> command(String transport, ScenarioKind kind, String cpus) {
        List<String> command = new ArrayList<>();
        // The hard limit too, where that is allowed; the JVM itself raises the soft limit to the hard one.
        command.addAll(List.of("/bin/sh", "-c",
                "ulimit -n " + WANTED_DESCRIPTORS + " 2>/dev/null; exec \"$@\"", "sh"));
        if (!cpus.equals(Options.ALL_CPUS)) {
            command.addAll(List.of("taskset", "-c", cpus));
        }
        command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
        command.addAll(jvmOptions());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"),
                Child.class.getName(), transport, kind.name()));
        return command;
    }

    /** One collector and a fixed heap for all; properties and agents given to the parent go to the children. */
    static List<String> jvmOptions() {
        List<String> options = new ArrayList<>(List.of("-Xms512m", "-Xmx1g", "-XX:+UseSerialGC", "-XX:-UsePerfData",
                "-Dio.netty.leakDetection.level=disabled"));
        if (System.getProperty("os.name").equals("Linux")) {
            options.add("-Dio.kqnet.emulation=true");
        }
        options.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        return options;
    }

    private void read() {
        try (BufferedReader lines =
                     new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                out.add(line);
            }
        } catch (IOException closed) {
            // The child is gone or close() took its output away; either way there is no more.
        }
        out.add(END);
    }

    /** The rest of the next line, which must begin with {@code word}. */
    private String expect(String word) throws IOException, InterruptedException {
        String line = out.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (line == null) {
            throw new IOException("no answer within " + PATIENCE_SECONDS + " s");
        }
        if (!line.startsWith(word)) {
            throw new IOException(line.equals(END) ? "the process ended" : line);
        }
        return line.substring(word.length()).trim();
    }

    /** Runs for a time, warm-up or measured. */
    Sample time(double seconds) throws IOException, InterruptedException {
        in.println("time " + seconds);
        return Sample.parse(expect("RESULT"));
    }

    /** Counts the system calls of all loops over a number of operations. */
    Sample count(long operations) throws IOException, InterruptedException {
        in.println("count " + operations);
        Strace strace = Strace.attach(List.of(expect("ATTACH").split(" ")));
        Map<String, Long> calls;
        double done;
        try {
            in.println("go");
            done = Double.parseDouble(expect("DETACH"));
        } finally {
            calls = strace.detach();
        }
        in.println("go");
        expect("RESULT");
        // Only a scenario that waits makes this call, see WakeUps.
        calls.remove("sched_yield");
        return perOperation(calls, done);
    }

    private static Sample perOperation(Map<String, Long> calls, double operations) {
        Sample sample = new Sample();
        double sum = 0;
        for (Map.Entry<String, Long> call : calls.entrySet()) {
            sample.putCall(call.getKey(), call.getValue() / operations);
            sum += call.getValue();
        }
        return sample.put(Sample.Value.SYSTEM_CALLS, sum / operations);
    }

    @Override
    public void close() {
        in.close();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
