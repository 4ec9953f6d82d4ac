package dev.muster.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What Klaviyo makes of what is pushed to it. */
class KlaviyoPushTest {
    private final SimulatedWorld world = new SimulatedWorld(7, new SettableClock());
    private final SimulatedKlaviyo klaviyo =
            new SimulatedKlaviyo(world, PlatformSettings.calm(URI.create("http://127.0.0.1:9")));

    @AfterEach
    void stop() {
        klaviyo.close();
    }

    private HttpResponse<String> push(String path, String body) throws Exception {
        return push(path, body, "application/vnd.api+json");
    }

    private HttpResponse<String> push(String path, String body, String contentType) throws Exception {
        return FormCaller.send(
                "POST",
                klaviyo.origin() + path,
                body,
                "Authorization",
                "Klaviyo-API-Key " + klaviyo.environment().get("KLAVIYO_API_KEY"),
                "revision",
                "2026-07-15",
                "Content-Type",
                contentType);
    }

    private JsonNode get(String path) throws Exception {
        return new Caller(
                        klaviyo.origin(),
                        "Authorization",
                        "Klaviyo-API-Key " + klaviyo.environment().get("KLAVIYO_API_KEY"),
                        "revision",
                        "2026-07-15")
                .json(path);
    }

    private static String profile(String attributes) {
        return "{\"type\":\"profile\",\"attributes\":" + attributes + "}";
    }

    @Test
    void importCreatesThenUpdatesAndAbsentAttributesStay() throws Exception {
        HttpResponse<String> created = push(
                "/api/profile-import",
                "{\"data\":" + profile("{\"email\":\"ana@example.com\",\"first_name\":\"Ana\",\"last_name\":\"Lee\"}")
                        + "}");
        HttpResponse<String> updated = push(
                "/api/profile-import",
                "{\"data\":" + profile("{\"email\":\"ANA@example.com\",\"first_name\":\"Anna\"}") + "}");

        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(updated.statusCode()).isEqualTo(200);
        String id = FormCaller.json(created).at("/data/id").asText();
        assertThat(FormCaller.json(updated).at("/data/id").asText()).isEqualTo(id);
        JsonNode attributes = get("/api/profiles/" + id).at("/data/attributes");
        assertThat(attributes.path("first_name").asText()).isEqualTo("Anna");
        assertThat(attributes.path("last_name").asText()).isEqualTo("Lee");
        assertThat(attributes.path("phone_number").isNull()).isTrue();
    }

    @Test
    void importFindsWhomTheWebSiteKnows() throws Exception {
        klaviyo.subscribe(world.person(0));
        HttpResponse<String> answer = push(
                "/api/profile-import",
                "{\"data\":"
                        + profile("{\"email\":\"" + world.person(0).email() + "\",\"external_id\":\"m-1\"}")
                        + "}");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(FormCaller.json(answer).at("/data/id").asText()).isEqualTo(klaviyo.profileId(world.person(0)));
        assertThat(klaviyo.pushed(klaviyo.profileId(world.person(0)))
                        .path("external_id")
                        .asText())
                .isEqualTo("m-1");
    }

    @Test
    void badInputIsRefused() throws Exception {
        String path = "/api/profile-import";
        assertThat(push(path, "{\"data\":" + profile("{\"email\":\"ana\"}") + "}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(push(path, "{\"data\":" + profile("{\"email\":\"a@b.example\",\"phone_number\":\"0123\"}") + "}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(push(path, "{\"data\":" + profile("{\"email\":\"a@b.example\",\"nickname\":\"A\"}") + "}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(push(path, "{\"data\":" + profile("{\"first_name\":\"A\"}") + "}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(push(path, "no json").statusCode()).isEqualTo(400);
        assertThat(push(path, "{}", "text/plain").statusCode()).isEqualTo(415);
    }

    @Test
    void bulkImportTellsItsErrorsLater() throws Exception {
        HttpResponse<String> accepted = push(
                "/api/profile-bulk-import-jobs",
                "{\"data\":{\"type\":\"profile-bulk-import-job\",\"attributes\":{\"profiles\":{\"data\":["
                        + profile("{\"email\":\"a@b.example\"}") + "," + profile("{\"email\":\"nobody\"}") + "]}}}}");

        assertThat(accepted.statusCode()).isEqualTo(202);
        String job = "/api/profile-bulk-import-jobs/"
                + FormCaller.json(accepted).at("/data/id").asText();
        assertThat(get(job).at("/data/attributes/status").asText()).isEqualTo("processing");
        JsonNode done = get(job).at("/data/attributes");
        assertThat(done.path("status").asText()).isEqualTo("complete");
        assertThat(done.path("failed_count").asInt()).isEqualTo(1);
        assertThat(get(job + "/import-errors")
                        .at("/data/0/attributes/original_payload/attributes/email")
                        .asText())
                .isEqualTo("nobody");
    }

    @Test
    void subscriptionsChangeOnlyWhoIsThere() throws Exception {
        push("/api/profile-import", "{\"data\":" + profile("{\"email\":\"ana@example.com\"}") + "}");
        String subscribed = ",\"subscriptions\":{\"email\":{\"marketing\":{\"consent\":\"SUBSCRIBED\"}}}}";
        HttpResponse<String> answer = push(
                "/api/profile-subscription-bulk-create-jobs",
                "{\"data\":{\"type\":\"profile-subscription-bulk-create-job\",\"attributes\":{\"profiles\":{\"data\":["
                        + profile("{\"email\":\"ana@example.com\"" + subscribed) + ","
                        + profile("{\"email\":\"stranger@example.com\"" + subscribed) + "]}}}}");

        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.body()).isEmpty();
        assertThat(klaviyo.emailConsent("ana@example.com")).isEqualTo("SUBSCRIBED");
        assertThat(klaviyo.emailConsent("stranger@example.com")).isNull();
    }

    @Test
    void atMost100AreUnsubscribedAtOnce() throws Exception {
        String all = IntStream.range(0, 101)
                .mapToObj(
                        number -> profile(
                                "{\"email\":\"a" + number
                                        + "@example.com\",\"subscriptions\":{\"email\":{\"marketing\":{\"consent\":\"UNSUBSCRIBED\"}}}}"))
                .collect(Collectors.joining(","));

        assertThat(push(
                                "/api/profile-subscription-bulk-delete-jobs",
                                "{\"data\":{\"type\":\"profile-subscription-bulk-delete-job\",\"attributes\":{\"profiles\":"
                                        + "{\"data\":[" + all + "]}}}}")
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void aLostAnswerDoesNotMeanThatNothingWasDone() throws Exception {
        klaviyo.trouble(SimulatedPlatform.Trouble.DONE_THEN_CUT, 1);
        String body = "{\"data\":" + profile("{\"email\":\"ana@example.com\"}") + "}";

        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> push("/api/profile-import", body)))
                .isInstanceOf(java.io.IOException.class);
        assertThat(push("/api/profile-import", body).statusCode()).isEqualTo(200);
    }
}
