package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.muster.RunningHub;
import dev.muster.db.StoredText;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A field that is marked secret, from a webhook to whoever may see it, over a restart with another key. */
class SecretFieldsJourneyTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String VALUE = "size-in-clear-77";
    private static final String NEW_KEY =
            Base64.getEncoder().encodeToString("another key of tests: 32 bytes..".getBytes(StandardCharsets.UTF_8));

    @TempDir
    private Path folder;

    private static JsonNode get(RunningHub hub, String path, String token) throws Exception {
        return JSON.readTree(RunningHub.send(HttpRequest.newBuilder(hub.uri(path))
                        .header("Authorization", "Bearer " + token)
                        .build())
                .body());
    }

    private static String viewer(RunningHub hub) throws Exception {
        return JSON.readTree(RunningHub.send(HttpRequest.newBuilder(hub.uri("/api/keys"))
                                .header("Authorization", "Bearer " + RunningHub.TOKEN)
                                .header("Content-Type", "application/json")
                                .POST(
                                        HttpRequest.BodyPublishers.ofString(
                                                "{\"name\":\"viewer\",\"permissions\":[\"read\",\"audit\",\"decide\",\"administer\"]}"))
                                .build())
                        .body())
                .path("key")
                .asText();
    }

    @Test
    void onlyWhoMaySeesItAndNoTableButThatOfRawDeliveriesHoldsIt() throws Exception {
        Path home = RunningHub.copyOfHome(folder.resolve("home"));
        edit(home.resolve("config/survivorship.yaml"), "gender: review", "shirtSize: { rule: latest, pii: secret }");
        edit(
                home.resolve("config/platforms/patreon.yaml"),
                "        - { target: discordUserId,",
                "        - { target: shirtSize, source: $user.shirt, type: text }\n        - { target: discordUserId,");
        Map<String, String> environment = Map.of("PATREON_WEBHOOK_SECRET", PatreonDelivery.SECRET);
        String viewer;
        String member;
        try (RunningHub hub = RunningHub.start(home, folder, environment)) {
            viewer = viewer(hub);
            String told = new String(
                    new PatreonDelivery("m1", "ana@example.org", "Ana", "Lee", 500, "2026-03-01T08:00:00.000+00:00")
                            .body(),
                    StandardCharsets.UTF_8);
            byte[] body = told.replace("\"first_name\":", "\"shirt\":\"" + VALUE + "\",\"first_name\":")
                    .getBytes(StandardCharsets.UTF_8);
            String delivery = JSON.readTree(hub.post(
                                    "/api/webhooks/patreon",
                                    body,
                                    "X-Patreon-Event",
                                    "members:update",
                                    "X-Patreon-Signature",
                                    PatreonDelivery.signature(body))
                            .body())
                    .path("deliveryId")
                    .asText();
            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(items(hub, RunningHub.TOKEN))
                    .hasSize(1));
            member = items(hub, viewer).path(0).path("id").asText();
            shown(hub, viewer, member);
            guessed(hub, home.resolve("config/platforms/patreon.yaml"), viewer, member);
            for (String path : List.of("/api/audit", "/api/deliveries/" + delivery)) {
                assertThat(get(hub, path, viewer).toString())
                        .as(path)
                        .contains("***")
                        .doesNotContain(VALUE, "sealed:");
                assertThat(get(hub, path, RunningHub.TOKEN).toString()).as(path).contains(VALUE);
            }
        }
        try (Connection connection = DriverManager.getConnection(
                "jdbc:sqlite:" + folder.resolve("data").resolve("muster.db"))) {
            StoredText.of(connection)
                    .forEach((table, text) ->
                            assertThat(text.contains(VALUE)).as(table).isEqualTo(table.equals("deliveries")));
        }
        try (Stream<Path> files = Files.walk(folder.resolve("data"))) {
            assertThat(files.filter(Files::isRegularFile)
                            .filter(file -> !file.getFileName().toString().startsWith("muster.db")))
                    .allSatisfy(file -> assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                            .doesNotContain(VALUE));
        }
        Map<String, String> rotated = Map.of(
                "PATREON_WEBHOOK_SECRET",
                PatreonDelivery.SECRET,
                "ENCRYPTION_KEY",
                NEW_KEY,
                "ENCRYPTION_KEY_PREVIOUS",
                RunningHub.ENCRYPTION_KEY);
        try (RunningHub hub = RunningHub.start(home, folder, rotated)) {
            shown(hub, viewer, member);
        }
    }

    /** What may not be seen is not found out by naming it, nor by a mapping that calls it otherwise. */
    private static void guessed(RunningHub hub, Path platform, String viewer, String member) throws Exception {
        for (String guess : List.of(VALUE, "another")) {
            assertThat(send(
                                    hub,
                                    "PUT",
                                    "/api/members/" + member + "/overrides/shirtSize",
                                    viewer,
                                    "{\"value\":\"" + guess + "\",\"reason\":\"a guess\"}")
                            .statusCode())
                    .isEqualTo(403);
        }
        YAMLMapper yaml = new YAMLMapper();
        String renamed = yaml.writeValueAsString(
                        yaml.readTree(platform.toFile()).path("mapping"))
                .replace("shirtSize", "coatSize");
        String mapping = JSON.writeValueAsString(Map.of("platform", "patreon", "mapping", renamed));
        assertThat(send(hub, "POST", "/api/dry-run", viewer, mapping).statusCode())
                .isEqualTo(403);
        assertThat(send(hub, "POST", "/api/dry-run", RunningHub.TOKEN, mapping).body())
                .contains(VALUE);
    }

    private static HttpResponse<String> send(RunningHub hub, String method, String path, String token, String body) {
        return RunningHub.send(HttpRequest.newBuilder(hub.uri(path))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    private static void shown(RunningHub hub, String viewer, String member) throws Exception {
        String path = "/api/members/" + member;
        assertThat(get(hub, path, RunningHub.TOKEN).path("shirtSize").asText()).isEqualTo(VALUE);
        assertThat(get(hub, path, viewer).path("shirtSize").asText()).isEqualTo("***");
        assertThat(get(hub, path + "/explain?field=shirtSize", RunningHub.TOKEN).toString())
                .contains("\"value\":\"" + VALUE + "\"");
        assertThat(get(hub, path + "/explain?field=shirtSize", viewer).toString())
                .contains("\"value\":\"***\"")
                .doesNotContain(VALUE, "sealed:");
    }

    private static JsonNode items(RunningHub hub, String token) throws Exception {
        return get(hub, "/api/members?email=ana@example.org", token).path("items");
    }

    private static void edit(Path file, String from, String to) throws Exception {
        String text = Files.readString(file);
        assertThat(text).contains(from);
        Files.writeString(file, text.replace(from, to));
    }
}
