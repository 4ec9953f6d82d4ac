package dev.muster.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Figures of several rounds by name: median and spread. */
final class Figures {
    private final Map<String, List<Double>> values = new LinkedHashMap<>();

    void add(String name, double value) {
        values.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
    }

    double median(String name) {
        List<Double> sorted = new ArrayList<>(values.getOrDefault(name, List.of(Double.NaN)));
        Collections.sort(sorted);
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    void print() {
        System.out.println();
        System.out.println("| figure | median | lowest | highest | rounds |");
        System.out.println("|---|---:|---:|---:|---:|");
        values.forEach((name, list) -> System.out.printf(
                Locale.ROOT,
                "| %s | %s | %s | %s | %d |%n",
                name,
                text(median(name)),
                text(Collections.min(list)),
                text(Collections.max(list)),
                list.size()));
    }

    static String text(double value) {
        return value >= 1_000
                ? String.format(Locale.ROOT, "%,.0f", value)
                : String.format(Locale.ROOT, value >= 10 ? "%.1f" : "%.3f", value);
    }

    /** A line that says whether a target is met. */
    static void verdict(String what, double value, boolean met, String target) {
        System.out.printf(Locale.ROOT, "%s %s: %s (to reach: %s)%n", met ? "ok  " : "MISS", what, text(value), target);
    }
}
