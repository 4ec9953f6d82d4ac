package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The commands that print one page of a list. */
final class ListCommands {
    private ListCommands() {}

    /** A page of a list, with its filters. */
    @Command
    abstract static class Listed extends ClientCommand {
        @Option(names = "--organization", description = "Only those of this organization.")
        @Nullable
        String organization;

        @Option(names = "--limit", defaultValue = "50", description = "The most lines, up to 500 (default 50).")
        int limit;

        @Option(names = "--cursor", description = "Where to go on, as the page before said.")
        @Nullable
        String cursor;

        private final String path;
        private final String none;

        Listed(String path, String none) {
            this.path = path;
            this.none = none;
        }

        @Override
        void run(AdminClient hub) {
            Map<String, Object> query = new LinkedHashMap<>();
            filter(query);
            query.put("organization", organization);
            query.put("limit", limit);
            query.put("cursor", cursor);
            JsonNode answer = hub.get(address(path, query));
            if (printed(answer)) {
                return;
            }
            if (answer.path("items").isEmpty() && answer.path("next").isNull()) {
                out().println(none);
            } else {
                print(answer.path("items"));
                more(answer);
            }
        }

        abstract void filter(Map<String, Object> query);

        abstract void print(JsonNode items);

        /** @param fields those of an item, one per column */
        final void printFields(JsonNode items, TextTable table, List<String> fields) {
            items.forEach(item -> table.row(
                    fields.stream().map(field -> text(item.path(field))).toArray(String[]::new)));
            table.print(out());
        }
    }

    @Command(name = "operations", description = "What was worked on, newest first.")
    static final class Operations extends Listed {
        @Option(
                names = "--status",
                description = "pending, processing, success, ignored, conflict, failed, dead or held.")
        @Nullable
        String status;

        @Option(names = "--platform", description = "Only those of this platform.")
        @Nullable
        String platform;

        Operations() {
            super("/api/operations", "There are no such operations.");
        }

        @Override
        void filter(Map<String, Object> query) {
            query.put("status", status);
            query.put("platform", platform);
        }

        @Override
        void print(JsonNode items) {
            printFields(
                    items,
                    new TextTable("ID", "CREATED", "PLATFORM", "KIND", "STATUS", "TRIES", "ERROR"),
                    List.of("id", "createdAt", "platform", "kind", "status", "attempts", "error"));
        }
    }

    @Command(name = "dead-letters", description = "What was given up, newest first, and why.")
    static final class DeadLetters extends Listed {
        @Option(names = "--platform", description = "Only those of this platform.")
        @Nullable
        String platform;

        @Option(names = "--digest", description = "Only those of the same failure at the same place.")
        @Nullable
        String digest;

        DeadLetters() {
            super("/api/dead-letters", "There are no dead letters.");
        }

        @Override
        void filter(Map<String, Object> query) {
            query.put("platform", platform);
            query.put("digest", digest);
        }

        @Override
        void print(JsonNode items) {
            printFields(
                    items,
                    new TextTable("ID", "DIED", "PLATFORM", "KIND", "DIGEST", "TRIES", "CAUSE"),
                    List.of("id", "diedAt", "platform", "kind", "digest", "attempts", "cause"));
        }
    }

    @Command(name = "pushes", description = "What platforms could not be told, and why; with --status, others too.")
    static final class Pushes extends Listed {
        @Option(
                names = "--status",
                defaultValue = "failed",
                description = "failed (default), held, due, processing or settled.")
        String status = "failed";

        @Option(names = "--platform", description = "Only those to this platform.")
        @Nullable
        String platform;

        @Option(names = "--target", description = "Only those to this target.")
        @Nullable
        String target;

        Pushes() {
            super("/api/pushes", "There are no such pushes.");
        }

        @Override
        void filter(Map<String, Object> query) {
            query.put("status", status);
            query.put("platform", platform);
            query.put("target", target);
        }

        @Override
        void print(JsonNode items) {
            printFields(
                    items,
                    new TextTable("RECORD", "TARGET", "ACCOUNT", "STATUS", "TRIES", "CAUSE"),
                    List.of("goldenId", "target", "integration", "status", "attempts", "error"));
        }
    }

    @Command(
            name = "conflicts",
            description = "Fields that wait for a person: sources disagree, or a target to which we push (resolve ID).")
    static final class Conflicts extends Listed {
        @Option(names = "--field", description = "Only those of this field.")
        @Nullable
        String field;

        @Option(names = "--kind", description = "Only those of sources, or of a push that is held.")
        @Nullable
        String kind;

        Conflicts() {
            super("/api/conflicts", "No conflict waits.");
        }

        @Override
        void filter(Map<String, Object> query) {
            query.put("field", field);
            query.put("kind", kind);
        }

        @Override
        void print(JsonNode items) {
            TextTable table = new TextTable("ID", "SINCE", "RECORD", "FIELD", "STANDS", "RIVALS");
            for (JsonNode item : items) {
                StringBuilder rivals = new StringBuilder();
                item.path("rivals").forEach(rival -> rivals.append(rivals.isEmpty() ? "" : ", ")
                        .append(text(rival.path("value")))
                        .append(" (")
                        .append(text(rival.path("platform")))
                        .append(')'));
                table.row(
                        text(item.path("id")),
                        text(item.path("createdAt")),
                        text(item.path("entity")) + " " + text(item.path("recordId")),
                        text(item.path("field")),
                        standing(item.path("standing")),
                        rivals.toString());
            }
            table.print(out());
        }

        private static String standing(JsonNode standing) {
            JsonNode one = standing.isArray() ? standing.path(0) : standing;
            return text(one.path("value")) + " (" + text(one.path("platform")) + ")";
        }
    }
}
