package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.journey.PatreonDelivery;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a webhook of one platform, over HTTP, to another that wants to know. */
class PushFlowTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    @Test
    void memberOfOnePlatformIsToldToAnotherOnce() throws Exception {
        List<String> bodies = new CopyOnWriteArrayList<>();
        try (StubPlatform klaviyo = new StubPlatform(call -> {
                    bodies.add(new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
                    byte[] answer = "{\"data\":{\"type\":\"profile\",\"id\":\"K1\"}}".getBytes(StandardCharsets.UTF_8);
                    call.getResponseHeaders().add("Content-Type", "application/json");
                    call.sendResponseHeaders(201, answer.length);
                    call.getResponseBody().write(answer);
                });
                FlowHub hub = FlowHub.in(folder)
                        .with(Map.of(
                                "PATREON_WEBHOOK_SECRET",
                                PatreonDelivery.SECRET,
                                "KLAVIYO_BASE_URL",
                                klaviyo.origin(),
                                "KLAVIYO_API_KEY",
                                "key",
                                "KLAVIYO_PUSH",
                                "klaviyo-profiles"))
                        .start()) {
            String body = "{\"data\":{\"type\":\"member\",\"id\":\"m1\",\"attributes\":{\"email\":\"ana@example.org\","
                    + "\"full_name\":\"Ana Lee\",\"patron_status\":\"active_patron\","
                    + "\"last_charge_date\":\"2026-01-04T18:05:25.000+00:00\"},\"relationships\":{"
                    + "\"user\":{\"data\":{\"type\":\"user\",\"id\":\"u1\"}}}},\"included\":[]}";
            assertThat(hub.patreon(PatreonDelivery.SECRET, "members:create", body))
                    .isEqualTo(200);

            await().atMost(PATIENCE).until(() -> hub.column("SELECT external_id FROM pushes WHERE status = 0")
                    .contains("K1"));
            assertThat(klaviyo.paths()).containsExactly("/api/profile-import");
            assertThat(bodies.get(0)).contains("ana@example.org").contains("Ana");

            JsonNode pushes = hub.admin("GET", "/api/pushes?target=klaviyo-profiles");
            assertThat(pushes.path("items").path(0).path("status").asText()).isEqualTo("settled");
            assertThat(hub.admin("GET", "/api/pushes/plan?target=klaviyo-profiles")
                            .path("items"))
                    .isEmpty();

            // made due as a whole, nothing differs: no call; told to send it all the same: one
            assertThat(hub.admin("POST", "/api/pushes/enqueue", "{\"target\":\"klaviyo-profiles\"}")
                            .path("enqueued")
                            .asInt())
                    .isEqualTo(1);
            await().atMost(PATIENCE).until(() -> hub.column("SELECT version FROM pushes WHERE status = 0")
                    .equals(List.of("2")));
            assertThat(klaviyo.paths()).hasSize(1);
            String id = pushes.path("items").path(0).path("goldenId").asText();
            assertThat(hub.admin("POST", "/api/pushes/" + id + "/klaviyo-profiles/default/replay", "{\"force\":true}")
                            .path("status")
                            .asText())
                    .isEqualTo("due");
            await().atMost(PATIENCE).until(() -> klaviyo.paths().size() == 2);
            JsonNode conflicts = hub.admin("GET", "/api/conflicts");
            assertThat(conflicts.path("items").isArray()).isTrue();
            assertThat(conflicts.path("items")).isEmpty();
        }
    }
}
