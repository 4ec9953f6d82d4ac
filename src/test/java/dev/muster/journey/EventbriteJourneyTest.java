package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.RunningHub;
import dev.muster.demo.ApiExchange;
import dev.muster.demo.PlatformSettings;
import dev.muster.demo.SimulatedEventbrite;
import dev.muster.demo.SimulatedPlatform;
import dev.muster.demo.SimulatedWorld;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events, orders and attendees of an organization on Eventbrite, against the strict simulator. */
class EventbriteJourneyTest {
    private static final int ORDERS = 7;

    @TempDir
    private Path folder;

    private final SimulatedWorld world = new SimulatedWorld(7, Clock.systemUTC());
    private final List<ApiExchange> exchanges = new CopyOnWriteArrayList<>();
    // its webhooks go nowhere: what is read comes by pulls, and by the pointers that a test sends
    private final SimulatedEventbrite eventbrite =
            new SimulatedEventbrite(world, PlatformSettings.calm(URI.create("http://127.0.0.1:9")));
    private String order = "";
    private PlatformHub hub;

    @BeforeEach
    void start() {
        eventbrite.observe(exchanges::add);
        for (int i = 0; i < ORDERS; i++) {
            order = eventbrite.sellUnheard(
                    world.person(i),
                    List.of(world.person(i), world.person(i + 20)),
                    eventbrite.occasionIds().get(0));
        }
        hub = PlatformHub.in(folder)
                .edit("config/platforms/eventbrite.yaml", "page_size, value: 100", "page_size, value: 3")
                .edit("config/platforms/eventbrite.yaml", "coalesce: PT2S", "coalesce: PT0.1S")
                .edit("config/platforms/eventbrite.yaml", "readableWithin: PT30S", "readableWithin: PT1S")
                .with(eventbrite.environment())
                .start();
    }

    @AfterEach
    void stop() {
        hub.close();
        eventbrite.close();
        assertThat(eventbrite.quotaViolations()).isZero();
    }

    private void point(String action, String path) {
        String body = "{\"config\":{\"action\":\"" + action + "\"},\"api_url\":\"https://www.eventbriteapi.com/v3"
                + path + "\"}";
        assertThat(RunningHub.send(HttpRequest.newBuilder(hub.uri("/api/webhooks/eventbrite/"
                                        + eventbrite.environment().get("EVENTBRITE_WEBHOOK_SECRET")))
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build())
                        .statusCode())
                .isEqualTo(200);
        hub.settled();
    }

    /** An order names its buyer. */
    private int orders() {
        return Integer.parseInt(hub.column(
                        "SELECT COUNT(*) FROM external_integrations WHERE platform = 'eventbrite' AND external_id LIKE 'order-%'")
                .get(0));
    }

    private List<String> pathsOf(String part) {
        return exchanges.stream()
                .map(ApiExchange::path)
                .filter(path -> path.contains(part))
                .toList();
    }

    @Test
    void everyContinuationIsFollowedAndThenOnlyWhatChangedIsRead() {
        assertThat(hub.pull("eventbrite", "events").path("read").asInt()).isEqualTo(4);
        assertThat(hub.pull("eventbrite", "orders").path("state").asText()).isEqualTo("done");
        assertThat(hub.pull("eventbrite", "attendees").path("state").asText()).isEqualTo("done");

        assertThat(hub.column("SELECT COUNT(*) FROM events")).containsExactly("4");
        assertThat(orders()).isEqualTo(ORDERS);
        assertThat(hub.column("SELECT COUNT(*) FROM registrations")).containsExactly(String.valueOf(2 * ORDERS));
        assertThat(pathsOf("/attendees/?")).anyMatch(path -> path.contains("continuation="));
        assertThat(exchanges).extracting(ApiExchange::status).containsOnly(200);

        eventbrite.checkIn(eventbrite.attendeesOf(order).get(0));
        // what was read before is within the margin still; what comes after is not
        hub.pull("eventbrite", "attendees");
        JsonNode run = hub.pull("eventbrite", "attendees");

        assertThat(run.path("kind").asText()).isEqualTo("incremental");
        assertThat(run.path("read").asInt()).isEqualTo(1);
        List<String> asked = pathsOf("/attendees/?");
        assertThat(asked.get(asked.size() - 1)).contains("changed_since=");
        assertThat(hub.column("SELECT COUNT(*) FROM registrations WHERE attributes LIKE '%\"checkedIn\":true%'"))
                .containsExactly("1");
    }

    @Test
    void whatIsNotReadableYetIsAskedForOnceMore() {
        hub.pull("eventbrite", "events");
        hub.pull("eventbrite", "orders");
        hub.pull("eventbrite", "attendees");
        String late = eventbrite.sellUnheard(
                world.person(40),
                List.of(world.person(40)),
                eventbrite.occasionIds().get(0));
        eventbrite.trouble(SimulatedPlatform.Trouble.NOT_FOUND, 1);
        int before = exchanges.size();

        point("order.placed", "/orders/" + late + "/");

        assertThat(exchanges.subList(before, exchanges.size()))
                .extracting(ApiExchange::status)
                .containsExactly(404, 200);
        assertThat(orders()).isEqualTo(ORDERS + 1);
    }

    @Test
    void whatIsStillNotThereIsGone() {
        hub.pull("eventbrite", "events");
        hub.pull("eventbrite", "orders");
        hub.pull("eventbrite", "attendees");
        int before = exchanges.size();

        point("order.updated", "/orders/999999/");

        assertThat(exchanges.subList(before, exchanges.size()))
                .extracting(ApiExchange::status)
                .containsExactly(404, 404);
        assertThat(hub.get("/api/operations?status=ignored&platform=eventbrite").toString())
                .contains("is gone");
        assertThat(hub.column("SELECT COUNT(*) FROM dead_letters")).containsExactly("0");
    }
}
