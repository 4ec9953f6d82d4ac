package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Pairs of people who may be one. */
@Command(
        name = "duplicates",
        description = "Pairs of people of whom somebody has to say whether they are one.",
        synopsisSubcommandLabel = "[COMMAND]",
        subcommands = {DuplicatesCommand.Merge.class, DuplicatesCommand.KeepApart.class, DuplicatesCommand.Walk.class},
        footer = {
            "  ./muster duplicates",
            "  ./muster duplicates review",
            "  ./muster duplicates merge 0SA3B6BFP2JR6 --reason 'same telephone'"
        })
final class DuplicatesCommand extends ListCommands.Listed {
    private static final String PATH = "/api/duplicates";

    @Option(names = "--status", description = "open (default), settled, merged, rejected or all.")
    @Nullable
    String status;

    DuplicatesCommand() {
        super(PATH, "No duplicate waits.");
    }

    @Override
    void filter(Map<String, Object> query) {
        query.put("status", status);
    }

    @Override
    void print(JsonNode items) {
        printFields(
                items,
                new TextTable("ID", "SINCE", "ONE", "OTHER", "STATUS", "WHY", "ADDRESS"),
                List.of("id", "createdAt", "recordA", "recordB", "status", "reason", "email"));
    }

    private static JsonNode rule(AdminClient hub, String id, String verb, @Nullable String reason) {
        ObjectNode body = AdminClient.JSON.createObjectNode();
        if (reason != null) {
            body.put("reason", reason);
        }
        return hub.send("POST", PATH + "/" + AdminClient.encoded(id) + "/" + verb, body);
    }

    /** A person's word on one pair. */
    @Command
    abstract static class Word extends ClientCommand {
        @Parameters(index = "0", arity = "0..1", paramLabel = "ID", description = "The pair's id: see duplicates.")
        @Nullable
        String id;

        @Option(names = "--reason", description = "Why; kept with the ruling and in the audit log.")
        @Nullable
        String reason;

        private final String verb;

        Word(String verb) {
            this.verb = verb;
        }

        @Override
        final void run(AdminClient hub) {
            JsonNode answer = rule(hub, needed(id, "ID", "Which pair (its id)?"), verb, reason);
            if (!printed(answer)) {
                say(MemberCommand.ruled(answer));
            }
        }
    }

    @Command(
            name = "merge",
            description = "The two are one person. Lifting the ruling parts them again.",
            footer = {"  ./muster duplicates merge 0SA3B6BFP2JR6 --reason 'same telephone'"})
    static final class Merge extends Word {
        Merge() {
            super("merge");
        }
    }

    @Command(
            name = "keep-apart",
            description = "The two are two persons, and are not reported again.",
            footer = {"  ./muster duplicates keep-apart 0SA3B6BFP2JR6 --reason 'a couple with one address'"})
    static final class KeepApart extends Word {
        KeepApart() {
            super("keep-apart");
        }
    }

    /** One after the other. */
    @Command(
            name = "review",
            description = "Shows one pair after the other, side by side, and takes your word: 1, 2, s or q.",
            footer = {"  ./muster duplicates review --organization default"})
    static final class Walk extends Review {
        Walk() {
            super(PATH, "No duplicate waits.");
        }

        @Override
        void filter(Map<String, @Nullable Object> query) {}

        @Override
        void show(AdminClient hub, JsonNode one) {
            new CaseScreen(this, hub).showPair(one);
        }

        @Override
        String question() {
            return "1 merge, 2 keep apart, s skip, q quit:";
        }

        @Override
        @Nullable
        String decide(AdminClient hub, JsonNode one, String key) {
            return switch (key) {
                case "1" -> MemberCommand.ruled(rule(hub, text(one.path("id")), "merge", reason));
                case "2" -> MemberCommand.ruled(rule(hub, text(one.path("id")), "keep-apart", reason));
                default -> null;
            };
        }
    }
}
