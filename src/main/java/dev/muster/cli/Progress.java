package dev.muster.cli;

import java.io.PrintWriter;
import java.util.Locale;

/** How far long work is: one line on standard error, rewritten while a person watches. Elsewhere it is silent. */
final class Progress implements AutoCloseable {
    private static final int BAR = 30;
    private static final String LINE_START = "\r\u001b[K";

    private final boolean shown;
    private final int columns;
    private final PrintWriter err;
    private final String what;

    Progress(Terminal terminal, PrintWriter err, String what) {
        this.shown = terminal.errors();
        this.columns = terminal.columns();
        this.err = err;
        this.what = what;
    }

    /** @param total 0 where nobody knows it */
    void at(long done, long total) {
        if (total <= 0) {
            show(what + ": " + done);
        } else {
            show(String.format(
                    Locale.ROOT, "%s %s %d of %d", what, bar((double) done / total), Math.min(done, total), total));
        }
    }

    /** One line of one's own. */
    void show(String text) {
        if (shown) {
            String line = TextTable.clean(text);
            err.print(LINE_START + (line.length() < columns ? line : line.substring(0, columns - 1)));
            err.flush();
        }
    }

    /** @param share 0 to 1 */
    static String bar(double share) {
        int full = (int) Math.round(Math.min(1, Math.max(0, share)) * BAR);
        return "[" + "#".repeat(full) + ".".repeat(BAR - full) + "]";
    }

    /** The line is gone: what follows is the result. */
    @Override
    public void close() {
        if (shown) {
            err.print(LINE_START);
            err.flush();
        }
    }
}
