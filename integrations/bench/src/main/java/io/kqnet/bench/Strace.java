// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** strace -c attached to chosen threads of a running process, from {@link #attach} to {@link #detach}. */
final class Strace {
    private static final int CALLS_COLUMN = 3;

    private final Process process;
    private final Path summary;

    private Strace(Process process, Path summary) {
        this.process = process;
        this.summary = summary;
    }

    static boolean available() {
        try {
            Process version = new ProcessBuilder("strace", "-V").redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            return version.waitFor() == 0;
        } catch (IOException absent) {
            return false;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Returns when all threads are being traced. */
    static Strace attach(List<String> threads) throws IOException {
        Path summary = Files.createTempFile("kqnet-bench", ".strace");
        List<String> command = new ArrayList<>(List.of("strace", "-c", "-o", summary.toString()));
        for (String thread : threads) {
            command.add("-p");
            command.add(thread);
        }
        Process process = new ProcessBuilder(command).start();
        process.getOutputStream().close();
        BufferedReader errors =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
        StringBuilder said = new StringBuilder();
        for (int attached = 0; attached < threads.size();) {
            String line = errors.readLine();
            if (line == null) {
                Files.delete(summary);
                throw new IOException("strace could not attach: " + said);
            }
            said.append(line).append(' ');
            attached += line.endsWith("attached") ? 1 : 0;
        }
        return new Strace(process, summary);
    }

    /** Call name to number of calls, the most frequent first. */
    Map<String, Long> detach() throws IOException, InterruptedException {
        // On SIGTERM strace lets its threads go and writes the summary.
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("strace did not end");
        }
        Map<String, Long> calls = new LinkedHashMap<>();
        for (String line : Files.readAllLines(summary)) {
            String[] columns = line.trim().split("\\s+");
            String name = columns[columns.length - 1];
            if (columns.length > CALLS_COLUMN + 1 && Character.isDigit(columns[0].charAt(0))
                    && !name.equals("total")) {
                calls.put(name, Long.parseLong(columns[CALLS_COLUMN]));
            }
        }
        Files.delete(summary);
        return calls;
    }
}
