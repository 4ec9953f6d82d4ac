package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What waits for its next try does not hold up a stop, and is not lost by it. */
@Timeout(value = 90, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GracefulStopTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String SECRET = "secret-0123456789";
    private static final String STATES =
            "SELECT record_key || ' ' || status || ' ' || attempts FROM sync_operations ORDER BY id";

    @TempDir
    Path folder;

    private static String member(String id) {
        return "{\"data\":{\"type\":\"member\",\"id\":\"" + id + "\",\"attributes\":{\"full_name\":\"Ana\"},"
                + "\"relationships\":{\"user\":{\"data\":{\"type\":\"user\",\"id\":\"u" + id + "\"}}}}}";
    }

    /** Stopping by force would come too late for the test's own time limit. */
    private FlowHub hub(StubPlatform patreon, Duration retryPause) throws Exception {
        return FlowHub.in(folder)
                .with(Map.of(
                        "PATREON_BASE_URL",
                        patreon.origin(),
                        "PATREON_API_KEY",
                        "key",
                        "PATREON_WEBHOOK_SECRET",
                        SECRET,
                        "MUSTER_RETRY_PAUSE_MS",
                        String.valueOf(retryPause.toMillis()),
                        "MUSTER_STOP_TIMEOUT_MS",
                        "600000"))
                .start();
    }

    private static void send(FlowHub hub, String... members) throws Exception {
        for (String member : members) {
            assertThat(hub.patreon(SECRET, "members:update", member(member))).isEqualTo(200);
        }
    }

    @Test
    void stoppedHubReturnsWhatWaitsForARetryWithItsAttempts() throws Exception {
        try (StubPlatform patreon = new StubPlatform(call -> StubPlatform.status(call, 503))) {
            try (FlowHub hub = hub(patreon, Duration.ofSeconds(45))) {
                send(hub, "a", "b", "a");
                await().atMost(PATIENCE).until(() -> patreon.calls().size() == 2 && hub.operations("patreon", 1) == 3);
            }

            Path store = folder.resolve("data").resolve("muster.db");
            assertThat(FlowHub.column(store, STATES)).containsExactly("a 0 1", "b 0 1", "a 0 0");
            assertThat(FlowHub.column(
                            store, "SELECT COUNT(*) FROM sync_operations WHERE not_before > created_at + 30000"))
                    .as("the rest of the pause is waited for")
                    .containsExactly("3");
            assertThat(FlowHub.column(store, "SELECT COUNT(*) FROM dead_letters"))
                    .containsExactly("0");
            assertThat(patreon.calls()).hasSize(2);
        }
    }

    @Test
    void stoppedFlowReturnsItsRetriesAndGoesOnWithThemInOrder() throws Exception {
        AtomicBoolean away = new AtomicBoolean(true);
        try (StubPlatform patreon = new StubPlatform(call -> StubPlatform.status(call, away.get() ? 503 : 404));
                FlowHub hub = hub(patreon, Duration.ofSeconds(5))) {
            send(hub, "a", "b", "a");
            await().atMost(PATIENCE).until(() -> patreon.calls().size() == 2 && hub.operations("patreon", 1) == 3);

            hub.camel().getRouteController().stopRoute("patreon");

            assertThat(hub.column(STATES)).containsExactly("a 0 1", "b 0 1", "a 0 0");
            away.set(false);
            hub.camel().getRouteController().startRoute("patreon");
            send(hub, "a");
            await().atMost(PATIENCE).until(() -> hub.unfinished() == 0);
            assertThat(hub.column("SELECT attempts FROM sync_operations ORDER BY id"))
                    .containsExactly("2", "2", "1", "1");
            assertThat(hub.column("SELECT processed_at FROM sync_operations WHERE record_key = 'a' ORDER BY id"))
                    .isSorted();
            assertThat(hub.column("SELECT COUNT(*) FROM dead_letters")).containsExactly("0");
        }
    }

    @Test
    void failureInAFlowThatStopsIsNoDeadLetter() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        try (StubPlatform patreon = new StubPlatform(call -> {
                    answer.await(60, TimeUnit.SECONDS);
                    StubPlatform.status(call, 503);
                });
                FlowHub hub = hub(patreon, Duration.ofMinutes(10))) {
            send(hub, "a", "a");
            await().atMost(PATIENCE).until(() -> patreon.calls().size() == 1 && hub.operations("patreon", 1) == 2);
            CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> {
                try {
                    hub.camel().getRouteController().stopRoute("patreon");
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            // What waited behind the call is back in the queue: the stop has begun.
            await().atMost(PATIENCE).until(() -> hub.operations("patreon", 0) == 1);
            answer.countDown();
            stopped.get(60, TimeUnit.SECONDS);

            assertThat(hub.column(STATES)).containsExactly("a 0 1", "a 0 0");
            assertThat(hub.column("SELECT COUNT(*) FROM dead_letters")).containsExactly("0");
            assertThat(patreon.calls()).hasSize(1);
        }
    }
}
