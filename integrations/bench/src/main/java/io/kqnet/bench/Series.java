// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.util.Arrays;
import java.util.List;

/** The rounds of one number: median and range. */
final class Series {
    private final double[] sorted;

    private Series(double[] numbers) {
        sorted = Arrays.stream(numbers).filter(number -> !Double.isNaN(number)).sorted().toArray();
    }

    static Series of(List<Sample> rounds, Sample.Value value) {
        return new Series(rounds.stream().mapToDouble(sample -> sample.get(value)).toArray());
    }

    /** Round by round, so that what slowed a whole round down cancels out. */
    static Series ratios(List<Sample> rounds, List<Sample> baseline, Sample.Value value) {
        double[] ratios = new double[Math.min(rounds.size(), baseline.size())];
        for (int i = 0; i < ratios.length; i++) {
            double divisor = baseline.get(i).get(value);
            // A baseline of zero (an idle loop's CPU) has no ratio.
            ratios[i] = divisor > 0 ? rounds.get(i).get(value) / divisor : Double.NaN;
        }
        return new Series(ratios);
    }

    boolean isEmpty() {
        return sorted.length == 0;
    }

    double min() {
        return isEmpty() ? Double.NaN : sorted[0];
    }

    double max() {
        return isEmpty() ? Double.NaN : sorted[sorted.length - 1];
    }

    double median() {
        if (isEmpty()) {
            return Double.NaN;
        }
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
