package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What somebody has to know. */
@Command(
        name = "alerts",
        description = "What somebody has to know: list, ack, test.",
        subcommands = {AlertsCommand.Listing.class, AlertsCommand.Acknowledge.class, AlertsCommand.Test.class},
        footer = {"  ./muster alerts list --state firing"})
final class AlertsCommand extends GroupCommand {
    @Command(
            name = "list",
            description = "Alerts, newest first: those that are firing, and those that are over.",
            footer = {"  ./muster alerts list --state firing"})
    static final class Listing extends ListCommands.Listed {
        @Option(names = "--state", description = "pending, firing or resolved.")
        @Nullable
        String state;

        Listing() {
            super("/api/alerts", "There are no such alerts.");
        }

        @Override
        void filter(Map<String, Object> query) {
            if (state != null) {
                query.put("state", state);
            }
        }

        @Override
        void print(JsonNode items) {
            printFields(
                    items,
                    new TextTable(
                            "ID", "STATE", "SEVERITY", "RULE", "ORGANIZATION", "PLATFORM", "VALUE", "SINCE", "BY"),
                    List.of(
                            "id",
                            "state",
                            "severity",
                            "rule",
                            "organization",
                            "platform",
                            "value",
                            "since",
                            "acknowledgedBy"));
        }
    }

    @Command(
            name = "ack",
            description = "You look after it: nobody is reminded of it any more.",
            footer = {"  ./muster alerts ack 0SA3B6BFP2JR6"})
    static final class Acknowledge extends ClientCommand {
        @Parameters(index = "0", arity = "0..1", paramLabel = "ID", description = "The alert's id: see alerts list.")
        @Nullable
        String id;

        @Override
        void run(AdminClient hub) {
            JsonNode answer = hub.post(
                    "/api/alerts/" + AdminClient.encoded(needed(id, "ID", "Which alert (its id)?")) + "/acknowledge");
            if (!printed(answer)) {
                out().println("Acknowledged by " + text(answer.path("acknowledgedBy")) + ": "
                        + text(answer.path("rule")) + ".");
            }
        }
    }

    @Command(
            name = "test",
            description = "Sends a message to a channel of config/alerts.yaml; exit code 1 where it was not taken.",
            footer = {"  ./muster alerts test on-call"})
    static final class Test extends ClientCommand {
        @Parameters(index = "0", paramLabel = "CHANNEL", description = "The channel's name.")
        String channel = "";

        @Override
        void run(AdminClient hub) {
            JsonNode answer = hub.post("/api/alerts/channels/" + AdminClient.encoded(channel) + "/test");
            boolean shown = printed(answer);
            if (!answer.path("sent").asBoolean()) {
                throw new CommandFailed(
                        CommandFailed.FAILED,
                        "The channel " + channel + " was not told: " + text(answer.path("error")) + ".");
            }
            if (!shown) {
                out().println("Sent. Is it there?");
            }
        }
    }
}
