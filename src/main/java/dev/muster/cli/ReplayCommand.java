package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Puts what came in into the queue once more: dead letters, and operations that ended otherwise. */
@Command(
        name = "replay",
        description = {
            "Puts operations into the queue once more: one, all dead letters that match, or with --status all operations",
            "that ended so. What is known already changes nothing."
        },
        footer = {
            "  ./muster replay 0SA3B6BFP2JR6",
            "  ./muster dead-letters replay --digest 96e1de4867ec",
            "  ./muster replay --platform patreon --organization default",
            "  ./muster replay --status ignored --platform patreon --yes",
            "  ./muster replay --all"
        })
final class ReplayCommand extends ClientCommand {
    private static final String OPERATIONS = "/api/operations";
    private static final Set<String> ENDED = Set.of("success", "ignored", "conflict", "failed");
    private static final String DEAD = "dead";

    /** A count goes no further: it takes a page of the API for every 500. */
    private static final int COUNTED_MAX = 20_000;

    private static final int PAGE = 500;

    @Parameters(index = "0", arity = "0..1", paramLabel = "ID", description = "The operation's or dead letter's id.")
    @Nullable
    String id;

    @Option(names = "--digest", description = "All dead letters of this cause: see dead-letters groups.")
    @Nullable
    String digest;

    @Option(
            names = "--status",
            description = "All operations that ended so: success, ignored, conflict or failed; dead (default).")
    @Nullable
    String status;

    @Option(names = "--platform", description = "All of this platform.")
    @Nullable
    String platform;

    @Option(names = "--organization", description = "All of this organization.")
    @Nullable
    String organization;

    @Option(names = "--code", description = "All dead letters with this code of failure.")
    @Nullable
    String code;

    @Option(names = "--all", description = "Every dead letter there is now; with --status every such operation.")
    boolean all;

    @Option(names = "--force", description = "What somebody undid is heard again; without it, it stays undone.")
    boolean force;

    @Option(names = "--yes", description = "Do not ask. With --status somebody has to say so.")
    boolean yes;

    @Override
    void run(AdminClient hub) {
        Map<String, @Nullable String> filters = new LinkedHashMap<>();
        filters.put("digest", digest);
        filters.put("platform", platform);
        filters.put("organization", organization);
        filters.put("code", code);
        filters.values().removeIf(value -> value == null);
        boolean many = all || status != null || !filters.isEmpty();
        if (many && id != null) {
            throw wrong("Either an ID, or filters, or --all");
        }
        if (!many) {
            replayOne(hub, needed(id, "ID, a filter or --all", "Which operation or dead letter (its id)?"));
        } else if (status == null || status.equals(DEAD)) {
            replayDead(hub, filters);
        } else {
            replayEnded(hub, status, filters);
        }
    }

    private void replayOne(AdminClient hub, String one) {
        String segment = "/" + AdminClient.encoded(one);
        boolean isDead = text(hub.get(OPERATIONS + segment).path("status")).equals(DEAD);
        JsonNode answer =
                hub.send("POST", (isDead ? DeadLettersCommand.PATH : OPERATIONS) + segment + "/replay", forced());
        if (!printed(answer)) {
            out().println(
                            isDead
                                    ? "The operation " + text(answer.path("operationId")) + " is in the queue again."
                                    : "Its delivery is in the queue once more, as the operation "
                                            + text(answer.path("operationId")) + ".");
        }
    }

    private ObjectNode forced() {
        ObjectNode body = AdminClient.JSON.createObjectNode();
        if (force) {
            body.put("force", true);
        }
        return body;
    }

    private void replayDead(AdminClient hub, Map<String, @Nullable String> filters) {
        long total = 0;
        if (terminal().errors()) {
            Map<String, @Nullable String> known = new LinkedHashMap<>(filters);
            known.keySet().removeIf(name -> name.equals("digest") || name.equals("code"));
            for (JsonNode group :
                    hub.get(address(DeadLettersCommand.PATH + "/groups", known)).path("items")) {
                boolean meant = (digest == null || digest.equals(text(group.path("digest"))))
                        && (code == null || code.equals(text(group.path("code"))));
                total += meant ? group.path("count").asLong() : 0;
            }
        }
        replay(hub, DeadLettersCommand.PATH, filters, total);
    }

    private void replayEnded(AdminClient hub, String ended, Map<String, @Nullable String> filters) {
        if (!ENDED.contains(ended)) {
            throw wrong("The status is '" + ended + "': write success, ignored, conflict, failed or dead");
        }
        if (digest != null || code != null) {
            throw wrong("--digest and --code are about dead letters: leave --status out, or them");
        }
        filters.put("status", ended);
        int total = count(hub, filters);
        if (total > 0) {
            String many = total < COUNTED_MAX ? Integer.toString(total) : total + " or more";
            confirm(
                    yes,
                    many + (total == 1 ? " delivery whose operation is " : " deliveries whose operations are ") + ended
                            + " will be worked on once more"
                            + (force ? ", and what somebody undid of them is heard again." : "."));
        }
        replay(hub, OPERATIONS, filters, total);
    }

    /** Deliveries: each is replayed once, however many operations it had. */
    private int count(AdminClient hub, Map<String, @Nullable String> filters) {
        Map<String, @Nullable Object> query = new LinkedHashMap<>(filters);
        query.put("limit", PAGE);
        Set<String> deliveries = new HashSet<>();
        try (Progress progress = progress("Counted")) {
            String next = "";
            do {
                query.put("cursor", next.isEmpty() ? null : next);
                JsonNode page = hub.get(address(OPERATIONS, query));
                page.path("items").forEach(one -> deliveries.add(text(one.path("deliveryId"))));
                next = text(page.path("next"));
                progress.at(deliveries.size(), 0);
            } while (!next.isEmpty() && deliveries.size() < COUNTED_MAX);
        }
        return deliveries.size();
    }

    /** Newest first, up to a thousand in a call: what ends so again meanwhile comes before, and is not replayed for ever. */
    private void replay(AdminClient hub, String path, Map<String, @Nullable String> filters, long total) {
        ObjectNode body = forced();
        filters.forEach(body::put);
        long done = 0;
        try (Progress progress = progress("Replayed")) {
            String next;
            do {
                progress.at(done, Math.max(total, done));
                JsonNode answer = hub.send("POST", path + "/replay", body);
                done += answer.path("replayed").asLong();
                next = text(answer.path("next"));
                body.put("cursor", next);
            } while (!next.isEmpty());
        } catch (CommandFailed e) {
            throw done == 0
                    ? e
                    : new CommandFailed(
                            e.exitCode(), done + " were put into the queue before this went wrong: " + e.getMessage());
        }
        if (!printed(AdminClient.JSON.createObjectNode().put("replayed", done).putNull("next"))) {
            out().println("Put back into the queue: " + done + ".");
        }
    }
}
