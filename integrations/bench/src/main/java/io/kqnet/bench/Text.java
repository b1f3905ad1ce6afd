// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.util.Locale;

/** Numbers as a person reads them, the same in every locale. */
final class Text {
    private Text() {
    }

    /** About three significant digits. */
    static String number(double value) {
        if (Double.isNaN(value)) {
            return "-";
        }
        double magnitude = Math.abs(value);
        int decimals = magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : 2;
        return String.format(Locale.ROOT, "%,." + decimals + "f", value);
    }

    static String range(Series series) {
        if (series.isEmpty()) {
            return "-";
        }
        return String.format(Locale.ROOT, "%.2f (%.2f-%.2f)", series.median(), series.min(), series.max());
    }

    static String range(Series series, String unit) {
        return series.isEmpty() ? "-"
                : number(series.median()) + " (" + number(series.min()) + "-" + number(series.max()) + ")" + unit;
    }
}
