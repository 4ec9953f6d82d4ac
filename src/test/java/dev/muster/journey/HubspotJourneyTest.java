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
import dev.muster.demo.SimulatedHubspot;
import dev.muster.demo.SimulatedWorld;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Contacts of HubSpot are read, written, and edited on both sides. */
class HubspotJourneyTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final URI NOWHERE = URI.create("http://127.0.0.1:9");
    private static final String FILE = "config/platforms/hubspot.yaml";
    private static final String UPSERT = "/crm/v3/objects/contacts/batch/upsert";
    private static final String UPDATE = "/crm/v3/objects/contacts/batch/update";
    private static final String SEARCH = "/crm/v3/objects/contacts/search";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private final MovedClock clock = new MovedClock();
    private final SimulatedWorld world = new SimulatedWorld(31, clock);
    private SimulatedClassy classy;
    private SimulatedHubspot hubspot;
    private Overheard overheard;
    private FlowHub hub;

    @AfterEach
    void stop() {
        if (hub != null) {
            hub.close();
        }
        classy.close();
        hubspot.close();
        overheard.judge("hubspot");
        assertThat(hubspot.refreshTokensReused()).isZero();
    }

    private void platformsTell(URI address) {
        classy = new SimulatedClassy(world, PlatformSettings.calm(address));
        hubspot = new SimulatedHubspot(world, PlatformSettings.calm(address));
        overheard = new Overheard(hubspot);
    }

    private long count(String sql) {
        return Long.parseLong(hub.column("SELECT COUNT(*) FROM " + sql).get(0));
    }

    private void awaitRest() {
        await().atMost(PATIENCE).until(() -> hub.unfinished() == 0 && count("pushes WHERE status IN (1, 2)") == 0);
    }

    private static String email(Person person) {
        return person.email().toLowerCase(Locale.ROOT);
    }

    private List<Person> people(int count) {
        List<Person> people = new ArrayList<>();
        for (int number = 0; people.size() < count; number++) {
            if (world.person(number).emailValid() && !world.person(number).sharesEmail()) {
                people.add(world.person(number));
            }
        }
        return people;
    }

    private void pull(String stream, String mode) throws Exception {
        hub.admin(
                "POST",
                "/api/sync/start",
                "{\"platform\":\"hubspot\",\"stream\":\"" + stream + "\",\"mode\":\"" + mode + "\"}");
    }

    private static JsonNode asked(ApiExchange exchange) {
        try {
            return JSON.readTree(exchange.requestBody());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void contactsAreReadWithTokensThatRotateAndSearchedForWhatChanged() throws Exception {
        platformsTell(NOWHERE);
        people(450).forEach(hubspot::addUnheard);
        Map<String, String> environment = new HashMap<>(hubspot.environment());
        environment.remove("HUBSPOT_API_KEY");
        FlowHub.Setting setting = FlowHub.in(folder);
        hub = setting.with(environment)
                .with("MUSTER_PUBLIC_URL", setting.address().toString())
                .with("MUSTER_PULL_LOOK_MS", "50")
                .edit(FILE, "scheme: apiKey", "scheme: oauth2\n  grant: authorizationCode")
                .edit(FILE, "Bearer {apiKey}", "Bearer {accessToken}")
                .edit(FILE, "https://app.hubspot.com/oauth/authorize", "/oauth/authorize")
                .start();
        // somebody agrees in a browser
        URI consent = URI.create(hub.admin("POST", "/api/integrations/hubspot~default/connect")
                .path("authorizationUrl")
                .asText());
        String back = RunningHub.send(HttpRequest.newBuilder(consent).build())
                .headers()
                .firstValue("Location")
                .orElseThrow();
        assertThat(RunningHub.send(HttpRequest.newBuilder(URI.create(back)).build())
                        .statusCode())
                .isEqualTo(200);
        hub.admin("POST", "/api/sync/start", "{\"platform\":\"hubspot\",\"mode\":\"full\"}");
        await().atMost(PATIENCE)
                .until(() -> count("sync_runs WHERE state = 'done' AND kind = 'full'") >= 3 && hub.unfinished() == 0);
        assertThat(count("members")).isEqualTo(450);
        assertThat(overheard.of("GET", "/crm/v3/objects/contacts").stream()
                        .filter(page -> "false".equals(Overheard.query(page).get("archived"))))
                .hasSize(5);

        hubspot.expireTokens();
        overheard.forget();
        hubspot.indexLag(Duration.ofMinutes(1));
        clock.advance(Duration.ofMinutes(20));
        hubspot.edit(people(2).get(1).email(), "lastname", "Hafen");
        pull("changes", "incremental");
        await().atMost(PATIENCE).until(() -> count("sync_runs WHERE state = 'done' AND kind = 'incremental'") == 1);
        // the search is behind: it does not see what has just changed
        assertThat(count("members WHERE last_name = 'Hafen'")).isZero();
        clock.advance(Duration.ofMinutes(2));
        pull("changes", "incremental");
        await().atMost(PATIENCE).until(() -> count("members WHERE last_name = 'Hafen'") == 1);

        ApiExchange search = overheard.of("POST", SEARCH).stream()
                .filter(exchange -> exchange.status() == 200)
                .findFirst()
                .orElseThrow();
        assertThat(asked(search).at("/filterGroups/0/filters/0/operator").asText())
                .isEqualTo("GTE");
        assertThat(hubspot.calls()).containsEntry("POST /oauth/v3/token", 2L);
    }

    @Test
    void whatIsEditedOnEitherSideReachesTheOtherOnce() throws Exception {
        FlowHub.Setting setting = FlowHub.in(folder);
        platformsTell(setting.address());
        hub = setting.with(classy.environment())
                .with(hubspot.environment())
                .with("HUBSPOT_PUSH", "on")
                .start();
        Person donor = people(1).get(0);
        classy.donate(donor, 450_001, 5_000, true);
        await().atMost(PATIENCE).until(() -> hubspot.contact(email(donor)).isPresent());
        awaitRest();
        assertThat(hubspot.awaitQuiet(PATIENCE)).isTrue();
        awaitRest();

        // our own push came back by webhooks: heard, fetched, and nothing of it counts as HubSpot's word
        assertThat(overheard.of(
                        "GET",
                        "/crm/v3/objects/contacts/"
                                + hubspot.contact(email(donor)).orElseThrow().get("hs_object_id")))
                .isNotEmpty();
        List<String> provenance = hub.column("SELECT fields FROM field_provenance WHERE entity = 'member'");
        assertThat(provenance).hasSize(1).allSatisfy(fields -> assertThat(fields)
                .doesNotContain("hubspot"));
        assertThat(overheard.of("POST", UPSERT)).hasSize(1);

        clock.advance(Duration.ofSeconds(5));
        overheard.forget();
        hubspot.edit(email(donor), "lastname", "von der Mole");
        await().atMost(PATIENCE).until(() -> count("members WHERE last_name = 'von der Mole'") == 1);
        awaitRest();
        assertThat(overheard.of("POST", UPSERT)).isEmpty();

        // two people with one address are one contact there: the second is held, and only that one
        Person parent = world.person(3);
        Person child = world.person(4);
        Person other = people(2).get(1);
        classy.donate(parent, 450_001, 1_000, true);
        // who comes first is first only if nobody else is on the way
        await().atMost(PATIENCE).until(() -> hubspot.contact(email(parent)).isPresent());
        List.of(child, other).forEach(person -> classy.donate(person, 450_001, 1_000, true));
        await().atMost(PATIENCE).until(() -> count("pushes WHERE status = 4") == 1);
        await().atMost(PATIENCE).until(() -> hubspot.contact(email(other)).isPresent());
        awaitRest();
        assertThat(hubspot.size()).isEqualTo(3);
        assertThat(hubspot.contact(email(parent)).orElseThrow().get("firstname"))
                .isEqualTo(parent.givenName());
        assertThat(hubspot.answers()).doesNotContainKey(207);
        assertThat(hub.column("SELECT error FROM pushes WHERE status > 2"))
                .singleElement()
                .asString()
                .contains("has the same address as");
        assertThat(count("dead_letters")).isZero();
    }

    @Test
    void contactsThatWereThereBeforeUsLearnOurIdAndStayOne() throws Exception {
        FlowHub.Setting setting = FlowHub.in(folder);
        platformsTell(setting.address());
        people(3).forEach(hubspot::addUnheard);
        hub = setting.with(classy.environment())
                .with(hubspot.environment())
                .with("HUBSPOT_PUSH", "on")
                .with("MUSTER_PULL_LOOK_MS", "50")
                .start();
        pull("contacts", "full");
        await().atMost(PATIENCE).until(() -> count("members") == 3);
        awaitRest();
        overheard.forget();

        // what Classy knows of the donor and HubSpot does not: the address
        Person donor = people(1).get(0);
        classy.donate(donor, 450_001, 5_000, true);
        await().atMost(PATIENCE).until(() -> donor.address()
                .city()
                .equals(hubspot.contact(email(donor)).orElseThrow().get("city")));
        awaitRest();

        Map<String, String> contact = hubspot.contact(email(donor)).orElseThrow();
        assertThat(hubspot.size()).isEqualTo(3);
        assertThat(overheard.of("POST", UPSERT)).isEmpty();
        assertThat(overheard.of("POST", UPDATE)).hasSize(1);
        assertThat(hub.column("SELECT external_id FROM pushes WHERE pushed IS NOT NULL"))
                .containsExactly(contact.get("hs_object_id"));
        assertThat(contact.get(SimulatedHubspot.KEY_PROPERTY)).isNotBlank();

        // found by our id from now on
        overheard.forget();
        clock.advance(Duration.ofSeconds(5));
        classy.restate(world.person(donor.number()).withFamilyName("von der Mole"));
        await().atMost(PATIENCE).until(() -> "von der Mole"
                .equals(hubspot.contact(email(donor)).orElseThrow().get("lastname")));
        awaitRest();
        assertThat(overheard.of("POST", UPDATE)).isEmpty();
        assertThat(overheard.of("POST", UPSERT)).hasSize(1);
        assertThat(hubspot.size()).isEqualTo(3);
    }
}
