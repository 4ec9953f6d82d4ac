package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Puts dead letters back into the queue. */
@Command(name = "replay", description = "Puts dead letters back into the queue: one, or all.")
final class ReplayCommand extends ClientCommand {
    private static final int PAGE = 500;

    /** One of the two. */
    static final class Which {
        @Parameters(index = "0", paramLabel = "ID", description = "The dead letter's id: see dead-letters.")
        @Nullable
        String id;

        @Option(names = "--all", description = "Every dead letter there is now.")
        boolean all;
    }

    @ArgGroup(exclusive = true, multiplicity = "1")
    Which which = new Which();

    @Override
    void run(AdminClient hub) {
        String id = which.id;
        if (id != null) {
            JsonNode answer = hub.post("/api/dead-letters/" + AdminClient.encoded(id) + "/replay");
            if (!printed(answer)) {
                out().println("The operation " + text(answer.path("operationId")) + " is in the queue again.");
            }
            return;
        }
        List<String> all = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = hub.get(address(
                    "/api/dead-letters",
                    cursor.isEmpty() ? Map.of("limit", PAGE) : Map.of("limit", PAGE, "cursor", cursor)));
            page.path("items").forEach(letter -> all.add(letter.path("id").asText()));
            cursor = text(page.path("next"));
        } while (!cursor.isEmpty());
        all.forEach(letter -> hub.post("/api/dead-letters/" + letter + "/replay"));
        if (!printed(AdminClient.JSON.createObjectNode().put("replayed", all.size()))) {
            out().println("Put back into the queue: " + all.size() + ".");
        }
    }
}
