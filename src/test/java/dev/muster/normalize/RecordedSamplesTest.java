package dev.muster.normalize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.operation.Operation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What platforms really sent. The recordings are not part of the project; where they are absent this is skipped. */
class RecordedSamplesTest {
    private static final Path RECORDED =
            PlatformSample.PROJECT.resolve("../shared/samples").normalize();
    private static final Instant RECEIVED = Instant.parse("2026-07-03T00:00:00Z");
    private static final Instant READ = Instant.parse("2026-07-03T00:00:01Z");

    @Test
    void eventbriteOrder() {
        List<CanonicalRecord> records = eventbrite("/v3/orders/12345/", recorded("eventbrite/order.json"));

        assertThat(records).singleElement().satisfies(buyer -> {
            assertThat(buyer.key().reference()).isEqualTo("eventbrite/member/order-12345");
            assertThat(buyer.fields())
                    .containsEntry("email", "elio@example.com")
                    .containsEntry("firstName", "Elio");
            assertThat(buyer.observedAt()).isEqualTo(Instant.parse("2016-04-27T17:52:12Z"));
            assertThat(buyer.asOf()).isEqualTo(READ);
            assertThat(buyer.rejected()).isEmpty();
        });
    }

    @Test
    void eventbriteEvent() {
        assertThat(eventbrite("/v3/events/24967032065/", recorded("eventbrite/event.json")))
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.fields())
                            .containsEntry("name", "This is a test name")
                            .containsEntry("startsAt", "2016-06-06T02:00:00Z")
                            .containsEntry("timezone", "America/Los_Angeles")
                            .containsEntry("capacity", 10_000L);
                    assertThat(event.rejected()).isEmpty();
                });
    }

    @Test
    void eventbriteAttendees() {
        for (JsonNode attendee : recorded("eventbrite/attendees_page.json").path("attendees")) {
            List<CanonicalRecord> records = eventbrite("/v3/events/27647564610/attendees/690507907-1/", attendee);

            assertThat(records)
                    .extracting(record -> record.key().entity())
                    .containsExactly(Entity.MEMBER, Entity.REGISTRATION);
            assertThat(records.get(0).fields())
                    .containsEntry("city", "Mendoza")
                    .containsEntry("country", "AR")
                    .containsEntry("email", "elio@example.com");
            assertThat(records.get(1).fields())
                    .containsEntry("amount", 10_846L)
                    .containsEntry("currency", "ARS")
                    .containsEntry("checkedIn", false)
                    .containsEntry("event", "eventbrite/event/27647564610");
        }
    }

    @Test
    void patreonPledge() {
        JsonNode body = recorded("patreon/webhook_members_pledge_create.json");
        Operation operation =
                PlatformSample.operation("patreon", "members:pledge:create", Map.of(), body.toString(), RECEIVED);
        Normalizer normalizer = PlatformSample.normalizer("patreon");
        List<CanonicalRecord> records = normalizer
                .normalize(operation, normalizer.parts(operation).get(0), null, READ)
                .records();

        assertThat(records)
                .extracting(record -> record.key().reference())
                .containsExactly("patreon/member/88555402", "patreon/membership/6e8d5b84-dfc9-457b-bb88-89df59777251");
        assertThat(records.get(0).fields())
                .containsEntry("email", "member.test@example.com")
                .containsEntry("firstName", "Matt")
                .containsEntry("lastName", "Test");
        assertThat(records.get(1).fields()).containsEntry("status", "active").containsEntry("amount", 100L);
        assertThat(records).allSatisfy(record -> {
            assertThat(record.asOf()).isEqualTo(Instant.parse("2023-03-08T08:24:05Z"));
            assertThat(record.arrival()).isEqualTo(RECEIVED);
            assertThat(record.rejected()).isEmpty();
        });
    }

    @Test
    void klaviyoProfile() {
        JsonNode profile = recorded("klaviyo/profile_get.json");
        Operation operation = klaviyo(
                "event:klaviyo.subscribed_to_list",
                "{\"data\":{\"type\":\"event\",\"relationships\":{\"profile\":{\"data\":{\"type\":\"profile\",\"id\":\""
                        + profile.at("/data/id").textValue() + "\"}}}}}");
        Normalizer normalizer = PlatformSample.normalizer("klaviyo");

        assertThat(normalizer
                        .normalize(operation, normalizer.parts(operation).get(0), profile, READ)
                        .records())
                .singleElement()
                .satisfies(record -> {
                    assertThat(record.fields())
                            .containsOnly(
                                    Map.entry("email", "john.doe@hubtest.example"),
                                    Map.entry("firstName", "John"),
                                    Map.entry("lastName", "Doe"));
                    assertThat(record.observedAt()).isEqualTo(Instant.parse("2026-07-01T22:35:06Z"));
                });
    }

    @Test
    void klaviyoEvents() {
        JsonNode page = recorded("klaviyo/events_page_2.json").path("response_body");
        Normalizer normalizer = PlatformSample.normalizer("klaviyo");
        List<CanonicalRecord> records = new ArrayList<>();
        for (JsonNode event : page.path("data")) {
            boolean merger = event.at("/attributes/event_properties/MergeType").isTextual();
            ObjectNode payload = PlatformSample.JSON.createObjectNode();
            payload.set("data", event);
            payload.set("included", page.path("included"));
            Operation operation = klaviyo(
                    "event:klaviyo." + (merger ? "merged_profile" : "subscribed_to_email_marketing"),
                    payload.toString());
            for (Part part : normalizer.parts(operation)) {
                assertThat(part.fetch()).as("the profile is included").isNull();
                records.addAll(normalizer.normalize(operation, part, null, READ).records());
            }
        }

        assertThat(records)
                .filteredOn(record -> record.fields().containsKey("consentEmail"))
                .isNotEmpty()
                .allSatisfy(record -> assertThat(record.fields()).containsEntry("consentEmail", "opted_in"));
        assertThat(records).filteredOn(CanonicalRecord::tombstone).hasSize(2);
        assertThat(records).allSatisfy(record -> assertThat(record.rejected()).isEmpty());
    }

    @Test
    void classyTransaction() {
        Operation operation = PlatformSample.operation(
                "classy", null, Map.of(), "{\"type\":\"transaction.created\",\"data\":{\"id\":4242}}", RECEIVED);
        Normalizer normalizer = PlatformSample.normalizer("classy");
        Part part = normalizer.parts(operation).get(0);

        assertThat(part.fetch()).isEqualTo(new FetchTarget("transaction", "/2.0/transactions/4242"));
        assertThat(normalizer
                        .normalize(operation, part, recorded("classy/transaction_with_items.json"), READ)
                        .records())
                .singleElement()
                .satisfies(transaction -> {
                    assertThat(transaction.key().reference()).isEqualTo("classy/transaction/4242");
                    assertThat(transaction.fields())
                            .containsEntry("member", "classy/member/1017")
                            .containsEntry("campaign", "classy/campaign/1001")
                            .containsEntry("recurringPlan", "classy/recurring_plan/23847")
                            .containsEntry("status", "paid")
                            .containsEntry("amount", 125L)
                            .containsEntry("currency", "USD")
                            .containsEntry("occurredAt", "2017-01-01T12:02:01Z");
                    assertThat(transaction.rejected()).isEmpty();
                });
    }

    @Test
    void mailchimpUnsubscribe() {
        JsonNode recorded = recorded("mailchimp/webhook_unsubscribe.json");
        Operation operation = PlatformSample.operation(
                "mailchimp",
                null,
                Map.of("content-type", "application/x-www-form-urlencoded"),
                recorded.path("body_raw").textValue(),
                RECEIVED);
        Normalizer normalizer = PlatformSample.normalizer("mailchimp");

        assertThat(normalizer.parts(operation)).singleElement().satisfies(part -> {
            assertThat(part.kind()).isEqualTo("unsubscribe");
            assertThat(part.fetch())
                    .isEqualTo(new FetchTarget(
                            "member", "/3.0/lists/19a203dae6/members/" + md5("subscriber.two@hub-holdout.example")));
        });
    }

    @Test
    void mailchimpMember() {
        JsonNode member =
                recorded("mailchimp/members_2026.json").path("members").get(0);
        Operation operation = PlatformSample.operation(
                "mailchimp",
                null,
                Map.of("content-type", "application/x-www-form-urlencoded"),
                "type=profile&data%5Blist_id%5D=16ed227135&data%5Bemail%5D=API%40hub-holdout.example",
                RECEIVED);
        Normalizer normalizer = PlatformSample.normalizer("mailchimp");
        Part part = normalizer.parts(operation).get(0);

        assertThat(part.fetch())
                .isEqualTo(new FetchTarget("member", "/3.0/lists/16ed227135/members/7df252166f3d5e7f3506549315a8052d"));
        assertThat(normalizer.normalize(operation, part, member, READ).records())
                .singleElement()
                .satisfies(record -> {
                    assertThat(record.key().reference()).isEqualTo("mailchimp/member/1c04b34d91df00d7a72b6d51861cc6b1");
                    assertThat(record.fields())
                            .containsEntry("email", "api@hub-holdout.example")
                            .containsEntry("firstName", "Hub")
                            .containsEntry("lastName", "Developer")
                            .containsEntry("country", "US")
                            .containsEntry("consentEmail", "opted_in");
                    assertThat(record.observedAt()).isEqualTo(Instant.parse("2026-05-21T19:12:03Z"));
                });
    }

    private static String md5(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static List<CanonicalRecord> eventbrite(String path, JsonNode fetched) {
        String body =
                "{\"config\":{\"action\":\"order.updated\"},\"api_url\":\"https://www.eventbriteapi.com" + path + "\"}";
        Operation operation = PlatformSample.operation("eventbrite", null, Map.of(), body, RECEIVED);
        Normalizer normalizer = PlatformSample.normalizer("eventbrite");
        return normalizer
                .normalize(operation, normalizer.parts(operation).get(0), fetched, READ)
                .records();
    }

    private static Operation klaviyo(String topic, String payload) {
        String body = "{\"data\":[{\"external_id\":\"1\",\"topic\":\"" + topic + "\",\"payload\":" + payload + "}]}";
        return PlatformSample.operation("klaviyo", null, Map.of(), body, RECEIVED);
    }

    private static JsonNode recorded(String name) {
        Path file = RECORDED.resolve(name);
        assumeTrue(Files.exists(file), () -> "Skipped: the recorded sample " + name + " is not beside the project");
        return PlatformSample.read(file);
    }
}
