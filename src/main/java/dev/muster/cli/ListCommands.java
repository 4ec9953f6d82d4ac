package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The commands that print a list: a page of it, or all. */
final class ListCommands {
    private ListCommands() {}

    /** A list. */
    @Command
    abstract static class Paged extends ClientCommand {
        @Option(names = "--limit", defaultValue = "50", description = "The most lines, up to 500 (default 50).")
        int limit;

        @Option(names = "--cursor", description = "Where to go on, as the page before said.")
        @Nullable
        String cursor;

        @Option(names = "--all", description = "All pages, in one.")
        boolean all;

        private final String path;
        private final String none;

        Paged(String path, String none) {
            this.path = path;
            this.none = none;
        }

        @Override
        void run(AdminClient hub) {
            Map<String, Object> query = filters();
            query.put("cursor", cursor);
            JsonNode answer;
            if (all) {
                answer = allPages(hub, path, query, "Read");
            } else {
                query.put("limit", limit);
                answer = hub.get(address(path, query));
            }
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

        Map<String, Object> filters() {
            Map<String, Object> query = new LinkedHashMap<>();
            filter(query);
            return query;
        }

        abstract void filter(Map<String, Object> query);

        abstract void print(JsonNode items);

        /** @param fields those of an item, one per column */
        final void printFields(JsonNode items, TextTable table, List<String> fields) {
            items.forEach(item -> table.row(
                    fields.stream().map(field -> text(item.path(field))).toArray(String[]::new)));
            print(table);
        }
    }

    /** A list of what belongs to organizations. */
    @Command
    abstract static class Listed extends Paged {
        @Option(names = "--organization", description = "Only those of this organization.")
        @Nullable
        String organization;

        Listed(String path, String none) {
            super(path, none);
        }

        @Override
        final Map<String, Object> filters() {
            Map<String, Object> query = super.filters();
            query.put("organization", organization);
            return query;
        }
    }

    @Command(
            name = "operations",
            description = "What was worked on, newest first.",
            footer = {
                "  ./muster operations --platform patreon --status conflict",
                "  ./muster operations --status dead --all --json | jq '.items[].error'"
            })
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

    @Command(
            name = "pushes",
            description = "What platforms could not be told, and why; with --status, others too.",
            footer = {"  ./muster pushes", "  ./muster pushes --status held --platform klaviyo"})
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
}
