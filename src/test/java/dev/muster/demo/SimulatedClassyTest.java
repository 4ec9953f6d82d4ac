package dev.muster.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.conformance.VendorSpecification;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SimulatedClassyTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String FORM = "application/x-www-form-urlencoded";
    private static final String SUPPORTERS = "/2.0/organizations/34/supporters";

    private final SettableClock clock = new SettableClock();
    private final SimulatedWorld world = new SimulatedWorld(7, clock);
    private final List<ApiExchange> exchanges = new CopyOnWriteArrayList<>();
    private ReceivingHub hub;
    private SimulatedClassy classy;
    private Caller caller;

    @BeforeEach
    void start() throws Exception {
        hub = new ReceivingHub();
        classy = new SimulatedClassy(world, PlatformSettings.calm(hub.address()));
        classy.observe(exchanges::add);
        caller = new Caller(classy.origin(), "Authorization", "Bearer " + token());
    }

    @AfterEach
    void everyAnswerIsAsTheVendorSpecifies() {
        classy.close();
        hub.close();
        VendorSpecification.find("classy").ifPresent(specification -> assertThat(specification.checkAnswers(exchanges))
                .isEmpty());
    }

    private String token() throws IOException, InterruptedException {
        HttpResponse<String> answer = ask("grant_type=client_credentials&client_id="
                + classy.environment().get("CLASSY_CLIENT_ID")
                + "&client_secret="
                + classy.environment().get("CLASSY_CLIENT_SECRET"));
        return new ObjectMapper().readTree(answer.body()).path("access_token").asText();
    }

    private HttpResponse<String> ask(String form) throws IOException, InterruptedException {
        return new Caller(classy.origin()).send("POST", "/oauth2/auth", FORM, form);
    }

    private void donors(int count) {
        for (int number = 0; number < count; number++) {
            classy.donateUnheard(world.person(number), 450_001, 5_000, true);
        }
    }

    @Test
    void tokenNeedsTheRightClientAndEndsAfterAnHour() throws Exception {
        assertThat(ask("grant_type=client_credentials").statusCode()).isEqualTo(400);
        assertThat(ask("grant_type=client_credentials").body()).contains("The client id field is required.");
        assertThat(ask("grant_type=client_credentials&client_id=x&client_secret=y")
                        .statusCode())
                .isEqualTo(401);
        assertThat(ask("grant_type=password&client_id=x&client_secret=y").statusCode())
                .isEqualTo(400);

        assertThat(caller.status(SUPPORTERS)).isEqualTo(200);
        clock.advance(Duration.ofMinutes(59));
        assertThat(caller.status(SUPPORTERS)).isEqualTo(200);
        clock.advance(Duration.ofMinutes(1));
        assertThat(caller.status(SUPPORTERS)).isEqualTo(401);
        assertThat(caller.json(SUPPORTERS).path("error").asText()).isEqualTo("invalid_token");
        assertThat(new Caller(classy.origin()).status(SUPPORTERS)).isEqualTo(401);
        assertThat(new Caller(classy.origin(), "Authorization", "Bearer guessed").status(SUPPORTERS))
                .isEqualTo(401);
    }

    @Test
    void pagesSayHowManyThereAreAndTheirAddressesDropTheFilter() throws Exception {
        donors(5);

        JsonNode first = caller.json(SUPPORTERS + "?per_page=2&sort=updated_at%3Aasc");
        assertThat(first.path("total").asInt()).isEqualTo(5);
        assertThat(first.path("last_page").asInt()).isEqualTo(3);
        assertThat(first.path("data")).hasSize(2);
        assertThat(first.path("next_page_url").asText())
                .endsWith("?page=2")
                .doesNotContain("sort")
                .doesNotContain("per_page");
        JsonNode last = caller.json(SUPPORTERS + "?per_page=2&page=3");
        assertThat(last.path("data")).hasSize(1);
        assertThat(last.path("next_page_url").isNull()).isTrue();
        assertThat(last.path("from").asInt()).isEqualTo(5);
        JsonNode beyond = caller.json(SUPPORTERS + "?per_page=2&page=4");
        assertThat(beyond.path("data")).isEmpty();
        assertThat(beyond.path("from").isNull()).isTrue();
    }

    @Test
    void filterIsEncodedOnceWithoutMilliseconds() throws Exception {
        donors(3);
        String time = "2026-08-04T13:00:01";

        assertThat(caller.json(SUPPORTERS + "?filter=updated_at%3E%3D" + time.replace(":", "%3A") + "%2B0000")
                        .path("total")
                        .asInt())
                .isEqualTo(2);
        assertThat(caller.json(SUPPORTERS + "?filter=updated_at%3E" + time + "Z")
                        .path("total")
                        .asInt())
                .isEqualTo(1);
        assertThat(caller.json(SUPPORTERS + "?filter=updated_at%3C2026-08-04")
                        .path("total")
                        .asInt())
                .isZero();
        assertThat(caller.status(SUPPORTERS + "?filter=updated_at%3E" + time + ".000Z"))
                .as("milliseconds")
                .isEqualTo(400);
        assertThat(caller.status(SUPPORTERS + "?filter=updated_at%253E" + time + "Z"))
                .as("encoded twice")
                .isEqualTo(400);
        assertThat(caller.status(SUPPORTERS + "?filter=updated_at%3E" + time + "+0000"))
                .as("a plus that was not encoded is a space")
                .isEqualTo(400);
        assertThat(caller.status(SUPPORTERS + "?filter=shoe_size%3E4")).isEqualTo(400);
    }

    @Test
    void whatTheApiDoesNotKnowIsRefused() throws Exception {
        assertThat(caller.status(SUPPORTERS + "?since=2026-01-01")).isEqualTo(400);
        assertThat(caller.status(SUPPORTERS + "?per_page=101")).isEqualTo(422);
        assertThat(caller.status(SUPPORTERS + "?per_page=0")).isEqualTo(422);
        assertThat(caller.status(SUPPORTERS + "?page=0")).isEqualTo(422);
        assertThat(caller.status(SUPPORTERS + "?sort=name")).isEqualTo(400);
        assertThat(caller.status("/2.0/organizations/34/transactions?with=everything"))
                .isEqualTo(400);
        assertThat(caller.status("/2.0/organizations/35/supporters")).isEqualTo(403);
        assertThat(caller.status("/2.0/supporters/1")).isEqualTo(404);
        assertThat(caller.status("/2.0/organizations/34/members")).isEqualTo(404);
        assertThat(caller.send("POST", SUPPORTERS, "application/json", "{}").statusCode())
                .isEqualTo(405);
    }

    @Test
    void moreThan1800CallsInAnyMinuteAreAnsweredWith429() throws Exception {
        classy.close();
        classy = new SimulatedClassy(
                world, new PlatformSettings(hub.address(), 0, Mischief.NONE, 0.000_001, 4 / 1800.0, 16));
        classy.observe(exchanges::add);
        caller = new Caller(classy.origin(), "Authorization", "Bearer " + token());
        caller.call(SUPPORTERS);
        clock.advance(Duration.ofSeconds(30));
        for (int call = 0; call < 3; call++) {
            assertThat(caller.status(SUPPORTERS)).isEqualTo(200);
        }
        clock.advance(Duration.ofSeconds(29));

        HttpResponse<String> refused = caller.call(SUPPORTERS);

        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).contains("1");
        assertThat(refused.headers().firstValue("X-RateLimit-Remaining")).contains("0");
        assertThat(refused.body()).contains("\"retry_after\":1");
        clock.advance(Duration.ofSeconds(1));
        HttpResponse<String> allowed = caller.call(SUPPORTERS);
        assertThat(allowed.statusCode())
                .as("the first of the four is a minute old")
                .isEqualTo(200);
        assertThat(caller.status(SUPPORTERS)).as("the other three are not").isEqualTo(429);
        assertThat(allowed.headers().firstValue("X-RateLimit-Limit")).contains("4");
        assertThat(classy.quotaViolations()).isEqualTo(2);
    }

    @Test
    void giftsNameTheirSupporterPlanAndCampaign() throws Exception {
        Person donor = world.person(world.showcase());
        long plan = classy.pledge(donor, 450_002, 2_550, true);
        long gift = classy.donate(donor, 450_001, 5_500, true);
        classy.refund(gift);
        classy.cancelPlan(plan);

        JsonNode transactions = caller.json("/2.0/organizations/34/transactions?with=items");
        assertThat(transactions.at("/data/0/recurring_donation_plan_id").asLong())
                .isEqualTo(plan);
        assertThat(transactions.at("/data/0/total_gross_amount").asDouble()).isEqualTo(25.5);
        assertThat(transactions.at("/data/1/status").asText()).isEqualTo("refunded");
        assertThat(transactions.at("/data/1/items/0/transaction_id").asLong()).isEqualTo(gift);
        assertThat(transactions.at("/data/1/supporter_id").asLong()).isEqualTo(SimulatedClassy.supporterId(donor));
        assertThat(caller.json("/2.0/transactions/" + gift).has("items")).isFalse();
        JsonNode known = caller.json("/2.0/recurring-donation-plans/" + plan);
        assertThat(known.path("status").asText()).isEqualTo("canceled");
        assertThat(known.path("raw_donation_amount").asText()).isEqualTo("25.50");
        JsonNode supporter = caller.json("/2.0/supporters/" + SimulatedClassy.supporterId(donor));
        assertThat(supporter.path("email_address").asText()).isEqualTo(donor.email());
        assertThat(caller.json("/2.0/organizations/34/recurring-donation-plans")
                        .path("total")
                        .asInt())
                .isEqualTo(1);
        assertThat(caller.json("/2.0/organizations/34/campaigns?filter=status%3Dactive")
                        .path("total")
                        .asInt())
                .isEqualTo(2);
    }

    @Test
    void webhooksNameOnlyWhatChangedAndAreSignedAsSvixDoes() throws Exception {
        classy.donate(world.person(0), 450_001, 5_500, true);
        assertThat(classy.awaitQuiet(PATIENCE)).isTrue();

        List<String> types = new ArrayList<>();
        for (ReceivingHub.Received received : hub.received()) {
            assertThat(received.path()).isEqualTo("/api/webhooks/classy");
            JsonNode document = new ObjectMapper().readTree(received.body());
            types.add(document.path("type").asText());
            assertThat(document.path("data")).hasSize(1);
            Mac mac = Mac.getInstance("HmacSHA256");
            String secret = classy.environment().get("CLASSY_WEBHOOK_SECRET");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode(secret.substring("whsec_".length())), "HmacSHA256"));
            mac.update((received.header("svix-id") + "." + received.header("svix-timestamp") + ".")
                    .getBytes(StandardCharsets.US_ASCII));
            assertThat(received.header("svix-signature"))
                    .isEqualTo("v1," + Base64.getEncoder().encodeToString(mac.doFinal(received.body())));
        }
        assertThat(types).containsExactlyInAnyOrder("supporter.created", "transaction.created");
    }

    @Test
    void troubleIsWhatItSays() throws Exception {
        classy.trouble(SimulatedPlatform.Trouble.BROKEN, 1);
        assertThat(caller.status(SUPPORTERS)).isEqualTo(500);
        classy.trouble(SimulatedPlatform.Trouble.CUT, 2);
        assertThatThrownBy(() -> caller.send("GET", SUPPORTERS, FORM, "x=1")).isInstanceOf(IOException.class);
        classy.down();
        assertThat(caller.status(SUPPORTERS)).isEqualTo(503);
        classy.healthy();
        classy.expireTokens();
        assertThat(caller.status(SUPPORTERS)).isEqualTo(401);
    }
}
