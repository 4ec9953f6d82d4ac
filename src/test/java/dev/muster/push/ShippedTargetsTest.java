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
        String file = "config/platforms/" + platform + ".yaml";
        return PushSection.compile(new YAMLMapper().readTree(Files.readString(Path.of(file))), file)
                .targets()
                .get(0);
    }

    private static JsonNode item(PushTarget target, String input) throws Exception {
        return Objects.requireNonNull(target.upsert().record()).calculate(JSON.readTree(input));
    }

    @Test
    void mailchimpIsGivenAStatusForThoseOnlyWhomItDoesNotKnow() throws Exception {
        PushTarget mailchimp = target("mailchimp");
        String person = """
                {"email": "ana@example.org", "firstName": "Ana", "segments": ["donors"], "segmentTags": ["Donor"],
                 "values": {"lifetimeAmount": 5000}%s}""";

        JsonNode unknown = item(mailchimp, person.formatted(", \"externalId\": null"));
        JsonNode known = item(mailchimp, person.formatted(", \"externalId\": \"c1\""));

        assertThat(unknown.path("status").asText()).isEqualTo("subscribed");
        assertThat(known.has("status")).isFalse();
        assertThat(known.path("merge_fields").path("FNAME").asText()).isEqualTo("Ana");
        assertThat(known.path("merge_fields").path("SEGMENTS").asText()).isEqualTo("donors");
        assertThat(known.path("merge_fields").path("LIFETIME").asDouble()).isEqualTo(50);
        assertThat(known.path("tags").path(0).asText()).isEqualTo("Donor");
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
                        {"transactions": [{"status": "succeeded", "amount": 5000}, {"status": "refunded", "amount": 900}],
                         "memberships": [], "recurring_plans": [{"status": "active"}]}"""),
                List.of("donors", "recurring-donors", "patrons"),
                List.of("lifetimeAmount"));
        assertThat(extras.path("segments").toString()).isEqualTo("[\"donors\",\"recurring-donors\"]");
        assertThat(extras.path("values").path("lifetimeAmount").asLong()).isEqualTo(5000);
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
