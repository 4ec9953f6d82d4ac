package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.RunningHub;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Secrets that platforms send with each delivery end neither in a file of the hub nor in an answer. */
class SecretsAtRestTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String IN_BODY = "timing-key-0f1e2d3c4b5a";
    private static final String IN_HEADER = "gate-token-9a8b7c6d5e4f";
    private static final String IN_PATH = "path-secret-1122334455667788";

    @TempDir
    private static Path directory;

    private static RunningHub hub;

    @BeforeAll
    static void start() throws IOException {
        Path home = RunningHub.copyOfHome(directory.resolve("home"));
        Path platforms = home.resolve("config").resolve("platforms");
        Files.writeString(platforms.resolve("timing.yaml"), """
                platform: timing
                webhook:
                  signature: {scheme: json-field, field: /apiKey}
                  kind: {json: /type}
                kinds:
                  kind: type
                  handle:
                    detection: {ignore: only kept}
                """);
        Files.writeString(platforms.resolve("gate.yaml"), """
                platform: gate
                webhook:
                  signature: {scheme: token, header: X-Gate-Auth}
                  kind: {json: /type}
                kinds:
                  kind: type
                  handle:
                    detection: {ignore: only kept}
                """);
        Path flows = home.resolve("routes").resolve("platforms");
        String flow = Files.readString(flows.resolve("patreon.camel.yaml"));
        for (String platform : List.of("timing", "gate")) {
            Files.writeString(
                    flows.resolve(platform + ".camel.yaml"),
                    flow.replace("patreon", platform).replace("Patreon", platform));
        }
        hub = RunningHub.start(
                home,
                directory,
                Map.of(
                        "TIMING_WEBHOOK_SECRET", IN_BODY,
                        "GATE_WEBHOOK_SECRET", IN_HEADER,
                        "EVENTBRITE_WEBHOOK_SECRET", IN_PATH));
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    @Test
    void aSecretInTheBodyIsMasked() throws IOException {
        accepted(
                hub.post(
                        "/api/webhooks/timing",
                        bytes("{\"apiKey\":\"" + IN_BODY + "\",\"type\":\"detection\",\"rawTime\":1.50}")),
                IN_BODY,
                "{\"apiKey\":\"***\",\"type\":\"detection\",\"rawTime\":1.50}");
    }

    @Test
    void aTokenInAHeaderIsLeftOut() throws IOException {
        accepted(
                hub.post("/api/webhooks/gate", bytes("{\"type\":\"made\"}"), "X-Gate-Auth", IN_HEADER),
                IN_HEADER,
                "{\"type\":\"made\"}");
    }

    @Test
    void aSecretInThePathIsLeftOut() throws IOException {
        String body = "{\"config\":{\"action\":\"test\"},\"api_url\":\"https://www.eventbriteapi.com/v3/orders/1/\"}";
        accepted(
                hub.post(
                        "/api/webhooks/eventbrite/" + IN_PATH,
                        bytes(body),
                        "X-Original-URI",
                        "/api/webhooks/eventbrite/" + IN_PATH,
                        "X-Whatever",
                        "before " + IN_PATH + " after"),
                IN_PATH,
                body);
    }

    private static void accepted(HttpResponse<String> answer, String secret, String storedBody) throws IOException {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        String id = JSON.readTree(answer.body()).path("deliveryId").asText();
        HttpResponse<String> delivery = hub.get("/api/deliveries/" + id);
        assertThat(delivery.statusCode()).isEqualTo(200);
        assertThat(JSON.readTree(delivery.body()).path("body").asText()).isEqualTo(storedBody);
        assertThat(delivery.body()).doesNotContain(secret);
        // until the work on it has ended, whichever way: a dead letter keeps causes too
        await().until(() -> {
            JsonNode operations =
                    JSON.readTree(hub.get("/api/operations?limit=100").body());
            for (JsonNode operation : operations.path("items")) {
                if (operation.path("deliveryId").asText().equals(id)) {
                    return !List.of("pending", "processing")
                            .contains(operation.path("status").asText());
                }
            }
            return false;
        });
        List<Path> files;
        try (Stream<Path> all = Files.walk(directory.resolve("data"))) {
            files = all.filter(Files::isRegularFile).toList();
        }
        boolean found = false;
        for (Path file : files) {
            String content = Files.readString(file, StandardCharsets.ISO_8859_1);
            assertThat(content.contains(secret)).as("%s holds the secret", file).isFalse();
            found |= content.contains(storedBody);
        }
        assertThat(found).as("the delivery is in none of %s", files).isTrue();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
