package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What people do with streams. */
@Command(
        name = "sync",
        description =
                "Reads the streams of platforms: start, stop, status, history, streams; and what pushes would change: plan.",
        subcommands = {
            SyncCommand.Start.class,
            SyncCommand.Stop.class,
            SyncCommand.Status.class,
            SyncCommand.History.class,
            SyncCommand.Streams.class,
            SyncPlanCommand.class
        },
        footer = {"  ./muster sync start patreon --watch", "  ./muster sync plan mailchimp-audience"})
final class SyncCommand extends GroupCommand {
    /** A command below this one. */
    @Command
    abstract static class Below extends ClientCommand {
        /** Follows runs until each has ended: a bar while a person watches, and a line for each that ended. */
        final void watch(AdminClient hub, List<String> runs) {
            ArrayNode ended = AdminClient.JSON.createArrayNode();
            boolean failed = false;
            boolean held = false;
            try (Progress progress = progress("")) {
                for (String id : runs) {
                    JsonNode run = hub.get("/api/sync/status/" + AdminClient.encoded(id));
                    while (!isOver(run)) {
                        progress.show(line(run, true));
                        pause("the run");
                        run = hub.get("/api/sync/status/" + AdminClient.encoded(id));
                    }
                    progress.close();
                    ended.add(run);
                    failed |= text(run.path("state")).equals("failed");
                    held |= run.path("pagesHeld").asLong() > 0;
                    if (!json) {
                        out().println(line(run, false));
                        out().flush();
                    }
                }
            }
            printed(ended.size() == 1 ? ended.get(0) : ended);
            out().flush();
            if (failed) {
                throw new CommandFailed(CommandFailed.FAILED, "A run failed; ./muster sync history says more.");
            }
            if (held) {
                throw new CommandFailed(
                        CommandFailed.HELD,
                        "A run is held by a brake: it changed more than its account may. ./muster brakes list says how much;"
                                + " ./muster brakes approve ID --reason TEXT lets what is held go on, reject ends it.");
            }
        }
    }

    /** Whether nothing more comes of a run by itself: pages that were given up, ignored, or are held are over as well. */
    static boolean isOver(JsonNode run) {
        return !run.path("endedAt").asText("").isEmpty()
                && !run.path("endedAt").isNull()
                && run.path("pagesApplied").asLong()
                                + run.path("pagesDead").asLong()
                                + run.path("pagesIgnored").asLong()
                                + run.path("pagesHeld").asLong()
                        >= run.path("pages").asLong();
    }

    /** One run in one line. */
    static String line(JsonNode run, boolean bar) {
        StringBuilder line = new StringBuilder();
        line.append(TextTable.clean(run.path("stream").asText()))
                .append(' ')
                .append(run.path("kind").asText())
                .append(' ');
        double progress = run.path("progress").asDouble(-1);
        if (bar && progress >= 0) {
            line.append(Progress.bar(progress)).append(' ');
            line.append(String.format(
                    Locale.ROOT,
                    "%.0f %%, about %s left ",
                    progress * 100,
                    spoken(Duration.ofMillis(run.path("remainingMillis").asLong()))));
        }
        line.append(run.path("state").asText())
                .append(": read ")
                .append(run.path("read").asLong());
        for (String name : new String[] {"created", "changed", "unchanged", "refused", "conflicts", "calls"}) {
            line.append(", ").append(name).append(' ').append(run.path(name).asLong());
        }
        if (run.path("quotaUsed").isNumber()) {
            double percent = run.path("quotaUsed").asDouble() * 100;
            line.append(String.format(
                    Locale.ROOT, percent < 10 ? " (%.1f %% of the quota)" : " (%.0f %% of the quota)", percent));
        }
        if (!run.path("durationMillis").isNull() && run.has("durationMillis")) {
            line.append(", in ")
                    .append(spoken(Duration.ofMillis(run.path("durationMillis").asLong())));
        }
        String error = run.path("error").isNull() ? "" : run.path("error").asText();
        if (!error.isEmpty()) {
            line.append("; ").append(TextTable.clean(error));
        }
        long dead = run.path("pagesDead").asLong();
        long ignored = run.path("pagesIgnored").asLong();
        if (dead > 0) {
            line.append("; ").append(dead).append(dead == 1 ? " page is a dead letter" : " pages are dead letters");
            line.append(": ./muster dead-letters --platform ")
                    .append(TextTable.clean(run.path("platform").asText()));
            line.append(" says why, ./muster replay ID tries one again");
        }
        if (ignored > 0) {
            line.append("; ").append(ignored).append(ignored == 1 ? " page was ignored" : " pages were ignored");
            line.append(": ./muster operations --status ignored says why");
        }
        long held = run.path("pagesHeld").asLong();
        if (held > 0) {
            line.append("; ")
                    .append(held)
                    .append(held == 1 ? " page is" : " pages are")
                    .append(" held by a brake");
        }
        return line.toString();
    }

    static String spoken(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        if (seconds >= 3_600) {
            return seconds / 3_600 + " h " + seconds % 3_600 / 60 + " min";
        }
        return seconds < 60 ? seconds + " s" : seconds / 60 + " min " + seconds % 60 + " s";
    }

    /** Which streams. */
    @Command
    abstract static class Chosen extends Below {
        @Parameters(
                index = "0",
                arity = "0..1",
                paramLabel = "PLATFORM",
                description = "The stem of the platform's file.")
        @Nullable
        String platform;

        @Option(names = "--stream", description = "Only this one.")
        @Nullable
        String stream;

        @Option(names = "--integration", description = "Only this account.")
        @Nullable
        String integration;

        @Option(names = "--organization", description = "Only those of this organization.")
        @Nullable
        String organization;

        ObjectNode body() {
            ObjectNode body = AdminClient.JSON.createObjectNode();
            which().forEach((name, value) -> {
                if (value != null) {
                    body.put(name, value.toString());
                }
            });
            return body;
        }

        Map<String, @Nullable Object> which() {
            Map<String, @Nullable Object> which = new LinkedHashMap<>();
            which.put("platform", needed(platform, "PLATFORM", "Which platform?"));
            which.put("organization", organization);
            which.put("integration", integration);
            which.put("stream", stream);
            return which;
        }
    }

    /** Starts runs. */
    @Command(
            name = "start",
            description = "Reads streams now: what changed, or with --full everything.",
            footer = {"  ./muster sync start patreon --watch", "  ./muster sync start klaviyo --stream profiles --full"
            })
    static final class Start extends Chosen {
        @Option(names = "--full", description = "Everything, not only what changed.")
        boolean full;

        @Option(
                names = "--from",
                paramLabel = "DATE",
                description = "What changed since this date, such as 2026-01-31.")
        @Nullable
        String from;

        @Option(
                names = "--watch",
                description = "Wait for the end, and show how far it is; ends with 5 where a brake holds it.")
        boolean watch;

        @Override
        void run(AdminClient hub) {
            ObjectNode body = body().put("mode", from != null ? "backfill" : full ? "full" : "incremental");
            if (from != null) {
                body.put("from", from);
            }
            JsonNode answer = hub.send("POST", "/api/sync/start", body);
            if (json && !watch) {
                printed(answer);
            } else if (!json) {
                for (JsonNode run : answer.path("runs")) {
                    out().println(text(run.path("id")) + "  " + text(run.path("integration")) + "  "
                            + text(run.path("stream"))
                            + (run.path("started").asBoolean() ? "" : "  (under way already)"));
                }
            }
            if (watch) {
                List<String> runs = new ArrayList<>();
                answer.path("runs").forEach(run -> runs.add(text(run.path("id"))));
                watch(hub, runs);
            }
        }
    }

    /** Stops runs. */
    @Command(
            name = "stop",
            description = "Stops runs after the page that they are at. What was read stays.",
            footer = {"  ./muster sync stop patreon"})
    static final class Stop extends Chosen {
        @Override
        void run(AdminClient hub) {
            JsonNode answer = hub.send("POST", "/api/sync/stop", body());
            if (!printed(answer)) {
                out().println("Runs that are asked to stop: "
                        + answer.path("stopped").asInt() + ".");
            }
        }
    }

    /** One run. */
    @Command(
            name = "status",
            description = "What became of a run so far.",
            footer = {"  ./muster sync status 0SA3B6BFP2JR6 --watch"})
    static final class Status extends Below {
        @Parameters(
                index = "0",
                arity = "0..1",
                paramLabel = "ID",
                description = "The run's id: see start and history.")
        @Nullable
        String id;

        @Option(
                names = "--watch",
                description = "Wait for the end, and show how far it is; ends with 5 where a brake holds it.")
        boolean watch;

        @Override
        void run(AdminClient hub) {
            String which = needed(id, "ID", "Which run (its id)?");
            if (watch) {
                watch(hub, List.of(which));
                return;
            }
            JsonNode run = hub.get("/api/sync/status/" + AdminClient.encoded(which));
            if (!printed(run)) {
                out().println(line(run, true));
            }
        }
    }

    /** Past runs. */
    @Command(
            name = "history",
            description = "What became of past runs, the last first.",
            footer = {"  ./muster sync history --platform patreon --state failed"})
    static final class History extends ListCommands.Listed {
        @Option(names = "--platform", description = "Only those of this platform.")
        @Nullable
        String platform;

        @Option(names = "--stream", description = "Only those of this stream.")
        @Nullable
        String stream;

        @Option(names = "--state", description = "Only those that are waiting, running, done, failed or stopped.")
        @Nullable
        String state;

        History() {
            super("/api/sync/history", "There are no such runs.");
        }

        @Override
        void filter(Map<String, Object> query) {
            query.put("platform", platform);
            query.put("stream", stream);
            query.put("state", state);
        }

        @Override
        void print(JsonNode items) {
            TextTable table = new TextTable("ID", "PLATFORM", "STARTED", "RUN");
            for (JsonNode run : items) {
                table.row(
                        text(run.path("id")),
                        text(run.path("platform")) + "/" + text(run.path("integration")),
                        text(run.path("startedAt")),
                        line(run, false));
            }
            print(table);
        }
    }

    /** The streams of a platform. */
    @Command(
            name = "streams",
            description = "The streams of a platform, and where each stands.",
            footer = {"  ./muster sync streams patreon"})
    static final class Streams extends Chosen {
        @Override
        void run(AdminClient hub) {
            JsonNode answer = hub.get(address("/api/sync/streams", which()));
            if (printed(answer)) {
                return;
            }
            TextTable table = new TextTable("ORGANIZATION", "INTEGRATION", "STREAM", "STATE", "UP TO", "NEXT");
            for (JsonNode one : answer.path("items")) {
                table.row(
                        text(one.path("organization")),
                        text(one.path("integration")),
                        text(one.path("stream")),
                        text(one.path("state")),
                        text(one.path("highWater")),
                        text(one.path("nextRunAt")));
            }
            print(table);
        }
    }
}
