package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The audit log. */
@Command(
        name = "audit",
        description = "Who did what, when and why.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {AuditCommand.Entries.class, AuditCommand.Verify.class},
        footer = {"  ./muster audit list --actor 'admin token'"})
final class AuditCommand {
    /** One page of it. */
    @Command(
            name = "list",
            description = "The audit log, newest first.",
            footer = {"  ./muster audit list --action erase"})
    static final class Entries extends ListCommands.Listed {
        @Option(names = "--actor", description = "Only what this person, key ('key NAME (ID)') or platform did.")
        @Nullable
        String actor;

        @Option(names = "--action", description = "Only this action, such as change or erase.")
        @Nullable
        String action;

        @Option(names = "--entity", description = "Only what was done to this kind of thing.")
        @Nullable
        String entity;

        @Option(names = "--record", description = "Only what is about this golden record.")
        @Nullable
        String recordId;

        @Option(names = "--operation", description = "Only what this operation did.")
        @Nullable
        String operationId;

        @Option(names = "--from", description = "Not before, such as 2026-01-31T00:00:00Z.")
        @Nullable
        String from;

        @Option(names = "--to", description = "Before, such as 2026-02-01T00:00:00Z.")
        @Nullable
        String to;

        Entries() {
            super("/api/audit", "There are no such entries.");
        }

        @Override
        void filter(Map<String, Object> query) {
            query.put("actor", actor);
            query.put("action", action);
            query.put("entity", entity);
            query.put("recordId", recordId);
            query.put("operationId", operationId);
            query.put("from", from);
            query.put("to", to);
        }

        @Override
        void print(JsonNode items) {
            TextTable table = new TextTable("AT", "ACTOR", "ACTION", "WHAT", "REASON", "CHANGES");
            for (JsonNode item : items) {
                String record = text(item.path("recordId"));
                table.row(
                        text(item.path("at")),
                        text(item.path("actor")),
                        text(item.path("action")),
                        text(item.path("entity")) + ' ' + (record.isEmpty() ? text(item.path("subject")) : record),
                        text(item.path("reason")),
                        item.path("redacted").asBoolean() ? "(erased)" : text(item.path("changes")));
            }
            print(table);
        }
    }

    /** Whether it is as it was written. */
    @Command(
            name = "verify",
            description = "Reads the whole log and says whether anybody tampered with it; the exit code is 1 then.",
            footer = {"  ./muster audit verify"})
    static final class Verify extends ClientCommand {
        @Option(names = "--organization", description = "Only this organization's chain.")
        @Nullable
        String organization;

        @Override
        void run(AdminClient hub) {
            Map<String, Object> query = new LinkedHashMap<>();
            query.put("organization", organization);
            JsonNode answer = hub.getPatiently(address("/api/audit/verify", query));
            if (!printed(answer)) {
                print(answer);
            }
            out().flush();
            if (!answer.path("intact").asBoolean()) {
                throw new CommandFailed(
                        CommandFailed.FAILED,
                        "The audit log is not as this hub wrote it: restore a backup beside it, and compare from the first"
                                + " place on.");
            }
        }

        private void print(JsonNode answer) {
            out().println(text(answer.path("entries")) + " entries in " + text(answer.path("chains"))
                    + " chains were read.");
            if (answer.path("beforeTheChain").asLong() > 0) {
                out().println(text(answer.path("beforeTheChain"))
                        + " of them are older than the chains: counted, not sealed.");
            }
            if (answer.path("intact").asBoolean()) {
                out().println("The audit log is as it was written.");
                return;
            }
            TextTable table = new TextTable("KIND", "ORGANIZATION", "PLACE", "ENTRY", "AT", "WHAT");
            for (JsonNode item : answer.path("found")) {
                table.row(List.of("kind", "organization", "seq", "entryId", "at", "message").stream()
                        .map(field -> text(item.path(field)))
                        .toArray(String[]::new));
            }
            print(table);
        }
    }
}
