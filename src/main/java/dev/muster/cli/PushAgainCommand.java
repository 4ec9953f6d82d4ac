package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes pushes due again that failed, or that are held for a person. */
@Command(
        name = "push-again",
        description =
                "Makes pushes due again: of one record, or all that failed. See pushes, and conflicts for held ones.")
final class PushAgainCommand extends ClientCommand {
    private static final int PAGE = 500;

    @Parameters(index = "0", paramLabel = "TARGET", description = "The push target, such as mailchimp-audience.")
    String target = "";

    /** One of the two. */
    static final class Which {
        @Option(names = "--record", description = "The golden record's id.")
        @Nullable
        String record;

        @Option(names = "--all", description = "Every record whose push to the target has failed.")
        boolean all;
    }

    @ArgGroup(exclusive = true, multiplicity = "1")
    Which which = new Which();

    @Option(names = "--integration", defaultValue = "default", description = "The account (default: default).")
    String integration = "default";

    @Option(
            names = "--force",
            description = "Send the golden record's values whatever the target has: settles what is held.")
    boolean force;

    @Override
    void run(AdminClient hub) {
        List<String> records = new ArrayList<>();
        if (which.record == null) {
            String cursor = "";
            do {
                Map<String, Object> query = new LinkedHashMap<>();
                query.put("status", "failed");
                query.put("target", target);
                query.put("integration", integration);
                query.put("limit", PAGE);
                query.put("cursor", cursor.isEmpty() ? null : cursor);
                JsonNode page = hub.get(address("/api/pushes", query));
                page.path("items")
                        .forEach(push -> records.add(push.path("goldenId").asText()));
                cursor = text(page.path("next"));
            } while (!cursor.isEmpty());
        } else {
            records.add(which.record);
        }
        ObjectNode body = AdminClient.JSON.createObjectNode().put("force", force);
        for (String record : records) {
            hub.send(
                    "POST",
                    "/api/pushes/" + AdminClient.encoded(record) + "/" + AdminClient.encoded(target) + "/"
                            + AdminClient.encoded(integration) + "/replay",
                    body);
        }
        out().println("Due again: " + records.size() + ".");
    }
}
