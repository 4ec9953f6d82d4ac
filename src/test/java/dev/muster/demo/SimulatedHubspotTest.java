package dev.muster.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.conformance.VendorSpecification;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SimulatedHubspotTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String CONTACTS = "/crm/v3/objects/contacts";
    private static final String FORM = "application/x-www-form-urlencoded";

    private final SettableClock clock = new SettableClock();
    private final SimulatedWorld world = new SimulatedWorld(7, clock);
    private final List<ApiExchange> exchanges = new CopyOnWriteArrayList<>();
    private ReceivingHub hub;
    private SimulatedHubspot hubspot;
    private Caller caller;

    @BeforeEach
    void start() throws Exception {
        hub = new ReceivingHub();
        start(PlatformSettings.calm(hub.address()));
    }

    private void start(PlatformSettings settings) {
        hubspot = new SimulatedHubspot(world, settings);
        hubspot.observe(exchanges::add);
        caller = caller(hubspot.environment().get("HUBSPOT_API_KEY"));
    }

    @AfterEach
    void everyAnswerIsAsTheVendorSpecifies() {
        hubspot.close();
        hub.close();
        VendorSpecification.find("hubspot").ifPresent(specification -> assertThat(specification.checkAnswers(exchanges))
                .isEmpty());
    }

    private Caller caller(String token) {
        return new Caller(hubspot.origin(), "Authorization", "Bearer " + token);
    }

    private HttpResponse<String> send(String method, String path, String body)
            throws IOException, InterruptedException {
        return caller.send(method, path, "application/json", body.replace('\'', '"'));
    }

    private static JsonNode json(HttpResponse<String> answer) throws IOException {
        return new ObjectMapper().readTree(answer.body());
    }

    private static String input(String key, String properties) {
        return "{'idProperty':'hub_person_id','id':'" + key + "','objectWriteTraceId':'t-" + key + "','properties':{"
                + properties + "}}";
    }

    private HttpResponse<String> upsert(String... inputs) throws IOException, InterruptedException {
        return send("POST", CONTACTS + "/batch/upsert", "{'inputs':[" + String.join(",", inputs) + "]}");
    }

    @Test
    void refreshTokensRotateAndWorkOnce() throws Exception {
        String client = "client_id=" + hubspot.environment().get("HUBSPOT_CLIENT_ID");
        String secret = "&client_secret=" + hubspot.environment().get("HUBSPOT_CLIENT_SECRET");
        Caller anybody = new Caller(hubspot.origin());
        String verifier = "a-verifier-of-forty-three-characters-or-more-x";
        String location = anybody.call("/oauth/authorize?" + client
                        + "&redirect_uri=http://hub/cb&scope=crm.objects.contacts.read&state=s&code_challenge="
                        + TokenDesk.challenge(verifier))
                .headers()
                .firstValue("Location")
                .orElseThrow();
        String code = location.substring(location.indexOf("code=") + 5, location.indexOf("&state"));
        String ask = client + secret + "&grant_type=authorization_code&redirect_uri=http://hub/cb&code=" + code;

        JsonNode first = json(anybody.send("POST", "/oauth/v3/token", FORM, ask + "&code_verifier=" + verifier));
        assertThat(first.path("expires_in").asInt()).isEqualTo(1800);
        assertThat(anybody.send("POST", "/oauth/v3/token", FORM, ask + "&code_verifier=" + verifier)
                        .statusCode())
                .as("the code was used")
                .isEqualTo(400);
        String access = first.path("access_token").asText();
        assertThat(caller(access).status(CONTACTS)).isEqualTo(200);
        clock.advance(Duration.ofMinutes(30));
        assertThat(caller(access).status(CONTACTS)).isEqualTo(401);
        assertThat(caller(access).json(CONTACTS).path("category").asText()).isEqualTo("EXPIRED_AUTHENTICATION");

        String refresh = client + secret + "&grant_type=refresh_token&refresh_token="
                + first.path("refresh_token").asText();
        JsonNode second = json(anybody.send("POST", "/oauth/v3/token", FORM, refresh));
        assertThat(caller(second.path("access_token").asText()).status(CONTACTS))
                .isEqualTo(200);
        assertThat(second.path("refresh_token")).isNotEqualTo(first.path("refresh_token"));
        assertThat(anybody.send("POST", "/oauth/v3/token", FORM, refresh).statusCode())
                .isEqualTo(400);
        assertThat(hubspot.refreshTokensReused()).isEqualTo(1);
        assertThat(new Caller(hubspot.origin()).status(CONTACTS)).isEqualTo(401);
    }

    @Test
    void aCodeNeedsTheVerifierItsChallengeWasMadeOf() {
        TokenDesk desk = new TokenDesk(clock, new Random(1), Duration.ofMinutes(30), true);
        String challenge = TokenDesk.challenge("right");

        assertThat(desk.redeem(desk.code("http://hub/cb", challenge), "http://hub/cb", "wrong"))
                .isEmpty();
        assertThat(desk.redeem(desk.code("http://hub/cb", challenge), "http://hub/cb", null))
                .isEmpty();
        assertThat(desk.redeem(desk.code("http://hub/cb", challenge), "http://other/cb", "right"))
                .isEmpty();
        assertThat(desk.redeem(desk.code("http://hub/cb", challenge), "http://hub/cb", "right"))
                .isPresent();
        String late = desk.code("http://hub/cb", null);
        clock.advance(Duration.ofMinutes(2));
        assertThat(desk.redeem(late, "http://hub/cb", null)).isEmpty();
    }

    @Test
    void aBatchSucceedsInPart() throws Exception {
        JsonNode created = json(
                upsert(input("p-1", "'email':'Ada@hub.example','firstname':'Ada'"), input("p-2", "'firstname':'Bo'")));
        assertThat(created.path("results").findValuesAsText("new")).containsExactly("true", "true");

        HttpResponse<String> mixed = upsert(
                input("p-1", "'lastname':'Byrne'"),
                input("p-3", "'email':'ada@hub.example'"),
                input("p-4", "'email':'nobody'"),
                input("p-5", "'shoe_size':'9'"),
                input("p-6", "'hs_object_id':'1'"));

        assertThat(mixed.statusCode()).isEqualTo(207);
        JsonNode answer = json(mixed);
        assertThat(answer.path("numErrors").asInt()).isEqualTo(4);
        assertThat(answer.path("errors").findValuesAsText("category"))
                .containsExactly("CONFLICT", "VALIDATION_ERROR", "VALIDATION_ERROR", "VALIDATION_ERROR");
        assertThat(answer.at("/errors/0/context/objectWriteTraceId/0").asText()).isEqualTo("t-p-3");
        assertThat(answer.at("/results/0/new").asBoolean()).isFalse();
        assertThat(hubspot.contact("ada@hub.example").orElseThrow())
                .containsEntry("firstname", "Ada")
                .containsEntry("lastname", "Byrne");
        assertThat(hubspot.size()).isEqualTo(2);
    }

    @Test
    void anUpsertByAddressKeepsNothingThatIsNotSentAlong() throws Exception {
        upsert(input("p-1", "'email':'ada@hub.example','firstname':'Ada','city':'Cork'"));

        send(
                "POST",
                CONTACTS + "/batch/upsert",
                "{'inputs':[{'idProperty':'email','id':'ada@hub.example','properties':{'firstname':'Ada'}}]}");

        assertThat(hubspot.contact("ada@hub.example").orElseThrow()).doesNotContainKey("city");
    }

    @Test
    void whatDoesNotFitIsRefused() throws Exception {
        upsert(input("p-1", "'email':'ada@hub.example'"));
        List<String> many = new ArrayList<>();
        for (int i = 0; i <= 100; i++) {
            many.add(input("m-" + i, ""));
        }
        assertThat(upsert(many.toArray(new String[0])).statusCode()).isEqualTo(400);
        assertThat(upsert(input("p-1", ""), input("p-1", "")).statusCode())
                .as("twice the same")
                .isEqualTo(400);
        assertThat(upsert("{'idProperty':'city','id':'Cork','properties':{}}").statusCode())
                .as("no unique property")
                .isEqualTo(207);
        HttpResponse<String> twice =
                send("POST", CONTACTS, "{'associations':[],'properties':{'email':'ADA@hub.example'}}");
        assertThat(twice.statusCode()).isEqualTo(409);
        assertThat(json(twice).path("message").asText()).endsWith("Existing ID: 5001");
        assertThat(send("PATCH", CONTACTS + "/5001", "{'properties':{'zip':8057}}")
                        .statusCode())
                .as("values are texts")
                .isEqualTo(400);
        assertThat(caller.status(CONTACTS + "?limit=101")).isEqualTo(400);
        assertThat(caller.status(CONTACTS + "?since=1")).isEqualTo(400);
        assertThat(caller.status(CONTACTS + "/4711")).isEqualTo(404);
        assertThat(caller.status("/crm/v3/objects/people")).isEqualTo(404);
        assertThat(send("PUT", CONTACTS, "{}").statusCode()).isEqualTo(405);
        assertThat(caller.json(CONTACTS + "/ada@hub.example?idProperty=email")
                        .path("id")
                        .asText())
                .isEqualTo("5001");
    }

    @Test
    void onlyNamedPropertiesAreShownAndPagesFollowACursor() throws Exception {
        for (int i = 0; i < 5; i++) {
            upsert(input("p-" + i, "'email':'p" + i + "@hub.example','city':'Cork'"));
        }
        List<String> read = new ArrayList<>();
        String after = "";
        do {
            JsonNode page = caller.json(CONTACTS + "?limit=2&properties=city,nothing" + after);
            page.path("results").forEach(contact -> {
                read.add(contact.at("/properties/email").asText());
                assertThat(contact.at("/properties/city").asText()).isEqualTo("Cork");
                assertThat(contact.path("properties").has("nothing")).isFalse();
                assertThat(contact.path("properties").has("phone")).isFalse();
            });
            String next = page.at("/paging/next/after").asText();
            after = next.isEmpty() ? "" : "&after=" + next;
        } while (!after.isEmpty());
        assertThat(read).hasSize(5).doesNotHaveDuplicates();
        hubspot.delete("p0@hub.example");
        assertThat(caller.json(CONTACTS + "?archived=true").path("results")).hasSize(1);
        assertThat(caller.json(CONTACTS).path("results")).hasSize(4);
    }

    @Test
    void theSearchIsBehindAndEndsAtTenThousand() throws Exception {
        hubspot.indexLag(Duration.ofSeconds(3));
        upsert(input("p-1", "'email':'ada@hub.example'"));
        String since = "{'filterGroups':[{'filters':[{'propertyName':'lastmodifieddate','operator':'GTE','value':'"
                + clock.millis()
                + "'}]}],'sorts':['lastmodifieddate'],'properties':['email'],'limit':LIMIT,'after':'AFTER'}";
        String first = since.replace("LIMIT", "200").replace("AFTER", "0");

        assertThat(json(send("POST", CONTACTS + "/search", first)).path("total").asInt())
                .isZero();
        clock.advance(Duration.ofSeconds(3));
        assertThat(json(send("POST", CONTACTS + "/search", first)).path("total").asInt())
                .isEqualTo(1);
        assertThat(send("POST", CONTACTS + "/search", first.replace("200", "201"))
                        .statusCode())
                .isEqualTo(400);
        assertThat(send(
                                "POST",
                                CONTACTS + "/search",
                                since.replace("LIMIT", "200").replace("AFTER", "9900"))
                        .statusCode())
                .isEqualTo(400);
        assertThat(send("POST", CONTACTS + "/search", first.replace("GTE", "NEAR"))
                        .statusCode())
                .isEqualTo(400);
        assertThat(send("POST", CONTACTS + "/search", first + " ".repeat(3_000)).statusCode())
                .isEqualTo(400);
    }

    @Test
    void searchesAndCallsHaveTheirOwnMovingWindows() throws Exception {
        hubspot.close();
        start(new PlatformSettings(hub.address(), 0, Mischief.NONE, 0.000_001, 3 / 190.0, 16));
        caller.call(CONTACTS);
        clock.advance(Duration.ofSeconds(9));
        HttpResponse<String> second = caller.call(CONTACTS);
        assertThat(second.headers().firstValue("X-HubSpot-RateLimit-Max")).contains("3");
        assertThat(second.headers().firstValue("X-HubSpot-RateLimit-Remaining")).contains("1");
        assertThat(second.headers().firstValue("X-HubSpot-RateLimit-Interval-Milliseconds"))
                .contains("10000");
        caller.call(CONTACTS);

        HttpResponse<String> refused = caller.call(CONTACTS);

        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(json(refused).path("policyName").asText()).isEqualTo("TEN_SECONDLY_ROLLING");
        assertThat(refused.headers().firstValue("Retry-After")).isEmpty();
        clock.advance(Duration.ofSeconds(1));
        assertThat(caller.status(CONTACTS))
                .as("only the first is ten seconds old")
                .isEqualTo(200);
        assertThat(caller.status(CONTACTS)).isEqualTo(429);
        String search = "{'filterGroups':[],'sorts':[],'properties':[],'limit':10,'after':'0'}";
        assertThat(send("POST", CONTACTS + "/search", search).statusCode()).isEqualTo(200);
        HttpResponse<String> tooSoon = send("POST", CONTACTS + "/search", search);
        assertThat(json(tooSoon).path("policyName").asText()).isEqualTo("SECONDLY");
        assertThat(tooSoon.headers().firstValue("X-HubSpot-RateLimit-Max")).isEmpty();
        assertThat(hubspot.quotaViolations()).isEqualTo(3);
    }

    @Test
    void webhooksAreListsSignedOverTheWholeRequest() throws Exception {
        assertThat(SimulatedHubspot.signature(
                        "hub-demo-client-secret-0001",
                        "POST",
                        "https://hub.example.org/in/hubspot/acme?tenant=7",
                        ("[{\"eventId\":1001,\"subscriptionId\":2002,\"portalId\":3003,\"appId\":4004,"
                                        + "\"occurredAt\":1767225600000,\"subscriptionType\":\"contact.propertyChange\","
                                        + "\"attemptNumber\":0,\"objectId\":5005,\"changeSource\":\"CRM_UI\","
                                        + "\"propertyName\":\"email\",\"propertyValue\":\"ada@example.org\"}]")
                                .getBytes(StandardCharsets.UTF_8),
                        "1767225600000"))
                .isEqualTo("/cMlwXMMWmFWZb6KmiOFMkGRj0aeXP9K/eUJWIABv3Q=");

        upsert(input("p-1", "'email':'ada@hub.example'"));
        hubspot.optOut("ada@hub.example");
        assertThat(hubspot.awaitQuiet(PATIENCE)).isTrue();

        assertThat(hub.received()).hasSize(2).allSatisfy(received -> {
            String timestamp = received.header("X-HubSpot-Request-Timestamp");
            assertThat(received.header("X-HubSpot-Signature-v3"))
                    .isEqualTo(SimulatedHubspot.signature(
                            hubspot.environment().get("HUBSPOT_WEBHOOK_SECRET"),
                            "POST",
                            hub.address() + "/api/webhooks/hubspot",
                            received.body(),
                            timestamp));
            assertThat(new ObjectMapper().readTree(received.body()).isArray()).isTrue();
        });
        assertThat(hub.received().stream().map(ReceivingHub.Received::text))
                .anyMatch(text -> text.contains("contact.creation") && text.contains("INTEGRATION"))
                .anyMatch(text -> text.contains("hs_email_optout") && text.contains("CRM_UI"));
    }
}
