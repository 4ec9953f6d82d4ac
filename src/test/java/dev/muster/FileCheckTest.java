package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.platform.ConfigProblem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code ./muster check} says about broken copies of the project's own files. */
class FileCheckTest {
    @TempDir
    private Path home;

    @BeforeEach
    void copy() {
        RunningHub.copyOfHome(home);
    }

    private List<ConfigProblem> check() throws Exception {
        return FileCheck.of(home, Map.of()).problems();
    }

    private void edit(String file, String from, String to) throws IOException {
        Path path = home.resolve(file);
        String text = Files.readString(path);
        assertThat(text).contains(from);
        Files.writeString(path, text.replace(from, to));
    }

    @Test
    void theProjectsOwnFilesAreGood() throws Exception {
        assertThat(check()).isEmpty();
    }

    @Test
    void anUnknownComponentIsToldWithItsLine() throws Exception {
        edit("routes/platforms/patreon.camel.yaml", "to: direct:normalize", "to: nosuch:normalize");

        assertThat(check()).singleElement().satisfies(problem -> {
            assertThat(problem.file()).isEqualTo("routes/platforms/patreon.camel.yaml");
            assertThat(problem.line()).isPositive();
            assertThat(problem.message()).contains("nosuch");
        });
    }

    @Test
    void aWrongSettingIsToldWithItsLineAndWhatWouldBeRight() throws Exception {
        edit("config/platforms/klaviyo.yaml", "scheme: hmac", "scheme: hmak");

        assertThat(check()).singleElement().satisfies(problem -> {
            assertThat(problem.line()).isPositive();
            assertThat(problem.message()).contains("hmak", "hmac, hash, ed25519");
        });
    }

    @Test
    void aRuleThatDoesNotExistIsTold() throws Exception {
        edit("config/survivorship.yaml", "rule: latest", "rule: latst");

        assertThat(check()).anySatisfy(problem -> {
            assertThat(problem.line()).isPositive();
            assertThat(problem.message()).contains("latst");
        });
    }

    @Test
    void aSecretFieldIsNotedAndIsNoKeyOfATarget() throws Exception {
        assertThat(FileCheck.of(home, Map.of()).notes()).isEmpty();
        edit("config/survivorship.yaml", "gender: review", "gender: { rule: review, pii: secret }");
        assertThat(check()).isEmpty();
        assertThat(FileCheck.of(home, Map.of()).notes())
                .singleElement()
                .asString()
                .contains("raw deliveries", "muster.deliveries.days = 90");

        String path = "path: \"/api/v10/guilds/{guildId}/members/{discordUserId}/roles/{memberRoleId}";
        edit("config/platforms/discord.yaml", path + '"', path + "?g={gender}\"");
        assertThat(check()).isNotEmpty().allSatisfy(problem -> {
            assertThat(problem.file()).isEqualTo("config/platforms/discord.yaml");
            assertThat(problem.message()).contains("{gender} in the path", "say it in the body");
        });
        edit("config/platforms/discord.yaml", "?g={gender}", "");

        edit("config/survivorship.yaml", "gender: {", "discordUserId: {");

        assertThat(check()).isNotEmpty().allSatisfy(problem -> {
            assertThat(problem.file()).isEqualTo("config/platforms/discord.yaml");
            assertThat(problem.message()).contains("discordUserId", "take another key");
        });
    }

    @Test
    void aDirectEndpointNobodyConsumesIsTold() throws Exception {
        edit("routes/platforms/klaviyo.camel.yaml", "to: direct:normalize", "to: direct:normalise");

        assertThat(check()).singleElement().satisfies(problem -> assertThat(problem.message())
                .contains("direct:normalise, where no route starts"));
    }

    @Test
    void aFlowWithoutDeadLettersIsTold() throws Exception {
        edit("routes/platforms/klaviyo.camel.yaml", "    routeConfigurationId: operations\n", "");

        assertThat(check()).singleElement().satisfies(problem -> assertThat(problem.message())
                .contains("routeConfigurationId: operations"));
    }

    @Test
    void aPlatformWithoutAFlowIsTold() throws Exception {
        Files.delete(home.resolve("routes/platforms/klaviyo.camel.yaml"));

        assertThat(check()).singleElement().satisfies(problem -> assertThat(problem.message())
                .contains("routes/platforms/klaviyo.camel.yaml"));
    }
}
