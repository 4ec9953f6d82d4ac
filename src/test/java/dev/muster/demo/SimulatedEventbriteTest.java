package dev.muster.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SimulatedEventbriteTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final SettableClock clock = new SettableClock();
    private final SimulatedWorld world = new SimulatedWorld(7, clock);
    private ReceivingHub hub;
    private SimulatedEventbrite eventbrite;
    private Caller caller;

    @BeforeEach
    void start() throws Exception {
        hub = new ReceivingHub();
        eventbrite = new SimulatedEventbrite(world, PlatformSettings.calm(hub.address()));
        caller = new Caller(eventbrite.origin(), "Authorization", "Bearer " + environment("EVENTBRITE_API_KEY"));
    }

    @AfterEach
    void stop() {
        eventbrite.close();
        hub.close();
    }

    private String environment(String name) {
        return eventbrite.environment().get(name);
    }

    private String sellTo(int... numbers) {
        List<Person> holders = new ArrayList<>();
        for (int number : numbers) {
            holders.add(world.person(number));
        }
        return eventbrite.sell(holders.get(0), holders, eventbrite.occasionIds().get(0));
    }

    @Test
    void saleIsABurstOfPointersToTheSecretPathWithAByteIdenticalRepeat() throws Exception {
        String order = sellTo(0, 1);
        assertThat(eventbrite.awaitQuiet(PATIENCE)).isTrue();

        List<ReceivingHub.Received> burst = hub.received();
        assertThat(burst)
                .extracting(received -> received.header("X-Eventbrite-Event"))
                .containsExactlyInAnyOrder(
                        "order.updated", "order.placed", "attendee.updated", "attendee.updated", "order.updated");
        assertThat(burst).allMatch(received -> received.path()
                .equals("/api/webhooks/eventbrite/" + environment("EVENTBRITE_WEBHOOK_SECRET")));
        List<String> updates = burst.stream()
                .filter(received -> received.header("X-Eventbrite-Event").equals("order.updated"))
                .map(ReceivingHub.Received::text)
                .toList();
        assertThat(updates.get(0)).isEqualTo(updates.get(1));
        for (ReceivingHub.Received received : burst) {
            JsonNode body = new ObjectMapper().readTree(received.body());
            assertThat(received.header("X-Eventbrite-Delivery"))
                    .isEqualTo(body.at("/config/webhook_id").asText());
            assertThat(body.get("api_url").asText())
                    .startsWith("https://www.eventbriteapi.com/v3/")
                    .endsWith("/");
        }
        assertThat(updates.get(0)).contains(order);
    }

    @Test
    void pathWithoutItsSlashIsMoved() throws Exception {
        HttpResponse<String> answer = caller.call("/v3/users/me?x=1");

        assertThat(answer.statusCode()).isEqualTo(301);
        assertThat(answer.headers().firstValue("Location")).hasValue(eventbrite.origin() + "/v3/users/me/?x=1");
        assertThat(caller.status("/v3/users/me/")).isEqualTo(200);
    }

    @Test
    void missingAndWrongTokensAreToldApart() throws Exception {
        JsonNode none = new Caller(eventbrite.origin()).json("/v3/users/me/");
        JsonNode wrong = new Caller(eventbrite.origin(), "Authorization", "Bearer wrong").json("/v3/users/me/");

        assertThat(none.get("error").asText()).isEqualTo("NO_AUTH");
        assertThat(none.get("status_code").asInt()).isEqualTo(401);
        assertThat(wrong.get("error").asText()).isEqualTo("INVALID_AUTH");
    }

    @Test
    void unknownObjectsAreNotFoundAndForeignOrganizationsAreForbidden() throws Exception {
        String order = sellTo(0);

        assertThat(caller.json("/v3/orders/1/").get("error").asText()).isEqualTo("NOT_FOUND");
        assertThat(caller.status("/v3/events/1/attendees/1/")).isEqualTo(404);
        assertThat(caller.status("/v3/nothing/")).isEqualTo(404);
        assertThat(caller.status("/v3/organizations/1/orders/")).isEqualTo(403);
        assertThat(caller.status("/v3/events/" + eventbrite.occasionIds().get(1) + "/orders/" + order + "/"))
                .isEqualTo(404);
    }

    @Test
    void orderShowsAttendeesAndEventOnlyWhenExpanded() throws Exception {
        String order = sellTo(0, 1, 2);

        JsonNode bare = caller.json("/v3/orders/" + order + "/");
        JsonNode expanded = caller.json("/v3/orders/" + order + "/?expand=attendees,event");

        assertThat(bare.has("attendees")).isFalse();
        assertThat(bare.has("event")).isFalse();
        assertThat(expanded.get("attendees")).hasSize(3);
        assertThat(expanded.at("/event/id").asText())
                .isEqualTo(bare.get("event_id").asText());
        JsonNode attendee = expanded.get("attendees").get(1);
        assertThat(attendee.at("/profile/first_name").asText())
                .isEqualTo(world.person(1).givenName());
        assertThat(caller.json("/v3/events/" + attendee.get("event_id").asText() + "/attendees/"
                        + attendee.get("id").asText() + "/"))
                .isEqualTo(attendee);
        assertThat(caller.json("/v3/events/" + bare.get("event_id").asText() + "/orders/" + order + "/"))
                .isEqualTo(bare);
    }

    @Test
    void withoutQuestionsPerTicketAllAttendeesCarryTheBuyerAndUnaskedFieldsAreAbsent() throws Exception {
        String order = eventbrite.sell(
                world.person(0),
                List.of(world.person(0), world.person(1)),
                eventbrite.occasionIds().get(1));

        JsonNode attendees =
                caller.json("/v3/orders/" + order + "/?expand=attendees").get("attendees");
        for (JsonNode attendee : attendees) {
            assertThat(attendee.at("/profile/email").asText())
                    .isEqualTo(world.person(0).email());
            assertThat(attendee.get("profile").has("cell_phone")).isFalse();
        }
    }

    @Test
    void pagesLeadToTheEndWithoutLossOrRepeat() throws Exception {
        List<String> sold = new ArrayList<>();
        for (int number = 0; number < 123; number++) {
            sold.add(eventbrite.sellUnheard(
                    world.person(number),
                    List.of(world.person(number)),
                    eventbrite.occasionIds().get(0)));
        }
        String list = "/v3/organizations/"
                + caller.json("/v3/users/me/organizations/")
                        .at("/organizations/0/id")
                        .asText() + "/orders/?page_size=50";

        List<String> seen = new ArrayList<>();
        JsonNode page = caller.json(list);
        int pages = 1;
        page.get("orders").forEach(order -> seen.add(order.get("id").asText()));
        while (page.at("/pagination/has_more_items").asBoolean()) {
            // Somebody buys while we read: nothing we are to see may be lost by that.
            sellTo(0);
            page = caller.json(list + "&continuation="
                    + page.at("/pagination/continuation").asText());
            page.get("orders").forEach(order -> seen.add(order.get("id").asText()));
            pages++;
        }

        assertThat(pages).isEqualTo(3);
        assertThat(seen).doesNotHaveDuplicates().containsAll(sold);
        assertThat(page.at("/pagination/page_number").asInt()).isEqualTo(3);
        assertThat(caller.status(list + "&continuation=!!")).isEqualTo(400);
    }

    @Test
    void eventListsGiveAtMostFifty() throws Exception {
        for (int number = 0; number < 60; number++) {
            sellTo(number);
        }

        JsonNode page = caller.json("/v3/events/" + eventbrite.occasionIds().get(0) + "/attendees/?page_size=100");

        assertThat(page.get("attendees")).hasSize(50);
        assertThat(page.at("/pagination/object_count").asInt()).isEqualTo(60);
    }

    @Test
    void changedSinceIsInclusive() throws Exception {
        sellTo(0);
        clock.advance(Duration.ofMinutes(5));
        String later = sellTo(1);
        String list = "/v3/events/" + eventbrite.occasionIds().get(0) + "/orders/?changed_since=";

        assertThat(caller.json(list + world.now()).findValuesAsText("id")).containsExactly(later);
        assertThat(caller.json(list + world.now().plusSeconds(1)).get("orders")).isEmpty();
        assertThat(caller.json(list + "yesterday").get("error").asText()).isEqualTo("ARGUMENTS_ERROR");
    }

    @Test
    void checkInAndRefundShowOnTheAttendee() throws Exception {
        String order = sellTo(0);
        String id = eventbrite.attendeesOf(order).get(0);
        String path = "/v3/events/" + eventbrite.occasionIds().get(0) + "/attendees/" + id + "/";

        eventbrite.checkIn(id);
        assertThat(caller.json(path).get("checked_in").asBoolean()).isTrue();
        assertThat(caller.json(path).at("/barcodes/0/status").asText()).isEqualTo("used");
        eventbrite.refund(order);
        assertThat(caller.json(path).get("refunded").asBoolean()).isTrue();
        assertThat(caller.json("/v3/orders/" + order + "/").get("status").asText())
                .isEqualTo("refunded");
    }

    @Test
    void callsBeyondTheHourlyQuotaAreRefusedAndCounted() throws Exception {
        eventbrite.close();
        PlatformSettings tight = new PlatformSettings(hub.address(), 0, Mischief.NONE, 1, 0.001, 4);
        eventbrite = new SimulatedEventbrite(world, tight);
        caller = new Caller(eventbrite.origin(), "Authorization", "Bearer " + environment("EVENTBRITE_API_KEY"));

        assertThat(caller.status("/v3/users/me/")).isEqualTo(200);
        clock.advance(Duration.ofMinutes(59));
        assertThat(caller.status("/v3/users/me/")).isEqualTo(200);
        HttpResponse<String> refused = caller.call("/v3/users/me/");

        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).hasValue("60");
        assertThat(eventbrite.quotaViolations()).isEqualTo(1);
        clock.advance(Duration.ofMinutes(1));
        assertThat(caller.status("/v3/users/me/")).isEqualTo(200);
        assertThat(caller.status("/v3/users/me/"))
                .as("the window moves, it does not start anew")
                .isEqualTo(429);
        assertThat(eventbrite.calls()).isEqualTo(Map.of("/v3/users/me/", 5L));
    }

    @Test
    void outageAnswersEverythingWith503UntilItEnds() throws Exception {
        eventbrite.down();
        assertThat(caller.status("/v3/users/me/")).isEqualTo(503);
        eventbrite.healthy();
        assertThat(caller.status("/v3/users/me/")).isEqualTo(200);
        eventbrite.slow(Duration.ofMillis(5));
        assertThat(caller.status("/v3/users/me/")).isEqualTo(200);
    }

    @Test
    void seededFaultsAreThrownAndCounted() throws Exception {
        eventbrite.close();
        Mischief bad = new Mischief(0.3, 0.3, 0, 0, Duration.ZERO);
        eventbrite = new SimulatedEventbrite(world, new PlatformSettings(hub.address(), 0, bad, 1, 1, 4));
        caller = new Caller(eventbrite.origin(), "Authorization", "Bearer " + environment("EVENTBRITE_API_KEY"));
        for (int call = 0; call < 60; call++) {
            HttpResponse<String> answer = caller.call("/v3/users/me/");
            if (answer.statusCode() == 429) {
                assertThat(answer.headers().firstValue("Retry-After")).hasValue("1");
            }
        }

        assertThat(eventbrite.answers()).containsKeys(200, 429, 500);
        assertThat(eventbrite.faultsThrown())
                .isEqualTo(eventbrite.answers().get(429) + eventbrite.answers().get(500));
        assertThat(eventbrite.quotaViolations()).isZero();
    }

    @Test
    void refusedWebhookIsSentAgainUntilAccepted() throws Exception {
        hub.answer(received -> hub.received().size() <= 2 ? 503 : 200);
        eventbrite.pressTestButton();
        assertThat(eventbrite.awaitQuiet(PATIENCE)).isTrue();

        assertThat(eventbrite.deliveries()).isEqualTo(new DeliveryTally(1, 1, 2, 0, 0));
        assertThat(hub.received())
                .extracting(ReceivingHub.Received::text)
                .hasSize(3)
                .containsOnly(hub.received().get(0).text());
    }

    @Test
    void hubThatNeverAcceptsIsGivenUp() throws Exception {
        hub.answer(received -> 503);
        eventbrite.pressTestButton();
        assertThat(eventbrite.awaitQuiet(PATIENCE)).isTrue();

        assertThat(eventbrite.deliveries()).isEqualTo(new DeliveryTally(1, 0, 3, 1, 0));
    }

    @Test
    void answer410RemovesTheWebhook() throws Exception {
        hub.answer(received -> 410);
        eventbrite.pressTestButton();
        assertThat(eventbrite.awaitQuiet(PATIENCE)).isTrue();
        eventbrite.pressTestButton();

        assertThat(eventbrite.webhookStopped()).isTrue();
        assertThat(hub.received()).hasSize(1);
    }
}
