package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pointer is fetched once for a burst, from the platform's own host only, and without trust in the answer. */
class ThinPointerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String SECRET = "secret-0123456789";
    private static final String ORDER = "https://www.eventbriteapi.com/v3/orders/7/";
    private static final int DEAD = 6;

    @TempDir
    Path folder;

    private FlowHub hub(StubPlatform eventbrite) throws Exception {
        return FlowHub.in(folder)
                .edit("config/platforms/eventbrite.yaml", "coalesce: PT0.3S", "coalesce: PT2S")
                .edit(
                        "config/platforms/eventbrite.yaml",
                        "callsPerSecond: 5",
                        "callsPerSecond: 5\n  responseBytesMax: 5000")
                .with(Map.of(
                        "EVENTBRITE_BASE_URL",
                        eventbrite.origin(),
                        "EVENTBRITE_API_KEY",
                        "key",
                        "EVENTBRITE_WEBHOOK_SECRET",
                        SECRET))
                .start();
    }

    @Test
    void burstOfPointersIsFetchedOnce() throws Exception {
        try (StubPlatform eventbrite = new StubPlatform(call -> StubPlatform.status(call, 404));
                FlowHub hub = hub(eventbrite)) {
            for (String action : List.of("order.updated", "order.placed", "order.updated")) {
                assertThat(hub.eventbrite(SECRET, action, ORDER)).isEqualTo(200);
            }
            await().atMost(PATIENCE).until(() -> hub.unfinished() == 0);

            assertThat(eventbrite.paths()).containsExactly("/v3/orders/7/");
            assertThat(hub.column("SELECT COUNT(*) FROM deliveries")).containsExactly("3");
        }
    }

    @Test
    void pointersThatArriveAfterTheFetchBeganCostOneMore() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        try (StubPlatform eventbrite = new StubPlatform(call -> {
                    go.await(30, TimeUnit.SECONDS);
                    StubPlatform.status(call, 404);
                });
                FlowHub hub = hub(eventbrite)) {
            hub.eventbrite(SECRET, "order.placed", ORDER);
            await().atMost(PATIENCE).until(() -> eventbrite.paths().size() == 1);
            hub.eventbrite(SECRET, "order.refunded", ORDER);
            hub.eventbrite(SECRET, "order.updated", ORDER);
            await().atMost(PATIENCE).until(() -> hub.operations("eventbrite", 1) == 3);
            assertThat(eventbrite.paths()).hasSize(1);
            go.countDown();

            await().atMost(PATIENCE).until(() -> hub.unfinished() == 0);
            assertThat(eventbrite.paths()).hasSize(2);
        }
    }

    @Test
    void redirectIsNotFollowed() throws Exception {
        try (StubPlatform elsewhere = new StubPlatform(call -> StubPlatform.status(call, 200));
                StubPlatform eventbrite = new StubPlatform(call -> {
                    call.getResponseHeaders().add("Location", elsewhere.origin() + "/v3/orders/7/");
                    StubPlatform.status(call, 302);
                });
                FlowHub hub = hub(eventbrite)) {
            hub.eventbrite(SECRET, "order.placed", ORDER);
            await().atMost(PATIENCE).until(() -> hub.operations("eventbrite", DEAD) == 1);

            assertThat(elsewhere.calls()).isEmpty();
            assertThat(eventbrite.calls()).hasSize(1);
            assertThat(hub.column("SELECT code FROM dead_letters")).containsExactly("fetch-refused");
        }
    }

    @Test
    void oversizedAnswerIsRefused() throws Exception {
        try (StubPlatform eventbrite = new StubPlatform(call -> {
                    call.sendResponseHeaders(200, 0);
                    byte[] spaces = " ".repeat(1_000).getBytes(StandardCharsets.US_ASCII);
                    for (int i = 0; i < 100; i++) {
                        call.getResponseBody().write(spaces);
                    }
                });
                FlowHub hub = hub(eventbrite)) {
            hub.eventbrite(SECRET, "order.placed", ORDER);
            await().atMost(PATIENCE).until(() -> hub.operations("eventbrite", DEAD) == 1);

            assertThat(hub.column("SELECT code FROM dead_letters")).containsExactly("fetch-refused");
            assertThat(hub.column("SELECT cause FROM dead_letters").get(0)).contains("5000");
        }
    }

    @Test
    void pointerToAnotherHostIsNotFollowed() throws Exception {
        try (StubPlatform elsewhere = new StubPlatform(call -> StubPlatform.status(call, 200));
                StubPlatform eventbrite = new StubPlatform(call -> StubPlatform.status(call, 404));
                FlowHub hub = hub(eventbrite)) {
            List<String> pointers = List.of(
                    elsewhere.origin() + "/v3/orders/7/",
                    "https://www.eventbriteapi.com@" + elsewhere.origin().substring(7) + "/v3/orders/7/",
                    "https://www.eventbriteapi.com/v3/orders/../../admin/",
                    "https://www.eventbriteapi.com/v3/orders/7%2f..%2f8/",
                    "https://www.eventbriteapi.com.example.com/v3/orders/7/",
                    "file:///etc/passwd");
            for (String pointer : pointers) {
                assertThat(hub.eventbrite(SECRET, "order.placed", pointer)).isEqualTo(200);
            }
            await().atMost(PATIENCE).until(() -> hub.unfinished() == 0);

            assertThat(elsewhere.calls()).isEmpty();
            assertThat(eventbrite.calls()).isEmpty();
            assertThat(hub.column("SELECT COUNT(*) FROM sync_operations WHERE status = 2"))
                    .containsExactly("0");
        }
    }
}
