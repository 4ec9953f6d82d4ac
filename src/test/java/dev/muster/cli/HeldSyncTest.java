package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import dev.muster.FlowHub;
import dev.muster.RunningHub;
import dev.muster.StubPlatform;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A platform that suddenly says that everybody is gone, from its pages to what a person makes of it. */
class HeldSyncTest {
    private static final int PAGES = 10;
    private static final int PER_PAGE = 10;
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
                removed: { when: gone }
            mapping:
              records:
                - entity: member
                  of: person
                  id: id
                  observedAt: updated_at
                  fields:
                    - { source: email, target: email, type: email }
            """;

    @TempDir
    private Path folder;

    private volatile boolean everybodyIsGone;

    private void answer(HttpExchange call) throws Exception {
        int page = Integer.parseInt(call.getRequestURI().getQuery().replaceAll(".*page=(\\d+).*", "$1"));
        StringBuilder body = new StringBuilder("{\"last_page\":" + PAGES + ",\"data\":[");
        for (int i = 0; i < PER_PAGE; i++) {
            body.append(i == 0 ? "" : ",")
                    .append(
                            "{\"id\":\"%d-%d\",\"email\":\"p%d-%d@example.org\",\"gone\":%s,\"updated_at\":\"2026-01-0%dT00:00:00Z\"}"
                                    .formatted(page, i, page, i, everybodyIsGone, everybodyIsGone ? 2 : 1));
        }
        StubPlatform.json(call, body.append("]}").toString().getBytes(StandardCharsets.UTF_8));
    }

    private FlowHub.Setting setting(StubPlatform club) {
        return FlowHub.in(folder)
                .add("config/platforms/club.yaml", PLATFORM)
                .add("routes/platforms/club.camel.yaml", StubPlatform.flow("club"))
                .with(Map.of(
                        "CLUB_API_KEY",
                        "key",
                        "CLUB_BASE_URL",
                        club.origin(),
                        "CLUB_BRAKE",
                        "{\"share\":0.2,\"atLeast\":5,\"counts\":\"removals\"}",
                        // a page at a time: what an account oversteps by is one transaction
                        "MUSTER_APPLY_BATCH_MAX",
                        "1",
                        "MUSTER_PULL_LOOK_MS",
                        "50"));
    }

    private static Typed typed(FlowHub.Setting setting) {
        return new Typed(
                RunningHub.project(),
                Map.of("MUSTER_URL", setting.address().toString(), "MUSTER_ADMIN_TOKEN", FlowHub.ADMIN_TOKEN));
    }

    private static long living(FlowHub hub) {
        return Long.parseLong(hub.column("SELECT COUNT(*) FROM members WHERE deleted_at IS NULL")
                .get(0));
    }

    /** Everybody is there; then a run says that nobody is, and is held. */
    private JsonNode held(FlowHub hub, Typed typed) throws Exception {
        typed.run("sync", "start", "club", "--full", "--watch").ends(ExitCode.DONE);
        assertThat(living(hub)).isEqualTo(PAGES * PER_PAGE);
        everybodyIsGone = true;

        typed.run("sync", "start", "club", "--full", "--watch").ends(ExitCode.HELD);

        assertThat(typed.out()).contains("pages are held by a brake");
        assertThat(typed.err()).contains("held by a brake", "./muster brakes approve ID");
        JsonNode brakes = hub.admin("GET", "/api/brakes").path("items");
        assertThat(brakes).hasSize(1);
        JsonNode brake = brakes.get(0);
        assertThat(brake.path("state").asText()).isEqualTo("held");
        assertThat(brake.path("allowed").asLong()).isEqualTo(20);
        // three pages reach beyond the fifth; what is held behind them changed nothing
        assertThat(brake.path("held").asLong()).isEqualTo(PAGES - 3);
        assertThat(living(hub)).isEqualTo((PAGES - 3) * PER_PAGE);
        return brake;
    }

    private static void decide(FlowHub hub, JsonNode brake, String word) throws Exception {
        hub.admin("POST", "/api/brakes/" + brake.path("id").asText() + "/" + word, "{\"reason\":\"asked the club\"}");
        await().atMost(Duration.ofSeconds(30)).until(() -> hub.unfinished() == 0);
    }

    @Test
    void whatIsHeldIsAppliedWhenAPersonApprovesIt() throws Exception {
        try (StubPlatform club = new StubPlatform(this::answer)) {
            FlowHub.Setting setting = setting(club);
            try (FlowHub hub = setting.start()) {
                Typed typed = typed(setting);
                JsonNode brake = held(hub, typed);
                String run =
                        hub.admin("GET", "/api/sync/history").at("/items/0/id").asText();

                decide(hub, brake, "approve");

                assertThat(living(hub)).isZero();
                typed.run("sync", "status", run, "--watch").ends(ExitCode.DONE);
                assertThat(typed.out()).doesNotContain("held");
            }
        }
    }

    @Test
    void whatIsHeldChangesNothingWhenAPersonRejectsIt() throws Exception {
        try (StubPlatform club = new StubPlatform(this::answer)) {
            FlowHub.Setting setting = setting(club);
            try (FlowHub hub = setting.start()) {
                JsonNode brake = held(hub, typed(setting));
                List<String> before = hub.column("SELECT id || ' ' || email || ' ' || COALESCE(deleted_at, 0)"
                        + " || ' ' || version FROM members ORDER BY id");

                decide(hub, brake, "reject");

                assertThat(hub.column("SELECT id || ' ' || email || ' ' || COALESCE(deleted_at, 0)"
                                + " || ' ' || version FROM members ORDER BY id"))
                        .isEqualTo(before);
                assertThat(hub.column("SELECT error FROM sync_operations WHERE status = 3"))
                        .hasSize(PAGES - 3)
                        .allSatisfy(error -> assertThat(error).contains("asked the club"));
            }
        }
    }
}
