package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.RunningHub;
import dev.muster.cli.MusterCommand;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A person takes back what a platform said wrongly, and tries a changed file, with the commands and over HTTP. */
class UndoJourneyTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private Map<String, String> environment = Map.of();
    private String printed = "";

    private int muster(String... arguments) {
        StringWriter out = new StringWriter();
        int code = MusterCommand.run(
                RunningHub.project(), environment, new PrintWriter(out), new PrintWriter(out), arguments);
        printed = out.toString();
        return code;
    }

    private static JsonNode json(String text) throws Exception {
        return JSON.readTree(text);
    }

    private static JsonNode post(RunningHub hub, String path, String body) throws Exception {
        return json(RunningHub.send(HttpRequest.newBuilder(hub.uri(path))
                        .header("Authorization", "Bearer " + RunningHub.TOKEN)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build())
                .body());
    }

    private static void deliver(RunningHub hub, PatreonDelivery delivery) {
        byte[] body = delivery.body();
        assertThat(hub.post(
                                "/api/webhooks/patreon",
                                body,
                                "X-Patreon-Event",
                                "members:update",
                                "X-Patreon-Signature",
                                PatreonDelivery.signature(body))
                        .statusCode())
                .isEqualTo(200);
    }

    private static PatreonDelivery said(String lastName, int day) {
        return new PatreonDelivery(
                "m1", "ana@example.org", "Ana", lastName, 500, "2026-03-0" + day + "T08:00:00.000+00:00");
    }

    private static String lastName(RunningHub hub) throws Exception {
        return json(hub.get("/api/members?email=ana@example.org").body())
                .path("items")
                .path(0)
                .path("lastName")
                .asText();
    }

    private static void awaitName(RunningHub hub, String name, int operations) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode items = json(hub.get("/api/operations").body()).path("items");
            assertThat(items).hasSize(operations);
            assertThat(items).allMatch(item -> item.path("status").asText().equals("success"));
            assertThat(lastName(hub)).isEqualTo(name);
        });
    }

    @Test
    void whatWasWrongIsTakenBackAndStaysSo() throws Exception {
        environment = Map.of("PATREON_WEBHOOK_SECRET", PatreonDelivery.SECRET);
        try (RunningHub hub = RunningHub.start(folder, environment)) {
            environment = Map.of("MUSTER_URL", hub.uri("").toString(), "MUSTER_ADMIN_TOKEN", RunningHub.TOKEN);
            deliver(hub, said("Lee", 1));
            awaitName(hub, "Lee", 1);
            deliver(hub, said("Wrong", 2));
            awaitName(hub, "Wrong", 2);
            JsonNode wrong =
                    json(hub.get("/api/operations").body()).path("items").path(0);
            String operation = wrong.path("id").asText();

            assertThat(muster("undo", "operation", operation, "--preview"))
                    .as(() -> printed)
                    .isZero();
            assertThat(printed).contains("lastName", "Wrong", "Lee");
            assertThat(lastName(hub)).isEqualTo("Wrong");
            assertThat(muster("undo", "operation", operation)).isEqualTo(2);
            assertThat(muster("undo", "operation", operation, "--reason", "a typing error"))
                    .as(() -> printed)
                    .isZero();
            assertThat(printed).contains("done 100 %");
            assertThat(lastName(hub)).isEqualTo("Lee");

            String replay = "/api/deliveries/" + wrong.path("deliveryId").asText() + "/replay";
            post(hub, replay, "{}");
            awaitName(hub, "Lee", 3);
            post(hub, replay, "{\"force\":true}");
            awaitName(hub, "Wrong", 4);

            JsonNode begun = post(
                    hub,
                    "/api/undo",
                    "{\"platform\":\"patreon\",\"from\":\"2020-01-01T00:00:00Z\",\"until\":\"2100-01-01T00:00:00Z\","
                            + "\"reason\":\"all of it\"}");
            assertThat(begun.path("state").asText()).isEqualTo("running");
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                            json(hub.get("/api/undo/" + begun.path("id").asText())
                                            .body())
                                    .path("state")
                                    .asText())
                    .isEqualTo("done"));
            assertThat(json(hub.get("/api/members?email=ana@example.org").body())
                            .path("items")
                            .path(0)
                            .path("deletedAt")
                            .isNull())
                    .isFalse();

            assertThat(muster("undo", "undo", begun.path("id").asText(), "--reason", "a trial"))
                    .as(() -> printed)
                    .isZero();
            assertThat(lastName(hub)).isEqualTo("Wrong");
            assertThat(muster("undo", "history")).isZero();
            assertThat(printed).contains("a typing error", "all of it", "a trial");
            assertThat(muster("brakes", "list")).isZero();
            assertThat(printed).contains("Nobody is stopped");
        }
    }

    @Test
    void aChangedFileIsTriedOnWhatWasDelivered() throws Exception {
        environment = Map.of("PATREON_WEBHOOK_SECRET", PatreonDelivery.SECRET);
        try (RunningHub hub = RunningHub.start(folder, environment)) {
            environment = Map.of("MUSTER_URL", hub.uri("").toString(), "MUSTER_ADMIN_TOKEN", RunningHub.TOKEN);
            deliver(hub, said("Lee", 1));
            awaitName(hub, "Lee", 1);
            String file = Files.readString(RunningHub.project().resolve("config/platforms/patreon.yaml"));
            String line = "- { target: lastName, source: $user.last_name, type: name }";
            assertThat(file).contains(line);
            Path changed = folder.resolve("patreon.yaml");
            Files.writeString(changed, file.replace(line, line.replace("$user.last_name", "$user.first_name")));

            assertThat(muster("dry-run", changed.toString())).as(() -> printed).isZero();
            assertThat(printed).contains("lastName", "Lee", "Ana", "Nothing was stored");
            assertThat(lastName(hub)).isEqualTo("Lee");

            assertThat(muster("dry-run", "--json", RunningHub.project() + "/config/platforms/patreon.yaml"))
                    .isZero();
            assertThat(json(printed).path("saidDifferent").asInt()).isZero();
            assertThat(json(printed).path("goldenDifferent").asInt()).isZero();
            assertThat(json(printed).path("deliveries").asInt()).isEqualTo(1);

            Files.writeString(changed, file.replace("target: lastName, source: $user.last_name", "targe: lastName"));
            assertThat(muster("dry-run", changed.toString())).isEqualTo(1);
            int wrongLine = List.of(file.split("\n")).indexOf("        " + line) + 1;
            assertThat(printed).contains("config/platforms/patreon.yaml:" + wrongLine);

            String section = "records:\n  - entity: member\n    of: member\n    id: data.relationships.user.data.id\n"
                    + "    fields:\n      - { target: email, sourc: data.attributes.email, type: email }\n";
            JsonNode refused = post(
                    hub, "/api/dry-run", JSON.writeValueAsString(Map.of("platform", "patreon", "mapping", section)));
            assertThat(refused.path("detail").asText()).contains("patreon.yaml:6");
        }
    }
}
