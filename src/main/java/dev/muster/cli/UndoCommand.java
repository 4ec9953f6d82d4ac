package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Takes back what was applied. */
@Command(
        name = "undo",
        description =
                "Takes back what operations changed, field by field where nobody wrote since; --preview shows it first.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            UndoCommand.Operation.class,
            UndoCommand.Run.class,
            UndoCommand.Window.class,
            UndoCommand.Undo.class,
            UndoCommand.Status.class,
            UndoCommand.History.class
        },
        footer = {
            "  ./muster undo operation 0SA3B6BFP2JR6 --preview",
            "  ./muster undo run 0SA3B6BFP2JR6 --reason 'the export was empty'",
            "  ./muster undo window patreon --from 2026-05-01T09:00:00Z --until 2026-05-01T10:00:00Z --reason 'a test list'"
        })
final class UndoCommand {
    private static final String PATH = "/api/undo";

    private UndoCommand() {}

    /** One that takes something back. */
    @Command
    abstract static class Below extends ClientCommand {
        @Option(names = "--preview", description = "Show what would change, and change nothing.")
        boolean preview;

        @Option(names = "--reason", description = "Why; kept with the undo and in the audit log.")
        @Nullable
        String reason;

        @Option(
                names = "--limit",
                defaultValue = "50",
                description = "With --preview: the most fields shown (default 50).")
        int limit;

        abstract void name(ObjectNode asked);

        @Override
        void run(AdminClient hub) {
            ObjectNode asked = AdminClient.JSON.createObjectNode();
            name(asked);
            if (preview) {
                show(hub.send("POST", PATH + "/preview", asked.put("limit", limit)));
                return;
            }
            follow(hub, hub.send("POST", address(asked), asked.put("reason", said())));
        }

        String address(ObjectNode asked) {
            return PATH;
        }

        private String said() {
            String given = reason;
            if (given == null || given.isBlank()) {
                throw new CommandFailed(
                        CommandFailed.USAGE, "Say why with --reason 'TEXT', or look first with --preview.");
            }
            return given;
        }

        private void show(JsonNode found) {
            if (printed(found)) {
                return;
            }
            TextTable table = new TextTable("RECORD", "SOURCE", "FIELD", "NOW", "THEN", "SKIPPED");
            found.path("differences")
                    .forEach(one -> table.row(
                            text(one.path("recordId")),
                            text(one.path("platform")) + "/" + text(one.path("externalId")),
                            text(one.path("field")),
                            text(one.path("before")),
                            text(one.path("after")),
                            text(one.path("why"))));
            print(table);
            out().println("Would change " + found.path("fields").asLong() + " fields of "
                    + found.path("records").asLong() + " source records ("
                    + found.path("withdrawn").asLong() + " of them wholly), of "
                    + found.path("goldenRecords").asLong() + " golden records; "
                    + found.path("skipped").asLong() + " fields stay"
                    + (found.path("isComplete").asBoolean() ? "." : ". There is more than a preview looks at."));
        }

        void follow(AdminClient hub, JsonNode begun) {
            JsonNode undo = begun;
            try (Progress progress = progress("")) {
                while (undo.path("endedAt").isNull()) {
                    progress.show(line(undo));
                    pause("the undo");
                    undo = hub.get(
                            PATH + "/" + AdminClient.encoded(begun.path("id").asText()));
                }
            }
            if (!printed(undo)) {
                out().println(line(undo));
            }
        }
    }

    static String line(JsonNode undo) {
        return String.format(
                Locale.ROOT,
                "%s %s %.0f %%: %d of %d changes, fields %d, skipped %d",
                undo.path("id").asText(),
                undo.path("state").asText(),
                undo.path("progress").asDouble() * 100,
                undo.path("changes").asLong(),
                undo.path("total").asLong(),
                undo.path("fields").asLong(),
                undo.path("skipped").asLong());
    }

    @Command(
            name = "operation",
            description = "Takes back one operation.",
            footer = {"  ./muster undo operation 0SA3B6BFP2JR6 --preview"})
    static final class Operation extends Below {
        @Parameters(index = "0", paramLabel = "ID", description = "The operation's id: see operations.")
        String id = "";

        @Override
        void name(ObjectNode asked) {
            asked.put("operation", id);
        }
    }

    @Command(
            name = "run",
            description = "Takes back all that one run read.",
            footer = {"  ./muster undo run 0SA3B6BFP2JR6 --reason 'an empty export'"})
    static final class Run extends Below {
        @Parameters(index = "0", paramLabel = "ID", description = "The run's id: see sync history.")
        String id = "";

        @Override
        void name(ObjectNode asked) {
            asked.put("run", id);
        }
    }

    @Command(
            name = "window",
            description = "Takes back all that a platform sent from one moment until another.",
            footer = {"  ./muster undo window patreon --from 2026-05-01T09:00:00Z --until 2026-05-01T10:00:00Z"})
    static final class Window extends Below {
        @Parameters(index = "0", paramLabel = "PLATFORM", description = "Such as patreon.")
        String platform = "";

        @Option(names = "--from", required = true, description = "Such as 2026-01-31T09:00:00Z.")
        String from = "";

        @Option(names = "--until", required = true, description = "Such as 2026-01-31T10:00:00Z.")
        String until = "";

        @Option(names = "--organization", description = "Whose; without it default.")
        @Nullable
        String organization;

        @Option(names = "--integration", description = "Only what came by this account.")
        @Nullable
        String integration;

        @Override
        void name(ObjectNode asked) {
            asked.put("platform", platform).put("from", from).put("until", until);
            if (organization != null) {
                asked.put("organization", organization);
            }
            if (integration != null) {
                asked.put("integration", integration);
            }
        }
    }

    @Command(
            name = "undo",
            description = "Puts back what an undo took away.",
            footer = {"  ./muster undo undo 0SA3B6BFP2JR6 --reason 'it was right'"})
    static final class Undo extends Below {
        @Parameters(index = "0", paramLabel = "ID", description = "The undo's id: see undo history.")
        String id = "";

        @Override
        void name(ObjectNode asked) {
            if (preview) {
                asked.put("undo", id);
            }
        }

        @Override
        String address(ObjectNode asked) {
            return PATH + "/" + AdminClient.encoded(id) + "/undo";
        }
    }

    @Command(
            name = "status",
            description = "How far an undo is.",
            footer = {"  ./muster undo status 0SA3B6BFP2JR6"})
    static final class Status extends ClientCommand {
        @Parameters(index = "0", paramLabel = "ID", description = "The undo's id.")
        String id = "";

        @Override
        void run(AdminClient hub) {
            JsonNode undo = hub.get(PATH + "/" + AdminClient.encoded(id));
            if (!printed(undo)) {
                out().println(line(undo));
            }
        }
    }

    @Command(
            name = "history",
            description = "What was undone, newest first.",
            footer = {"  ./muster undo history"})
    static final class History extends ListCommands.Listed {
        History() {
            super(PATH, "Nothing was undone.");
        }

        @Override
        void filter(Map<String, Object> query) {}

        @Override
        void print(JsonNode items) {
            printFields(
                    items,
                    new TextTable("ID", "CREATED", "KIND", "PLATFORM", "STATE", "FIELDS", "SKIPPED", "BY", "REASON"),
                    List.of("id", "createdAt", "kind", "platform", "state", "fields", "skipped", "madeBy", "reason"));
        }
    }
}
