package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.access.IssuerSettings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IssuerConfigTest {
    private static final String AUDIENCE = "https://muster.example.org";

    @TempDir
    Path home;

    private IssuerSettings read(Map<String, String> environment) {
        return MusterConfig.read(home, environment, Map.of()).access().issuer();
    }

    @Test
    void theDomainSaysWhoIssuesAndWhereItsKeysAre() {
        assertThat(read(Map.of("AUTH0_DOMAIN", "club.eu.auth0.com", "AUTH0_AUDIENCE", AUDIENCE)))
                .isEqualTo(new IssuerSettings(
                        "https://club.eu.auth0.com/",
                        AUDIENCE,
                        URI.create("https://club.eu.auth0.com/.well-known/jwks.json"),
                        Duration.ofSeconds(30),
                        Set.of(),
                        "",
                        false));
        assertThat(read(Map.of())).isNull();
    }

    @Test
    void anotherIssuerIsTakenAsItIsWritten() {
        IssuerSettings issuer = read(Map.of(
                "MUSTER_ACCESS_JWT_ISSUER", "https://id.example.org/realms/club",
                "MUSTER_ACCESS_JWT_JWKS_URL", "https://id.example.org/keys",
                "MUSTER_ACCESS_JWT_CLIENTS", "crm, shop",
                "MUSTER_ACCESS_JWT_RIGHTS", "scope+permissions",
                "AUTH0_AUDIENCE", AUDIENCE));

        assertThat(issuer.issuer()).isEqualTo("https://id.example.org/realms/club");
        assertThat(issuer.keys()).isEqualTo(URI.create("https://id.example.org/keys"));
        assertThat(issuer.clients()).containsExactlyInAnyOrder("crm", "shop");
        assertThat(issuer.permissionsCount()).isTrue();
    }

    @Test
    void whatWouldLetStrangersInIsRefused() {
        assertThatThrownBy(() -> read(Map.of("AUTH0_DOMAIN", "club.eu.auth0.com")))
                .hasMessageContaining("AUTH0_AUDIENCE");
        assertThatThrownBy(() -> read(Map.of(
                        "AUTH0_DOMAIN", "club.eu.auth0.com",
                        "AUTH0_AUDIENCE", AUDIENCE,
                        "MUSTER_ACCESS_JWT_JWKS_URL", "http://club.eu.auth0.com/keys")))
                .hasMessageContaining("https://");
        assertThatThrownBy(() -> read(Map.of("MUSTER_ACCESS_JWT_RIGHTS", "all")))
                .hasMessageContaining("scope");
    }
}
