package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every flow of a platform promises: order within a record, and an end with a reason for what cannot be used. */
class FlowTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String SECRET = "secret-0123456789";
    private static final int IGNORED = 3;
    private static final int DEAD = 6;

    @TempDir
    Path folder;

    private static String member(String id) {
        return "{\"data\":{\"type\":\"member\",\"id\":\"" + id + "\",\"attributes\":{\"full_name\":\"Ana\"},"
                + "\"relationships\":{\"user\":{\"data\":{\"type\":\"user\",\"id\":\"u" + id + "\"}}}}}";
    }

    @Test
    void recordIsWorkedOnInOrderWhileOthersGoOnBesideIt() throws Exception {
        Map<String, AtomicInteger> underWay = new ConcurrentHashMap<>();
        List<String> overtaken = Collections.synchronizedList(new ArrayList<>());
        // Opens only when two records are under way at once: each call waits for that.
        CountDownLatch bothAtOnce = new CountDownLatch(2);
        try (StubPlatform patreon = new StubPlatform(call -> {
                    String path = call.getRequestURI().getPath();
                    AtomicInteger here = underWay.computeIfAbsent(path, key -> new AtomicInteger());
                    if (here.incrementAndGet() > 1) {
                        overtaken.add(path);
                    }
                    bothAtOnce.countDown();
                    if (!bothAtOnce.await(30, TimeUnit.SECONDS)) {
                        overtaken.add("nothing ran beside " + path);
                    }
                    here.decrementAndGet();
                    StubPlatform.status(call, 404);
                });
                FlowHub hub = FlowHub.in(folder)
                        .with(Map.of(
                                "PATREON_BASE_URL",
                                patreon.origin(),
                                "PATREON_API_KEY",
                                "key",
                                "PATREON_WEBHOOK_SECRET",
                                SECRET))
                        .start()) {
            for (int i = 0; i < 5; i++) {
                for (String member : List.of("a", "b", "c")) {
                    assertThat(hub.patreon(SECRET, "members:update", member(member)))
                            .isEqualTo(200);
                }
            }
            await().atMost(PATIENCE).until(() -> hub.unfinished() == 0);

            assertThat(overtaken).isEmpty();
            assertThat(patreon.calls()).hasSize(15);
        }
    }

    @Test
    void pointerWithoutACredentialIsADeadLetterThatSaysWhatToSet() throws Exception {
        try (FlowHub hub =
                FlowHub.in(folder).with("EVENTBRITE_WEBHOOK_SECRET", SECRET).start()) {
            assertThat(hub.eventbrite(SECRET, "order.placed", "https://www.eventbriteapi.com/v3/orders/7/"))
                    .isEqualTo(200);
            await().atMost(PATIENCE).until(() -> hub.operations("eventbrite", DEAD) == 1);

            assertThat(hub.column("SELECT code || ' ' || attempts FROM dead_letters"))
                    .containsExactly("credential-missing 1");
            assertThat(hub.column("SELECT cause FROM dead_letters").get(0)).contains("EVENTBRITE_API_KEY");
        }
    }

    @Test
    void kindsThatAreNotUsedAreKeptAndIgnoredWithTheReason() throws Exception {
        try (FlowHub hub = FlowHub.in(folder)
                .with("PATREON_WEBHOOK_SECRET", SECRET)
                .with("EVENTBRITE_WEBHOOK_SECRET", SECRET)
                .start()) {
            assertThat(hub.patreon(SECRET, "posts:publish", "{\"data\":{\"type\":\"post\",\"id\":\"1\"}}"))
                    .isEqualTo(200);
            assertThat(hub.patreon(SECRET, "never:heard", "{}")).isEqualTo(200);
            assertThat(hub.eventbrite(SECRET, "venue.updated", "https://www.eventbriteapi.com/v3/venues/7/"))
                    .isEqualTo(200);
            await().atMost(PATIENCE).until(() -> hub.unfinished() == 0);

            assertThat(hub.operations("patreon", IGNORED)).isEqualTo(2);
            assertThat(hub.operations("eventbrite", IGNORED)).isEqualTo(1);
            assertThat(hub.column("SELECT error FROM sync_operations")).allMatch(reason -> reason.length() > 20);
            assertThat(hub.column("SELECT COUNT(*) FROM deliveries")).containsExactly("3");
        }
    }
}
