package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What waits for a person, field by field. */
@Command(
        name = "conflicts",
        description = "Fields that wait for a person: sources disagree, or a target to which we push.",
        synopsisSubcommandLabel = "[COMMAND]",
        subcommands = {ConflictsCommand.Resolve.class, ConflictsReview.class},
        footer = {
            "  ./muster conflicts --field lastName",
            "  ./muster conflicts review",
            "  ./muster conflicts resolve 0SA3B6BFP2JR6 accept_incoming --reason 'her passport says so'"
        })
final class ConflictsCommand extends ListCommands.Listed {
    static final String PATH = "/api/conflicts";
    static final List<String> CHOICES = List.of("keep_current", "accept_incoming", "own");

    @Option(names = "--field", description = "Only those of this field.")
    @Nullable
    String field;

    @Option(names = "--entity", description = "Only those of records of this kind, such as member.")
    @Nullable
    String entity;

    @Option(names = "--kind", description = "sources, push (one that is held) or all (default).")
    @Nullable
    String kind;

    @Option(names = "--status", description = "open (default), settled, resolved or all.")
    @Nullable
    String status;

    ConflictsCommand() {
        super(PATH, "No conflict waits.");
    }

    @Override
    void filter(Map<String, Object> query) {
        query.put("field", field);
        query.put("entity", entity);
        query.put("kind", kind);
        query.put("status", status);
    }

    @Override
    void print(JsonNode items) {
        TextTable table = new TextTable("ID", "SINCE", "RECORD", "FIELD", "STANDS", "RIVALS");
        for (JsonNode item : items) {
            table.row(
                    text(item.path("id")),
                    text(item.path("createdAt")),
                    text(item.path("entity")) + " " + text(item.path("recordId")),
                    text(item.path("field")),
                    claims(item.path("standing")),
                    claims(item.path("rivals")));
        }
        print(table);
    }

    private static String claims(JsonNode claims) {
        List<String> all = new ArrayList<>();
        claims.forEach(one -> all.add(
                text(one.path("value")) + " (" + text(one.path(one.has("platform") ? "platform" : "by")) + ")"));
        return String.join(", ", all);
    }

    static String path(String id) {
        return PATH + "/" + AdminClient.encoded(id);
    }

    /** What became of one that was decided. */
    static String outcome(JsonNode answer) {
        return switch (text(answer.path("push"))) {
            case "held" -> "Noted. The push still waits for its other fields: ./muster conflicts --kind push";
            case "due" -> "Noted. The push is due.";
            default -> "Decided: " + text(answer.path("choice")) + ".";
        };
    }

    /** Decides one, or all that match. */
    @Command(
            name = "resolve",
            description = {
                "Says which value stands: of one conflict, or of all of sources that match.",
                "keep_current: what stands now. accept_incoming: what the rival says. own: --value.",
                "Of sources, this makes an override (lifted by member override lift); of a held push, keep_current",
                "pushes the golden record's value, and accept_incoming lets the target's be."
            },
            footer = {
                "  ./muster resolve 0SA3B6BFP2JR6 keep_current",
                "  ./muster conflicts resolve 0SA3B6BFP2JR6 own --value Byron --reason 'she told us'",
                "  ./muster conflicts resolve --field phone --organization default accept_incoming"
            })
    static final class Resolve extends ClientCommand {
        @Parameters(
                arity = "0..2",
                paramLabel = "[ID] CHOICE",
                hideParamSyntax = true,
                description = "The conflict's id (left out with filters); and keep_current, accept_incoming or own.")
        List<String> words = List.of();

        @Option(
                names = "--value",
                description = "With own: the value; several times for a list. With accept_incoming: which rival's.")
        List<String> values = List.of();

        @Option(names = "--rival", description = "With accept_incoming: which of the rivals, from 0.")
        @Nullable
        Integer rival;

        @Option(names = "--reason", description = "Why; kept with the decision and in the audit log.")
        @Nullable
        String reason;

        @Option(names = "--field", description = "All of this field.")
        @Nullable
        String field;

        @Option(names = "--organization", description = "All of this organization.")
        @Nullable
        String organization;

        @Option(names = "--entity", description = "All of records of this kind.")
        @Nullable
        String entity;

        @Option(names = "--yes", description = "Do not ask.")
        boolean yes;

        @Override
        void run(AdminClient hub) {
            if (field == null && organization == null && entity == null) {
                resolveOne(hub);
            } else {
                resolveAll(hub);
            }
        }

        private void resolveOne(AdminClient hub) {
            String id = needed(words.isEmpty() ? null : words.get(0), "ID", "Which conflict (its id)?");
            String choice = words.size() > 1 ? words.get(1) : null;
            if (choice == null && terminal().asks()) {
                new CaseScreen(this, hub).show(hub.get(path(id)));
            }
            String chosen = checked(needed(choice, "CHOICE", "keep_current, accept_incoming or own?"));
            JsonNode standing = values.isEmpty()
                    ? AdminClient.JSON.nullNode()
                    : hub.get(path(id)).path("standing").path(0).path("value");
            JsonNode answer = hub.send("POST", path(id) + "/resolve", body(chosen, standing));
            if (!printed(answer)) {
                say(outcome(answer));
            }
        }

        private String checked(String choice) {
            if (!CHOICES.contains(choice)) {
                throw wrong("The choice is '" + choice + "': write keep_current, accept_incoming or own");
            }
            if (choice.equals("own") && values.isEmpty()) {
                throw wrong("The choice is own: say which value with --value");
            }
            return choice;
        }

        private ObjectNode body(String choice, JsonNode standing) {
            ObjectNode body = AdminClient.JSON.createObjectNode().put("choice", choice);
            if (!values.isEmpty()) {
                body.set("value", CanonicalText.like(values, standing));
            }
            if (rival != null) {
                body.put("rival", rival);
            }
            if (reason != null) {
                body.put("reason", reason);
            }
            return body;
        }

        private void resolveAll(AdminClient hub) {
            if (words.size() > 1) {
                throw wrong("Either an ID or filters (--field, --organization, --entity), not both");
            }
            String choice = checked(needed(
                    words.isEmpty() ? null : words.get(0), "CHOICE", "keep_current, accept_incoming or own, for all?"));
            Map<String, @Nullable Object> filters = new LinkedHashMap<>();
            filters.put("organization", organization);
            filters.put("entity", entity);
            filters.put("field", field);
            Map<String, @Nullable Object> query = new LinkedHashMap<>(filters);
            query.put("kind", "sources");
            JsonNode waiting = allPages(hub, PATH, query, "Counted").path("items");
            if (waiting.isEmpty()) {
                throw new CommandFailed(CommandFailed.FAILED, "No conflict of sources that matches waits.");
            }
            confirm(
                    yes,
                    waiting.size() + (waiting.size() == 1 ? " conflict" : " conflicts") + " will be decided: " + choice
                            + ".");
            ObjectNode body =
                    body(choice, waiting.path(0).path("standing").path(0).path("value"));
            filters.forEach((name, value) -> {
                if (value != null) {
                    body.put(name, value.toString());
                }
            });
            decide(hub, body, waiting.size());
        }

        /** Up to a thousand in a call; it ends where all of a call were refused: they stay open, and would come first again. */
        private void decide(AdminClient hub, ObjectNode body, int waiting) {
            ObjectNode all = AdminClient.JSON.createObjectNode();
            Map<String, JsonNode> outcomes = new LinkedHashMap<>();
            long done = 0;
            boolean more = true;
            boolean isStuck = false;
            try (Progress progress = progress("Decided")) {
                while (more) {
                    progress.at(done, waiting);
                    JsonNode answer = hub.send("POST", PATH + "/resolve", body);
                    answer.path("items").forEach(one -> outcomes.put(text(one.path("id")), one));
                    done += answer.path("done").asLong();
                    more = answer.path("more").asBoolean();
                    isStuck = more && isAllRefused(answer.path("items"));
                    if (isStuck) {
                        break;
                    }
                }
            }
            all.putArray("items").addAll(outcomes.values());
            all.put("done", done).put("more", isStuck);
            long refused = outcomes.values().stream().filter(Resolve::isRefused).count();
            if (!printed(all)) {
                TextTable table = new TextTable("ID", "OUTCOME", "WHY");
                outcomes.values().stream()
                        .filter(Resolve::isRefused)
                        .forEach(one ->
                                table.row(text(one.path("id")), text(one.path("outcome")), text(one.path("why"))));
                if (!table.isEmpty()) {
                    print(table);
                }
                out().println("Decided: " + done + ".");
            }
            out().flush();
            if (isStuck) {
                throw new CommandFailed(
                        CommandFailed.FAILED,
                        refused + " could not be decided so, and stand before the rest: " + Math.max(0, waiting - done)
                                + " of " + waiting
                                + " still wait. Decide these one by one (./muster conflicts review), or"
                                + " narrow the filters, and say it again.");
            }
            if (refused > 0) {
                throw new CommandFailed(CommandFailed.FAILED, refused + " could not be decided so; they still wait.");
            }
        }

        private static boolean isRefused(JsonNode one) {
            return text(one.path("outcome")).equals("refused");
        }

        private static boolean isAllRefused(JsonNode items) {
            for (JsonNode one : items) {
                if (!isRefused(one)) {
                    return false;
                }
            }
            return true;
        }
    }
}
