// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Takes the transports through a scenario in turn, round after round, each in a JVM of its own. */
final class Rounds {
    private final Options options;
    private final Results results;
    private boolean failed;

    Rounds(Options options, Results results) {
        this.options = options;
        this.results = results;
    }

    /** Whether a measurement failed; what went wrong is a note of its scenario. */
    boolean failed() {
        return failed;
    }

    void measure(ScenarioKind kind) throws InterruptedException {
        Map<String, ChildProcess> children = new LinkedHashMap<>();
        try {
            for (String transport : options.transports) {
                start(children, kind, transport);
            }
            for (int round = 1; round <= options.rounds; round++) {
                progress(kind, "round " + round + " of " + options.rounds);
                for (String transport : options.transports) {
                    measure(children, kind, transport);
                }
            }
        } finally {
            children.values().forEach(ChildProcess::close);
        }
    }

    private void start(Map<String, ChildProcess> children, ScenarioKind kind, String transport)
            throws InterruptedException {
        progress(kind, "warming up " + transport);
        try {
            ChildProcess child = new ChildProcess(transport, kind, options.cpus);
            children.put(transport, child);
            results.addNote(kind, child.note);
            child.time(options.warmupSeconds);
        } catch (IOException failure) {
            drop(children, kind, transport, failure);
        }
    }

    private void measure(Map<String, ChildProcess> children, ScenarioKind kind, String transport)
            throws InterruptedException {
        ChildProcess child = children.get(transport);
        if (child == null) {
            return;
        }
        try {
            if (options.time) {
                results.addTimed(kind, transport, child.time(options.seconds));
            }
            if (options.count) {
                results.addCounted(kind, transport, child.count(kind.countedOperations));
            }
        } catch (IOException failure) {
            drop(children, kind, transport, failure);
            return;
        }
        if (options.fresh) {
            children.remove(transport).close();
            start(children, kind, transport);
        }
    }

    private void drop(Map<String, ChildProcess> children, ScenarioKind kind, String transport, IOException failure) {
        failed = true;
        results.addNote(kind, transport + " failed: " + failure.getMessage());
        ChildProcess child = children.remove(transport);
        if (child != null) {
            child.close();
        }
    }

    private static void progress(ScenarioKind kind, String what) {
        System.err.println(kind.title + ": " + what);
    }
}
