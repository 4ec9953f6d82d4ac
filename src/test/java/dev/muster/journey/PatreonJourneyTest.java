package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.RunningHub;
import dev.muster.demo.ApiExchange;
import dev.muster.demo.ClientAccount;
import dev.muster.demo.PlatformSettings;
import dev.muster.demo.SimulatedPatreon;
import dev.muster.demo.SimulatedPlatform;
import dev.muster.demo.SimulatedWorld;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An account of Patreon that somebody connects while the hub runs, against the strict simulator. */
class PatreonJourneyTest {
    private static final int MEMBERS = 12;

    @TempDir
    private Path folder;

    private final SimulatedWorld world = new SimulatedWorld(7, Clock.systemUTC());
    private final List<ApiExchange> exchanges = new CopyOnWriteArrayList<>();
    private SimulatedPatreon patreon;
    private ClientAccount client;
    private PlatformHub hub;

    @BeforeEach
    void start() {
        PlatformHub.Setting setting = PlatformHub.in(folder)
                .edit("config/platforms/patreon.yaml", "\"page[count]\", value: 500", "\"page[count]\", value: 5");
        patreon = new SimulatedPatreon(world, PlatformSettings.calm(setting.address()));
        patreon.observe(exchanges::add);
        client = ClientAccount.of(patreon);
        for (int i = 0; i < MEMBERS; i++) {
            patreon.pledgeUnheard(world.person(i), SimulatedPatreon.Tier.MATE);
        }
        hub = setting.start();
    }

    @AfterEach
    void stop() {
        hub.close();
        patreon.close();
        assertThat(patreon.quotaViolations()).isZero();
    }

    private void create() {
        JsonNode made = hub.post("/api/integrations", """
                {"id": "harbour", "platform": "patreon", "title": "Harbour", "baseUrl": "%s",
                 "settings": {"campaignId": "%s", "authorizationUrl": "%s/oauth2/authorize"},
                 "secrets": {"clientId": "%s", "clientSecret": "%s"}}
                """.formatted(
                        patreon.origin(),
                        patreon.environment().get("PATREON_CAMPAIGN_ID"),
                        patreon.origin(),
                        client.clientId(),
                        client.clientSecret()));
        assertThat(made.path("status").asText()).isEqualTo("needs_reconnect");
        assertThat(made.path("reason").asText()).isEqualTo("nobody has connected it yet");
        assertThat(made.path("hasToken").asBoolean()).isFalse();
    }

    /** What a person does with the address that the hub gives. */
    private void connect() {
        String address = hub.post("/api/integrations/harbour/connect", "")
                .path("authorizationUrl")
                .asText();
        HttpResponse<String> consent =
                RunningHub.send(HttpRequest.newBuilder(URI.create(address)).build());
        assertThat(consent.statusCode()).isEqualTo(302);
        HttpResponse<String> back = RunningHub.send(HttpRequest.newBuilder(
                        URI.create(consent.headers().firstValue("Location").orElseThrow()))
                .build());
        assertThat(back.statusCode()).as(back.body()).isEqualTo(200);
        assertThat(back.body()).contains("Connected");
        // the state works once
        assertThat(RunningHub.send(HttpRequest.newBuilder(URI.create(
                                        consent.headers().firstValue("Location").orElseThrow()))
                                .build())
                        .statusCode())
                .isEqualTo(400);
    }

    private JsonNode integration() {
        return hub.get("/api/integrations/harbour");
    }

    private long calls(String path, int status) {
        return exchanges.stream()
                .filter(call -> call.path().startsWith(path) && call.status() == status)
                .count();
    }

    @Test
    void consentGivesTokensThatReadEveryPage() {
        create();
        connect();

        assertThat(integration().path("hasToken").asBoolean()).isTrue();
        assertThat(hub.post("/api/integrations/harbour/test", "")
                        .at("/testConnection/outcome")
                        .asText())
                .isEqualTo("ok");
        JsonNode run = hub.pull("patreon", "harbour", "members");

        assertThat(run.path("state").asText()).isEqualTo("done");
        assertThat(run.path("read").asInt()).isEqualTo(MEMBERS);
        assertThat(run.path("pages").asInt()).isEqualTo(3);
        assertThat(hub.column("SELECT COUNT(*) FROM memberships")).containsExactly(String.valueOf(MEMBERS));
        JsonNode member =
                hub.get("/api/members?email=" + world.person(0).email()).at("/items/0");
        assertThat(member.path("firstName").asText()).isEqualTo(world.person(0).givenName());
        assertThat(member.path("discordUserId").asText()).isNotEmpty();
        // the second reading is the same and writes nothing
        assertThat(hub.pull("patreon", "harbour", "members").path("unchanged").asInt())
                .isPositive();
        exchanges.stream()
                .filter(call -> call.path().contains("/members"))
                .map(call -> call.requestHeaders().get("Authorization").substring("Bearer ".length()))
                .distinct()
                .forEach(token -> assertThat(hub.keeps(token)).isFalse());
    }

    @Test
    void aTokenThatExpiresDuringAPullIsRefreshedOnce() {
        create();
        connect();
        AtomicBoolean expired = new AtomicBoolean();
        patreon.observe(call -> {
            if (call.path().contains("/members?") && call.status() == 200 && !expired.getAndSet(true)) {
                client.expire();
            }
        });
        JsonNode run = hub.pull("patreon", "harbour", "members");

        assertThat(run.path("state").asText()).isEqualTo("done");
        assertThat(run.path("read").asInt()).isEqualTo(MEMBERS);
        assertThat(client.issued()).isEqualTo(2);
        assertThat(calls("/api/oauth2/v2/campaigns", 401)).isEqualTo(1);

        // what came with the first refresh is what the second one needs
        client.expire();
        assertThat(hub.pull("patreon", "harbour", "members").path("state").asText())
                .isEqualTo("done");
        assertThat(client.issued()).isEqualTo(3);
        assertThat(client.reuses()).isZero();
    }

    @Test
    void workWaitsForAPersonWhoConnectsAnewAndThenGoesOn() {
        create();
        connect();
        // the run that connecting began has ended: it would wait for a person too, and no other could begin
        hub.pull("patreon", "harbour", "members");
        client.revoke();
        String run = hub.begin("patreon", "harbour", "members");

        await().atMost(PlatformHub.PATIENCE)
                .until(() -> integration().path("status").asText().equals("needs_reconnect"));
        assertThat(integration().path("reason").asText()).contains("invalid_grant");
        long asked = calls("/api/oauth2/token", 401);
        assertThat(asked).isEqualTo(1);
        assertThat(hub.get("/api/integrations?status=needs_reconnect")
                        .at("/items/0/id")
                        .asText())
                .isEqualTo("harbour");
        JsonNode waiting = hub.get("/api/sync/status/" + run);
        assertThat(waiting.path("endedAt").isNull()).isTrue();

        connect();
        await().atMost(PlatformHub.PATIENCE).until(() -> hub.get("/api/sync/status/" + run)
                .path("state")
                .asText()
                .equals("done"));
        hub.settled();

        assertThat(integration().path("status").asText()).isEqualTo("active");
        assertThat(hub.column("SELECT COUNT(*) FROM memberships")).containsExactly(String.valueOf(MEMBERS));
        // nobody asked the token endpoint again with what was refused
        assertThat(calls("/api/oauth2/token", 401)).isEqualTo(asked);
        assertThat(client.reuses()).isEqualTo(asked);
        assertThat(hub.column("SELECT failures FROM cursors WHERE integration = 'harbour'"))
                .containsOnly("0");
    }

    @Test
    void aCutConnectionCostsOnePageAgainAndNoRecord() {
        create();
        connect();
        patreon.trouble(SimulatedPlatform.Trouble.BROKEN, 1);
        patreon.trouble(SimulatedPlatform.Trouble.CUT, 1);

        JsonNode run = hub.pull("patreon", "harbour", "members");

        assertThat(run.path("state").asText()).isEqualTo("done");
        assertThat(run.path("read").asInt()).isEqualTo(MEMBERS);
    }
}
