package dev.muster.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.demo.SimulatedPatreon.Tier;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SimulatedPatreonTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String MEMBERS = "/api/oauth2/v2/campaigns/9440001/members";

    private final SettableClock clock = new SettableClock();
    private final SimulatedWorld world = new SimulatedWorld(7, clock);
    private ReceivingHub hub;
    private SimulatedPatreon patreon;
    private Caller caller;

    @BeforeEach
    void start() throws Exception {
        hub = new ReceivingHub();
        start(PlatformSettings.calm(hub.address()));
    }

    private void start(PlatformSettings settings) {
        patreon = new SimulatedPatreon(world, settings);
        caller = new Caller(
                patreon.origin(),
                "Authorization",
                "Bearer " + patreon.environment().get("PATREON_API_KEY"),
                "User-Agent",
                "Muster/1 (test)");
    }

    @AfterEach
    void stop() {
        patreon.close();
        hub.close();
    }

    private Person stranger() {
        int number = 0;
        while (world.person(number).fullName().chars().allMatch(letter -> letter < 128)) {
            number++;
        }
        return world.person(number);
    }

    @Test
    void hexHmacAgreesWithTheVectorOfTheContract() {
        String body = "{\"data\":{\"attributes\":{\"patron_status\":\"active_patron\",\"email\":\"ana@example.com\"},"
                + "\"id\":\"03ca69c3-ebea-4b9a-8fac-e4a837873254\",\"type\":\"member\"}}";

        assertThat(SimulatedPlatform.hexHmac("HmacMD5", "hub-test-secret", body.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("404abf013d8e09ac8ab8875294328fd4");
    }

    @Test
    void webhookIsAWholeMemberDocumentInAsciiSignedOverItsBytes() throws Exception {
        Person person = stranger();
        patreon.pledge(person, Tier.CAPTAIN);
        assertThat(patreon.awaitQuiet(PATIENCE)).isTrue();

        assertThat(hub.received())
                .extracting(received -> received.header("X-Patreon-Event"))
                .containsExactlyInAnyOrder("members:create", "members:pledge:create");
        for (ReceivingHub.Received received : hub.received()) {
            assertThat(received.path()).isEqualTo("/api/webhooks/patreon");
            assertThat(received.text()).isASCII();
            Mac mac = Mac.getInstance("HmacMD5");
            mac.init(new SecretKeySpec(
                    patreon.environment().get("PATREON_WEBHOOK_SECRET").getBytes(StandardCharsets.UTF_8), "HmacMD5"));
            assertThat(received.header("X-Patreon-Signature"))
                    .isEqualTo(HexFormat.of().formatHex(mac.doFinal(received.body())));
            JsonNode document = new ObjectMapper().readTree(received.body());
            assertThat(document.at("/data/attributes/full_name").asText()).isEqualTo(person.fullName());
            assertThat(document.at("/data/attributes/currently_entitled_amount_cents")
                            .asInt())
                    .isEqualTo(2500);
            assertThat(document.at("/data/relationships/user/data/type").asText())
                    .isEqualTo("user");
        }
    }

    @Test
    void onlyTheAttributesAskedForAreGiven() throws Exception {
        Person person = world.person(0);
        patreon.pledge(person, Tier.MATE);
        String path = "/api/oauth2/v2/members/" + patreon.memberId(person);

        JsonNode bare = caller.json(path);
        JsonNode asked = caller.json(path + "?include=user,currently_entitled_tiers,pledge_history"
                + "&fields%5Bmember%5D=email,patron_status&fields%5Buser%5D=first_name");

        assertThat(bare.at("/data/attributes")).isEmpty();
        assertThat(bare.has("included")).isFalse();
        assertThat(bare.get("data").has("relationships")).isFalse();
        assertThat(asked.at("/data/attributes").size()).isEqualTo(2);
        assertThat(asked.at("/data/attributes/email").asText()).isEqualTo(person.email());
        assertThat(asked.at("/included/0/attributes/first_name").asText()).isEqualTo(person.givenName());
        assertThat(asked.at("/included/1/attributes"))
                .as("no tier field was asked for")
                .isEmpty();
        assertThat(asked.get("included")).hasSize(3);
    }

    @Test
    void callersMustNameThemselvesAndHaveTheToken() throws Exception {
        String bearer = "Bearer " + patreon.environment().get("PATREON_API_KEY");
        JsonNode wrong = new Caller(patreon.origin(), "Authorization", "Bearer x", "User-Agent", "Muster/1")
                .json("/api/oauth2/v2/identity");

        assertThat(new Caller(patreon.origin(), "Authorization", bearer).status("/api/oauth2/v2/identity"))
                .as("the JDK's default agent")
                .isEqualTo(403);
        assertThat(new Caller(patreon.origin(), "Authorization", bearer, "User-Agent", "")
                        .status("/api/oauth2/v2/identity"))
                .isEqualTo(403);
        assertThat(wrong.at("/errors/0/status").asText()).isEqualTo("401");
        assertThat(wrong.at("/errors/0/status").isTextual()).isTrue();
        assertThat(caller.status("/api/oauth2/v2/identity")).isEqualTo(200);
    }

    @Test
    void unknownMembersAreGoneAndForeignCampaignsForbidden() throws Exception {
        assertThat(caller.json("/api/oauth2/v2/members/none")
                        .at("/errors/0/status")
                        .asText())
                .isEqualTo("404");
        assertThat(caller.status("/api/oauth2/v2/campaigns/1/members")).isEqualTo(403);
        assertThat(caller.status(MEMBERS + "?include=shoes")).isEqualTo(400);
        assertThat(caller.status(MEMBERS + "?page%5Bcount%5D=1001")).isEqualTo(400);
        assertThat(caller.status(MEMBERS + "?include=pledge_history&page%5Bcount%5D=501"))
                .isEqualTo(400);
        assertThat(caller.status(MEMBERS + "?page%5Bcursor%5D=!!")).isEqualTo(400);
    }

    @Test
    void pagesLeadToTheEndWithoutLossOrRepeat() throws Exception {
        Set<String> all = new HashSet<>();
        for (int number = 0; number < 123; number++) {
            patreon.pledgeUnheard(world.person(number), Tier.SAILOR);
            all.add(patreon.memberId(world.person(number)));
        }
        List<String> seen = new ArrayList<>();
        String cursor = "";
        int pages = 0;
        while (cursor != null) {
            JsonNode page = caller.json(MEMBERS + "?page%5Bcount%5D=50" + cursor);
            page.get("data").forEach(member -> seen.add(member.get("id").asText()));
            assertThat(page.at("/meta/pagination/total").asInt()).isEqualTo(123);
            JsonNode next = page.at("/meta/pagination/cursors/next");
            cursor = next.isNull() ? null : "&page%5Bcursor%5D=" + next.asText();
            pages++;
        }

        assertThat(pages).isEqualTo(3);
        assertThat(seen).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(all);
        assertThat(hub.received()).as("nothing was announced").isEmpty();
    }

    @Test
    void deletedMemberIsAnnouncedWithTheBodyOfAnUpdateAndThenGone() throws Exception {
        Person person = world.person(0);
        patreon.follow(person);
        assertThat(patreon.awaitQuiet(PATIENCE)).isTrue();
        patreon.unfollow(person);
        assertThat(patreon.awaitQuiet(PATIENCE)).isTrue();

        assertThat(hub.received())
                .extracting(received -> received.header("X-Patreon-Event"))
                .containsExactly("members:create", "members:delete");
        assertThat(caller.status("/api/oauth2/v2/members/" + patreon.memberId(person)))
                .isEqualTo(404);
        assertThat(world.expectedMembers()).isEmpty();
    }

    @Test
    void callsBeyondTheQuotaOfAMinuteAreRefusedAndCounted() throws Exception {
        patreon.close();
        start(new PlatformSettings(hub.address(), 0, Mischief.NONE, 1, 0.02, 4));
        for (int call = 0; call < 2; call++) {
            assertThat(caller.status("/api/oauth2/v2/identity")).isEqualTo(200);
        }
        clock.advance(Duration.ofSeconds(10));
        JsonNode refused = caller.json("/api/oauth2/v2/identity");

        assertThat(refused.at("/errors/0/code_name").asText()).isEqualTo("RequestThrottled");
        assertThat(refused.at("/errors/0/retry_after_seconds").asInt()).isEqualTo(50);
        assertThat(patreon.quotaViolations()).isEqualTo(1);
        clock.advance(Duration.ofSeconds(50));
        assertThat(caller.status("/api/oauth2/v2/identity")).isEqualTo(200);
    }

    @Test
    void laterEventsQueueBehindAFailingOneAndFollowIt() throws Exception {
        hub.answer(received -> hub.received().size() <= 3 ? 503 : 200);
        patreon.pledge(world.person(0), Tier.SAILOR);
        for (int number = 1; number < 20; number++) {
            patreon.pledge(world.person(number), Tier.SAILOR);
        }
        assertThat(patreon.awaitQuiet(PATIENCE)).isTrue();

        DeliveryTally tally = patreon.deliveries();
        assertThat(tally.accepted()).isEqualTo(tally.sent()).isEqualTo(40);
        assertThat(tally.retried()).isPositive();
        assertThat(tally.abandoned()).isZero();
    }

    @Test
    void hubThatNeverAcceptsPausesTheWebhookUntilItIsResumed() throws Exception {
        hub.answer(received -> 503);
        patreon.follow(world.person(0));
        await().atMost(PATIENCE).until(patreon::webhookStopped);
        assertThat(hub.received()).hasSize(8);
        patreon.follow(world.person(1));

        hub.answer(received -> 200);
        patreon.resumeWebhook();
        assertThat(patreon.awaitQuiet(PATIENCE)).isTrue();
        assertThat(patreon.deliveries().accepted()).isEqualTo(2);
    }
}
