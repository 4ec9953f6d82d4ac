package dev.muster.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tries a changed file on stored deliveries. */
@Command(
        name = "dry-run",
        description = "Shows what a changed file would make of the latest stored deliveries; nothing is stored.",
        footer = {
            "",
            "Examples:",
            "  ./muster dry-run config/platforms/patreon.yaml --last 200",
            "  ./muster dry-run config/survivorship.yaml --platform patreon"
        })
final class DryRunCommand extends ClientCommand {
    @Parameters(
            index = "0",
            paramLabel = "FILE",
            description = "A platform's file, one that holds its mapping section, or survivorship.yaml.")
    Path file = Path.of("");

    @Option(names = "--platform", description = "Whose deliveries; without it what the file is named after.")
    @Nullable
    String platform;

    @Option(names = "--organization", description = "Whose; without it default.")
    @Nullable
    String organization;

    @Option(
            names = "--last",
            defaultValue = "100",
            description = "So many of the latest deliveries (default 100, up to 1000).")
    int last;

    @Override
    void run(AdminClient hub) {
        String stem = String.valueOf(file.getFileName()).replaceFirst("\\.ya?ml$", "");
        boolean isRules = stem.equals("survivorship");
        String whose = platform == null ? stem : platform;
        if (isRules && platform == null) {
            throw new CommandFailed(CommandFailed.USAGE, "Say on whose deliveries to try the rules: --platform NAME.");
        }
        ObjectNode asked = AdminClient.JSON.createObjectNode();
        asked.put("platform", whose).put("last", last);
        asked.put(isRules ? "survivorship" : "mapping", text());
        if (organization != null) {
            asked.put("organization", organization);
        }
        JsonNode found = hub.send("POST", "/api/dry-run", asked);
        if (printed(found)) {
            return;
        }
        TextTable said = new TextTable("DELIVERY", "RECORD", "FIELD", "NOW", "THEN");
        found.path("said")
                .forEach(one -> said.row(
                        text(one.path("deliveryId")),
                        text(one.path("entity")) + "/" + text(one.path("externalId")),
                        text(one.path("field")),
                        text(one.path("before")),
                        text(one.path("after"))));
        TextTable golden = new TextTable("GOLDEN RECORD", "FIELD", "NOW", "THEN");
        found.path("golden")
                .forEach(one -> golden.row(
                        text(one.path("recordId")),
                        text(one.path("field")),
                        text(one.path("before")),
                        text(one.path("after"))));
        if (!found.path("said").isEmpty()) {
            said.print(out());
        }
        if (!found.path("golden").isEmpty()) {
            golden.print(out());
        }
        found.path("notShown")
                .forEach(one -> out().println(text(one.path("deliveryId")) + ": " + text(one.path("why"))));
        out().println(found.path("deliveries").asLong() + " deliveries of "
                + found.path("records").asLong() + " records: "
                + found.path("saidDifferent").asLong() + " fields would be said differently, "
                + found.path("goldenDifferent").asLong() + " fields of "
                + found.path("goldenRecords").asLong() + " golden records would differ. Nothing was stored."
                + (found.path("isComplete").asBoolean() ? "" : " It took too long: not all were looked at."));
    }

    private String text() {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new CommandFailed(CommandFailed.USAGE, file + " cannot be read (" + e.getMessage() + ").");
        }
    }
}
