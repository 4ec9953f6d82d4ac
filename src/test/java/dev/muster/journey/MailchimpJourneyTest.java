package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.FlowHub;
import dev.muster.RunningHub;
import dev.muster.demo.ApiExchange;
import dev.muster.demo.Person;
import dev.muster.demo.PlatformSettings;
import dev.muster.demo.SimulatedClassy;
import dev.muster.demo.SimulatedMailchimp;
import dev.muster.demo.SimulatedPlatform.Trouble;
import dev.muster.demo.SimulatedWorld;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Donors of Classy become readers of Mailchimp, and what they say there is heard. */
class MailchimpJourneyTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final URI NOWHERE = URI.create("http://127.0.0.1:9");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String FILE = "config/platforms/mailchimp.yaml";
    private static final String BATCH = "POST /3.0/lists/:list";

    @TempDir
    private Path folder;

    private final MovedClock clock = new MovedClock();
    private final SimulatedWorld world = new SimulatedWorld(23, clock);
    private SimulatedClassy classy;
    private SimulatedMailchimp mailchimp;
    private Overheard overheard;
    private FlowHub hub;

    @AfterEach
    void stop() {
        if (hub != null) {
            hub.close();
        }
        classy.close();
        mailchimp.close();
        overheard.judge("mailchimp");
        assertThat(mailchimp.concurrentPeak()).isLessThanOrEqualTo(10);
        assertThat(classy.quotaViolations()).isZero();
    }

    private void platformsTell(URI address) {
        classy = new SimulatedClassy(world, PlatformSettings.calm(address));
        mailchimp = new SimulatedMailchimp(world, PlatformSettings.calm(address));
        overheard = new Overheard(mailchimp);
    }

    /** People with an address of their own. */
    private List<Person> people(int count) {
        List<Person> people = new ArrayList<>();
        for (int number = 0; people.size() < count; number++) {
            Person person = world.person(number);
            if (person.emailValid() && !person.sharesEmail()) {
                people.add(person);
            }
        }
        return people;
    }

    private static String email(Person person) {
        return person.email().toLowerCase(Locale.ROOT);
    }

    private long count(String sql) {
        return Long.parseLong(hub.column("SELECT COUNT(*) FROM " + sql).get(0));
    }

    private void awaitRest() {
        await().atMost(PATIENCE).until(() -> hub.unfinished() == 0 && count("pushes WHERE status IN (1, 2)") == 0);
    }

    private void enqueue() throws Exception {
        String cursor = "";
        do {
            JsonNode answer = hub.admin(
                    "POST",
                    "/api/pushes/enqueue",
                    "{\"target\":\"mailchimp-audience\"" + (cursor.isEmpty() ? "" : ",\"cursor\":\"" + cursor + '"')
                            + "}");
            cursor = answer.path("next").isNull() ? "" : answer.path("next").asText();
        } while (!cursor.isEmpty());
    }

    private static JsonNode members(ApiExchange batch) {
        try {
            return JSON.readTree(batch.requestBody()).path("members");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private String golden(Person person, String column) {
        return hub.column("SELECT " + column
                        + " FROM members WHERE deleted_at IS NULL AND merged_into IS NULL AND email = '" + email(person)
                        + "'")
                .get(0);
    }

    @Test
    void twelveHundredAreToldInThreeBatchesAndOnlyTheBadFail() throws Exception {
        platformsTell(NOWHERE);
        List<Person> people = people(1_200);
        people.forEach(person -> classy.donateUnheard(person, 450_001, 2_500, true));
        Person left = people.get(7);
        List<Person> bad = people.subList(600, 603);
        bad.forEach(person -> mailchimp.distrust(person.email()));
        hub = FlowHub.in(folder)
                .with(classy.environment())
                .with("MUSTER_PULL_LOOK_MS", "50")
                .edit(
                        "config/application.properties",
                        "#muster.sync.history.days = 90",
                        "camel.component.http.responseTimeout = 3000")
                .start();
        await().atMost(PATIENCE).until(() -> count("sync_runs WHERE state = 'done'") >= 4 && hub.unfinished() == 0);
        Map<String, String> environment = mailchimp.environment();
        hub.admin(
                "POST",
                "/api/integrations",
                JSON.writeValueAsString(Map.of(
                        "id",
                        "news",
                        "platform",
                        "mailchimp",
                        "title",
                        "The harbour news",
                        "baseUrl",
                        mailchimp.origin(),
                        "secrets",
                        Map.of("apiKey", environment.get("MAILCHIMP_API_KEY")),
                        "settings",
                        Map.of("audienceId", environment.get("MAILCHIMP_AUDIENCE_ID"), "push", "mailchimp-audience"))));
        // a new account is read at once; who leaves after that has left unheard
        await().atMost(PATIENCE)
                .until(() -> count("sync_runs WHERE platform = 'mailchimp' AND state = 'done'") == 1
                        && hub.unfinished() == 0);
        mailchimp.subscribeUnheard(left);
        mailchimp.unsubscribe(left.email());
        mailchimp.trouble(Trouble.DONE_THEN_SILENT, 1);
        // that there is a new account is known within a second or two
        await().atMost(PATIENCE).ignoreException(IllegalStateException.class).until(() -> !hub.admin(
                        "GET", "/api/pushes/plan?target=mailchimp-audience&limit=1")
                .path("items")
                .isEmpty());
        enqueue();
        awaitRest();

        Map<String, String> statuses = mailchimp.statuses();
        assertThat(statuses).hasSize(1_200 - bad.size());
        assertThat(statuses).containsEntry(left.email(), "unsubscribed");
        assertThat(statuses.values().stream().filter("subscribed"::equals)).hasSize(1_200 - bad.size() - 1);
        // the batch that was taken without an answer was told once more, and made nobody twice
        List<ApiExchange> batches = overheard.of("POST", "/3.0/lists/" + environment.get("MAILCHIMP_AUDIENCE_ID"));
        assertThat(batches)
                .hasSize(4)
                .extracting(batch -> members(batch).size())
                .contains(200, 500)
                .containsOnly(200, 500);
        assertThat(hub.column("SELECT error_code FROM pushes WHERE status = 3"))
                .containsExactly("push-refused", "push-refused", "push-refused");
        assertThat(hub.column("SELECT item_key FROM pushes WHERE pushed LIKE '%withdrawn%'"))
                .containsExactly(email(left));
        assertThat(mailchimp.mergeField(people.get(0).email(), "FNAME").asText())
                .isEqualTo(people.get(0).givenName());

        overheard.forget();
        enqueue();
        awaitRest();
        // once more: only what failed is tried
        assertThat(overheard.of("POST", "/3.0/lists/" + environment.get("MAILCHIMP_AUDIENCE_ID")))
                .allSatisfy(batch -> assertThat(members(batch).findValuesAsText("email_address"))
                        .isSubsetOf(
                                bad.stream().map(MailchimpJourneyTest::email).toList()));
        assertThat(mailchimp.statuses()).isEqualTo(statuses);
    }

    @Test
    void whatReadersSayIsHeardAndNobodyIsSubscribedAgain() throws Exception {
        FlowHub.Setting setting = FlowHub.in(folder);
        platformsTell(setting.address());
        Map<String, String> environment = mailchimp.environment();
        hub = setting.with(classy.environment())
                .with(environment)
                .with("MAILCHIMP_PUSH", "on")
                .edit(FILE, """
                            scheme: hmac
                            digest: sha256
                            header: X-Mailchimp-Signature
                            several: { style: pairs, timestampKey: t, version: v1 }
                            message: "{timestamp}.{body}"
                        """.indent(-24).indent(4), "    scheme: path\n")
                .edit(FILE, "coalesce: PT2S", "coalesce: PT0.1S")
                .edit(
                        FILE,
                        "filter: .email != null\n",
                        "filter: .email != null and (.segments | index(\"donors\") != null)\n")
                .start();
        // the address with the secret is asked by GET before it is taken
        String target = setting.address() + "/api/webhooks/mailchimp/" + environment.get("MAILCHIMP_WEBHOOK_SECRET");
        assertThat(RunningHub.send(HttpRequest.newBuilder(URI.create(mailchimp.origin() + "/3.0/lists/"
                                        + environment.get("MAILCHIMP_AUDIENCE_ID") + "/webhooks"))
                                .header("Content-Type", "application/json")
                                .header(
                                        "Authorization",
                                        "Basic "
                                                + Base64.getEncoder()
                                                        .encodeToString(("any:" + environment.get("MAILCHIMP_API_KEY"))
                                                                .getBytes(StandardCharsets.UTF_8)))
                                .POST(HttpRequest.BodyPublishers.ofString("{\"url\":\"" + target
                                        + "\",\"events\":{\"subscribe\":true,\"unsubscribe\":true,\"profile\":true,"
                                        + "\"cleaned\":true,\"upemail\":true},"
                                        + "\"sources\":{\"user\":true,\"admin\":true,\"api\":true}}"))
                                .build())
                        .statusCode())
                .isEqualTo(200);
        Person reader = people(3).get(0);
        Person leaver = people(3).get(1);
        Person mover = people(3).get(2);
        classy.donate(reader, 450_001, 5_000, true);
        classy.donate(leaver, 450_001, 5_000, true);
        long gift = classy.donate(mover, 450_001, 5_000, true);
        await().atMost(PATIENCE)
                .until(() -> mailchimp.statuses().size() == 3
                        && people(3).stream()
                                .allMatch(
                                        person -> mailchimp.tags(person.email()).equals(Set.of("Donor"))));
        assertThat(mailchimp.mergeField(reader.email(), "FNAME").asText()).isEqualTo(reader.givenName());
        awaitRest();

        clock.advance(Duration.ofSeconds(5));
        mailchimp.edit(reader.email(), "LNAME", "von der Mole");
        // who takes the only gift back is no donor, and only donors are meant
        classy.refund(gift);
        mailchimp.unsubscribe(leaver.email());
        await().atMost(PATIENCE).until(() -> golden(reader, "last_name").equals("von der Mole"));
        await().atMost(PATIENCE).until(() -> golden(leaver, "consent_email").equals("opted_out"));
        await().atMost(PATIENCE)
                .until(() -> "archived".equals(mailchimp.statuses().get(mover.email())));
        awaitRest();
        overheard.forget();

        clock.advance(Duration.ofSeconds(5));
        // one comes back to give, with the box ticked; another unticks it
        classy.donate(leaver, 450_002, 1_000, true);
        classy.donate(reader, 450_002, 1_000, false);
        await().atMost(PATIENCE)
                .until(() -> "unsubscribed".equals(mailchimp.statuses().get(reader.email())));
        awaitRest();
        assertThat(classy.awaitQuiet(PATIENCE)).isTrue();
        awaitRest();

        assertThat(mailchimp.statuses())
                .containsEntry(leaver.email(), "unsubscribed")
                .containsEntry(reader.email(), "unsubscribed")
                .containsEntry(mover.email(), "archived");
        assertThat(golden(leaver, "consent_email")).isEqualTo("opted_out");
        // the withdrawal is all that was said of who withdrew
        assertThat(overheard.of("PATCH", "/members/" + email(reader))).hasSize(1);
        assertThat(overheard.of("POST", "/3.0/lists/" + environment.get("MAILCHIMP_AUDIENCE_ID")))
                .isEmpty();
        assertThat(count("dead_letters")).isZero();
        assertThat(count("pushes WHERE status > 2")).isZero();
    }

    @Test
    void whoLeavesASegmentLosesItsTagAndTheOthersCostNoCall() throws Exception {
        FlowHub.Setting setting = FlowHub.in(folder);
        platformsTell(setting.address());
        mailchimp.addMergeField("SEGMENTS", "text");
        hub = setting.with(classy.environment())
                .with(mailchimp.environment())
                .with("MAILCHIMP_PUSH", "on")
                .start();
        Person leaver = people(2).get(0);
        Person stayer = people(2).get(1);
        long plan = classy.pledge(leaver, 450_001, 2_500, true);
        classy.pledge(stayer, 450_001, 2_500, true);
        Set<String> both = Set.of("Donor", "Recurring donor");
        await().atMost(PATIENCE).until(() -> people(2).stream()
                .allMatch(person -> mailchimp.tags(person.email()).equals(both)));
        awaitRest();
        mailchimp.tag(leaver.email(), "Harbour walk");
        overheard.forget();

        clock.advance(Duration.ofSeconds(5));
        classy.cancelPlan(plan);
        await().atMost(PATIENCE).until(() -> mailchimp.tags(leaver.email()).equals(Set.of("Donor", "Harbour walk")));
        for (String target : List.of("mailchimp-audience", "mailchimp-tags")) {
            hub.admin("POST", "/api/pushes/enqueue", "{\"target\":\"" + target + "\"}");
        }
        awaitRest();

        assertThat(mailchimp.mergeField(leaver.email(), "SEGMENTS").asText()).isEqualTo("donors");
        assertThat(mailchimp.tags(stayer.email())).isEqualTo(both);
        assertThat(overheard.of("POST", "/tags")).singleElement().satisfies(call -> assertThat(Overheard.path(call))
                .contains("/members/" + email(leaver)));
    }

    @Test
    void whoLeftWithoutAWebhookIsFoundByWhatChangedLast() throws Exception {
        platformsTell(NOWHERE);
        List<Person> people = people(2_100);
        people.forEach(mailchimp::subscribeUnheard);
        hub = FlowHub.in(folder)
                .with(mailchimp.environment())
                .with("MUSTER_PULL_LOOK_MS", "50")
                .start();
        await().atMost(PATIENCE).until(() -> count("sync_runs WHERE state = 'done'") >= 2 && hub.unfinished() == 0);
        assertThat(count("members WHERE consent_email = 'opted_in'")).isEqualTo(people.size());
        assertThat(mailchimp.calls()).containsEntry("/3.0/lists/:list/members", 4L);

        overheard.forget();
        String highWater = hub.column("SELECT high_water FROM cursors WHERE stream = 'members'")
                .get(0);
        clock.advance(Duration.ofMinutes(30));
        mailchimp.unsubscribe(people.get(11).email());
        mailchimp.bounce(people.get(12).email());
        hub.admin(
                "POST",
                "/api/sync/start",
                "{\"platform\":\"mailchimp\",\"stream\":\"members\",\"mode\":\"incremental\"}");
        await().atMost(PATIENCE).until(() -> count("members WHERE consent_email = 'opted_out'") == 2);

        List<ApiExchange> pages =
                overheard.of("GET", "/3.0/lists/" + mailchimp.environment().get("MAILCHIMP_AUDIENCE_ID") + "/members");
        String since = Overheard.query(pages.get(0)).get("since_last_changed");
        assertThat(OffsetDateTime.parse(since))
                .isBeforeOrEqualTo(OffsetDateTime.parse(highWater).minusMinutes(5));
        await().atMost(PATIENCE)
                .until(() -> hub.column("SELECT changed FROM sync_runs WHERE kind = 'incremental' AND state = 'done'")
                        .contains("2"));
    }
}
