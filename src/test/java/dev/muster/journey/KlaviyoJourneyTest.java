package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.conformance.VendorSpecification;
import dev.muster.demo.ApiExchange;
import dev.muster.demo.People;
import dev.muster.demo.PlatformSettings;
import dev.muster.demo.SimulatedKlaviyo;
import dev.muster.demo.SimulatedWorld;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Profiles and consents, both ways, against the strict simulator. */
class KlaviyoJourneyTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String IMPORT = "/api/profile-import";
    private static final String SUBSCRIBE = "/api/profile-subscription-bulk-create-jobs";
    private static final String UNSUBSCRIBE = "/api/profile-subscription-bulk-delete-jobs";

    @TempDir
    private Path folder;

    private final LaterClock clock = new LaterClock();
    private final SimulatedWorld world = new SimulatedWorld(7, clock);
    private final List<ApiExchange> exchanges = new CopyOnWriteArrayList<>();
    private final SimulatedKlaviyo klaviyo =
            new SimulatedKlaviyo(world, PlatformSettings.calm(URI.create("http://127.0.0.1:9")));
    private PlatformHub hub;

    /** The platform's clock. */
    private static final class LaterClock extends Clock {
        private volatile Duration ahead = Duration.ZERO;

        @Override
        public Instant instant() {
            return Instant.now().plus(ahead);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private PlatformHub.Setting setting() {
        klaviyo.observe(exchanges::add);
        return PlatformHub.in(folder)
                .withClub()
                .edit("config/platforms/klaviyo.yaml", "\"page[size]\", value: 100", "\"page[size]\", value: 5");
    }

    @AfterEach
    void stop() {
        hub.close();
        klaviyo.close();
        assertThat(klaviyo.quotaViolations()).isZero();
        assertThat(klaviyo.answers()).doesNotContainKeys(400, 401, 403, 404, 429);
    }

    private void conforms() {
        assertThat(VendorSpecification.of("klaviyo").check(exchanges))
                // the live API was recorded to answer null where the description knows only the type
                .allMatch(problem -> problem.contains("Instance type (null)"));
    }

    private void person(int number, String consent) {
        hub.club(
                "person",
                "p" + number,
                "\"email\":\"" + email(number) + "\",\"first\":\"Ana\",\"last\":\"Lee" + "\",\"consent\":\"" + consent
                        + "\"");
    }

    private static String email(int number) {
        return "p" + number + "@example.org";
    }

    private List<ApiExchange> calls(String path) {
        return exchanges.stream().filter(call -> call.path().startsWith(path)).toList();
    }

    private static JsonNode sent(ApiExchange call) {
        try {
            return JSON.readTree(call.requestBody());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void profilesAreReadPageByPageAndThenFromTheMarkOn() {
        for (int i = 0; i < 12; i++) {
            klaviyo.subscribeUnheard(world.person(i));
        }
        hub = setting().with(klaviyo.environment()).start();
        JsonNode run = hub.pull("klaviyo", "profiles");

        assertThat(run.path("state").asText()).isEqualTo("done");
        assertThat(hub.column("SELECT COUNT(*) FROM external_integrations WHERE platform = 'klaviyo'"))
                .containsExactly("12");
        assertThat(calls("/api/profiles?")).anyMatch(call -> call.path().contains("page%5Bcursor%5D"));

        klaviyo.restate(People.withPhone(world.person(2), "+14155550123"));
        hub.pull("klaviyo", "profiles");
        JsonNode later = hub.pull("klaviyo", "profiles");

        assertThat(later.path("kind").asText()).isEqualTo("incremental");
        assertThat(later.path("read").asInt()).isEqualTo(1);
        List<ApiExchange> asked = calls("/api/profiles?");
        assertThat(asked.get(asked.size() - 1).path()).contains("greater-than");
        assertThat(hub.get("/api/members?email=" + world.person(2).email())
                        .at("/items/0/phone")
                        .asText())
                .isEqualTo("+14155550123");
        conforms();
    }

    @Test
    void consentsAreGivenHundredByHundredToProfilesThatAreThere() {
        hub = setting().start();
        int people = 103;
        for (int i = 0; i < people; i++) {
            person(i, "opted_in");
        }
        hub.settled();
        hub.post("/api/integrations", """
                {"id": "news", "platform": "klaviyo", "title": "News", "baseUrl": "%s",
                 "settings": {"push": "on"}, "secrets": {"apiKey": "%s"}}
                """.formatted(
                        klaviyo.origin(), klaviyo.environment().get("KLAVIYO_API_KEY")));
        // accounts that are pushed to are read anew every second
        for (String target : List.of("klaviyo-consent", "klaviyo-profiles")) {
            await().atMost(PlatformHub.PATIENCE)
                    .until(() -> hub.ask(
                                            "POST",
                                            "/api/pushes/enqueue",
                                            "{\"target\":\"" + target + "\",\"integration\":\"news\"}")
                                    .statusCode()
                            == 202);
        }
        await().atMost(PlatformHub.PATIENCE).until(() -> calls(SUBSCRIBE).size() >= 2);
        hub.settled();

        for (int i = 0; i < people; i++) {
            assertThat(klaviyo.emailConsent(email(i))).as(email(i)).isEqualTo("SUBSCRIBED");
        }
        assertThat(calls(IMPORT)).hasSize(people);
        assertThat(calls(SUBSCRIBE)).allSatisfy(call -> assertThat(
                        sent(call).at("/data/attributes/profiles/data").size())
                .isLessThanOrEqualTo(100));
        assertThat(calls(SUBSCRIBE).stream()
                        .mapToInt(call ->
                                sent(call).at("/data/attributes/profiles/data").size())
                        .sum())
                .isEqualTo(people);
        assertThat(calls(IMPORT)).allMatch(call -> call.status() == 201);
        assertThat(calls(SUBSCRIBE)).allMatch(call -> call.status() == 202);
        conforms();
    }

    @Test
    void aWithdrawalIsToldAndNobodyIsSubscribedAgain() {
        hub = setting().with(klaviyo.environment()).with("KLAVIYO_PUSH", "on").start();
        person(0, "opted_in");
        person(1, "opted_out");
        person(2, "never");
        await().atMost(PlatformHub.PATIENCE).until(() -> "SUBSCRIBED".equals(klaviyo.emailConsent(email(0))));
        hub.settled();
        assertThat(klaviyo.emailConsent(email(1))).isNotEqualTo("SUBSCRIBED");
        assertThat(klaviyo.emailConsent(email(2))).isNotEqualTo("SUBSCRIBED");

        person(0, "opted_out");
        await().atMost(PlatformHub.PATIENCE).until(() -> "UNSUBSCRIBED".equals(klaviyo.emailConsent(email(0))));
        hub.settled();
        hub.pull("klaviyo", "profiles");
        hub.settled();

        assertThat(calls(SUBSCRIBE)).hasSize(1);
        assertThat(calls(UNSUBSCRIBE).stream().filter(call -> new String(call.requestBody()).contains(email(0))))
                .hasSize(1);
        assertThat(hub.get("/api/members?email=" + email(0))
                        .at("/items/0/consentEmail")
                        .asText())
                .isEqualTo("opted_out");
        conforms();
    }

    @Test
    void anEditThereComesBackAndIsNotPushedBack() {
        klaviyo.subscribeUnheard(world.person(0));
        hub = setting()
                .with(klaviyo.environment())
                .with("KLAVIYO_PUSH", "klaviyo-profiles")
                .start();
        String email = world.person(0).email();
        // of the same name: of another's profile nothing is told
        hub.club(
                "person",
                "p0",
                "\"email\":\"" + email + "\",\"first\":\""
                        + world.person(0).givenName() + "\",\"last\":\""
                        + world.person(0).familyName() + "\",\"phone\":\"+14155550100\"");
        await().atMost(PlatformHub.PATIENCE).until(() -> calls(IMPORT).size() == 1);
        hub.settled();
        hub.pull("klaviyo", "profiles");

        // Klaviyo knows no less than seconds: in the same one, nobody can tell which is the later word
        clock.ahead = Duration.ofSeconds(2);
        klaviyo.restate(People.withPhone(world.person(0), "+14155550123"));
        hub.pull("klaviyo", "profiles");
        hub.settled();
        int told = calls(IMPORT).size();
        hub.pull("klaviyo", "profiles");
        hub.settled();

        JsonNode member = hub.get("/api/members?email=" + email).at("/items/0");
        assertThat(member.path("phone").asText()).isEqualTo("+14155550123");
        assertThat(calls(IMPORT)).hasSize(told);
        assertThat(calls(IMPORT).stream().skip(1)).allSatisfy(call -> assertThat(
                        sent(call).at("/data/attributes/phone_number").asText("+14155550123"))
                .isEqualTo("+14155550123"));
        assertThat(hub.get("/api/pushes/plan?target=klaviyo-profiles").path("items"))
                .isEmpty();
        conforms();
    }
}
