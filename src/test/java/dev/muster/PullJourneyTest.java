package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A platform that is only configuration, from its pages to golden records. */
class PullJourneyTest {
    private static final String PLATFORM = """
            platform: club
            title: Club
            api: { baseUrl: "http://127.0.0.1:1" }
            webhook: { signature: { scheme: hmac, digest: sha256, header: X-Signature } }
            streams:
              people:
                path: /people
                query: { sort: "updated_at:asc" }
                paging: { kind: page, parameter: page, first: 1, size: { parameter: per_page, value: 10 }, last: last_page }
                items: data
                record: person
                incremental: { cursor: updated_at, parameter: since, overlap: PT1S, ordered: true }
                schedule: { every: PT1S }
                one: { path: "/people/{id}" }
                removed: { when: "gone" }
            mapping:
              records:
                - entity: member
                  of: person
                  id: id
                  observedAt: updated_at
                  fields:
                    - { source: email, target: email, type: email }
                    - { source: first, target: firstName, type: name }
            """;

    @Test
    void pagesBecomeGoldenRecords(@TempDir Path folder) throws Exception {
        try (StubPlatform club = new StubPlatform(PullJourneyTest::answer)) {
            Path home = RunningHub.copyOfHome(folder.resolve("home"));
            Files.writeString(home.resolve("config/platforms/club.yaml"), PLATFORM);
            Files.writeString(home.resolve("routes/platforms/club.camel.yaml"), StubPlatform.flow("club"));
            try (RunningHub hub =
                    RunningHub.start(home, folder, Map.of("CLUB_API_KEY", "key", "CLUB_BASE_URL", club.origin()))) {
                Path database = folder.resolve("data").resolve("muster.db");
                await(() -> count(database, "SELECT COUNT(*) FROM members") == 35);
                await(() -> count(
                                database,
                                "SELECT COUNT(*) FROM sync_runs WHERE state = 'done' AND applied = pages AND unchanged = 1")
                        >= 1);

                assertThat(FlowHub.column(database, "SELECT kind || ' ' || created FROM sync_runs ORDER BY id LIMIT 1"))
                        .containsExactly("full 35");
                assertThat(FlowHub.column(database, "SELECT high_water FROM cursors"))
                        .containsExactly("2026-01-01T00:34:00Z");
                assertThat(hub.get("/api/sync/streams?platform=club").body()).contains("people");
                assertThat(hub.get("/api/sync/history?platform=club&kind=full").body())
                        .contains("\"created\":35")
                        .containsPattern("\"calls\":[1-9].*\"quotaUsed\":0\\.\\d");
                assertThat(RunningHub.send(HttpRequest.newBuilder(hub.uri("/api/sync/manual"))
                                        .header("Authorization", "Bearer " + RunningHub.TOKEN)
                                        .POST(HttpRequest.BodyPublishers.ofString(
                                                "{\"platform\":\"club\",\"stream\":\"people\",\"id\":\"p99\"}"))
                                        .build())
                                .statusCode())
                        .isEqualTo(202);
                await(() -> count(database, "SELECT COUNT(*) FROM members") == 36);
            }
        }
    }

    private static long count(Path database, String sql) {
        return Long.parseLong(FlowHub.column(database, sql).get(0));
    }

    private static void answer(com.sun.net.httpserver.HttpExchange call) throws IOException {
        Map<String, String> query = new HashMap<>();
        if (call.getRequestURI().getPath().endsWith("/p99")) {
            byte[] one = "{\"id\":\"p99\",\"email\":\"p99@example.org\"}".getBytes(StandardCharsets.UTF_8);
            call.sendResponseHeaders(200, one.length);
            call.getResponseBody().write(one);
            return;
        }
        String raw = call.getRequestURI().getRawQuery();
        for (String part : raw.split("&")) {
            String[] pair = part.split("=", 2);
            query.put(pair[0], java.net.URLDecoder.decode(pair[1], StandardCharsets.UTF_8));
        }
        Instant since = query.containsKey("since") ? Instant.parse(query.get("since")) : Instant.EPOCH;
        StringBuilder body = new StringBuilder("{\"last_page\":%d,\"data\":[");
        int page = Integer.parseInt(query.get("page"));
        int found = 0;
        String comma = "";
        for (int i = 0; i < 35; i++) {
            Instant updated = Instant.parse("2026-01-01T00:00:00Z").plusSeconds(i * 60L);
            if (updated.isAfter(since)) {
                if (found >= (page - 1) * 10 && found < page * 10) {
                    body.append(comma)
                            .append("{\"id\":\"p" + i + "\",\"email\":\"p" + i
                                    + "@example.org\",\"first\":\"A\",\"updated_at\":\"" + updated + "\"}");
                    comma = ",";
                }
                found++;
            }
        }
        byte[] bytes = body.append("]}").toString().formatted((found + 9) / 10).getBytes(StandardCharsets.UTF_8);
        call.sendResponseHeaders(200, bytes.length);
        call.getResponseBody().write(bytes);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.sleep(20);
        }
    }
}
