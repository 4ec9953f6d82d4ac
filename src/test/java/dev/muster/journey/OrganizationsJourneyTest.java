package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.demo.ApiExchange;
import dev.muster.demo.PlatformSettings;
import dev.muster.demo.SimulatedKlaviyo;
import dev.muster.demo.SimulatedPatreon;
import dev.muster.demo.SimulatedWorld;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two organizations whose accounts were made while the hub ran: each has webhooks, pulls and pushes of its own. */
class OrganizationsJourneyTest {
    private static final PlatformSettings CALM = PlatformSettings.calm(URI.create("http://127.0.0.1:9"));

    @TempDir
    private Path folder;

    /** An organization's own accounts at two platforms. */
    private static final class Organization implements AutoCloseable {
        private final String name;
        private final SimulatedWorld world;
        private final SimulatedPatreon patreon;
        private final SimulatedKlaviyo klaviyo;
        private final List<ApiExchange> calls = new CopyOnWriteArrayList<>();

        Organization(String name, long seed) {
            this.name = name;
            this.world = new SimulatedWorld(seed, Clock.systemUTC());
            this.patreon = new SimulatedPatreon(world, CALM);
            this.klaviyo = new SimulatedKlaviyo(world, CALM);
            patreon.observe(calls::add);
            klaviyo.observe(calls::add);
            for (int i = 0; i < 3; i++) {
                patreon.pledgeUnheard(world.person(i), SimulatedPatreon.Tier.MATE);
            }
        }

        void create(PlatformHub hub) {
            hub.post("/api/integrations", """
                    {"id": "%s-patreon", "organization": "%s", "platform": "patreon", "baseUrl": "%s",
                     "settings": {"campaignId": "%s"}, "secrets": {"accessToken": "%s", "webhookSecret": "%s"}}
                    """.formatted(
                            name,
                            name,
                            patreon.origin(),
                            patreon.environment().get("PATREON_CAMPAIGN_ID"),
                            patreon.environment().get("PATREON_API_KEY"),
                            PatreonDelivery.SECRET));
            hub.post("/api/integrations", """
                    {"id": "%s-klaviyo", "organization": "%s", "platform": "klaviyo", "baseUrl": "%s",
                     "settings": {"push": "klaviyo-profiles"}, "secrets": {"apiKey": "%s"}}
                    """.formatted(
                            name, name, klaviyo.origin(), klaviyo.environment().get("KLAVIYO_API_KEY")));
        }

        boolean hears(String text) {
            return calls.stream()
                    .anyMatch(call -> call.path().contains(text)
                            || new String(call.requestBody(), StandardCharsets.UTF_8).contains(text)
                            || call.requestHeaders().toString().contains(text));
        }

        @Override
        public void close() {
            patreon.close();
            klaviyo.close();
        }
    }

    private static PatreonDelivery delivery(String organization) {
        return new PatreonDelivery(
                "m1", organization + "@example.org", "Ana", "Lee", 500, "2026-07-01T08:00:00.000+00:00");
    }

    @Test
    void nothingOfOneOrganizationShowsInTheCallsOfAnother() {
        try (Organization acme = new Organization("acme", 7);
                Organization beta = new Organization("beta", 8);
                PlatformHub hub = PlatformHub.in(folder)
                        // the webhook's own values: its member is one that no simulator knows
                        .edit(
                                "config/platforms/patreon.yaml",
                                "{ payload: member, fetch: member }",
                                "{ payload: member }")
                        .start()) {
            List<Organization> both = List.of(acme, beta);
            both.forEach(one -> one.create(hub));
            // whoever is pushed to is looked up anew every second
            both.forEach(one -> await().atMost(PlatformHub.PATIENCE)
                    .until(() -> hub.ask(
                                            "POST",
                                            "/api/pushes/enqueue",
                                            "{\"target\":\"klaviyo-profiles\",\"organization\":\"" + one.name + "\"}")
                                    .statusCode()
                            == 202));
            for (Organization one : both) {
                assertThat(hub.pull("patreon", one.name + "-patreon", "members")
                                .path("read")
                                .asInt())
                        .isEqualTo(3);
                assertThat(hub.patreon(one.name + "-patreon", delivery(one.name))
                                .statusCode())
                        .isEqualTo(200);
            }
            for (Organization one : both) {
                await().atMost(PlatformHub.PATIENCE).until(() -> one.hears(one.name + "@example.org"));
            }
            hub.settled();

            for (Organization one : both) {
                Organization other = one == acme ? beta : acme;
                JsonNode members = hub.get("/api/members?organization=" + one.name + "&limit=100")
                        .path("items");
                assertThat(members).hasSize(4);
                assertThat(members)
                        .allSatisfy(member -> assertThat(member.path("email").asText())
                                .isIn(
                                        one.name + "@example.org",
                                        one.world.person(0).email().toLowerCase(java.util.Locale.ROOT),
                                        one.world.person(1).email().toLowerCase(java.util.Locale.ROOT),
                                        one.world.person(2).email().toLowerCase(java.util.Locale.ROOT)));
                for (int i = 0; i < 3; i++) {
                    String email = one.world.person(i).email().toLowerCase(java.util.Locale.ROOT);
                    assertThat(one.hears(email)).as(email).isTrue();
                    assertThat(other.hears(email)).as(email).isFalse();
                }
                assertThat(other.hears(one.name + "@example.org")).isFalse();
                assertThat(other.hears(one.klaviyo.environment().get("KLAVIYO_API_KEY")))
                        .isFalse();
                assertThat(one.patreon.quotaViolations() + one.klaviyo.quotaViolations())
                        .isZero();
                assertThat(hub.get("/api/pushes?organization=" + one.name).path("items"))
                        .allSatisfy(push ->
                                assertThat(push.path("integration").asText()).isEqualTo(one.name + "-klaviyo"));
            }
            // a webhook that is signed with the right secret of somebody else is nobody's
            assertThat(hub.patreon("gamma-patreon", delivery("gamma")).statusCode())
                    .isEqualTo(404);
        }
    }
}
