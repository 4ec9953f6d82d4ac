package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** One member's golden record. */
@Command(name = "member", description = "A member's golden record, by e-mail address or id.")
final class MemberCommand extends ClientCommand {
    @Parameters(
            index = "0",
            paramLabel = "EMAIL",
            description = "An address the member has or had, or the member's id.")
    String member = "";

    /** @throws CommandFailed where there is none */
    static Iterable<JsonNode> find(AdminClient hub, String emailOrId) {
        if (!emailOrId.contains("@")) {
            return List.of(hub.get("/api/members/" + AdminClient.encoded(emailOrId)));
        }
        JsonNode items =
                hub.get(address("/api/members", Map.of("email", emailOrId))).path("items");
        if (items.isEmpty()) {
            throw new CommandFailed(
                    CommandFailed.FAILED, "No member has or had the address " + TextTable.clean(emailOrId) + ".");
        }
        return items;
    }

    @Override
    void run(AdminClient hub) {
        for (JsonNode found : find(hub, member)) {
            if (printed(found)) {
                continue;
            }
            TextTable table = new TextTable("FIELD", "VALUE");
            found.properties().forEach(field -> {
                if (!field.getValue().isNull() && !field.getValue().isArray()
                        || field.getValue().size() > 0) {
                    table.row(field.getKey(), values(field.getValue()));
                }
            });
            table.print(out());
            out().println();
        }
    }

    private static String values(JsonNode value) {
        if (!value.isArray()) {
            return text(value);
        }
        StringBuilder joined = new StringBuilder();
        for (JsonNode element : value) {
            joined.append(joined.isEmpty() ? "" : ", ");
            if (element.isObject()) {
                joined.append(text(element.path("platform"))).append(' ').append(text(element.path("externalId")));
                if (element.has("reason")) {
                    joined.append(' ')
                            .append(text(element.path("field")))
                            .append(": ")
                            .append(text(element.path("reason")));
                }
            } else {
                joined.append(text(element));
            }
        }
        return joined.toString();
    }
}
