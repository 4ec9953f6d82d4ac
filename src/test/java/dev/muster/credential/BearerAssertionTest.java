package dev.muster.credential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jwt.SignedJWT;
import dev.muster.platform.Integration;
import dev.muster.platform.Secrets;
import dev.muster.platform.SigningSecrets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BearerAssertionTest {
    private static final Instant NOW = Instant.parse("2026-11-02T17:00:00Z");
    private static final AuthSettings.Assertion CLAIMS =
            new AuthSettings.Assertion("{clientId}", "{username}", "https://login.example.org", Duration.ofMinutes(3));

    private static Integration integration(Map<String, String> secrets) {
        return new Integration(
                "one",
                "acme",
                "asserting",
                SigningSecrets.of(List.of()),
                Secrets.of(secrets),
                null,
                Map.of(),
                Integration.Origin.ENVIRONMENT,
                true,
                0);
    }

    @Test
    void anEllipticKeyFromOneLineOfTheEnvironmentSigns() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        String pem = "-----BEGIN PRIVATE KEY-----\\n"
                + Base64.getEncoder().encodeToString(pair.getPrivate().getEncoded())
                + "\\n-----END PRIVATE KEY-----";

        SignedJWT signed = BearerAssertion.sign(
                integration(
                        Map.of(Secrets.CLIENT_ID, "the-app", Secrets.USERNAME, "ana@acme", Secrets.PRIVATE_KEY, pem)),
                CLAIMS,
                NOW);

        assertThat(signed.getHeader().getAlgorithm()).isEqualTo(JWSAlgorithm.ES256);
        assertThat(signed.verify(new ECDSAVerifier((ECPublicKey) pair.getPublic())))
                .isTrue();
        assertThat(signed.getJWTClaimsSet().getExpirationTime()).isEqualTo(Date.from(NOW.plus(Duration.ofMinutes(3))));
    }

    @Test
    void aKeyThatIsNoneSaysHowToMakeOneAndNotWhatItWas() {
        Integration integration =
                integration(Map.of(Secrets.CLIENT_ID, "a", Secrets.USERNAME, "b", Secrets.PRIVATE_KEY, "bm90IGEga2V5"));

        assertThatThrownBy(() -> BearerAssertion.sign(integration, CLAIMS, NOW))
                .isInstanceOf(TokenEndpoint.Refused.class)
                .hasMessageContaining("openssl pkcs8")
                .hasMessageNotContaining("bm90IGEga2V5");
    }

    @Test
    void withoutAKeyNothingIsSigned() {
        Integration integration = integration(Map.of(Secrets.CLIENT_ID, "a", Secrets.USERNAME, "b"));

        assertThatThrownBy(() -> BearerAssertion.sign(integration, CLAIMS, NOW))
                .isInstanceOf(TokenEndpoint.Refused.class)
                .hasMessageContaining("privateKey");
    }
}
