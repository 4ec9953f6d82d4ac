package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A quota that allows no call for long: work is put off instead of waiting, and no attempt is counted. */
class PutOffTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String PATIENCE_OF_CALLS_OVER = "not_before > updated_at + 90000";

    @TempDir
    Path folder;

    @Test
    void pullAndPushArePutOffUntilTheQuotaAllowsThem() throws Exception {
        try (StubPlatform club = new StubPlatform(
                        call -> StubPlatform.json(call, "{\"data\":[]}".getBytes(StandardCharsets.UTF_8)));
                FlowHub hub = Club.in(folder, club)
                        .edit(
                                "config/platforms/club.yaml",
                                Club.QUOTA,
                                "quota: { windows: [ { calls: 1, per: PT1H } ], reserve: 0 }")
                        .with("MUSTER_PULL_LOOK_MS", "50")
                        .start()) {
            // the only call of this hour
            await().atMost(PATIENCE)
                    .until(() -> hub.column("SELECT state FROM sync_runs").equals(List.of("done")));

            Club.join(hub, "ana");
            hub.admin("POST", "/api/sync/start", "{\"platform\":\"club\"}");

            await().atMost(PATIENCE)
                    .until(() ->
                            hub.column("SELECT status || ' ' || attempts FROM pushes WHERE " + PATIENCE_OF_CALLS_OVER)
                                            .equals(List.of("1 0"))
                                    && hub.column("SELECT COUNT(*) FROM sync_runs WHERE error LIKE '%is put off%'")
                                            .equals(List.of("1")));
            assertThat(hub.column("SELECT error FROM pushes").get(0)).contains("is put off");
            assertThat(hub.column("SELECT failures || ' ' || (owner IS NULL) FROM cursors"))
                    .containsExactly("0 1");
            assertThat(club.calls()).hasSize(1);
        }
    }
}
