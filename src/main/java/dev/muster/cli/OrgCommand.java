package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whose people the hub keeps. */
@Command(
        name = "org",
        description = "Organizations: list, create, rename, delete.",
        subcommands = {
            OrgCommand.Listing.class,
            OrgCommand.Create.class,
            OrgCommand.Rename.class,
            OrgCommand.Delete.class
        },
        footer = {"  ./muster org create harbour-runners 'Harbour Runners'"})
final class OrgCommand extends GroupCommand {
    private static final String PATH = "/api/organizations";

    @Command(
            name = "list",
            description = "All organizations, by id.",
            footer = {"  ./muster org list --json"})
    static final class Listing extends ClientCommand {
        @Override
        void run(AdminClient hub) {
            JsonNode answer = hub.get(PATH);
            if (printed(answer)) {
                return;
            }
            TextTable table = new TextTable("ID", "NAME", "CREATED");
            answer.path("items")
                    .forEach(one ->
                            table.row(text(one.path("id")), text(one.path("name")), text(one.path("createdAt"))));
            if (table.isEmpty()) {
                out().println("There are none. ./muster org create makes one.");
            } else {
                print(table);
            }
        }
    }

    /** What is about one organization. */
    @Command
    abstract static class OfOne extends ClientCommand {
        @Parameters(
                index = "0",
                arity = "0..1",
                paramLabel = "ID",
                description = "Lower-case letters, digits, hyphens.")
        @Nullable
        String id;

        final String id() {
            return needed(id, "ID", "Which organization (its id)?");
        }

        static String path(String id) {
            return PATH + "/" + AdminClient.encoded(id);
        }
    }

    @Command(
            name = "create",
            description = "A new organization.",
            footer = {"  ./muster org create harbour-runners 'Harbour Runners'"})
    static final class Create extends OfOne {
        @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "For people (default: the id).")
        @Nullable
        String name;

        @Override
        void run(AdminClient hub) {
            ObjectNode body = AdminClient.JSON.createObjectNode().put("id", id());
            if (name != null) {
                body.put("name", name);
            }
            JsonNode made = hub.send("POST", PATH, body);
            if (!printed(made)) {
                say("Made " + text(made.path("id")) + " (" + text(made.path("name")) + ").");
            }
        }
    }

    @Command(
            name = "rename",
            description = "Another name for people; the id stays.",
            footer = {"  ./muster org rename harbour-runners 'Harbour Runners e.V.'"})
    static final class Rename extends OfOne {
        @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "For people.")
        @Nullable
        String name;

        @Override
        void run(AdminClient hub) {
            String which = id();
            ObjectNode body =
                    AdminClient.JSON.createObjectNode().put("name", needed(name, "NAME", "What is its name?"));
            JsonNode changed = hub.send("PUT", path(which), body);
            if (!printed(changed)) {
                say(text(changed.path("id")) + " is called " + text(changed.path("name")) + ".");
            }
        }
    }

    @Command(
            name = "delete",
            description = "Forgets an organization that has no account, no person and no key.",
            footer = {"  ./muster org delete harbour-runners --yes"})
    static final class Delete extends OfOne {
        @Option(names = "--yes", description = "Do not ask.")
        boolean yes;

        @Override
        void run(AdminClient hub) {
            String which = id();
            JsonNode found = hub.get(path(which));
            confirm(yes, "The organization " + which + " (" + text(found.path("name")) + ") will be forgotten.");
            JsonNode answer = hub.send("DELETE", path(which), null);
            if (!json) {
                say(which + " is forgotten.");
            } else if (!answer.isMissingNode()) {
                printed(answer);
            }
        }
    }
}
