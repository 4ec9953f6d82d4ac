package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A platform, a connection or a record that fails or has much to do never holds up another. */
class FairnessTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String SECRET = "secret-0123456789";
    private static final int SUCCESS = 2;
    private static final int DEAD = 6;
    private static final int MINUTES = 60_000;

    @TempDir
    Path folder;

    private static String member(String id) {
        return "{\"data\":{\"type\":\"member\",\"id\":\"" + id + "\",\"attributes\":{\"full_name\":\"Ana\"},"
                + "\"relationships\":{\"user\":{\"data\":{\"type\":\"user\",\"id\":\"u" + id + "\"}}}}}";
    }

    private FlowHub.Setting setting(StubPlatform patreon) {
        return FlowHub.in(folder)
                .with(new HashMap<>(Map.of(
                        "PATREON_BASE_URL",
                        patreon.origin(),
                        "PATREON_API_KEY",
                        "key",
                        "PATREON_WEBHOOK_SECRET",
                        SECRET)));
    }

    private static void send(FlowHub hub, String member) throws Exception {
        assertThat(hub.patreon(SECRET, "members:update", member(member))).isEqualTo(200);
    }

    @Test
    void hangingPlatformWithABacklogHoldsItsOwnWorkersOnly() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger atOnce = new AtomicInteger();
        AtomicInteger mostAtOnce = new AtomicInteger();
        try (StubPlatform patreon = new StubPlatform(call -> {
                    mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                    go.await(60, TimeUnit.SECONDS);
                    atOnce.decrementAndGet();
                    StubPlatform.status(call, 404);
                });
                StubPlatform eventbrite = new StubPlatform(call -> StubPlatform.status(call, 404));
                FlowHub hub = setting(patreon)
                        .with("MUSTER_CALLS_MAX", "2")
                        .with("MUSTER_INFLIGHT_MAX", "8")
                        .with("MUSTER_CLAIM_MAX", "4")
                        .with("EVENTBRITE_BASE_URL", eventbrite.origin())
                        .with("EVENTBRITE_API_KEY", "key")
                        .with("EVENTBRITE_WEBHOOK_SECRET", SECRET)
                        .start()) {
            for (int i = 0; i < 40; i++) {
                send(hub, "m" + i);
            }
            await().atMost(PATIENCE).until(() -> atOnce.get() == 2);
            for (int i = 0; i < 5; i++) {
                hub.eventbrite(SECRET, "order.placed", "https://www.eventbriteapi.com/v3/orders/" + i + "/");
            }

            await().atMost(PATIENCE).until(() -> hub.column(
                            "SELECT id FROM sync_operations WHERE platform = 'eventbrite' AND status < 2")
                    .isEmpty());
            assertThat(eventbrite.calls()).hasSize(5);
            assertThat(patreon.calls()).hasSize(2);
            go.countDown();
            await().atMost(PATIENCE).until(() -> hub.unfinished() == 0);
            assertThat(patreon.calls()).hasSize(40);
            assertThat(mostAtOnce).hasValue(2);
        }
    }

    @Test
    void recordsThatFailLeaveRoomForOthersHoweverMuchWaitsBehindThem() throws Exception {
        try (StubPlatform patreon = new StubPlatform(call ->
                        StubPlatform.status(call, call.getRequestURI().getPath().contains("bad") ? 503 : 404));
                FlowHub hub = setting(patreon)
                        .with("MUSTER_RETRY_PAUSE_MS", String.valueOf(10 * MINUTES))
                        .with("MUSTER_INFLIGHT_MAX", "4")
                        .with("MUSTER_CLAIM_MAX", "4")
                        .start()) {
            for (int i = 0; i < 30; i++) {
                send(hub, "bad" + i % 6);
            }
            send(hub, "good");

            await().atMost(PATIENCE)
                    .until(() -> hub.column("SELECT status FROM sync_operations WHERE record_key = 'good'")
                            .get(0)
                            .matches("[^01]"));
            assertThat(hub.operations("patreon", DEAD)).isZero();
            assertThat(hub.column("SELECT COUNT(*) FROM sync_operations WHERE status < 2"))
                    .containsExactly("30");
            assertThat(patreon.paths().stream().filter(path -> path.contains("bad")))
                    .as("one try each: what waits behind a record that fails is not tried before it")
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void refusedFetchesDoNotOpenThePlatformsBreaker() throws Exception {
        try (StubPlatform patreon = new StubPlatform(call ->
                        StubPlatform.status(call, call.getRequestURI().getPath().contains("bad") ? 403 : 404));
                FlowHub hub = setting(patreon)
                        .with("MUSTER_BREAKER_PAUSE_MS", String.valueOf(10 * MINUTES))
                        .start()) {
            for (int i = 0; i < 15; i++) {
                send(hub, "bad" + i);
            }
            await().atMost(PATIENCE).until(() -> hub.operations("patreon", DEAD) == 15);
            send(hub, "good");

            await().atMost(PATIENCE).until(() -> hub.unfinished() == 0);
            assertThat(patreon.paths().stream().filter(path -> path.contains("good")))
                    .hasSize(1);
        }
    }

    @Test
    void recordKeepsItsOrderThroughFailuresAndAnOpenBreaker() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (StubPlatform patreon =
                        new StubPlatform(call -> StubPlatform.status(call, calls.incrementAndGet() < 25 ? 503 : 404));
                FlowHub hub = setting(patreon)
                        .with("MAX_RETRY_ATTEMPTS", "20")
                        .with("MUSTER_BREAKER_PAUSE_MS", "150")
                        .with("MUSTER_INFLIGHT_MAX", "8")
                        .with("MUSTER_CLAIM_MAX", "4")
                        .start()) {
            for (int i = 0; i < 60; i++) {
                send(hub, "m" + i % 7);
            }
            await().atMost(PATIENCE).until(() -> hub.unfinished() == 0);

            assertThat(hub.column("SELECT COUNT(*) FROM dead_letters")).containsExactly("0");
            assertThat(hub.column("SELECT COUNT(*) FROM sync_operations WHERE rank = 1 AND attempts = 1"))
                    .as("put off")
                    .isNotEqualTo("0");
            assertThat(hub.column("SELECT a.id FROM sync_operations a JOIN sync_operations b"
                            + " ON a.record_key = b.record_key AND a.id < b.id AND a.processed_at > b.processed_at"))
                    .as("overtaken")
                    .isEmpty();
        }
    }

    @Test
    void coalescingFollowsThePlatformsFileWhileTheFlowRuns() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        String order = "https://www.eventbriteapi.com/v3/orders/7/";
        try (StubPlatform eventbrite = new StubPlatform(call -> {
                    if (call.getRequestURI().getPath().contains("/7/")) {
                        go.await(60, TimeUnit.SECONDS);
                    }
                    StubPlatform.status(call, 404);
                });
                FlowHub hub = FlowHub.in(folder)
                        .edit("config/platforms/eventbrite.yaml", "coalesce: PT0.3S", "coalesce: PT0S")
                        .with("EVENTBRITE_BASE_URL", eventbrite.origin())
                        .with("EVENTBRITE_API_KEY", "key")
                        .with("EVENTBRITE_WEBHOOK_SECRET", SECRET)
                        .start()) {
            Path file = hub.file("config/platforms/eventbrite.yaml");
            Files.writeString(file, Files.readString(file).replace("coalesce: PT0S", "coalesce: PT0.2S"));
            AtomicInteger next = new AtomicInteger(100);
            await().atMost(PATIENCE).until(() -> {
                hub.eventbrite(
                        SECRET,
                        "order.placed",
                        "https://www.eventbriteapi.com/v3/orders/" + next.incrementAndGet() + "/");
                return !hub.column("SELECT id FROM sync_operations WHERE not_before > created_at")
                        .isEmpty();
            });

            hub.eventbrite(SECRET, "order.placed", order);
            await().atMost(PATIENCE).until(() -> eventbrite.paths().contains("/v3/orders/7/"));
            for (int i = 0; i < 4; i++) {
                hub.eventbrite(SECRET, "order.updated", order);
            }
            await().atMost(PATIENCE)
                    .until(() ->
                            hub.column("SELECT id FROM sync_operations WHERE status = 1 AND record_key LIKE '%/7%'")
                                            .size()
                                    == 5);
            go.countDown();
            await().atMost(PATIENCE).until(() -> hub.unfinished() == 0);

            assertThat(eventbrite.paths().stream().filter(path -> path.contains("/7/")))
                    .hasSize(2);
        }
    }
}
