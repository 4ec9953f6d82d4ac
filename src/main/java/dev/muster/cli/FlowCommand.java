package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The routes that run. */
@Command(
        name = "flow",
        description = "The routes of the hub that answers: list, stop, start.",
        subcommands = {FlowCommand.Listing.class, FlowCommand.Stop.class, FlowCommand.Start.class},
        footer = {"  ./muster flow list"})
final class FlowCommand extends GroupCommand {
    private static final String PATH = "/api/flows";

    @Command(
            name = "list",
            description = "Every route, its state, and what went through it since its start.",
            footer = {"  ./muster flow list", "  ./muster flow list --state stopped"})
    static final class Listing extends ClientCommand {
        @Option(names = "--state", description = "Only those: started, stopped, suspended.")
        @Nullable
        String state;

        @Override
        void run(AdminClient hub) {
            JsonNode answer = hub.get(PATH);
            if (printed(answer)) {
                return;
            }
            TextTable table = new TextTable("FLOW", "STATE", "DONE", "FAILED", "UNDER WAY", "MEAN MS", "WHAT");
            for (JsonNode flow : answer.path("items")) {
                if (state == null || state.equals(text(flow.path("state")))) {
                    table.row(
                            text(flow.path("id")),
                            text(flow.path("state")),
                            text(flow.path("exchanges")),
                            text(flow.path("failed")),
                            text(flow.path("inflight")),
                            text(flow.path("meanMillis")),
                            text(flow.path("description")));
                }
            }
            if (table.isEmpty()) {
                out().println("There are no such flows.");
            } else {
                print(table);
            }
        }
    }

    /** What is done to one. */
    @Command
    abstract static class Act extends ClientCommand {
        @Parameters(index = "0", arity = "0..1", paramLabel = "FLOW", description = "Its id: see flow list.")
        @Nullable
        String flow;

        final String flow() {
            return needed(flow, "FLOW", "Which flow (its id)?");
        }

        final void act(AdminClient hub, String flow, String verb) {
            JsonNode answer = hub.post(PATH + "/" + AdminClient.encoded(flow) + "/" + verb);
            if (!printed(answer)) {
                say("The flow " + text(answer.path("id")) + " is " + text(answer.path("state")) + ".");
            }
        }
    }

    @Command(
            name = "stop",
            description = "Stops a route of this hub. What waits for it stays in the queue.",
            footer = {"  ./muster flow stop patreon --yes"})
    static final class Stop extends Act {
        @Option(names = "--yes", description = "Do not ask.")
        boolean yes;

        @Override
        void run(AdminClient hub) {
            String which = flow();
            confirm(yes, "The flow " + which + " will stand still until somebody starts it again.");
            act(hub, which, "stop");
        }
    }

    @Command(
            name = "start",
            description = "Starts a route that was stopped.",
            footer = {"  ./muster flow start patreon"})
    static final class Start extends Act {
        @Override
        void run(AdminClient hub) {
            act(hub, flow(), "start");
        }
    }
}
