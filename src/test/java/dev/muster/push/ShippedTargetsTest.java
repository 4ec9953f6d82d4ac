package dev.muster.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.muster.platform.ConfigProblem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The mappings of the targets that come with the hub. */
class ShippedTargetsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static PushTarget target(String platform) throws Exception {
        return target(platform, 0);
    }

    private static PushTarget target(String platform, int index) throws Exception {
        String file = "config/platforms/" + platform + ".yaml";
        return PushSection.compile(new YAMLMapper().readTree(Files.readString(Path.of(file))), file)
                .targets()
                .get(index);
    }

    private static JsonNode item(PushTarget target, String input) throws Exception {
        return Objects.requireNonNull(target.upsert().record()).calculate(JSON.readTree(input));
    }

    @Test
    void mailchimpIsGivenAStatusForThoseOnlyWhomItDoesNotKnow() throws Exception {
        PushTarget mailchimp = target("mailchimp");
        String person = """
                {"email": "ana@example.org", "firstName": "Ana", "segments": ["donors"], "segmentTags": ["Donor"],
                 "values": {"lifetimeAmount": 5000, "lastGiftAt": "2026-03-01T10:00:00Z", "activeTiers": ["Gold", "Silver"]}%s}""";

        JsonNode unknown = item(mailchimp, person.formatted(", \"isThere\": false"));
        JsonNode known = item(mailchimp, person.formatted(", \"isThere\": true"));

        assertThat(unknown.path("status").asText()).isEqualTo("subscribed");
        assertThat(known.has("status")).isFalse();
        assertThat(known.path("merge_fields").path("FNAME").asText()).isEqualTo("Ana");
        assertThat(known.path("merge_fields").path("SEGMENTS").asText()).isEqualTo("donors");
        assertThat(known.path("merge_fields").path("LIFETIME").asDouble()).isEqualTo(50);
        assertThat(known.path("merge_fields").path("TIERS").asText()).isEqualTo("Gold,Silver");
        assertThat(known.path("merge_fields").path("LASTGIFT").asText()).isEqualTo("2026-03-01");
    }

    @Test
    void mailchimpsTagsSayWhichOfOursHoldAndWhichDoNot() throws Exception {
        PushTarget tags = target("mailchimp", 1);
        String person = """
                {"email": "ana@example.org", "key": "ana@example.org", "consentEmail": "%s", "segments": ["donors"],
                 "segmentTags": ["Donor"], "staleTags": ["Patron", "Lapsed donor"], "externalId": null}""";

        JsonNode item = item(tags, person.formatted("opted_in"));
        List<String> told = new ArrayList<>();
        item.path("tags")
                .forEach(tag -> told.add(
                        tag.path("name").asText() + " " + tag.path("status").asText()));
        assertThat(told).containsExactly("Donor active", "Lapsed donor inactive", "Patron inactive");
        assertThat(Objects.requireNonNull(tags.filter())
                        .calculate(JSON.readTree(person.formatted("opted_out")))
                        .asBoolean())
                .isFalse();
        assertThat(Objects.requireNonNull(tags.upsert().results())
                        .calculate(JSON.readTree("{\"status\": 404, \"records\": [{\"key\": \"ana@example.org\"}]}"))
                        .path(0)
                        .path("status")
                        .asText())
                .isEqualTo("retry");
    }

    @Test
    void hubspotIsToldOfAWithdrawalAndNeverOfAConsent() throws Exception {
        String person = "{\"id\": \"7\", \"email\": \"ana@example.org\", \"consentEmail\": \"%s\"}";

        JsonNode out = item(target("hubspot"), person.formatted("opted_out"));
        assertThat(out.path("properties").toString())
                .isEqualTo("{\"hub_person_id\":\"7\",\"email\":\"ana@example.org\",\"hs_email_optout\":\"true\"}");
        assertThat(item(target("hubspot"), person.formatted("opted_in"))
                        .path("properties")
                        .has("hs_email_optout"))
                .isFalse();
    }

    @Test
    void mailchimpsAnswerIsReadPerRecord() throws Exception {
        JsonNode results =
                Objects.requireNonNull(target("mailchimp").upsert().results()).calculate(JSON.readTree("""
                        {"status": 200, "records": [], "answer": {
                          "new_members": [{"email_address": "ana@example.org", "contact_id": "c1",
                                           "merge_fields": {"FNAME": "Ana", "LNAME": ""}}],
                          "updated_members": [],
                          "errors": [{"email_address": "bob@example.org", "error": "bob is in a compliance state"},
                                     {"email_address": "eve@example.org", "error": "looks fake or invalid"}]}}"""));

        List<String> read = new ArrayList<>();
        results.forEach(one ->
                read.add(one.path("key").asText() + " " + one.path("status").asText()));
        assertThat(read).containsExactly("ana@example.org ok", "bob@example.org withdrawn", "eve@example.org refused");
        assertThat(results.path(0).path("externalId").asText()).isEqualTo("c1");
        assertThat(results.path(0).path("record").toString()).isEqualTo("{\"firstName\":\"Ana\"}");
    }

    @Test
    void klaviyosProfileLeavesOutWhatIsNotKnown() throws Exception {
        JsonNode profile =
                item(target("klaviyo"), "{\"email\": \"ana@example.org\", \"id\": \"1\", \"city\": \"Oslo\"}");
        assertThat(profile.path("attributes").path("location").toString()).isEqualTo("{\"city\":\"Oslo\"}");
        assertThat(profile.path("attributes").has("phone_number")).isFalse();
    }

    @Test
    void shippedSegmentsAreReadAndHold() throws Exception {
        List<ConfigProblem> problems = new ArrayList<>();
        Segments segments = Segments.of(Files.readString(Path.of("config/segments.yaml")), problems);
        assertThat(problems).isEmpty();
        JsonNode extras = segments.extras(
                "default",
                JSON.readTree("""
                        {"transactions": [{"status": "paid", "amount": 95000, "occurredAt": "2020-03-01T10:00:00Z"},
                                          {"status": "paid", "amount": 5000, "occurredAt": "2021-03-01T10:00:00Z"},
                                          {"status": "refunded", "amount": 900, "occurredAt": "2021-04-01T10:00:00Z"}],
                         "memberships": [{"status": "active", "tiers": ["Gold"]}, {"status": "ended", "tiers": ["Old"]}],
                         "recurring_plans": [{"status": "cancelled"}]}"""),
                segments.segments().keySet(),
                segments.values().keySet());
        assertThat(extras.path("segments").toString())
                .isEqualTo("[\"donors\",\"major-donors\",\"lapsed-donors\",\"patrons\",\"patrons-gold\"]");
        assertThat(extras.path("values").path("lifetimeAmount").asLong()).isEqualTo(100_000);
        assertThat(extras.path("values").path("lastGiftAt").asText()).isEqualTo("2021-03-01T10:00:00Z");
        assertThat(extras.path("values").path("activeTiers").toString()).isEqualTo("[\"Gold\"]");

        JsonNode stranger = segments.extras(
                "default",
                JSON.readTree("{\"transactions\": [], \"memberships\": [], \"recurring_plans\": []}"),
                segments.segments().keySet(),
                segments.values().keySet());
        assertThat(stranger.path("segments")).isEmpty();
        // Discord's roles are for those who have it
        assertThat(stranger.path("values").has("activeTiers")).isFalse();
    }

    @Test
    void callAboutManySaysHowItsAnswerIsRead() throws Exception {
        String yaml = """
                platform: x
                push:
                  - name: a
                    entity: member
                    fields: [email]
                    batch: 50
                    upsert: { path: /contacts, idempotent: true }
                    remove: { path: "/contacts/{key}", each: true }
                """;
        assertThat(catchThrowable(() -> PushSection.compile(new YAMLMapper().readTree(yaml), "x.yaml")))
                .hasMessageContaining("push[0].upsert is one call for up to 50 records and has no results")
                .hasMessageNotContaining("remove");
        String mended = yaml.replace("idempotent: true }", "idempotent: true, results: \"[]\" }");
        assertThat(PushSection.compile(new YAMLMapper().readTree(mended), "x.yaml")
                        .targets())
                .hasSize(1);
        String single = yaml.replace("batch: 50", "batch: 1");
        assertThat(PushSection.compile(new YAMLMapper().readTree(single), "x.yaml")
                        .targets())
                .hasSize(1);
    }

    @Test
    void misspeltKeysAreToldWithTheirPlace() throws Exception {
        JsonNode root = new YAMLMapper().readTree("""
                platform: x
                push:
                  - name: a
                    entity: member
                    fields: [email]
                    consents: email
                    upsert: { path: contacts, idempotent: true }
                """);
        assertThat(catchThrowable(() -> PushSection.compile(root, "x.yaml")))
                .hasMessageContaining("push[0].consents")
                .hasMessageContaining("push[0].upsert.path")
                .hasMessageContaining("begin with a slash");
    }
}
