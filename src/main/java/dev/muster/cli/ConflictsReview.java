package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Conflicts, one after the other. */
@Command(
        name = "review",
        description = "Shows one conflict after the other, side by side, and takes your word: 1, 2, 3, s or q.",
        footer = {"  ./muster conflicts review --field lastName --reason 'checked by telephone'"})
final class ConflictsReview extends Review {
    @Option(names = "--field", description = "Only those of this field.")
    @Nullable
    String field;

    @Option(names = "--kind", description = "sources, push (one that is held) or all (default).")
    @Nullable
    String kind;

    ConflictsReview() {
        super(ConflictsCommand.PATH, "No conflict waits.");
    }

    @Override
    void filter(Map<String, @Nullable Object> query) {
        query.put("field", field);
        query.put("kind", kind);
    }

    @Override
    void show(AdminClient hub, JsonNode one) {
        new CaseScreen(this, hub).show(one);
    }

    @Override
    String question() {
        return "1 keep what stands, 2 take the incoming, 3 a value of your own, s skip, q quit:";
    }

    @Override
    @Nullable
    String decide(AdminClient hub, JsonNode one, String key) {
        ObjectNode body = AdminClient.JSON.createObjectNode();
        switch (key) {
            case "1" -> body.put("choice", "keep_current");
            case "2" -> {
                if (!incoming(one, body)) {
                    return null;
                }
            }
            case "3" -> {
                String value = terminal().ask(err(), "The value:");
                if (value == null || value.isBlank()) {
                    return null;
                }
                body.put("choice", "own")
                        .set(
                                "value",
                                CanonicalText.like(
                                        List.of(value),
                                        one.path("standing").path(0).path("value")));
            }
            default -> {
                return null;
            }
        }
        if (reason != null) {
            body.put("reason", reason);
        }
        return ConflictsCommand.outcome(
                hub.send("POST", ConflictsCommand.path(text(one.path("id"))) + "/resolve", body));
    }

    private boolean incoming(JsonNode one, ObjectNode body) {
        body.put("choice", "accept_incoming");
        int rivals = one.path("rivals").size();
        if (rivals > 1) {
            String which = terminal().ask(err(), "Which of the incoming, 1 to " + rivals + "?");
            if (which == null
                    || !which.matches("\\d{1,3}")
                    || Integer.parseInt(which) < 1
                    || Integer.parseInt(which) > rivals) {
                return false;
            }
            body.put("rival", Integer.parseInt(which) - 1);
        }
        return true;
    }
}
