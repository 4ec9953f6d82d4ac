package dev.muster.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

/**
 * Rows with columns as wide as they need to be; on a terminal, the widest give way until the table fits: first what is prose,
 * then times, and never an id, which somebody may want to copy. What came from outside loses its control characters.
 */
final class TextTable {
    private static final int CELL_MAX = 200;
    private static final int NARROWEST = 8;
    private static final String GAP = "  ";
    private static final Pattern ID = Pattern.compile("[0-9A-HJKMNP-TV-Z]{13}(~.*)?");
    private static final Pattern TIME = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
    private static final Pattern FRACTION = Pattern.compile("(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d)\\.\\d+Z");

    /** Words that stand for something to be looked after. */
    private static final Set<String> ALARMING = Set.of(
            "dead",
            "failed",
            "error",
            "open",
            "OPEN",
            "FORCED_OPEN",
            "firing",
            "critical",
            "needs_reconnect",
            "refused");

    private final List<String> head;
    private final List<List<String>> rows = new ArrayList<>();

    TextTable(String... head) {
        this.head = List.of(head);
    }

    void row(String... cells) {
        List<String> row = new ArrayList<>();
        for (String cell : cells) {
            row.add(clip(FRACTION.matcher(clean(cell)).replaceAll("$1Z"), CELL_MAX));
        }
        rows.add(row);
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    /** As wide as it is. */
    void print(PrintWriter out) {
        print(out, Terminal.none());
    }

    /** As wide as the terminal, where there is one. */
    void print(PrintWriter out, Terminal terminal) {
        int[] widths = new int[head.size()];
        List<List<String>> all = new ArrayList<>();
        all.add(head);
        all.addAll(rows);
        for (List<String> row : all) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        if (terminal.output()) {
            fit(widths, terminal.columns(), column -> holds(column, ID) || holds(column, TIME));
            fit(widths, terminal.columns(), column -> holds(column, ID));
        }
        for (List<String> row : all) {
            StringBuilder line = new StringBuilder();
            int gap = 0;
            for (int i = 0; i < widths.length; i++) {
                String cell = clip(row.get(i), widths[i]);
                line.append(" ".repeat(gap)).append(painted(terminal, row == head, cell));
                gap = widths[i] - cell.length() + GAP.length();
            }
            out.println(line.toString().stripTrailing());
        }
    }

    private boolean holds(int column, Pattern pattern) {
        return rows.stream().anyMatch(row -> pattern.matcher(row.get(column)).matches());
    }

    /** The widest column that may gives way first. */
    private static void fit(int[] widths, int columns, IntPredicate stays) {
        boolean[] kept = new boolean[widths.length];
        int width = GAP.length() * (widths.length - 1);
        for (int i = 0; i < widths.length; i++) {
            width += widths[i];
            kept[i] = stays.test(i);
        }
        while (width > columns) {
            int widest = -1;
            for (int i = 0; i < widths.length; i++) {
                widest = !kept[i] && (widest < 0 || widths[i] > widths[widest]) ? i : widest;
            }
            if (widest < 0 || widths[widest] <= NARROWEST) {
                return;
            }
            widths[widest]--;
            width--;
        }
    }

    private static String painted(Terminal terminal, boolean isHead, String cell) {
        if (isHead) {
            return terminal.painted(Terminal.Paint.BOLD, cell);
        }
        return ALARMING.contains(cell) ? terminal.painted(Terminal.Paint.BAD, cell) : cell;
    }

    private static String clip(String text, int width) {
        return text.length() > width ? text.substring(0, Math.max(0, width - 1)) + "…" : text;
    }

    /** A webhook's text must not move the cursor or paint the terminal. */
    static String clean(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        text.codePoints()
                .forEach(c -> clean.appendCodePoint(
                        Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? ' ' : c));
        return clean.toString();
    }
}
