package dev.muster.cli;

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
                "Makes pushes due again: of one record, or all that failed. See pushes, and conflicts for held ones.",
        footer = {
            "  ./muster push-again mailchimp-audience --record 0SA3B6BFP2JR6",
            "  ./muster push-again mailchimp-audience --all"
        })
final class PushAgainCommand extends ClientCommand {
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

    @Option(names = "--yes", description = "With --all and --force: do not ask.")
    boolean yes;

    @Override
    void run(AdminClient hub) {
        List<String> records = new ArrayList<>();
        if (which.record == null) {
            Map<String, Object> query = new LinkedHashMap<>();
            query.put("status", "failed");
            query.put("target", target);
            query.put("integration", integration);
            allPages(hub, "/api/pushes", query, "Read")
                    .path("items")
                    .forEach(push -> records.add(push.path("goldenId").asText()));
            if (force && !records.isEmpty()) {
                confirm(yes, "What " + target + " has of " + records.size() + " records will be overwritten.");
            }
        } else {
            records.add(which.record);
        }
        ObjectNode body = AdminClient.JSON.createObjectNode().put("force", force);
        int done = 0;
        try (Progress progress = progress("Due again")) {
            for (String record : records) {
                progress.at(done, records.size());
                hub.send(
                        "POST",
                        "/api/pushes/" + AdminClient.encoded(record) + "/" + AdminClient.encoded(target) + "/"
                                + AdminClient.encoded(integration) + "/replay",
                        body);
                done++;
            }
        }
        if (!printed(AdminClient.JSON.createObjectNode().put("due", done))) {
            out().println("Due again: " + done + ".");
        }
    }
}
