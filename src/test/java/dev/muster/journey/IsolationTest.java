package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import dev.muster.RunningHub;
import dev.muster.StubPlatform;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.StreamSupport;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Three accounts of one platform in two organizations, of which one is broken: it alone suffers, and is told what is wrong. */
class IsolationTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** A probe of an account that hangs, or may not be called, lasts to its limit: as shipped, 20 seconds each. */
    private static final Map<String, String> SETTINGS = Map.of(
            "MUSTER_LEASE_MS", "60000", "MUSTER_INTEGRATION_TEST_LIMIT_MS", "8000", "MUSTER_BREAKER_PAUSE_MS", "2000");

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SECRET = "of-the-club";
    private static final String PLATFORM = """
            platform: club
            title: Club
            webhook:
              signature: { scheme: hmac, digest: sha256, header: X-Signature }
              kind: { header: X-Event }
              record: { json: /id }
            api: { baseUrl: "http://127.0.0.1:1", headers: { Authorization: "Bearer {apiKey}" } }
            auth: { scheme: apiKey, test: { path: /me } }
            quota: { windows: [{ calls: 50, per: PT1S }] }
            streams:
              people:
                path: /people
                items: $root
                record: person
                schedule: { every: P1D }
            kinds: { handle: { changed: { payload: delivery } } }
            mapping:
              records:
                - entity: member
                  of: [person, delivery]
                  id: id
                  observedAt: at
                  fields: [{ target: email, source: email, type: email }]
                - entity: membership
                  of: [person, delivery]
                  id: id
                  observedAt: at
                  fields:
                    - { target: member, source: id, type: reference, entity: member }
                    - { target: status, type: text, default: active, when: id }
            push:
              - name: club-labels
                entity: member
                fields: [email]
                key: email
                segments: [patrons]
                upsert:
                  path: /labels
                  idempotent: true
                  record: "{ email: .email, labels: .segmentTags }"
                  results: "[.answer[] | { key: ., status: 200 }]"
            """;
    private static final String FLOW = """
            - route:
                id: club
                routeConfigurationId: operations
                from:
                  uri: muster-operations:club
                  steps:
                    - to: kamelet:complete-action
                    - to: direct:normalize
            """;

    @TempDir
    private Path folder;

    /** What may be wrong with an account, and what its test has to say. */
    private enum Broken {
        WRONG_KEY("401"),
        UNREACHABLE("nobody takes the connection"),
        HANGS("no answer"),
        GARBAGE("is not JSON"),
        EXHAUSTED(
                "quota for this account is used up|the quota, or a pause that the platform asked for, allows no call");

        private final String told;

        Broken(String told) {
            this.told = told;
        }
    }

    @ParameterizedTest
    @EnumSource
    void brokenAccountHarmsNoOther(Broken how) throws Exception {
        List<String> labelled = new CopyOnWriteArrayList<>();
        List<String> called = new CopyOnWriteArrayList<>();
        CountDownLatch end = new CountDownLatch(1);
        try (StubPlatform good = new StubPlatform(call -> well(call, labelled));
                StubPlatform bad = new StubPlatform(call -> {
                    called.add(call.getRequestURI().getPath());
                    badly(call, how, end);
                })) {
            Path home = RunningHub.copyOfHome(folder.resolve("home"));
            Files.writeString(home.resolve("config/platforms/club.yaml"), PLATFORM);
            Files.writeString(home.resolve("routes/platforms/club.camel.yaml"), FLOW);
            try (RunningHub hub = RunningHub.start(home, folder, SETTINGS)) {
                add(hub, "north", "north", good.origin());
                add(hub, "south", "south", good.origin());
                add(
                        hub,
                        "broken",
                        "south",
                        switch (how) {
                            case WRONG_KEY -> good.origin();
                            case UNREACHABLE -> "http://127.0.0.1:1";
                            default -> bad.origin();
                        });

                assertThat(outcome(hub, "north").path("outcome").asText()).isEqualTo("ok");
                assertThat(outcome(hub, "south").path("outcome").asText()).isEqualTo("ok");
                // the first pull may have met it before this test does
                assertThat(errors(hub, "broken")).containsPattern(how.told);

                assertThat(started(hub)).contains("north", "south", "broken");
                await().atMost(PATIENCE).untilAsserted(() -> {
                    // once as it was made, and once as it was asked for
                    assertThat(states(hub, "north")).isNotEmpty().containsOnly("done");
                    assertThat(states(hub, "south")).isNotEmpty().containsOnly("done");
                });
                assertThat(states(hub, "broken")).doesNotContain("done");
                for (String id : List.of("north", "south", "broken")) {
                    assertThat(deliver(hub, id)).isEqualTo(200);
                }
                await().atMost(PATIENCE).untilAsserted(() -> {
                    for (String id : List.of("north", "south", "broken")) {
                        assertThat(items(hub, "/api/members?email=told-" + id + "@example.org"))
                                .hasSize(1);
                    }
                    assertThat(labelled)
                            .contains(
                                    "north pulled-north@example.org",
                                    "north told-north@example.org",
                                    "south pulled-south@example.org",
                                    "south told-south@example.org",
                                    "south told-broken@example.org");
                });
                assertThat(labelled).noneMatch(one -> one.startsWith("north ") && !one.contains("north@"));
                assertReady(hub);

                itsWorkStopsAndStarts(hub, good, how, labelled, called);
            } finally {
                end.countDown();
            }
        }
    }

    private static void itsWorkStopsAndStarts(
            RunningHub hub, StubPlatform good, Broken how, List<String> labelled, List<String> called)
            throws IOException {
        change(hub, "{\"enabled\":false}");
        assertThat(deliver(hub, "broken")).isEqualTo(404);
        assertThat(outcome(hub, "broken").path("outcome").asText()).isEqualTo("skipped");
        int before = called.size();
        assertThat(started(hub)).doesNotContain("broken").contains("north", "south");

        // what a platform said of its quota holds for the account, whatever its address and key are
        if (how != Broken.EXHAUSTED) {
            assertThat(called).hasSize(before);
            change(
                    hub,
                    "{\"enabled\":true,\"baseUrl\":\"" + good.origin()
                            + "\",\"secrets\":{\"apiKey\":\"key-broken\",\"webhookSecret\":\"" + SECRET + "\"}}");
            // the breaker of the organization may still be open for a while
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                            outcome(hub, "broken").path("outcome").asText())
                    .isEqualTo("ok"));
            assertThat(deliver(hub, "broken")).isEqualTo(200);
            started(hub);
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(states(hub, "broken")).contains("done");
                assertThat(items(hub, "/api/members?email=pulled-broken@example.org"))
                        .hasSize(1);
                if (how != Broken.GARBAGE) {
                    // a success that nobody can read may have been one: such a push waits for a person
                    assertThat(labelled).contains("broken told-south@example.org");
                }
            });
        }
        send(hub, "DELETE", "/api/integrations/broken", "", 200);
        assertThat(deliver(hub, "broken")).isEqualTo(404);
        assertThat(started(hub)).doesNotContain("broken");
        assertThat(items(hub, "/api/dead-letters")).isEmpty();
        assertReady(hub);
    }

    private static void well(HttpExchange call, List<String> labelled) throws IOException {
        String key = String.valueOf(call.getRequestHeaders().getFirst("Authorization"));
        String account = key.replace("Bearer key-", "");
        String body = new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        if (!List.of("north", "south", "broken").contains(account)) {
            StubPlatform.status(call, 401);
            return;
        }
        switch (call.getRequestURI().getPath()) {
            case "/me" -> answer(call, "{\"name\":\"" + account + "\"}");
            case "/people" -> answer(call, "[" + person("pulled", account) + "]");
            case "/labels" -> {
                List<String> told = JSON.readTree(body).findValuesAsText("email");
                told.forEach(email -> labelled.add(account + " " + email));
                answer(call, JSON.writeValueAsString(told));
            }
            default -> StubPlatform.status(call, 404);
        }
    }

    private static void badly(HttpExchange call, Broken how, CountDownLatch end)
            throws IOException, InterruptedException {
        switch (how) {
            case HANGS -> end.await();
            case EXHAUSTED -> {
                call.getResponseHeaders().add("Retry-After", "600");
                StubPlatform.status(call, 429);
            }
            default -> answer(call, "<html>Welcome</html>");
        }
    }

    private static String person(String how, String account) {
        return "{\"id\":\"" + how + "-" + account + "\",\"email\":\"" + how + "-" + account
                + "@example.org\",\"at\":\"2026-05-01T00:00:00Z\"}";
    }

    private static void answer(HttpExchange call, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        call.sendResponseHeaders(200, bytes.length);
        call.getResponseBody().write(bytes);
    }

    private static void add(RunningHub hub, String id, String organization, String origin) throws IOException {
        send(
                hub,
                "POST",
                "/api/integrations",
                "{\"id\":\"" + id + "\",\"organization\":\"" + organization + "\",\"platform\":\"club\",\"baseUrl\":\""
                        + origin + "\",\"settings\":{\"push\":\"on\"},\"secrets\":{\"webhookSecret\":\"" + SECRET
                        + "\",\"apiKey\":\"" + (id.equals("broken") ? "wrong" : "key-" + id) + "\"}}",
                201);
    }

    private static void change(RunningHub hub, String body) throws IOException {
        send(hub, "PUT", "/api/integrations/broken", body, 200);
    }

    private static JsonNode outcome(RunningHub hub, String id) throws IOException {
        return test(hub, id).path("testConnection");
    }

    private static String errors(RunningHub hub, String id) throws IOException {
        JsonNode test = test(hub, id);
        return test.path("authenticate").path("error").asText()
                + ' '
                + test.path("testConnection").path("error").asText();
    }

    private static JsonNode test(RunningHub hub, String id) throws IOException {
        return send(hub, "POST", "/api/integrations/" + id + "/test", "", 200);
    }

    private static List<String> started(RunningHub hub) throws IOException {
        return send(hub, "POST", "/api/sync/start", "{\"platform\":\"club\",\"mode\":\"full\"}", 202)
                .findValuesAsText("integration");
    }

    private static List<String> states(RunningHub hub, String id) throws IOException {
        return StreamSupport.stream(
                        items(hub, "/api/sync/history?platform=club&integration=" + id)
                                .spliterator(),
                        false)
                .map(run -> run.path("state").asText())
                .toList();
    }

    private static int deliver(RunningHub hub, String id) {
        try {
            byte[] body = person("told", id).getBytes(StandardCharsets.UTF_8);
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            String signature = HexFormat.of().formatHex(mac.doFinal(body));
            return hub.post("/api/webhooks/club/" + id, body, "X-Event", "changed", "X-Signature", signature)
                    .statusCode();
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The hub takes deliveries, whatever one account does. */
    private static void assertReady(RunningHub hub) {
        assertThat(RunningHub.send(HttpRequest.newBuilder(hub.managementUri("/observe/health/ready"))
                                .build())
                        .statusCode())
                .isEqualTo(200);
    }

    private static JsonNode items(RunningHub hub, String path) throws IOException {
        return JSON.readTree(hub.get(path).body()).path("items");
    }

    private static JsonNode send(RunningHub hub, String method, String path, String body, int status)
            throws IOException {
        HttpResponse<String> answer = RunningHub.send(HttpRequest.newBuilder(hub.uri(path))
                .header("Authorization", "Bearer " + RunningHub.TOKEN)
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build());
        assertThat(answer.statusCode()).as(path + ": " + answer.body()).isEqualTo(status);
        return JSON.readTree(answer.body());
    }
}
