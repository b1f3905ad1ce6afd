// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/** What one measurement found, per operation; absent where the measurement does not give it. */
final class Sample {
    enum Value {
        /** Operations per second. */
        RATE,
        P50_MICROS,
        P99_MICROS,
        CPU_MICROS,
        ALLOCATED_BYTES,
        SYSTEM_CALLS
    }

    private final Map<String, Double> values = new LinkedHashMap<>();

    Sample put(Value value, double number) {
        values.put(value.name(), number);
        return this;
    }

    Sample putCall(String name, double perOperation) {
        values.put("call." + name, perOperation);
        return this;
    }

    /** Not a number where not measured. */
    double get(Value value) {
        return values.getOrDefault(value.name(), Double.NaN);
    }

    Map<String, Double> calls() {
        Map<String, Double> calls = new LinkedHashMap<>();
        values.forEach((name, number) -> {
            if (name.startsWith("call.")) {
                calls.put(name.substring("call.".length()), number);
            }
        });
        return calls;
    }

    /** One line, which {@link #parse} reads in the parent process. */
    String format() {
        StringBuilder line = new StringBuilder();
        values.forEach((name, number) -> line.append(name).append('=').append(number).append(' '));
        return line.toString().trim();
    }

    static Sample parse(String line) {
        Sample sample = new Sample();
        for (String field : line.trim().split(" ")) {
            int equals = field.indexOf('=');
            sample.values.put(field.substring(0, equals), Double.parseDouble(field.substring(equals + 1)));
        }
        return sample;
    }
}
