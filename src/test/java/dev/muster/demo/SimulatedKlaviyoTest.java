package dev.muster.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.conformance.VendorSpecification;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SimulatedKlaviyoTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final SettableClock clock = new SettableClock();
    private final SimulatedWorld world = new SimulatedWorld(7, clock);
    private final List<ApiExchange> exchanges = new CopyOnWriteArrayList<>();
    private ReceivingHub hub;
    private SimulatedKlaviyo klaviyo;
    private Caller caller;

    @BeforeEach
    void start() throws Exception {
        hub = new ReceivingHub();
        start(PlatformSettings.calm(hub.address()));
    }

    private void start(PlatformSettings settings) {
        klaviyo = new SimulatedKlaviyo(world, settings);
        klaviyo.observe(exchanges::add);
        caller = new Caller(klaviyo.origin(), "Authorization", authorization(), "revision", "2026-07-15");
    }

    @AfterEach
    void everyAnswerIsAsTheVendorSpecifies() {
        klaviyo.close();
        hub.close();
        VendorSpecification.find("klaviyo").ifPresent(specification -> assertThat(specification.checkAnswers(exchanges))
                .isEmpty());
    }

    private String authorization() {
        return "Klaviyo-API-Key " + klaviyo.environment().get("KLAVIYO_API_KEY");
    }

    @Test
    void hexHmacAgreesWithTheVectorOfTheContract() {
        String body =
                "{\"data\":[{\"external_id\":\"evt_1\",\"topic\":\"event:klaviyo.subscribed_to_list\",\"payload\":"
                        + "{\"data\":{\"type\":\"event\",\"id\":\"4vRpBT\"}}}],"
                        + "\"meta\":{\"klaviyo_account_id\":\"AbC123\","
                        + "\"klaviyo_webhook_id\":\"01HXYZ\",\"timestamp\":\"2026-01-04T18:05:25+00:00\","
                        + "\"version\":\"2026-07-15\"}}";
        String signed = body + "Sun, 04 Jan 2026 18:05:25 GMT";

        assertThat(SimulatedPlatform.hexHmac(
                        "HmacSHA256", "hub-test-secret-16", signed.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("5a0c6ff16fb1498a8599f9f1aeffaada36eee130b9ded7a833bb379f51733d7d");
    }

    @Test
    void oneDeliveryCarriesSeveralEventsSignedOverBodyAndTimestamp() throws Exception {
        klaviyo.subscribe(world.person(0));
        klaviyo.unsubscribe(world.person(0));
        assertThat(hub.received()).isEmpty();
        klaviyo.flush();
        klaviyo.flush();
        assertThat(klaviyo.awaitQuiet(PATIENCE)).isTrue();

        assertThat(hub.received()).hasSize(1);
        ReceivingHub.Received received = hub.received().get(0);
        assertThat(received.path()).isEqualTo("/api/webhooks/klaviyo");
        String timestamp = received.header("Klaviyo-Timestamp");
        assertThat(timestamp).as("the header's clock is five hours off").isEqualTo("Sat, 03 Oct 2026 08:00:00 GMT");
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(
                klaviyo.environment().get("KLAVIYO_WEBHOOK_SECRET").getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        mac.update(received.body());
        mac.update(timestamp.getBytes(StandardCharsets.US_ASCII));
        assertThat(received.header("Klaviyo-Signature"))
                .isEqualTo(HexFormat.of().formatHex(mac.doFinal()));
        JsonNode document = new ObjectMapper().readTree(received.body());
        assertThat(document.get("data")).hasSize(3);
        assertThat(document.findValuesAsText("external_id")).doesNotHaveDuplicates();
        assertThat(document.findValuesAsText("topic"))
                .containsExactly(
                        "event:klaviyo.subscribed_to_list",
                        "event:klaviyo.subscribed_to_email_marketing",
                        "event:klaviyo.unsubscribed_from_email_marketing");
        assertThat(document.at("/data/0/payload/data/relationships/profile/data/id")
                        .asText())
                .isEqualTo(klaviyo.profileId(world.person(0)));
        assertThat(received.header("Klaviyo-Webhook-Id"))
                .isEqualTo(document.at("/meta/klaviyo_webhook_id").asText());
        assertThat(document.at("/meta/timestamp").asText()).isEqualTo("2026-10-03T13:00:00+00:00");
    }

    @Test
    void keyAndRevisionAreRequired() throws Exception {
        JsonNode none = new Caller(klaviyo.origin(), "revision", "2026-07-15").json("/api/accounts");
        Caller bearer = new Caller(klaviyo.origin(), "Authorization", "Bearer x", "revision", "2026-07-15");

        assertThat(none.at("/errors/0/status").asInt()).isEqualTo(401);
        assertThat(none.at("/errors/0/status").isInt()).isTrue();
        assertThat(none.at("/errors/0/code").asText()).isEqualTo("not_authenticated");
        assertThat(bearer.status("/api/accounts")).isEqualTo(401);
        assertThat(new Caller(klaviyo.origin(), "Authorization", authorization()).status("/api/accounts"))
                .isEqualTo(400);
        assertThat(caller.status("/api/accounts")).isEqualTo(200);
    }

    @Test
    void consentIsShownOnlyWhenAskedFor() throws Exception {
        klaviyo.subscribe(world.person(0));
        klaviyo.consentToSms(world.person(0), true);
        klaviyo.bounce(world.person(0));
        String path = "/api/profiles/" + klaviyo.profileId(world.person(0));

        assertThat(caller.json(path).at("/data/attributes").has("subscriptions"))
                .isFalse();
        JsonNode subscriptions = caller.json(path + "?additional-fields%5Bprofile%5D=subscriptions")
                .at("/data/attributes/subscriptions");
        assertThat(subscriptions.at("/email/marketing/consent").asText()).isEqualTo("SUBSCRIBED");
        assertThat(subscriptions
                        .at("/email/marketing/can_receive_email_marketing")
                        .asBoolean())
                .isFalse();
        assertThat(subscriptions.at("/email/marketing/suppression/0/reason").asText())
                .isEqualTo("HARD_BOUNCE");
        assertThat(subscriptions.at("/sms/marketing/can_receive_sms_marketing").asBoolean())
                .isTrue();
    }

    @Test
    void malformedIdIs400AndUnknownIdIs404() throws Exception {
        assertThat(caller.status("/api/profiles/abc")).isEqualTo(400);
        assertThat(caller.status("/api/profiles/01H8XGJ2Z5K7Q9AAAAAAAAAAAA")).isEqualTo(404);
    }

    @Test
    void nextLinksLeadToTheEndWithoutLossOrRepeat() throws Exception {
        Set<String> all = new HashSet<>();
        for (int number = 0; number < 45; number++) {
            klaviyo.subscribeUnheard(world.person(number));
            all.add(klaviyo.profileId(world.person(number)));
        }
        for (String sort : List.of("updated", "-updated", "id")) {
            List<String> seen = new ArrayList<>();
            String address = "/api/profiles?sort=" + sort + "&page%5Bsize%5D=20"
                    + "&additional-fields%5Bprofile%5D=subscriptions&filter=greater-than(updated,2020-01-01T00:00:00Z)";
            int pages = 0;
            while (address != null) {
                JsonNode page = caller.json(address);
                page.get("data").forEach(profile -> {
                    seen.add(profile.get("id").asText());
                    assertThat(profile.at("/attributes/subscriptions").isMissingNode())
                            .isFalse();
                });
                JsonNode next = page.at("/links/next");
                address = next.isNull() ? null : next.asText();
                pages++;
            }
            assertThat(pages).isEqualTo(3);
            assertThat(seen).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(all);
        }
        assertThat(caller.json("/api/profiles").get("data"))
                .as("the default page")
                .hasSize(20);
        assertThat(caller.status("/api/profiles?page%5Bsize%5D=101")).isEqualTo(400);
        assertThat(caller.status("/api/profiles?filter=contains(email,%22a%22)"))
                .isEqualTo(400);
    }

    @Test
    void filtersFindByEmailAndExclusivelyByTime() throws Exception {
        klaviyo.subscribe(world.person(0));
        clock.advance(Duration.ofMinutes(1));
        klaviyo.subscribe(world.person(1));
        String since =
                "/api/profiles?filter=greater-than(updated," + world.now().minusSeconds(60) + ")";

        assertThat(caller.json(since).at("/data/0/id").asText()).isEqualTo(klaviyo.profileId(world.person(1)));
        assertThat(caller.json(since).get("data")).hasSize(1);
        assertThat(caller.json("/api/profiles?filter=equals(email,%22"
                                + world.person(0).email() + "%22)")
                        .at("/data/0/attributes/first_name")
                        .asText())
                .isEqualTo(world.person(0).givenName());
    }

    @Test
    void answersTellTheQuotaAndA429OnlyWhenToComeAgain() throws Exception {
        HttpResponse<String> first = caller.call("/api/accounts");
        HttpResponse<String> second = caller.call("/api/accounts");

        assertThat(first.headers().firstValue("RateLimit-Limit")).hasValue("1, 1;w=1, 15;w=60");
        assertThat(first.headers().firstValue("RateLimit-Remaining")).hasValue("0");
        assertThat(second.statusCode()).isEqualTo(429);
        assertThat(second.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(second.headers().firstValue("RateLimit-Limit")).isEmpty();
        assertThat(klaviyo.quotaViolations()).isEqualTo(1);
        for (int call = 1; call < 15; call++) {
            clock.advance(Duration.ofSeconds(1));
            assertThat(caller.status("/api/accounts")).isEqualTo(200);
        }
        clock.advance(Duration.ofSeconds(1));
        assertThat(caller.status("/api/accounts")).as("15 within a minute").isEqualTo(429);
        assertThat(caller.status("/api/profiles")).as("quotas are per endpoint").isEqualTo(200);
    }

    @Test
    void only200To202CountAsArrived() throws Exception {
        hub.answer(received -> hub.received().size() <= 1 ? 204 : 202);
        klaviyo.subscribe(world.person(0));
        klaviyo.flush();
        assertThat(klaviyo.awaitQuiet(PATIENCE)).isTrue();

        assertThat(klaviyo.deliveries()).isEqualTo(new DeliveryTally(1, 1, 1, 0, 0));
        assertThat(hub.received().get(1).body()).isEqualTo(hub.received().get(0).body());
    }
}
