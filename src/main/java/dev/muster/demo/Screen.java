package dev.muster.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Shows the figures: painted over and over in one place of a terminal, or as a plain line each time elsewhere. */
final class Screen {
    private static final String ESCAPE = "\u001b[";
    private static final String HIDE_CURSOR = ESCAPE + "?25l";
    private static final String SHOW_CURSOR = ESCAPE + "?25h";
    private static final String CLEAR_TO_END_OF_LINE = ESCAPE + "K";

    private final PrintStream out;
    private final boolean terminal;
    private int linesPainted;

    Screen(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** @param perSecond how many deliveries the hub accepted per second lately */
    void paint(Figures figures, DeliveryTally tally, long faults, long violations, double perSecond, Duration running) {
        if (!terminal) {
            out.println(line(figures, tally, perSecond, running));
            out.flush();
            return;
        }
        List<String> lines = block(figures, tally, faults, violations, perSecond, running);
        StringBuilder painted = new StringBuilder();
        if (linesPainted == 0) {
            painted.append(HIDE_CURSOR);
        } else {
            painted.append(ESCAPE).append(linesPainted).append('A');
        }
        for (String line : lines) {
            painted.append('\r').append(line).append(CLEAR_TO_END_OF_LINE).append('\n');
        }
        linesPainted = lines.size();
        out.print(painted);
        out.flush();
    }

    /** Leaves the terminal as it was found. */
    void restore() {
        if (terminal && linesPainted > 0) {
            out.print(SHOW_CURSOR);
            out.flush();
        }
    }

    /** One line, for logs and pipes. */
    static String line(Figures figures, DeliveryTally tally, double perSecond, Duration running) {
        if (!figures.reachable()) {
            return clock(running) + " the hub does not answer on its management port yet";
        }
        return String.format(
                Locale.ROOT,
                "%s accepted=%d (%.1f/s) refused=%d members=%d conflicts=%d retries=%d dead-letters=%d queue=%d "
                        + "p50=%s p99=%s sent=%d",
                clock(running),
                figures.accepted(),
                perSecond,
                figures.refused(),
                figures.members(),
                figures.conflictsOpen(),
                figures.redeliveries(),
                figures.deadLetters(),
                figures.queueDepth(),
                latency(figures.p50Seconds()),
                latency(figures.p99Seconds()),
                tally.sent());
    }

    /** The whole summary; always the same number of lines, none longer than 76 characters. */
    static List<String> block(
            Figures figures, DeliveryTally tally, long faults, long violations, double perSecond, Duration running) {
        return List.of(
                "  Muster demo  " + clock(running) + (figures.reachable() ? "" : "  (the hub does not answer)"),
                "",
                row("accepted", figures.accepted(), "per second", String.format(Locale.ROOT, "%.1f", perSecond)),
                row("golden members", figures.members(), "golden records", count(figures.goldenRecords())),
                row("conflicts open", figures.conflictsOpen(), "refused at the door", count(figures.refused())),
                row("retries", figures.redeliveries(), "dead letters", count(figures.deadLetters())),
                row("waiting in queue", figures.queueDepth(), "latency p50 / p99", latencies(figures)),
                "",
                "  On the other side, the simulated platforms:",
                row("webhooks sent", tally.sent(), "sent again by them", count(tally.retried())),
                row("not yet accepted", tally.outstanding(), "given up by them", count(tally.abandoned())),
                row("429 and 500 thrown", faults, "quota violations", count(violations)),
                "");
    }

    private static String row(String left, long leftCount, String right, String rightCount) {
        return String.format(Locale.ROOT, "  %-20s %12s     %-20s %14s", left, count(leftCount), right, rightCount);
    }

    private static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    private static String latencies(Figures figures) {
        return latency(figures.p50Seconds()) + " / " + latency(figures.p99Seconds());
    }

    private static String latency(double seconds) {
        if (seconds == 0) {
            return "-";
        }
        return seconds < 1
                ? String.format(Locale.ROOT, "%.0fms", Math.max(1, seconds * 1000))
                : String.format(Locale.ROOT, "%.1fs", seconds);
    }

    private static String clock(Duration running) {
        return String.format(
                Locale.ROOT, "%02d:%02d:%02d", running.toHours(), running.toMinutesPart(), running.toSecondsPart());
    }
}
