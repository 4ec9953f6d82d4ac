package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import dev.muster.FreePort;
import dev.muster.RunningHub;
import dev.muster.StubPlatform;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hub of its own process, killed again and again while it takes back a large run: each record is undone once. */
class UndoCrashJourneyTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final int PAGES = 10;
    private static final int PER_PAGE = 400;
    private static final int PEOPLE = PAGES * PER_PAGE;
    private static final int CRASHES = 3;
    private static final String PLATFORM = """
            platform: club
            title: Club
            api: { baseUrl: "http://127.0.0.1:1" }
            webhook: { signature: { scheme: hmac, digest: sha256, header: X-Signature } }
            quota: { windows: [ { calls: 100000, per: PT1S } ] }
            streams:
              people:
                path: /people
                paging: { kind: page, parameter: page, first: 1, last: last_page }
                items: data
                record: person
            mapping:
              records:
                - entity: member
                  of: person
                  id: id
                  observedAt: updated_at
                  fields:
                    - { source: email, target: email, type: email }
                    - { source: last, target: lastName, type: name }
            """;

    @TempDir
    private Path folder;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final int port = FreePort.any();
    private volatile String lastName = "Before";

    private void answer(HttpExchange call) throws Exception {
        int page = Integer.parseInt(call.getRequestURI().getQuery().replaceAll(".*page=(\\d+).*", "$1"));
        StringBuilder body = new StringBuilder("{\"last_page\":" + PAGES + ",\"data\":[");
        String day = lastName.equals("Before") ? "1" : "2";
        for (int i = 0; i < PER_PAGE; i++) {
            String id = page + "-" + i;
            body.append(i == 0 ? "" : ",")
                    .append("{\"id\":\"" + id + "\",\"email\":\"p" + id + "@example.org\",\"last\":\"" + lastName
                            + "\",\"updated_at\":\"2026-01-0" + day + "T00:00:00Z\"}");
        }
        StubPlatform.json(call, body.append("]}").toString().getBytes(StandardCharsets.UTF_8));
    }

    private JsonNode post(String path, String body) throws Exception {
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .header("Authorization", "Bearer " + RunningHub.TOKEN)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
        return JSON.readTree(answer.body());
    }

    private List<String> column(String sql) {
        return HubProcess.column(folder, sql);
    }

    private long number(String sql) {
        return Long.parseLong(column(sql).get(0));
    }

    private String everybodyIsSaid() throws Exception {
        String run = await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(
                        () -> post("/api/sync/start", "{\"platform\":\"club\",\"mode\":\"full\"}")
                                .at("/runs/0/id")
                                .asText(),
                        id -> !id.isEmpty());
        await().atMost(PATIENCE)
                .until(() -> number("SELECT COUNT(*) FROM members WHERE last_name = '" + lastName + "'") == PEOPLE);
        await().atMost(PATIENCE).until(() -> number("SELECT COUNT(*) FROM sync_operations WHERE status < 2") == 0);
        return run;
    }

    @Test
    void anUndoGoesOnAfterEachCrashAndEachRecordIsUndoneOnce() throws Exception {
        try (StubPlatform club = new StubPlatform(this::answer)) {
            Path home = RunningHub.copyOfHome(folder.resolve("home"));
            Files.writeString(home.resolve("config/platforms/club.yaml"), PLATFORM);
            Files.writeString(home.resolve("routes/platforms/club.camel.yaml"), StubPlatform.flow("club"));
            Map<String, String> environment = Map.of(
                    "CLUB_API_KEY",
                    "key",
                    "CLUB_BASE_URL",
                    club.origin(),
                    "MUSTER_ADMIN_TOKEN",
                    RunningHub.TOKEN,
                    "ENCRYPTION_KEY",
                    RunningHub.ENCRYPTION_KEY,
                    "MUSTER_PULL_LOOK_MS",
                    "50");
            HubProcess hub = HubProcess.start(home, folder, port, environment);
            try {
                everybodyIsSaid();
                lastName = "Wrong";
                String run = everybodyIsSaid();

                post("/api/undo", "{\"run\":\"" + run + "\",\"reason\":\"a wrong list\"}");
                for (int crash = 0; crash < CRASHES; crash++) {
                    long before = number("SELECT changes FROM undos");
                    await().atMost(PATIENCE)
                            .pollDelay(Duration.ZERO)
                            .pollInterval(Duration.ofMillis(2))
                            .until(() -> number("SELECT changes FROM undos") > before);
                    hub.kill();
                    assertThat(number("SELECT COUNT(*) FROM undos WHERE ended_at IS NULL AND changes < total"))
                            .as("it was killed in the middle of it")
                            .isEqualTo(1);
                    hub = HubProcess.start(home, folder, port, environment);
                }
                await().atMost(PATIENCE).until(() -> number("SELECT COUNT(*) FROM undos WHERE ended_at IS NULL") == 0);
            } finally {
                hub.kill();
            }
        }
        assertThat(column(
                        "SELECT state || ' ' || total || ' ' || changes || ' ' || records || ' ' || fields || ' ' || skipped"
                                + " FROM undos"))
                .containsExactly("done " + PEOPLE + " " + PEOPLE + " " + PEOPLE + " " + PEOPLE + " 0");
        assertThat(column("SELECT DISTINCT last_name FROM members")).containsExactly("Before");
        assertThat(column("SELECT external_id FROM source_changes WHERE run_id = (SELECT id FROM undos)"))
                .doesNotHaveDuplicates()
                .hasSize(PEOPLE);
        assertThat(column("SELECT golden_id FROM audit_log WHERE reason = 'a wrong list' AND golden_id IS NOT NULL"
                        + " AND entity = 'member'"))
                .doesNotHaveDuplicates()
                .hasSize(PEOPLE);
        assertThat(column("SELECT m.id FROM members m WHERE m.version <> 3")).isEmpty();
    }
}
