package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.Collections;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Why a member is as it is. */
@Command(
        name = "explain",
        description = "Why a member's fields are as they are: value, rule and candidates.",
        footer = {"  ./muster explain ada@example.org", "  ./muster explain ada@example.org lastName"})
final class ExplainCommand extends ClientCommand {
    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "EMAIL",
            description = "An address the member has or had, or the member's id.")
    @Nullable
    String member;

    @Parameters(index = "1", arity = "0..1", paramLabel = "FIELD", description = "Only this field, such as lastName.")
    @Nullable
    String field;

    @Override
    void run(AdminClient hub) {
        String whose = needed(member, "EMAIL", "Whose record (an address or id)?");
        ArrayNode explanations = AdminClient.JSON.createArrayNode();
        for (JsonNode one : MemberCommand.find(hub, whose)) {
            explanations.add(hub.get(address(
                    "/api/members/" + one.path("id").asText() + "/explain",
                    field == null ? Collections.emptyMap() : Collections.singletonMap("field", field))));
        }
        if (field != null && !explanations.findParents("candidates").iterator().hasNext()) {
            throw new CommandFailed(CommandFailed.FAILED, "No source of " + whose + " has a field '" + field + "'.");
        }
        if (printed(explanations)) {
            return;
        }
        explanations.forEach(this::print);
    }

    private void print(JsonNode explanation) {
        out().println("Member " + text(explanation.path("id")) + " of " + text(explanation.path("organization")));
        for (JsonNode one : explanation.path("fields")) {
            out().println();
            out().println("  " + TextTable.clean(text(one.path("field")) + " = " + value(one.path("value")))
                    + (one.path("conflict").asBoolean() ? "   (waits for a person)" : ""));
            out().println("    " + TextTable.clean(text(one.path("rule")) + ": " + text(one.path("why"))));
            for (JsonNode candidate : one.path("candidates")) {
                out().println("    " + (candidate.path("stands").asBoolean() ? "* " : "- ")
                        + TextTable.clean(text(candidate.path("platform")) + " "
                                + text(candidate.path("externalId")) + ": " + value(candidate.path("value"))
                                + ", observed " + text(candidate.path("observedAt")) + ", delivery "
                                + text(candidate.path("deliveryId")) + "; " + text(candidate.path("why"))));
            }
        }
        out().println();
    }

    private static String value(JsonNode value) {
        return value.isNull() ? "(none)" : text(value);
    }
}
