package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** People: their golden records, and what people say of them. */
@Command(
        name = "member",
        description = "A member's golden record, by e-mail address or id; overrides, merges and their taking back.",
        synopsisSubcommandLabel = "[COMMAND]",
        subcommands = {
            MemberCommand.Show.class,
            MemberCommand.Overrides.class,
            MemberCommand.Merge.class,
            MemberCommand.KeepApart.class,
            MemberCommand.Unmerge.class,
            MemberCommand.Lift.class
        },
        footer = {"  ./muster member ada@example.org", "  ./muster member override set ada@example.org lastName Byron"})
final class MemberCommand extends ClientCommand {
    private static final String PATH = "/api/members/";
    private static final String WHOSE = "An address the member has or had, or the member's id.";

    @Parameters(index = "0", arity = "0..1", paramLabel = "EMAIL", description = WHOSE)
    @Nullable
    String member;

    @Override
    void run(AdminClient hub) {
        show(this, hub, needed(member, "EMAIL", "Whose record (an address or id)?"));
    }

    /** @throws CommandFailed where there is none */
    static Iterable<JsonNode> find(AdminClient hub, String emailOrId) {
        if (!emailOrId.contains("@")) {
            return List.of(hub.get(PATH + AdminClient.encoded(emailOrId)));
        }
        JsonNode items =
                hub.get(address("/api/members", Map.of("email", emailOrId))).path("items");
        if (items.isEmpty()) {
            throw new CommandFailed(CommandFailed.FAILED, "No member has or had the address " + emailOrId + ".");
        }
        return items;
    }

    private static void show(ClientCommand command, AdminClient hub, String member) {
        Iterable<JsonNode> all = find(hub, member);
        if (command.json) {
            // One is printed as the API answers; of several who share an address, a list.
            List<JsonNode> found = new ArrayList<>();
            all.forEach(found::add);
            command.printed(
                    found.size() == 1
                            ? found.get(0)
                            : AdminClient.JSON.createArrayNode().addAll(found));
            return;
        }
        for (JsonNode found : all) {
            TextTable table = new TextTable("FIELD", "VALUE");
            found.properties().forEach(field -> {
                String text = values(field.getValue());
                if (!text.isEmpty()) {
                    table.row(field.getKey(), text);
                }
            });
            command.print(table);
            command.out().println();
        }
    }

    /** What a field of a record says, in one line; nothing for null and for an empty list. */
    static String values(JsonNode value) {
        if (!value.isArray()) {
            return text(value);
        }
        List<String> all = new ArrayList<>();
        for (JsonNode element : value) {
            if (!element.isObject()) {
                all.add(text(element));
            } else {
                all.add(text(element.path("platform")) + " " + text(element.path("externalId"))
                        + (element.has("reason")
                                ? " " + text(element.path("field")) + ": " + text(element.path("reason"))
                                : ""));
            }
        }
        return String.join(", ", all);
    }

    /** What became of a ruling, and how it is taken back. */
    static String ruled(JsonNode answer) {
        List<String> records = new ArrayList<>();
        answer.path("records").forEach(record -> {
            String into = text(record.path("mergedInto"));
            records.add(text(record.path("id")) + (into.isEmpty() ? "" : " (now in " + into + ")"));
        });
        String ruling = text(answer.path("ruling"));
        return "Done: " + (records.isEmpty() ? "no record changed" : String.join(", ", records)) + "."
                + (ruling.isEmpty() ? "" : " To take it back: ./muster member lift " + ruling);
    }

    /** What is said of one member. */
    @Command
    abstract static class OfOne extends ClientCommand {
        @Parameters(index = "0", arity = "0..1", paramLabel = "MEMBER", description = WHOSE)
        @Nullable
        String member;

        @Option(names = "--reason", description = "Why; kept with the ruling and in the audit log.")
        @Nullable
        String reason;

        /** The one member that is meant. */
        final JsonNode one(AdminClient hub, @Nullable String given, String name) {
            String which = needed(given, name, "Which member (an address or id)?");
            List<JsonNode> found = new ArrayList<>();
            find(hub, which).forEach(found::add);
            if (found.size() > 1) {
                throw new CommandFailed(
                        CommandFailed.FAILED,
                        found.size() + " members have or had the address " + which + ": say which by id: "
                                + String.join(
                                        ", ",
                                        found.stream()
                                                .map(member -> text(member.path("id")))
                                                .toList()));
            }
            return found.get(0);
        }

        final ObjectNode body() {
            ObjectNode body = AdminClient.JSON.createObjectNode();
            if (reason != null) {
                body.put("reason", reason);
            }
            return body;
        }

        final void tell(JsonNode answer) {
            if (!printed(answer)) {
                say(ruled(answer));
            }
        }
    }

    /** What is said of one field: only where the member is still as it was seen. */
    @Command
    abstract static class OfField extends OfOne {
        @Option(
                names = "--if-version",
                paramLabel = "VERSION",
                description = "Only if the member still has the version that member show --json said; without it, the"
                        + " one it has when the command begins.")
        @Nullable
        Long version;

        final JsonNode change(AdminClient hub, JsonNode found, String method, String path, @Nullable JsonNode body) {
            long seen = version == null ? found.path("version").asLong() : version;
            return hub.sendIfAt(seen, method, path, body);
        }
    }

    @Command(
            name = "show",
            description = "A member's golden record.",
            footer = {"  ./muster member show ada@example.org --json"})
    static final class Show extends ClientCommand {
        @Parameters(index = "0", arity = "0..1", paramLabel = "EMAIL", description = WHOSE)
        @Nullable
        String member;

        @Override
        void run(AdminClient hub) {
            show(this, hub, needed(member, "EMAIL", "Whose record (an address or id)?"));
        }
    }

    @Command(
            name = "override",
            description = "A person's word on a field, whatever its sources say: set, lift.",
            subcommands = {MemberCommand.Set.class, MemberCommand.LiftOverride.class},
            footer = {"  ./muster member override set ada@example.org lastName Byron"})
    static final class Overrides extends GroupCommand {}

    @Command(
            name = "set",
            description = "A field has this value until the override is lifted.",
            footer = {
                "  ./muster member override set ada@example.org lastName Byron --reason 'she told us'",
                "  ./muster member override set 0SA3B6BFP2JR6 tags donor volunteer"
            })
    static final class Set extends OfField {
        @Parameters(index = "1", arity = "0..1", paramLabel = "FIELD", description = "Such as lastName.")
        @Nullable
        String field;

        @Parameters(index = "2..*", paramLabel = "VALUE", description = "The value; several for a list.")
        List<String> values = List.of();

        @Override
        void run(AdminClient hub) {
            JsonNode found = one(hub, member, "MEMBER");
            String which = needed(field, "FIELD", "Which field?");
            List<String> said =
                    values.isEmpty() ? List.of(needed(null, "VALUE", "Which value shall it have?")) : values;
            ObjectNode body = body();
            body.set("value", CanonicalText.like(said, found.path(which)));
            tell(change(hub, found, "PUT", path(found, which), body));
        }
    }

    private static String path(JsonNode member, String field) {
        return PATH + text(member.path("id")) + "/overrides/" + AdminClient.encoded(field);
    }

    @Command(
            name = "lift",
            description = "The sources decide again.",
            footer = {"  ./muster member override lift ada@example.org lastName"})
    static final class LiftOverride extends OfField {
        @Parameters(index = "1", arity = "0..1", paramLabel = "FIELD", description = "Such as lastName.")
        @Nullable
        String field;

        @Override
        void run(AdminClient hub) {
            JsonNode found = one(hub, member, "MEMBER");
            String path = path(found, needed(field, "FIELD", "Which field?"));
            tell(change(hub, found, "DELETE", address(path, Collections.singletonMap("reason", reason)), null));
        }
    }

    @Command(
            name = "merge",
            description = "Two members are one person. Lifting the ruling parts them again.",
            footer = {"  ./muster member merge ada@example.org byron@example.org --reason 'she married'"})
    static final class Merge extends OfOne {
        @Parameters(index = "1", arity = "0..1", paramLabel = "OTHER", description = "The other member.")
        @Nullable
        String other;

        @Override
        void run(AdminClient hub) {
            JsonNode one = one(hub, member, "MEMBER");
            String with = text(one(hub, other, "OTHER").path("id"));
            tell(hub.send("POST", PATH + text(one.path("id")) + "/merge", body().put("with", with)));
        }
    }

    @Command(
            name = "keep-apart",
            description = "Two members are two persons, whatever addresses they share.",
            footer = {"  ./muster member keep-apart 0SA3B6BFP2JR6 0SA3B6BFP2JR7 --reason 'a couple'"})
    static final class KeepApart extends OfOne {
        @Parameters(index = "1", arity = "0..1", paramLabel = "OTHER", description = "The other member.")
        @Nullable
        String other;

        @Override
        void run(AdminClient hub) {
            JsonNode one = one(hub, member, "MEMBER");
            String from = text(one(hub, other, "OTHER").path("id"));
            tell(hub.send("POST", PATH + text(one.path("id")) + "/keep-apart", body().put("from", from)));
        }
    }

    @Command(
            name = "unmerge",
            description = {
                "Parts a member, whatever brought it together. With --source, these leave the member.",
                "Without, MEMBER is the id of one that was merged away, and comes back."
            },
            footer = {
                "  ./muster member unmerge 0SA3B6BFP2JR6",
                "  ./muster member unmerge ada@example.org --source patreon/4711 --reason 'father and son'"
            })
    static final class Unmerge extends OfOne {
        @Option(
                names = "--source",
                paramLabel = "PLATFORM/ID",
                description = "A source that leaves, such as patreon/4711.")
        List<String> sources = List.of();

        @Override
        void run(AdminClient hub) {
            ObjectNode body = body();
            if (!sources.isEmpty()) {
                ArrayNode leaving = body.putArray("sources");
                for (String source : sources) {
                    int slash = source.indexOf('/');
                    if (slash < 1 || slash == source.length() - 1) {
                        throw wrong("--source is '" + source + "': write the platform, a slash and its id, such as"
                                + " patreon/4711");
                    }
                    leaving.addObject()
                            .put("platform", source.substring(0, slash))
                            .put("externalId", source.substring(slash + 1));
                }
            }
            String id = text(one(hub, member, "MEMBER").path("id"));
            tell(hub.send("POST", PATH + id + "/unmerge", body));
        }
    }

    @Command(
            name = "lift",
            description = "Takes back a merge or a keeping apart.",
            footer = {"  ./muster member lift 0SA3B6BFP2JR6 --reason 'a mistake'"})
    static final class Lift extends ClientCommand {
        @Parameters(index = "0", arity = "0..1", paramLabel = "RULING", description = "Its id: explain --json has it.")
        @Nullable
        String ruling;

        @Option(names = "--reason", description = "Why; kept in the audit log.")
        @Nullable
        String reason;

        @Override
        void run(AdminClient hub) {
            String which = needed(ruling, "RULING", "Which ruling (its id)?");
            ObjectNode body = AdminClient.JSON.createObjectNode();
            if (reason != null) {
                body.put("reason", reason);
            }
            JsonNode answer = hub.send("POST", "/api/rulings/" + AdminClient.encoded(which) + "/lift", body);
            if (!printed(answer)) {
                say(ruled(answer));
            }
        }
    }
}
