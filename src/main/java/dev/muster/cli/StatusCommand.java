package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The hub at a glance. */
@Command(
        name = "status",
        description = "The hub at a glance: health, traffic of the last hour, what waits, counts.",
        footer = {"  ./muster status", "  ./muster status --watch", "  ./muster status --json | jq .queue"})
final class StatusCommand extends ClientCommand {
    private static final Duration SPAN = Duration.ofHours(1);
    private static final String HOME_AND_CLEAR = "\u001b[H\u001b[2J";
    private static final int SECONDS_MIN = 1;

    @Option(names = "--watch", description = "Show it again and again, until interrupted.")
    boolean watch;

    @Option(
            names = "--every",
            defaultValue = "5",
            paramLabel = "SECONDS",
            description = "With --watch: how often (default 5).")
    int seconds;

    @Override
    void run(AdminClient hub) {
        if (seconds < SECONDS_MIN) {
            throw wrong("--every is " + seconds + ": write a number of seconds above 0");
        }
        boolean again = watch;
        do {
            ObjectNode all = read(hub);
            if (watch && !json && terminal().output()) {
                out().print(HOME_AND_CLEAR);
            }
            if (!printed(all)) {
                print(all);
            }
            out().flush();
            again = watch && pause();
        } while (again);
    }

    private boolean pause() {
        try {
            Thread.sleep(Duration.ofSeconds(seconds).toMillis());
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** The status, with the traffic and the breakers beside it; what is about all organizations only where this token may. */
    private ObjectNode read(AdminClient hub) {
        ObjectNode all = AdminClient.JSON.createObjectNode();
        hub.getIfAllowed("/api/status").ifPresent(status -> all.setAll((ObjectNode) status));
        Instant from = Instant.now().truncatedTo(ChronoUnit.MINUTES).minus(SPAN);
        all.set("traffic", hub.get(address("/api/traffic", Map.of("from", from))));
        hub.getIfAllowed("/api/quotas").ifPresent(quotas -> all.set("breakers", quotas.path("breakers")));
        return all;
    }

    private void print(ObjectNode all) {
        if (all.has("status")) {
            String status = text(all.path("status"));
            Terminal.Paint paint = status.equals("up") ? Terminal.Paint.GOOD : Terminal.Paint.BAD;
            out().println("The hub is " + terminal().painted(paint, TextTable.clean(status)) + ".");
            all.path("configProblems").forEach(problem -> say("  " + problem.asText()));
        } else {
            out().println("The hub answers. This token sees the traffic of its organization, not the whole hub.");
        }
        out().println();
        TextTable platforms =
                new TextTable("LAST HOUR", "ACCEPTED", "REFUSED", "DONE", "SUCCESS", "P95 MS", "WAITING", "BREAKER");
        Map<String, JsonNode> traffic = new TreeMap<>();
        all.path("traffic").path("platforms").forEach(one -> traffic.put(text(one.path("platform")), one));
        Set<String> names = new TreeSet<>(traffic.keySet());
        all.path("queue").fieldNames().forEachRemaining(names::add);
        all.path("breakers").forEach(one -> names.add(text(one.path("platform"))));
        for (String name : names) {
            JsonNode one = traffic.getOrDefault(name, AdminClient.JSON.missingNode());
            platforms.row(
                    name,
                    number(one.path("accepted")),
                    Long.toString(sum(one.path("refused"))),
                    Long.toString(sum(one.path("operations"))),
                    success(one.path("operations")),
                    dash(text(one.path("latencyMillis").path("p95"))),
                    waiting(all, name),
                    breaker(all.path("breakers"), name));
        }
        if (platforms.isEmpty()) {
            out().println("Nothing came in the last hour, and nothing waits in the queue.");
        } else {
            print(platforms);
        }
        if (all.has("counts")) {
            out().println();
            TextTable counts = new TextTable("WHAT", "HOW MANY");
            all.path("counts").properties().forEach(count -> counts.row(count.getKey(), text(count.getValue())));
            print(counts);
        }
    }

    private static String number(JsonNode count) {
        return Long.toString(count.asLong());
    }

    private static long sum(JsonNode counts) {
        long sum = 0;
        for (JsonNode count : counts) {
            sum += count.asLong();
        }
        return sum;
    }

    private static String dash(String text) {
        return text.isEmpty() ? "-" : text;
    }

    /** The share of operations that did not fail: what is ignored or waits for a person is no failure. */
    private static String success(JsonNode operations) {
        long ended = sum(operations);
        if (ended == 0) {
            return "-";
        }
        long failed =
                operations.path("failed").asLong() + operations.path("dead").asLong();
        double percent = 100.0 * (ended - failed) / ended;
        // 99.96 % must not read as all of them.
        return failed == 0 ? "100 %" : String.format(Locale.ROOT, "%.1f %%", Math.min(99.9, percent));
    }

    /** How many wait, and for how long the first of them does, by the hub's own clock. */
    private static String waiting(ObjectNode all, String platform) {
        if (!all.has("queue")) {
            return "-";
        }
        JsonNode queue = all.path("queue").path(platform);
        String oldest = text(queue.path("oldestAt"));
        if (oldest.isEmpty()) {
            return number(queue.path("waiting"));
        }
        Instant now = Instant.parse(text(all.path("traffic").path("to")));
        return number(queue.path("waiting")) + ", for "
                + SyncCommand.spoken(Duration.between(Instant.parse(oldest), now));
    }

    /** The worst of the platform's breakers. */
    private static String breaker(JsonNode breakers, String platform) {
        String worst = "-";
        for (JsonNode one : breakers) {
            if (text(one.path("platform")).equals(platform)) {
                String state = text(one.path("state"));
                if (worst.equals("-") || state.contains("OPEN")) {
                    worst = state.equals("HALF_OPEN") && worst.endsWith("OPEN") ? worst : state;
                }
            }
        }
        return worst.toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
