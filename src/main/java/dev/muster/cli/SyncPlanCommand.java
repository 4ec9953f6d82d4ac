package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What a push would change at a target. */
@Command(
        name = "plan",
        description = "Lists per record what would change at a push target. Changes nothing.",
        footer = {"  ./muster sync plan mailchimp-audience"})
final class SyncPlanCommand extends ClientCommand {
    @Parameters(index = "0", paramLabel = "TARGET", description = "The push target, such as mailchimp-audience.")
    String target = "";

    @Option(names = "--organization", defaultValue = "default", description = "Whose records (default: default).")
    String organization = "default";

    @Option(names = "--integration", description = "Only for this account.")
    @Nullable
    String integration;

    @Option(names = "--all", description = "Records that need nothing, too.")
    boolean all;

    @Option(names = "--limit", defaultValue = "200", description = "Records looked at per page (default 200).")
    int limit;

    @Option(names = "--cursor", description = "Where to go on, as the page before said.")
    @Nullable
    String cursor;

    @Override
    void run(AdminClient hub) {
        Map<String, Object> query = new LinkedHashMap<>();
        query.put("target", target);
        query.put("organization", organization);
        query.put("integration", integration);
        query.put("all", all ? "true" : null);
        query.put("limit", limit);
        query.put("cursor", cursor);
        JsonNode answer = hub.get(address("/api/pushes/plan", query));
        if (printed(answer)) {
            return;
        }
        if (answer.path("items").isEmpty() && answer.path("next").isNull()) {
            out().println("Nothing would be pushed: the target has what it should have.");
            return;
        }
        TextTable plan = new TextTable("RECORD", "ACCOUNT", "STEP", "WHY", "CHANGES");
        for (JsonNode item : answer.path("items")) {
            plan.row(
                    text(item.path("goldenId")),
                    text(item.path("integration")),
                    text(item.path("step")),
                    text(item.path("reason")),
                    changes(item.path("differences")));
        }
        print(plan);
        more(answer);
    }

    private static String changes(JsonNode differences) {
        StringJoiner changes = new StringJoiner(", ");
        differences
                .properties()
                .forEach(field -> changes.add(
                        field.getKey() + ": " + text(field.getValue().path("there")) + " → "
                                + text(field.getValue().path("here"))));
        return changes.toString();
    }
}
