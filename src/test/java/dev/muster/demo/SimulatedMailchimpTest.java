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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SimulatedMailchimpTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String LIST = "/3.0/lists/a6b5da1054";
    private static final String ANA = "Ana.Lee@hub.example";
    private static final String MEMBER = LIST + "/members/" + SimulatedMailchimp.hash(ANA);

    private final SettableClock clock = new SettableClock();
    private final SimulatedWorld world = new SimulatedWorld(7, clock);
    private final List<ApiExchange> exchanges = new CopyOnWriteArrayList<>();
    private ReceivingHub hub;
    private SimulatedMailchimp mailchimp;
    private Caller caller;

    @BeforeEach
    void start() throws Exception {
        hub = new ReceivingHub();
        mailchimp = new SimulatedMailchimp(world, PlatformSettings.calm(hub.address()));
        mailchimp.observe(exchanges::add);
        caller = caller("Basic "
                + Base64.getEncoder()
                        .encodeToString(("any:" + mailchimp.environment().get("MAILCHIMP_API_KEY"))
                                .getBytes(StandardCharsets.UTF_8)));
    }

    @AfterEach
    void everyAnswerIsAsTheVendorSpecifies() {
        mailchimp.close();
        hub.close();
        VendorSpecification.find("mailchimp")
                .ifPresent(specification ->
                        assertThat(specification.checkAnswers(exchanges)).isEmpty());
    }

    private Caller caller(String authorization) {
        return new Caller(mailchimp.origin(), "Authorization", authorization);
    }

    private HttpResponse<String> send(String method, String path, String body)
            throws IOException, InterruptedException {
        return caller.send(method, path, "application/json", body.replace('\'', '"'));
    }

    private static JsonNode json(HttpResponse<String> answer) throws IOException {
        return new ObjectMapper().readTree(answer.body());
    }

    private HttpResponse<String> put(String fields) throws IOException, InterruptedException {
        return send("PUT", MEMBER, "{'email_address':'" + ANA + "','status_if_new':'subscribed'" + fields + "}");
    }

    private String title(HttpResponse<String> answer) throws IOException {
        assertThat(answer.headers().firstValue("Content-Type").orElseThrow()).startsWith("application/problem+json");
        assertThat(answer.headers().firstValue("X-Request-Id"))
                .contains(json(answer).path("instance").asText());
        return answer.statusCode() + " " + json(answer).path("title").asText();
    }

    @Test
    void keyIsThePasswordWhateverTheUser() throws Exception {
        assertThat(caller.status("/3.0/ping")).isEqualTo(200);
        assertThat(new Caller(mailchimp.origin()).status("/3.0/ping")).isEqualTo(401);
        assertThat(caller("Basic "
                                + Base64.getEncoder().encodeToString("any:wrong-us3".getBytes(StandardCharsets.UTF_8)))
                        .status("/3.0/ping"))
                .isEqualTo(401);
        assertThat(caller("Bearer wrong").status("/3.0/ping")).isEqualTo(401);
    }

    @Test
    void aCodeWorksOnceForItsRedirectAndTheTokenNamesTheHost() throws Exception {
        String client = mailchimp.environment().get("MAILCHIMP_CLIENT_ID");
        HttpResponse<String> consent = new Caller(mailchimp.origin())
                .call("/oauth2/authorize?response_type=code&state=s1&redirect_uri=http://hub/cb&client_id=" + client);
        String location = consent.headers().firstValue("Location").orElseThrow();
        assertThat(location).startsWith("http://hub/cb?code=").endsWith("&state=s1");
        String form = "grant_type=authorization_code&client_id=" + client + "&client_secret="
                + mailchimp.environment().get("MAILCHIMP_CLIENT_SECRET") + "&redirect_uri=http://hub/cb&code="
                + location.substring(location.indexOf("code=") + 5, location.indexOf("&state"));
        Caller anybody = new Caller(mailchimp.origin());
        String type = "application/x-www-form-urlencoded";

        JsonNode tokens = json(anybody.send("POST", "/oauth2/token", type, form));

        String token = tokens.path("access_token").asText();
        assertThat(tokens.path("expires_in").asInt()).isZero();
        assertThat(tokens.has("refresh_token")).isFalse();
        assertThat(anybody.send("POST", "/oauth2/token", type, form).statusCode())
                .as("the code was used")
                .isEqualTo(400);
        assertThat(caller("OAuth " + token)
                        .json("/oauth2/metadata")
                        .path("api_endpoint")
                        .asText())
                .isEqualTo(mailchimp.origin());
        assertThat(caller("Bearer " + token).status("/3.0/ping")).isEqualTo(200);
    }

    @Test
    void putIsIdempotentAndKeepsWhatIsNotNamed() throws Exception {
        assertThat(json(put(",'merge_fields':{'FNAME':'Ana','SHOE':'9'}"))
                        .path("merge_fields")
                        .has("SHOE"))
                .as("unknown merge fields are passed over")
                .isFalse();
        JsonNode first = json(put(",'merge_fields':{'LNAME':'Lee'}"));
        clock.advance(Duration.ofMinutes(1));
        JsonNode second = json(put(",'merge_fields':{'LNAME':'Lee'}"));

        assertThat(second).isEqualTo(first);
        assertThat(second.at("/merge_fields/FNAME").asText()).isEqualTo("Ana");
        assertThat(second.path("full_name").asText()).isEqualTo("Ana Lee");
        assertThat(second.at("/merge_fields/ADDRESS").asText()).isEmpty();
        assertThat(json(send("PATCH", MEMBER, "{'merge_fields':{'FNAME':'Anna'}}"))
                        .path("last_changed")
                        .asText())
                .isEqualTo("2026-10-03T13:01:00+00:00");
    }

    @Test
    void whatDoesNotFitIsRefused() throws Exception {
        assertThat(title(send("PUT", MEMBER, "{'email_address':'" + ANA + "'}")))
                .as("status_if_new is needed for a new one")
                .isEqualTo("400 Invalid Resource");
        assertThat(title(put(",'first_name':'Ana'"))).isEqualTo("400 Invalid Resource");
        assertThat(title(put(",'merge_fields':{'BIRTHDAY':'1986-01-06'}"))).isEqualTo("400 Invalid Resource");
        assertThat(title(put(",'merge_fields':{'ADDRESS':{'addr1':'1 Main St','city':'','state':'NJ','zip':'1'}}")))
                .isEqualTo("400 Invalid Resource");
        assertThat(title(
                        send("PUT", LIST + "/members/00", "{'email_address':'a@b.example','status_if_new':'pending'}")))
                .isEqualTo("400 Invalid Resource");
        assertThat(title(send("PUT", MEMBER, "{"))).isEqualTo("400 JSON Parse Error");
        assertThat(title(send("PATCH", MEMBER, "{}"))).isEqualTo("404 Resource Not Found");
        assertThat(title(send("POST", "/3.0/lists/other", "{'members':[]}"))).isEqualTo("404 Resource Not Found");
        assertThat(title(send("POST", LIST + "/members", "{'email_address':'no','status':'subscribed'}")))
                .isEqualTo("400 Invalid Resource");
        assertThat(caller.status(LIST + "/members?count=1001")).isEqualTo(400);
        assertThat(caller.status(LIST + "/members?since=2026-01-01")).isEqualTo(400);
        put("");
        assertThat(title(send("POST", LIST + "/members", "{'email_address':'" + ANA + "','status':'subscribed'}")))
                .isEqualTo("400 Member Exists");
    }

    @Test
    void nobodyWhoLeftIsSubscribedAgainByACall() throws Exception {
        put("");
        mailchimp.unsubscribe(ANA);

        assertThat(title(put(",'status':'subscribed'"))).isEqualTo("400 Member In Compliance State");
        assertThat(json(put("")).path("status").asText()).isEqualTo("unsubscribed");
        JsonNode batch = json(send(
                "POST",
                LIST,
                "{'update_existing':true,'members':[{'email_address':'" + ANA + "','status':'subscribed'}]}"));
        assertThat(batch.path("error_count").asInt()).isEqualTo(1);
        assertThat(batch.at("/errors/0/error").asText()).contains("compliance state");
        assertThat(json(put(",'status':'pending'")).path("status").asText()).isEqualTo("pending");
        put(",'status':'unsubscribed'");
        assertThat(send("DELETE", MEMBER, "").statusCode()).isEqualTo(204);
        assertThat(send("DELETE", MEMBER, "").statusCode())
                .as("is archived already")
                .isEqualTo(405);
        assertThat(send("POST", MEMBER + "/actions/delete-permanent", "").statusCode())
                .isEqualTo(204);
        assertThat(title(put(""))).isEqualTo("400 Forgotten Email Not Subscribed");
    }

    @Test
    void aBatchSucceedsAndFailsOneByOne() throws Exception {
        String members = "{'email_address':'" + ANA + "','status':'subscribed','merge_fields':{'FNAME':'Ana'}},"
                + "{'email_address':'ana.lee@HUB.example','status':'subscribed'},"
                + "{'email_address':'broken','status':'subscribed'},"
                + "{'email_address':'new@hub.example'},"
                + "{'email_address':'bob@hub.example','status':'transactional'}";

        JsonNode first = json(send("POST", LIST, "{'members':[" + members + "]}"));

        assertThat(first.path("total_created").asInt()).isEqualTo(2);
        assertThat(first.path("errors").findValuesAsText("email_address"))
                .containsExactly("ana.lee@HUB.example", "broken", "new@hub.example");
        JsonNode again = json(send(
                "POST", LIST + "?skip_duplicate_check=true", "{'members':[" + members + "],'update_existing':false}"));
        assertThat(again.path("errors").findValuesAsText("error_code"))
                .containsExactly("ERROR_CONTACT_EXISTS", "ERROR_GENERIC", "ERROR_GENERIC", "ERROR_CONTACT_EXISTS");
        StringBuilder many = new StringBuilder();
        for (int i = 0; i <= 500; i++) {
            many.append(i == 0 ? "" : ",").append("{'email_address':'p" + i + "@hub.example','status':'subscribed'}");
        }
        assertThat(title(send("POST", LIST, "{'members':[" + many + "]}"))).isEqualTo("400 Invalid Resource");
        assertThat(mailchimp.statuses()).hasSize(2);
    }

    @Test
    void pagesAreSortedByChangeAndBoundedByTime() throws Exception {
        List<String> sent = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            sent.add("p" + i + "@hub.example");
            send("POST", LIST + "/members", "{'email_address':'p" + i + "@hub.example','status':'subscribed'}");
            clock.advance(Duration.ofMinutes(1));
        }
        String sorted = LIST + "/members?sort_field=last_changed&sort_dir=ASC&count=2";

        List<String> read = new ArrayList<>();
        for (int offset = 0; offset < 5; offset += 2) {
            JsonNode page = caller.json(sorted + "&offset=" + offset);
            assertThat(page.path("total_items").asInt()).isEqualTo(5);
            read.addAll(page.path("members").findValuesAsText("email_address"));
        }
        assertThat(read).isEqualTo(sent);
        JsonNode since = caller.json(
                sorted + "&since_last_changed=2026-10-03T13:02:00%2B00:00&exclude_fields=members._links,_links");
        assertThat(since.path("members").findValuesAsText("email_address")).containsExactly(sent.get(3), sent.get(4));
        assertThat(since.has("_links")).isFalse();
        assertThat(since.at("/members/0").has("_links")).isFalse();
        assertThat(caller.status(sorted + "&since_last_changed=2026-10-03T13:02:00+00:00"))
                .as("a plus that was not encoded is a space")
                .isEqualTo(400);
    }

    @Test
    void tagsAreSwitchedOnAndOff() throws Exception {
        put("");
        assertThat(send(
                                "POST",
                                MEMBER + "/tags",
                                "{'tags':[{'name':'Donor','status':'active'},{'name':'Runner','status':'active'}],'is_syncing':true}")
                        .statusCode())
                .isEqualTo(204);
        send("POST", MEMBER + "/tags", "{'tags':[{'name':'Runner','status':'inactive'}]}");
        assertThat(mailchimp.tags(ANA)).containsExactly("Donor");
        assertThat(caller.json(MEMBER).path("tags_count").asInt()).isEqualTo(1);
        assertThat(caller.json(MEMBER + "/tags").path("total_items").asInt()).isEqualTo(1);
        assertThat(send("POST", MEMBER + "/tags", "{'tags':[{'name':'Donor','status':'on'}]}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(json(send("POST", LIST + "/merge-fields", "{'name':'Total','tag':'TOTAL','type':'number'}"))
                        .path("tag")
                        .asText())
                .isEqualTo("TOTAL");
        assertThat(title(put(",'merge_fields':{'TOTAL':'much'}"))).isEqualTo("400 Invalid Resource");
    }

    @Test
    void anEleventhCallAtOnceIsRefusedWithoutAHintWhenToComeBack() throws Exception {
        mailchimp.hold();
        List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
        for (int call = 0; call < 10; call++) {
            waiting.add(caller.begin("GET", "/3.0/ping", "", ""));
        }
        long patient = System.nanoTime() + PATIENCE.toNanos();
        while (mailchimp.concurrent() < 10 && System.nanoTime() < patient) {
            Thread.onSpinWait();
        }

        HttpResponse<String> refused = caller.call("/3.0/ping");

        assertThat(title(refused)).isEqualTo("429 Too Many Requests");
        assertThat(refused.headers().firstValue("Retry-After")).isEmpty();
        mailchimp.healthy();
        for (CompletableFuture<HttpResponse<String>> call : waiting) {
            assertThat(call.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).statusCode())
                    .isEqualTo(200);
        }
        assertThat(mailchimp.quotaViolations()).isEqualTo(1);
        assertThat(mailchimp.concurrentPeak()).isEqualTo(11);
    }

    @Test
    void workIsDoneThoughTheAnswerNeverComes() throws Exception {
        mailchimp.trouble(SimulatedPlatform.Trouble.DONE_THEN_CUT, 1);
        assertThatThrownBy(() -> put("")).isInstanceOf(IOException.class);
        assertThat(mailchimp.statuses()).containsKey(ANA);
        assertThat(caller.status(MEMBER)).isEqualTo(200);
    }

    @Test
    void webhooksAreSignedFormsAndDeafToCalls() throws Exception {
        put(",'merge_fields':{'FNAME':'Ana'}");
        mailchimp.unsubscribe(ANA);
        mailchimp.changeEmail(ANA, "ana@new.example");
        mailchimp.bounce("ana@new.example");
        assertThat(mailchimp.awaitQuiet(PATIENCE)).isTrue();

        assertThat(hub.received())
                .extracting(
                        received -> received.text().substring(0, received.text().indexOf('&')))
                .containsExactlyInAnyOrder("type=unsubscribe", "type=upemail", "type=profile", "type=cleaned");
        for (ReceivingHub.Received received : hub.received()) {
            assertThat(received.path()).isEqualTo("/api/webhooks/mailchimp");
            assertThat(received.header("Content-Type")).isEqualTo("application/x-www-form-urlencoded");
            String time = String.valueOf(clock.instant().getEpochSecond());
            assertThat(received.header("X-Mailchimp-Signature"))
                    .isEqualTo("t=" + time + ",v1="
                            + SimulatedPlatform.hexHmac(
                                    "HmacSHA256",
                                    mailchimp.environment().get("MAILCHIMP_WEBHOOK_SECRET"),
                                    (time + "." + received.text()).getBytes(StandardCharsets.UTF_8)));
        }
        assertThat(hub.received().stream().map(ReceivingHub.Received::text))
                .anyMatch(text ->
                        text.contains("data%5Bmerges%5D%5BFNAME%5D=Ana") && text.contains("data%5Baction%5D=unsub"));
    }

    @Test
    void aWebhookIsMadeOnlyForAnAddressThatAnswers() throws Exception {
        String events = "'events':{'subscribe':true},'sources':{'api':true,'user':false,'admin':false}";
        assertThat(json(send("POST", LIST + "/webhooks", "{'url':'" + hub.address() + "/in/x'," + events + "}"))
                        .at("/sources/api")
                        .asBoolean())
                .isTrue();
        put("");
        assertThat(mailchimp.awaitQuiet(PATIENCE)).isTrue();
        assertThat(hub.received())
                .extracting(ReceivingHub.Received::path)
                .as("the GET that asked, and what was told to the one that hears calls")
                .containsExactly("/in/x", "/in/x");
        hub.answer(attempt -> 404);
        assertThat(title(send("POST", LIST + "/webhooks", "{'url':'" + hub.address() + "/in/y'," + events + "}")))
                .isEqualTo("400 Invalid Resource");
    }
}
