package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Accounts that were stopped because they changed too much. */
@Command(
        name = "brakes",
        description = "Accounts that were stopped because they changed too much: list, approve, reject.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {BrakesCommand.Listing.class, BrakesCommand.Approve.class, BrakesCommand.Reject.class},
        footer = {"  ./muster brakes list"})
final class BrakesCommand {
    private BrakesCommand() {}

    @Command(
            name = "list",
            description = "Who is stopped, newest first.",
            footer = {"  ./muster brakes list --past"})
    static final class Listing extends ListCommands.Listed {
        @Option(names = "--past", description = "Those that are over too.")
        boolean past;

        Listing() {
            super("/api/brakes", "Nobody is stopped.");
        }

        @Override
        void filter(Map<String, Object> query) {
            query.put("state", past ? "all" : "open");
        }

        @Override
        void print(JsonNode items) {
            printFields(
                    items,
                    new TextTable(
                            "ID", "SINCE", "PLATFORM", "ACCOUNT", "STATE", "CHANGED", "ALLOWED", "WITHIN", "WAITING"),
                    List.of(
                            "id",
                            "createdAt",
                            "platform",
                            "integration",
                            "state",
                            "changed",
                            "allowed",
                            "window",
                            "held"));
        }
    }

    /** One of the two words. */
    @Command
    abstract static class Word extends ClientCommand {
        @Parameters(index = "0", paramLabel = "ID", description = "The brake's id: see brakes list.")
        String id = "";

        @Option(names = "--reason", required = true, description = "Why; kept in the audit log.")
        String reason = "";

        private final String word;

        Word(String word) {
            this.word = word;
        }

        @Override
        void run(AdminClient hub) {
            JsonNode answer = hub.send(
                    "POST",
                    "/api/brakes/" + AdminClient.encoded(id) + "/" + word,
                    AdminClient.JSON.createObjectNode().put("reason", reason));
            if (!printed(answer)) {
                out().println("The brake of " + text(answer.path("platform")) + "/" + text(answer.path("integration"))
                        + " is " + text(answer.path("state")) + ".");
            }
        }
    }

    @Command(
            name = "approve",
            description = "What is held goes on; the account is not stopped again for one window.",
            footer = {"  ./muster brakes approve 0SA3B6BFP2JR6 --reason 'we know of it'"})
    static final class Approve extends Word {
        Approve() {
            super("approve");
        }
    }

    @Command(
            name = "reject",
            description = "What is held is ended as ignored; what was applied can be undone.",
            footer = {"  ./muster brakes reject 0SA3B6BFP2JR6 --reason 'we know of it'"})
    static final class Reject extends Word {
        Reject() {
            super("reject");
        }
    }
}
