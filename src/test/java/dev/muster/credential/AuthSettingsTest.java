package dev.muster.credential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.platform.AccountSettings;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.Secrets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuthSettingsTest {
    @TempDir
    Path home;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "auth: { scheme: oauth }                                        | auth.scheme",
                "auth: { scheme: oauth2 }                                       | auth.tokenUrl",
                "auth: { scheme: oauth2, tokenUrl: /t, grant: authorizationCode } | auth.authorizationUrl",
                "auth: { scheme: oauth2, tokenUrl: t }                          | auth.tokenUrl",
                "auth: { scheme: oauth2, tokenUrl: /t, lifetime: 1h }           | auth.lifetime",
                "auth: { scheme: oauth2, tokenUrl: /t, scope: [a] }             | auth.scope is not a key",
                "auth: { scheme: oauth2, tokenUrl: /t, clientAuthentication: x } | auth.clientAuthentication",
                "auth: { scheme: jwtBearer, tokenUrl: /t }                      | auth.jwt.audience",
                "auth: { scheme: apiKey, test: { path: me } }                   | auth.test.path",
                "settings: { listId: { required: true } }                       | settings.listId",
                "settings: { apiKey: { title: x } }                             | settings.apiKey",
            })
    void aMistakeIsNamed(String section, String path) throws IOException {
        PlatformCatalog catalog = catalog(section);

        assertThat(catalog.problems()).isNotEmpty().allSatisfy(problem -> assertThat(problem.message())
                .startsWith(path));
        assertThat(catalog.problems().stream().map(ConfigProblem::line)).allMatch(line -> line > 0);
    }

    @Test
    void withoutASectionTheHeadersOfTheApiSayIt() throws IOException {
        AuthSettings auth = catalog(
                        "api: { baseUrl: 'https://x.org', headers: { Authorization: 'Bearer {apiKey}', V: '1' } }")
                .find("some")
                .orElseThrow()
                .section(AuthSettings.class);

        assertThat(auth.scheme()).isEqualTo(AuthSettings.Scheme.API_KEY);
        assertThat(auth.headers()).containsOnlyKeys("Authorization");
    }

    @Test
    void theEnvironmentGivesSecretsAndSettings() throws IOException {
        Integrations integrations = new Integrations(
                home,
                Map.of(
                        "SOME_CLIENT_SECRET",
                        "s",
                        "SOME_LIST_ID",
                        "L7",
                        "SOME_TOKEN_URL",
                        "http://here/t",
                        "SOME_X",
                        "y"));
        integrations.load(catalog("settings: { listId: { title: x }, region: { title: y, default: eu } }"));

        Integration integration = integrations.find("some", "default").orElseThrow();
        assertThat(integration.settings())
                .isEqualTo(Map.of("listId", "L7", "region", "eu", "tokenUrl", "http://here/t"));
        assertThat(integration.secrets().names()).containsExactly(Secrets.CLIENT_SECRET);
        assertThat(integration.hasCredential()).isTrue();
    }

    private PlatformCatalog catalog(String section) throws IOException {
        Files.createDirectories(home.resolve("config/platforms"));
        Files.writeString(home.resolve("config/platforms/some.yaml"), "platform: some\n" + section + "\n");
        PlatformCatalog catalog =
                new PlatformCatalog(home, List.of(AccountSettings.compiler(), AuthSettings.compiler()));
        catalog.load();
        return catalog;
    }
}
