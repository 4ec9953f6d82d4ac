package dev.muster.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.demo.SimulatedDiscord.Role;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimulatedDiscordTest {
    private final SettableClock clock = new SettableClock();
    private final SimulatedWorld world = new SimulatedWorld(7, clock);
    private final SimulatedDiscord discord =
            new SimulatedDiscord(world, PlatformSettings.calm(URI.create("http://127.0.0.1:9")));

    @AfterEach
    void stop() {
        discord.close();
    }

    private String guild() {
        return "/api/v10/guilds/" + discord.environment().get("DISCORD_GUILD_ID");
    }

    private String role(Person person, Role role) {
        return guild() + "/members/" + SimulatedDiscord.userId(person) + "/roles/" + role.id();
    }

    private HttpResponse<String> send(String method, String path, String... more) throws Exception {
        List<String> headers = new ArrayList<>(List.of(
                "Authorization",
                "Bot " + discord.environment().get("DISCORD_API_KEY"),
                "User-Agent",
                "DiscordBot (https://muster.example.org, 0.1)"));
        headers.addAll(List.of(more));
        return FormCaller.send(method, discord.origin() + path, "", headers.toArray(new String[0]));
    }

    private static int code(HttpResponse<String> answer) throws Exception {
        return FormCaller.json(answer).path("code").asInt(-1);
    }

    @Test
    void rolesAreGivenAndTakenAsOftenAsOneLikes() throws Exception {
        Person person = world.person(0);
        discord.join(person);

        assertThat(send("PUT", role(person, Role.MATE)).statusCode()).isEqualTo(204);
        assertThat(send("PUT", role(person, Role.MATE)).statusCode()).isEqualTo(204);
        assertThat(discord.rolesOf(person)).containsExactly(Role.MATE.id());
        assertThat(send("DELETE", role(person, Role.MATE)).statusCode()).isEqualTo(204);
        assertThat(send("DELETE", role(person, Role.MATE)).statusCode()).isEqualTo(204);
        assertThat(discord.rolesOf(person)).isEmpty();
    }

    @Test
    void refusalsSayWhy() throws Exception {
        Person there = world.person(0);
        Person gone = world.person(1);
        discord.join(there);
        discord.join(gone);
        discord.leave(gone);

        assertThat(code(send("PUT", role(gone, Role.MATE))))
                .as("unknown member")
                .isEqualTo(10_007);
        assertThat(code(send("PUT", role(world.person(2), Role.MATE))))
                .as("unknown user")
                .isEqualTo(10_013);
        assertThat(code(send("PUT", guild() + "/members/" + SimulatedDiscord.userId(there) + "/roles/1")))
                .as("unknown role")
                .isEqualTo(10_011);
        HttpResponse<String> managed = send("PUT", role(there, Role.BOOSTER));
        assertThat(managed.statusCode()).isEqualTo(403);
        assertThat(code(managed)).isEqualTo(50_013);
        assertThat(code(send("PUT", role(there, Role.ADMIRAL))))
                .as("above the bot")
                .isEqualTo(50_013);
        assertThat(code(send("GET", "/api/v10/guilds/1/members"))).isEqualTo(10_004);
    }

    @Test
    void tokenAndAgentAreRequired() throws Exception {
        String path = discord.origin() + "/api/v10/users/@me";
        assertThat(FormCaller.send("GET", path, "", "User-Agent", "DiscordBot (https://x.example, 1)")
                        .statusCode())
                .isEqualTo(401);
        assertThat(FormCaller.send(
                                "GET",
                                path,
                                "",
                                "User-Agent",
                                "curl/8",
                                "Authorization",
                                "Bot " + discord.environment().get("DISCORD_API_KEY"))
                        .statusCode())
                .isEqualTo(403);
        assertThat(discord.invalidCalls()).isEqualTo(2);
    }

    @Test
    void membersArePagedByTheHighestIdSeen() throws Exception {
        for (int number = 0; number < 25; number++) {
            discord.join(world.person(number));
        }
        assertThat(FormCaller.json(send("GET", guild() + "/members")))
                .as("one, unless asked")
                .hasSize(1);
        List<String> seen = new ArrayList<>();
        String after = "0";
        JsonNode page;
        do {
            page = FormCaller.json(send("GET", guild() + "/members?limit=10&after=" + after));
            for (JsonNode member : page) {
                after = member.at("/user/id").asText();
                seen.add(after);
            }
        } while (page.size() == 10);
        assertThat(seen).hasSize(26).doesNotHaveDuplicates();
        assertThat(send("GET", guild() + "/members?limit=1001").statusCode()).isEqualTo(400);
    }

    @Test
    void bucketsAreToldAndKept() throws Exception {
        Person person = world.person(0);
        discord.join(person);
        HttpResponse<String> first = send("PUT", role(person, Role.MATE));
        assertThat(first.headers().firstValue("X-RateLimit-Remaining")).contains("9");
        assertThat(first.headers().firstValue("X-RateLimit-Reset-After")).isPresent();
        for (int call = 1; call < 10; call++) {
            assertThat(send(call % 2 == 0 ? "PUT" : "DELETE", role(person, Role.MATE))
                            .statusCode())
                    .isEqualTo(204);
        }
        HttpResponse<String> refused = send("DELETE", role(person, Role.MATE));
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).contains("10");
        assertThat(refused.headers().firstValue("X-RateLimit-Scope")).contains("user");
        assertThat(FormCaller.json(refused).path("retry_after").asDouble()).isEqualTo(10);
        assertThat(discord.quotaViolations()).isEqualTo(1);

        clock.advance(Duration.ofSeconds(10));
        assertThat(send("DELETE", role(person, Role.MATE)).statusCode()).isEqualTo(204);
    }
}
