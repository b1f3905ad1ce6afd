// SPDX-License-Identifier: Apache-2.0
package io.kqnet.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The results as SVG: one bar per transport and scenario, its length the ratio to the baseline. */
final class Plot {
    private static final int WIDTH = 940;
    private static final int LEFT = 150;
    private static final int BAR_WIDTH = 560;
    private static final int BAR_HEIGHT = 13;
    private static final int GROUP_GAP = 12;
    private static final int PANEL_HEAD = 56;
    private static final int LINE = 15;
    /** Longer bars are cut here; their numbers are printed anyway. */
    private static final double MAX_RATIO = 2.5;
    private static final double NOISE = 0.2;
    private static final Map<String, String> COLORS = Map.of("kqnet", "#1f6fb4", "kqnet-io", "#6baed6",
            "kqnet-eager", "#9e9ac8", "nio", "#e08214", "epoll", "#555555");

    private final Results results;
    private final Options options;
    private final List<String> machine;
    private final StringBuilder body = new StringBuilder();
    private int y = 30;

    Plot(Results results, Options options, List<String> machine) {
        this.results = results;
        this.options = options;
        this.machine = machine;
    }

    String draw() {
        text(20, y, "kqnet against NIO and epoll", "font-size=\"18\" font-weight=\"bold\"");
        y += 12;
        legend();
        if (options.time) {
            panel("CPU per operation, ratio to " + Transport.BASELINE + " (shorter is better)", false);
        }
        if (options.count) {
            panel("System calls per operation, ratio to " + Transport.BASELINE + " (shorter is better)", true);
        }
        y += LINE;
        text(20, y, Table.WARNING + " Grey band: those 20 %.", "font-weight=\"bold\"");
        for (String line : machine) {
            y += LINE;
            text(20, y, line, "fill=\"#555\"");
        }
        y += LINE;
        return String.format(Locale.ROOT, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                + "viewBox=\"0 0 %1$d %2$d\" font-family=\"sans-serif\" font-size=\"11\">%n"
                + "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n%s</svg>%n", WIDTH, y, body);
    }

    private void legend() {
        int x = LEFT;
        y += LINE;
        for (String transport : compared()) {
            rect(x, y - 10, 11, 11, COLORS.get(transport));
            text(x + 16, y, transport, "");
            x += 110;
        }
        text(x, y, "bar: median of " + options.rounds + " rounds; whisker: min to max", "fill=\"#555\"");
    }

    private List<String> compared() {
        return options.transports.stream().filter(name -> !name.equals(Transport.BASELINE))
                .collect(Collectors.toList());
    }

    private Series ratio(ScenarioKind kind, String transport, boolean counted) {
        if (!counted) {
            return results.ratio(kind, transport, Sample.Value.CPU_MICROS);
        }
        Map<String, List<Sample>> rounds = results.counted(kind);
        return Series.ratios(rounds.getOrDefault(transport, List.of()),
                rounds.getOrDefault(Transport.BASELINE, List.of()), Sample.Value.SYSTEM_CALLS);
    }

    private String absolute(ScenarioKind kind, String transport, boolean counted) {
        return counted ? Text.number(results.counted(kind, transport).median()) + " calls"
                : Text.number(results.timed(kind, transport, Sample.Value.CPU_MICROS).median()) + " us";
    }

    private void panel(String title, boolean counted) {
        List<ScenarioKind> drawn = new ArrayList<>(options.scenarios);
        // Idle loops have no work to compare: their number is in the table, and should be zero.
        drawn.remove(ScenarioKind.IDLE_LOOPS);
        y += PANEL_HEAD;
        text(20, y - 26, title, "font-size=\"13\" font-weight=\"bold\"");
        int top = y;
        int height = drawn.size() * (compared().size() * BAR_HEIGHT + GROUP_GAP);
        if (!counted) {
            rect(x(1 - NOISE), top - 6, x(1 + NOISE) - x(1 - NOISE), height, "#eeeeee");
        }
        for (double tick = 0; tick <= MAX_RATIO; tick += 0.5) {
            line(x(tick), top - 6, x(tick), top - 6 + height, tick == 1 ? "#555555" : "#dddddd");
            text(x(tick) - 8, top - 9, String.format(Locale.ROOT, "%.1f", tick), "fill=\"#555\"");
        }
        for (ScenarioKind kind : drawn) {
            text(20, y + compared().size() * BAR_HEIGHT / 2 + 4, kind.title, "");
            for (String transport : compared()) {
                bar(ratio(kind, transport, counted), transport, absolute(kind, transport, counted),
                        absolute(kind, Transport.BASELINE, counted));
                y += BAR_HEIGHT;
            }
            y += GROUP_GAP;
        }
    }

    private void bar(Series ratio, String transport, String absolute, String baseline) {
        if (ratio.isEmpty()) {
            text(LEFT + 4, y + BAR_HEIGHT - 3, transport + ": not measured", "fill=\"#999\"");
            return;
        }
        rect(LEFT, y, x(ratio.median()) - LEFT, BAR_HEIGHT - 2, COLORS.get(transport));
        int middle = y + BAR_HEIGHT / 2 - 1;
        line(x(ratio.min()), middle, x(ratio.max()), middle, "#000000");
        line(x(ratio.min()), middle - 3, x(ratio.min()), middle + 3, "#000000");
        line(x(ratio.max()), middle - 3, x(ratio.max()), middle + 3, "#000000");
        text(LEFT + BAR_WIDTH + 12, y + BAR_HEIGHT - 3, String.format(Locale.ROOT, "%.2f  (%s against %s)",
                ratio.median(), absolute, baseline), "");
    }

    private static int x(double ratio) {
        return LEFT + (int) Math.round(Math.min(ratio, MAX_RATIO) / MAX_RATIO * BAR_WIDTH);
    }

    private void rect(int left, int top, int width, int height, String fill) {
        body.append(String.format(Locale.ROOT, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>%n",
                left, top, width, height, fill));
    }

    private void line(int x1, int y1, int x2, int y2, String stroke) {
        body.append(String.format(Locale.ROOT, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\"/>%n",
                x1, y1, x2, y2, stroke));
    }

    private void text(int left, int baseline, String content, String attributes) {
        String escaped = content.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        body.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\" %s>%s</text>%n",
                left, baseline, attributes, escaped));
    }
}
