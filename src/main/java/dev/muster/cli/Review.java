package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows one case after the other to a person, and does what that person says. */
@Command
abstract class Review extends ClientCommand {
    private static final int PAGE = 50;

    @Option(names = "--organization", description = "Only those of this organization.")
    @Nullable
    String organization;

    @Option(names = "--reason", description = "Why; kept with each decision and in the audit log.")
    @Nullable
    String reason;

    private final String path;
    private final String none;

    Review(String path, String none) {
        this.path = path;
        this.none = none;
    }

    @Override
    final void run(AdminClient hub) {
        if (json) {
            throw wrong("A review is a talk with a person: it has no --json");
        }
        if (!terminal().asks()) {
            throw wrong("A review needs a terminal, with a person at it; for scripts there are list and resolve");
        }
        Map<String, @Nullable Object> query = new LinkedHashMap<>();
        query.put("organization", organization);
        query.put("limit", PAGE);
        filter(query);
        int seen = 0;
        int decided = 0;
        String next = "";
        do {
            query.put("cursor", next.isEmpty() ? null : next);
            JsonNode page = hub.get(address(path, query));
            for (JsonNode one : page.path("items")) {
                seen++;
                out().println();
                show(hub, one);
                out().flush();
                Step step = decided(hub, one);
                if (step == Step.QUIT) {
                    ended(seen - 1, decided);
                    return;
                }
                decided += step == Step.DECIDED ? 1 : 0;
            }
            next = text(page.path("next"));
        } while (!next.isEmpty());
        if (seen == 0) {
            out().println(none);
        } else {
            ended(seen, decided);
        }
    }

    private void ended(int seen, int decided) {
        out().println("Looked at " + seen + ", decided " + decided + ".");
    }

    /** What a person did with a case. */
    enum Step {
        DECIDED,
        SKIPPED,
        QUIT
    }

    /** Asks until an answer is one; what the hub refuses is told, and asked again. */
    private Step decided(AdminClient hub, JsonNode one) {
        while (true) {
            String key = terminal().ask(err(), question());
            if (key == null || key.equalsIgnoreCase("q")) {
                return Step.QUIT;
            }
            if (key.equalsIgnoreCase("s")) {
                return Step.SKIPPED;
            }
            try {
                String done = decide(hub, one, key);
                if (done != null) {
                    say(done);
                    return Step.DECIDED;
                }
            } catch (CommandFailed e) {
                if (e.exitCode() != CommandFailed.FAILED) {
                    throw e;
                }
                err().println(TextTable.clean(String.valueOf(e.getMessage())));
            }
        }
    }

    abstract void filter(Map<String, @Nullable Object> query);

    abstract void show(AdminClient hub, JsonNode one);

    /** What the keys mean. */
    abstract String question();

    /** @return what was done; null where the key means nothing */
    abstract @Nullable String decide(AdminClient hub, JsonNode one, String key);
}
