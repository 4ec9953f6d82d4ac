package dev.muster.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
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

    /**
     * What is shown at one moment.
     *
     * @param perSecond how many deliveries the hub accepted per second lately
     * @param story lines that are shown as they are; always the same number
     */
    record Moment(
            Figures figures,
            DeliveryTally tally,
            long faults,
            long violations,
            double perSecond,
            Duration running,
            List<String> story) {}

    /** @param news what is said once where nothing is painted over */
    void paint(Moment moment, List<String> news) {
        if (!terminal) {
            news.forEach(out::println);
            out.println(line(moment));
            out.flush();
            return;
        }
        List<String> lines = block(moment);
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
    static String line(Moment moment) {
        Figures figures = moment.figures();
        Figures.Traffic traffic = figures.traffic();
        if (!figures.reachable()) {
            return clock(moment.running()) + " the hub does not answer on its management port yet";
        }
        return String.format(
                Locale.ROOT,
                "%s accepted=%d (%.1f/s) refused=%d members=%d conflicts=%d retries=%d dead-letters=%d queue=%d "
                        + "p50=%s p99=%s sent=%d pulled=%d pushed=%d waiting=%d held=%d failed=%d echoes=%d quota=%s",
                clock(moment.running()),
                figures.accepted(),
                moment.perSecond(),
                figures.refused(),
                figures.members(),
                figures.conflictsOpen(),
                figures.redeliveries(),
                figures.deadLetters(),
                figures.queueDepth(),
                latency(figures.p50Seconds()),
                latency(figures.p99Seconds()),
                moment.tally().sent(),
                traffic.pulled(),
                traffic.settled(),
                traffic.waiting(),
                traffic.held(),
                traffic.failed(),
                traffic.echoes(),
                percent(traffic.quotaUsed()));
    }

    /** The whole summary; always the same number of lines, none longer than 76 characters. */
    static List<String> block(Moment moment) {
        Figures figures = moment.figures();
        Figures.Traffic traffic = figures.traffic();
        DeliveryTally tally = moment.tally();
        List<String> lines = new ArrayList<>(List.of(
                "  Muster demo  " + clock(moment.running())
                        + (figures.reachable() ? "" : "  (the hub does not answer)"),
                "",
                row(
                        "accepted",
                        figures.accepted(),
                        "per second",
                        String.format(Locale.ROOT, "%.1f", moment.perSecond())),
                row("golden members", figures.members(), "golden records", count(figures.goldenRecords())),
                row("conflicts open", figures.conflictsOpen(), "refused at the door", count(figures.refused())),
                row("retries", figures.redeliveries(), "dead letters", count(figures.deadLetters())),
                row("waiting in queue", figures.queueDepth(), "latency p50 / p99", latencies(figures)),
                row("pulls that ended", traffic.pulls(), "records read by them", count(traffic.pulled())),
                row(
                        "pushes settled",
                        traffic.settled(),
                        "waiting/held/failed",
                        count(traffic.waiting()) + "/" + count(traffic.held()) + "/" + count(traffic.failed())),
                row("echoes passed over", traffic.echoes(), "fullest quota used", percent(traffic.quotaUsed())),
                "",
                "  On the other side, the simulated platforms:",
                row("webhooks sent", tally.sent(), "sent again by them", count(tally.retried())),
                row("not yet accepted", tally.outstanding(), "given up by them", count(tally.abandoned())),
                row("429 and 500 thrown", moment.faults(), "quota violations", count(moment.violations())),
                ""));
        lines.addAll(moment.story());
        lines.add("");
        return lines;
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f%%", share * 100);
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
