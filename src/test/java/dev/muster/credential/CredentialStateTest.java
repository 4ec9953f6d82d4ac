package dev.muster.credential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.platform.Integration;
import dev.muster.platform.Secrets;
import dev.muster.platform.SigningSecrets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What stands: the token that the platform gave, or the one that a person has configured since. */
class CredentialStateTest {
    private static final Instant END = Instant.parse("2026-11-02T18:00:00Z");
    private static final Instant RENEW_AT = END.minusSeconds(600);

    private static Integration configured(String refresh) {
        return new Integration(
                "one",
                "acme",
                "rotating",
                SigningSecrets.of(List.of()),
                Secrets.of(Map.of(Secrets.REFRESH_TOKEN, refresh)),
                null,
                Map.of(),
                Integration.Origin.ENVIRONMENT,
                true,
                0);
    }

    /** What a renewal stores of a token that grew out of what is configured. */
    private static TokenStore.Row stored(Integration integration, @Nullable String refused) {
        CredentialState before = CredentialState.of(integration, TokenStore.Row.none());
        Tokens tokens = new Tokens("access-1", "refresh-1", before.tokens().seed(), before.secrets());
        return new TokenStore.Row(tokens, refused, 1, END, RENEW_AT, null, null, null, null, null);
    }

    @Test
    void theStoredTokenStandsAsLongAsNobodyConfiguresAnother() {
        TokenStore.Row row = stored(configured("refresh-0"), null);

        CredentialState same = CredentialState.of(configured("refresh-0"), row);
        CredentialState another = CredentialState.of(configured("another"), row);

        assertThat(same.tokens().refresh()).isEqualTo("refresh-1");
        assertThat(same.isDue(RENEW_AT)).isTrue();
        assertThat(another.tokens().refresh()).isEqualTo("another");
        assertThat(another.hasToken()).isFalse();
        assertThat(another.isDue(END)).isFalse();
        assertThat(another.version()).isEqualTo(1);
    }

    @Test
    void aRefusalHoldsForTheSecretsThatWereRefused() {
        TokenStore.Row row = stored(configured("refresh-0"), "invalid_grant");

        assertThat(CredentialState.of(configured("refresh-0"), row).refused()).isEqualTo("invalid_grant");
        assertThat(CredentialState.of(configured("another"), row).refused()).isNull();
    }

    @Test
    void aTokenThatEndsOnItsWayIsNotAlive() {
        CredentialState state = CredentialState.of(configured("refresh-0"), stored(configured("refresh-0"), null));

        assertThat(state.isAlive(END.minusSeconds(31))).isTrue();
        assertThat(state.isAlive(END.minusSeconds(30))).isFalse();
        assertThat(state.isDue(RENEW_AT.minusMillis(1))).isFalse();
    }

    @Test
    void itShowsNoToken() {
        CredentialState state = CredentialState.of(configured("refresh-0"), stored(configured("refresh-0"), null));

        assertThat(state.toString()).doesNotContain("access-1", "refresh-0", "refresh-1", state.secrets());
    }
}
