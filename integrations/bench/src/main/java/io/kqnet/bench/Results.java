// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Everything measured: per scenario and transport the rounds, timed and counted ones apart. */
final class Results {
    private final Map<ScenarioKind, Map<String, List<Sample>>> timed = new EnumMap<>(ScenarioKind.class);
    private final Map<ScenarioKind, Map<String, List<Sample>>> counted = new EnumMap<>(ScenarioKind.class);
    private final Map<ScenarioKind, List<String>> notes = new EnumMap<>(ScenarioKind.class);

    void addTimed(ScenarioKind kind, String transport, Sample sample) {
        add(timed, kind, transport, sample);
    }

    void addCounted(ScenarioKind kind, String transport, Sample sample) {
        add(counted, kind, transport, sample);
    }

    private static void add(Map<ScenarioKind, Map<String, List<Sample>>> all, ScenarioKind kind, String transport,
                            Sample sample) {
        all.computeIfAbsent(kind, any -> new LinkedHashMap<>())
                .computeIfAbsent(transport, any -> new ArrayList<>()).add(sample);
    }

    void addNote(ScenarioKind kind, String note) {
        List<String> known = notes.computeIfAbsent(kind, any -> new ArrayList<>());
        if (!note.isEmpty() && !known.contains(note)) {
            known.add(note);
        }
    }

    List<String> notes(ScenarioKind kind) {
        return notes.getOrDefault(kind, List.of());
    }

    /** Transport to rounds, in the order they were measured. */
    Map<String, List<Sample>> timed(ScenarioKind kind) {
        return timed.getOrDefault(kind, Map.of());
    }

    Map<String, List<Sample>> counted(ScenarioKind kind) {
        return counted.getOrDefault(kind, Map.of());
    }

    Series timed(ScenarioKind kind, String transport, Sample.Value value) {
        return Series.of(timed(kind).getOrDefault(transport, List.of()), value);
    }

    Series counted(ScenarioKind kind, String transport) {
        return Series.of(counted(kind).getOrDefault(transport, List.of()), Sample.Value.SYSTEM_CALLS);
    }

    Series ratio(ScenarioKind kind, String transport, Sample.Value value) {
        Map<String, List<Sample>> rounds = timed(kind);
        return Series.ratios(rounds.getOrDefault(transport, List.of()),
                rounds.getOrDefault(Transport.BASELINE, List.of()), value);
    }
}
