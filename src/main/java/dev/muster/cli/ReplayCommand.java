package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Puts dead letters back into the queue. */
@Command(
        name = "replay",
        description = "Puts dead letters back into the queue: one, all that match, or all.",
        footer = {
            "  ./muster replay 0SA3B6BFP2JR6",
            "  ./muster dead-letters replay --digest 96e1de4867ec",
            "  ./muster replay --platform patreon --organization default",
            "  ./muster replay --all"
        })
final class ReplayCommand extends ClientCommand {
    @Parameters(index = "0", arity = "0..1", paramLabel = "ID", description = "The dead letter's id: see dead-letters.")
    @Nullable
    String id;

    @Option(names = "--digest", description = "All of this cause: see dead-letters groups.")
    @Nullable
    String digest;

    @Option(names = "--platform", description = "All of this platform.")
    @Nullable
    String platform;

    @Option(names = "--organization", description = "All of this organization.")
    @Nullable
    String organization;

    @Option(names = "--code", description = "All with this code of failure.")
    @Nullable
    String code;

    @Option(names = "--all", description = "Every dead letter there is now.")
    boolean all;

    @Override
    void run(AdminClient hub) {
        Map<String, @Nullable String> filters = new LinkedHashMap<>();
        filters.put("digest", digest);
        filters.put("platform", platform);
        filters.put("organization", organization);
        filters.put("code", code);
        filters.values().removeIf(value -> value == null);
        boolean many = all || !filters.isEmpty();
        if (many && id != null) {
            throw wrong("Either an ID, or filters, or --all");
        }
        if (many) {
            replay(hub, filters);
            return;
        }
        String one = needed(id, "ID, a filter or --all", "Which dead letter (its id)?");
        JsonNode answer = hub.post(DeadLettersCommand.PATH + "/" + AdminClient.encoded(one) + "/replay");
        if (!printed(answer)) {
            out().println("The operation " + text(answer.path("operationId")) + " is in the queue again.");
        }
    }

    /** Newest first, up to a thousand in a call: what dies again meanwhile comes before, and is not replayed for ever. */
    private void replay(AdminClient hub, Map<String, @Nullable String> filters) {
        ObjectNode body = AdminClient.JSON.createObjectNode();
        filters.forEach(body::put);
        long total = 0;
        if (terminal().errors()) {
            for (JsonNode group : hub.get(address(DeadLettersCommand.PATH + "/groups", groups(filters)))
                    .path("items")) {
                boolean meant = (digest == null || digest.equals(text(group.path("digest"))))
                        && (code == null || code.equals(text(group.path("code"))));
                total += meant ? group.path("count").asLong() : 0;
            }
        }
        long done = 0;
        try (Progress progress = progress("Replayed")) {
            String next;
            do {
                progress.at(done, Math.max(total, done));
                JsonNode answer = hub.send("POST", DeadLettersCommand.PATH + "/replay", body);
                done += answer.path("replayed").asLong();
                next = text(answer.path("next"));
                body.put("cursor", next);
            } while (!next.isEmpty());
        }
        if (!printed(AdminClient.JSON.createObjectNode().put("replayed", done).putNull("next"))) {
            out().println("Put back into the queue: " + done + ".");
        }
    }

    private static Map<String, @Nullable String> groups(Map<String, @Nullable String> filters) {
        Map<String, @Nullable String> known = new LinkedHashMap<>(filters);
        known.keySet().removeIf(name -> name.equals("digest") || name.equals("code"));
        return known;
    }
}
