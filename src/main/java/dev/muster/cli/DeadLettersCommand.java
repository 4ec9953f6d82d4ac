package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Operations at rest with their cause. */
@Command(
        name = "dead-letters",
        description = "What was given up, newest first, and why; by cause; and back into the queue.",
        synopsisSubcommandLabel = "[COMMAND]",
        subcommands = {DeadLettersCommand.Groups.class, ReplayCommand.class},
        footer = {
            "  ./muster dead-letters --platform patreon",
            "  ./muster dead-letters groups",
            "  ./muster dead-letters replay --digest 96e1de4867ec"
        })
final class DeadLettersCommand extends ListCommands.Listed {
    static final String PATH = "/api/dead-letters";

    @Option(names = "--platform", description = "Only those of this platform.")
    @Nullable
    String platform;

    @Option(names = "--code", description = "Only those with this code of failure.")
    @Nullable
    String code;

    @Option(names = "--digest", description = "Only those of one cause: see dead-letters groups.")
    @Nullable
    String digest;

    DeadLettersCommand() {
        super(PATH, "There are no dead letters.");
    }

    @Override
    void filter(Map<String, Object> query) {
        query.put("platform", platform);
        query.put("code", code);
        query.put("digest", digest);
    }

    @Override
    void print(JsonNode items) {
        printFields(
                items,
                new TextTable("ID", "DIED", "PLATFORM", "KIND", "DIGEST", "TRIES", "CAUSE"),
                List.of("id", "diedAt", "platform", "kind", "digest", "attempts", "cause"));
    }

    @Command(
            name = "groups",
            description = "Dead letters by their cause, the largest group first; of the newest 5,000.",
            footer = {"  ./muster dead-letters groups --platform patreon"})
    static final class Groups extends ClientCommand {
        @Option(names = "--organization", description = "Only those of this organization.")
        @Nullable
        String organization;

        @Option(names = "--platform", description = "Only those of this platform.")
        @Nullable
        String platform;

        @Override
        void run(AdminClient hub) {
            Map<String, @Nullable Object> query = new LinkedHashMap<>();
            query.put("organization", organization);
            query.put("platform", platform);
            JsonNode answer = hub.get(address(PATH + "/groups", query));
            if (printed(answer)) {
                return;
            }
            TextTable table = new TextTable("COUNT", "DIGEST", "PLATFORM", "ORGANIZATION", "LAST", "CAUSE");
            for (JsonNode one : answer.path("items")) {
                table.row(
                        text(one.path("count")),
                        text(one.path("digest")),
                        text(one.path("platform")),
                        text(one.path("organization")),
                        text(one.path("diedAt")),
                        text(one.path("cause")));
            }
            if (table.isEmpty()) {
                out().println("There are no dead letters.");
            } else {
                print(table);
                out().println("Mend the cause, then: ./muster dead-letters replay --digest DIGEST");
            }
        }
    }
}
