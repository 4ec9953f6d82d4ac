package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;

/** The hub at a glance. */
@Command(name = "status", description = "The hub at a glance: health, queue, counts.")
final class StatusCommand extends ClientCommand {
    @Override
    void run(AdminClient hub) {
        JsonNode status = hub.get("/api/status");
        if (printed(status)) {
            return;
        }
        out().println("The hub is " + text(status.path("status")) + ".");
        status.path("configProblems").forEach(problem -> out().println("  " + TextTable.clean(problem.asText())));
        out().println();
        if (status.path("queue").isEmpty()) {
            out().println("Nothing waits in the queue.");
        } else {
            TextTable queue = new TextTable("PLATFORM", "WAITING", "OLDEST");
            status.path("queue")
                    .properties()
                    .forEach(platform -> queue.row(
                            platform.getKey(),
                            text(platform.getValue().path("waiting")),
                            text(platform.getValue().path("oldestAt"))));
            queue.print(out());
        }
        out().println();
        TextTable counts = new TextTable("WHAT", "HOW MANY");
        status.path("counts").properties().forEach(count -> counts.row(count.getKey(), text(count.getValue())));
        counts.print(out());
    }
}
