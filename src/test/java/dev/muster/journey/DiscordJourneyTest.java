package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.conformance.VendorSpecification;
import dev.muster.demo.ApiExchange;
import dev.muster.demo.PlatformSettings;
import dev.muster.demo.SimulatedDiscord;
import dev.muster.demo.SimulatedDiscord.Role;
import dev.muster.demo.SimulatedWorld;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Roles on Discord follow memberships elsewhere, one call for each, within its buckets. */
class DiscordJourneyTest {
    @TempDir
    private Path folder;

    private final SimulatedWorld world = new SimulatedWorld(7, Clock.systemUTC());
    private final List<ApiExchange> exchanges = new CopyOnWriteArrayList<>();
    private final SimulatedDiscord discord =
            new SimulatedDiscord(world, PlatformSettings.calm(URI.create("http://127.0.0.1:9")));
    private PlatformHub hub;

    @BeforeEach
    void start() {
        discord.observe(exchanges::add);
        hub = PlatformHub.in(folder)
                .withClub()
                .with(discord.environment())
                .with("DISCORD_PUSH", "on")
                .start();
    }

    @AfterEach
    void stop() {
        hub.close();
        discord.close();
        assertThat(discord.quotaViolations()).isZero();
        assertThat(discord.invalidCalls()).isZero();
    }

    /** Somebody with an account there and a membership at the club. */
    private void member(int person, String status, String tier) {
        String id = "p" + person;
        hub.club(
                "person",
                id,
                "\"email\":\"" + id + "@example.org\",\"first\":\"Ana\",\"last\":\"" + "Lee" + "\",\"discord\":\""
                        + SimulatedDiscord.userId(world.person(person)) + "\"");
        membership(person, status, tier);
    }

    private void membership(int person, String status, String tier) {
        hub.club(
                "membership",
                "m" + person,
                "\"person\":\"p" + person + "\",\"status\":\"" + status + "\",\"tiers\":[\"" + tier + "\"]");
    }

    private List<String> made() {
        return exchanges.stream()
                .map(call -> call.method()
                        + ' '
                        + call.status()
                        + ' '
                        + call.path().substring(call.path().indexOf("/members/")))
                .toList();
    }

    private String call(String method, int status, int person, Role role) {
        return method + ' ' + status + " /members/" + SimulatedDiscord.userId(world.person(person)) + "/roles/"
                + role.id();
    }

    @Test
    void rolesAreGivenWithTheMembershipAndTakenWithItsEnd() {
        discord.join(world.person(0));
        discord.give(world.person(0), Role.BOOSTER);
        member(0, "active", "Matrose ⚓");
        await().atMost(PlatformHub.PATIENCE)
                .until(() -> discord.rolesOf(world.person(0)).contains(Role.SAILOR.id())
                        && discord.rolesOf(world.person(0)).contains(Role.MEMBER.id()));
        hub.settled();

        assertThat(made())
                .containsExactlyInAnyOrder(call("PUT", 204, 0, Role.MEMBER), call("PUT", 204, 0, Role.SAILOR));
        assertThat(exchanges).allSatisfy(call -> {
            assertThat(call.requestBody()).isEmpty();
            assertThat(call.requestHeaders()).doesNotContainKey("Content-Type");
            assertThat(call.requestHeaders()).containsEntry("X-Audit-Log-Reason", "Muster");
        });

        // another tier: one role more, one less
        membership(0, "active", "Steuermann");
        await().atMost(PlatformHub.PATIENCE)
                .until(() -> discord.rolesOf(world.person(0)).contains(Role.MATE.id())
                        && !discord.rolesOf(world.person(0)).contains(Role.SAILOR.id()));
        hub.settled();

        membership(0, "ended", "Steuermann");
        await().atMost(PlatformHub.PATIENCE)
                .until(() -> discord.rolesOf(world.person(0)).size() == 1);
        hub.settled();

        // what we did not give is not ours to take
        assertThat(discord.rolesOf(world.person(0))).containsExactly(Role.BOOSTER.id());
        assertThat(exchanges).hasSize(6);
        assertThat(VendorSpecification.of("discord").check(exchanges)).isEmpty();
    }

    @Test
    void whoIsNotInTheServerYetIsToldAgainLaterAndWhoLeftHasNothingToLose() {
        discord.exist(world.person(0));
        member(0, "active", "an unknown tier");
        await().atMost(PlatformHub.PATIENCE).until(() -> !exchanges.isEmpty());
        await().atMost(PlatformHub.PATIENCE).until(() -> hub.get("/api/pushes?target=discord-members")
                .at("/items/0/error")
                .asText()
                .contains("10007"));

        assertThat(made()).containsExactly(call("PUT", 404, 0, Role.MEMBER));
        assertThat(hub.column("SELECT attempts FROM pushes WHERE target = 'discord-members'"))
                .containsExactly("0");

        discord.join(world.person(0));
        String golden = hub.get("/api/pushes?target=discord-members")
                .at("/items/0/goldenId")
                .asText();
        hub.post("/api/pushes/" + golden + "/discord-members/default/replay", "{}");
        await().atMost(PlatformHub.PATIENCE)
                .until(() -> discord.rolesOf(world.person(0)).contains(Role.MEMBER.id()));
        hub.settled();

        discord.leave(world.person(0));
        membership(0, "ended", "an unknown tier");
        await().atMost(PlatformHub.PATIENCE).until(() -> exchanges.size() == 3);
        hub.settled();
        assertThat(made()).contains(call("DELETE", 404, 0, Role.MEMBER));
        assertThat(hub.column("SELECT COUNT(*) FROM pushes WHERE status > 0")).containsExactly("0");
    }

    @Test
    void moreRolesThanTheBucketHoldsCostTimeAndNoRefusal() {
        for (int i = 0; i < 6; i++) {
            discord.join(world.person(i));
        }
        Stream.of(0, 1, 2, 3, 4, 5).forEach(person -> member(person, "active", "Steuermann"));

        await().atMost(PlatformHub.PATIENCE)
                .until(() -> discord.rolesOf(world.person(5)).size() == 2 && exchanges.size() == 12);
        hub.settled();

        assertThat(discord.answers()).containsOnlyKeys(204);
        assertThat(VendorSpecification.of("discord").check(exchanges)).isEmpty();
    }
}
