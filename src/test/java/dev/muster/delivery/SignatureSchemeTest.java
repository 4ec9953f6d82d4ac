package dev.muster.delivery;

import static dev.muster.delivery.Verification.MISSING;
import static dev.muster.delivery.Verification.OUTSIDE_REPLAY_WINDOW;
import static dev.muster.delivery.Verification.VERIFIED;
import static dev.muster.delivery.Verification.WRONG;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.failure.FailureCode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignatureSchemeTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final String BODY = "{\"a\":1}";
    private static final String TIMED = """
            scheme: hmac
            header: X-Signature
            message: "{timestamp}.{body}"
            timestamp: {header: X-Time, unit: %s, tolerance: %s}
            """;

    private static String hmac(String secret, String message) {
        return HexFormat.of().formatHex(hmacBytes("HmacSHA256", secret, message));
    }

    private static byte[] hmacBytes(String algorithm, String secret, String message) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), algorithm));
            return mac.doFinal(message.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SignedRequest request(Map<String, String> headers, String body) {
        return new SignedRequest(
                "POST",
                "https://hub.example.org/in?a=b",
                Headers.of(headers),
                body.getBytes(StandardCharsets.UTF_8),
                null);
    }

    private static SignedRequest withPathSecret(String secret) {
        return new SignedRequest("POST", "/in", Headers.of(Map.of()), new byte[0], secret);
    }

    private static Verification timed(String unit, String tolerance, String time) {
        SignedRequest request = request(Map.of("X-Time", time, "X-Signature", hmac("s", time + "." + BODY)), BODY);
        return Settings.scheme(TIMED.formatted(unit, tolerance)).verify(request, List.of("s"), NOW);
    }

    @ParameterizedTest
    @CsvSource({
        "seconds, 1767225600, VERIFIED",
        "seconds, 1767225300, VERIFIED",
        "seconds, 1767225299, OUTSIDE_REPLAY_WINDOW",
        "seconds, 1767225900, VERIFIED",
        "seconds, 1767225901, OUTSIDE_REPLAY_WINDOW",
        "seconds, 1767225600000, OUTSIDE_REPLAY_WINDOW",
        "seconds, 999999999999999999, OUTSIDE_REPLAY_WINDOW",
        "seconds, 99999999999999999999999999, OUTSIDE_REPLAY_WINDOW",
        "seconds, -1767225600, OUTSIDE_REPLAY_WINDOW",
        "seconds, 1767225600.5, OUTSIDE_REPLAY_WINDOW",
        "seconds, ١٧٦٧٢٢٥٦٠٠, OUTSIDE_REPLAY_WINDOW",
        "seconds, yesterday, OUTSIDE_REPLAY_WINDOW",
        "millis, 1767225300000, VERIFIED",
        "millis, 1767225299999, OUTSIDE_REPLAY_WINDOW",
        "millis, 1767225600, OUTSIDE_REPLAY_WINDOW",
        "rfc3339, 2026-01-01T00:00:00Z, VERIFIED",
        "rfc3339, 2026-01-01T01:04:59.5+01:00, VERIFIED",
        "rfc3339, 2026-01-01T00:05:01Z, OUTSIDE_REPLAY_WINDOW",
        "rfc3339, 2026-01-01, OUTSIDE_REPLAY_WINDOW",
        "rfc3339, +999999999-12-31T23:59:59Z, OUTSIDE_REPLAY_WINDOW",
        "http-date, 'Thu, 01 Jan 2026 00:00:00 GMT', VERIFIED",
        "http-date, 'Wed, 31 Dec 2025 23:00:00 GMT', OUTSIDE_REPLAY_WINDOW",
        "http-date, 'Someday', OUTSIDE_REPLAY_WINDOW",
    })
    void aTimeIsHeldAgainstTheToleranceBothWays(String unit, String time, Verification expected) {
        assertThat(timed(unit, "PT5M", time)).isEqualTo(expected);
    }

    @Test
    void withToleranceNoneAnySignedTimeWillDo() {
        assertThat(timed("seconds", "none", "12")).isEqualTo(VERIFIED);
        assertThat(timed("seconds", "none", "whenever")).isEqualTo(VERIFIED);
    }

    @Test
    void theUsualToleranceIsFiveMinutes() {
        SignatureScheme scheme = Settings.scheme(TIMED.formatted("seconds", "null"));
        String time = "1767225600";
        SignedRequest request = request(Map.of("X-Time", time, "X-Signature", hmac("s", time + "." + BODY)), BODY);
        assertThat(scheme.verify(request, List.of("s"), NOW.plusSeconds(300))).isEqualTo(VERIFIED);
        assertThat(scheme.verify(request, List.of("s"), NOW.plusSeconds(301))).isEqualTo(OUTSIDE_REPLAY_WINDOW);
    }

    @Test
    void aTimeInTheBodyCountsInsteadOfTheHeadersClock() {
        SignatureScheme scheme = Settings.scheme(Settings.resource("klaviyo.webhook.yaml")
                .at("/webhook/signature")
                .toString());
        String fiveHoursOff = "Thu, 01 Jan 2026 05:00:00 GMT";
        String body = "{\"meta\":{\"timestamp\":\"2026-01-01T00:00:00+00:00\"}}";
        SignedRequest request = request(
                Map.of("klaviyo-timestamp", fiveHoursOff, "klaviyo-signature", hmac("s", body + fiveHoursOff)), body);
        assertThat(scheme.verify(request, List.of("s"), NOW.plusSeconds(48 * 3600)))
                .isEqualTo(VERIFIED);
        assertThat(scheme.verify(request, List.of("s"), NOW.plusSeconds(48 * 3600 + 1)))
                .isEqualTo(OUTSIDE_REPLAY_WINDOW);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"meta\":{\"timestamp\":null}}", "{\"meta\":{\"timestamp\":{}}}", "[1", "", "null"})
    void aSignedBodyWithoutItsTimeIsOutsideTheReplayWindow(String body) {
        SignatureScheme scheme = Settings.scheme(Settings.resource("klaviyo.webhook.yaml")
                .at("/webhook/signature")
                .toString());
        SignedRequest request =
                request(Map.of("klaviyo-timestamp", "x", "klaviyo-signature", hmac("s", body + "x")), body);
        assertThat(scheme.verify(request, List.of("s"), NOW)).isEqualTo(OUTSIDE_REPLAY_WINDOW);
    }

    @Test
    void hexMayBeInUpperCase() {
        SignatureScheme scheme = Settings.scheme("{scheme: hmac, header: X-Signature}");
        String signature = hmac("s", BODY).toUpperCase(Locale.ROOT);
        assertThat(scheme.verify(request(Map.of("x-signature", signature), BODY), List.of("s"), NOW))
                .isEqualTo(VERIFIED);
    }

    @ParameterizedTest
    @CsvSource({"md5, HmacMD5", "sha1, HmacSHA1", "sha256, HmacSHA256", "sha512, HmacSHA512"})
    void everyDigestAndEncodingGoTogether(String digest, String algorithm) {
        byte[] signature = hmacBytes(algorithm, "s", BODY);
        Map<String, String> texts = Map.of(
                "hex", HexFormat.of().formatHex(signature),
                "base64", Base64.getEncoder().encodeToString(signature),
                "base64url", Base64.getUrlEncoder().withoutPadding().encodeToString(signature));
        texts.forEach((encoding, text) -> {
            SignatureScheme scheme = Settings.scheme(
                    "{scheme: hmac, header: X-Signature, digest: " + digest + ", encoding: " + encoding + "}");
            assertThat(scheme.verify(request(Map.of("X-Signature", text), BODY), List.of("s"), NOW))
                    .as(encoding)
                    .isEqualTo(VERIFIED);
        });
    }

    @Test
    void aSecretMayBeWrittenInHex() {
        SignatureScheme scheme = Settings.scheme("{scheme: hmac, header: X-Signature, secretFormat: {encoding: hex}}");
        SignedRequest request = request(Map.of("X-Signature", hmac("secret", BODY)), BODY);
        assertThat(scheme.verify(request, List.of("736563726574"), NOW)).isEqualTo(VERIFIED);
        assertThat(scheme.problemWith("7365637265740"))
                .hasValueSatisfying(
                        problem -> assertThat(problem).contains("hex").doesNotContain("7365"));
    }

    @Test
    void theTemplateTakesMethodPathAndQuery() {
        SignatureScheme scheme =
                Settings.scheme("{scheme: hmac, header: X-Signature, message: \"{method}|{uri}|{body}\"}");
        SignedRequest request = request(Map.of("X-Signature", hmac("s", "POST|/in?a=b|" + BODY)), BODY);
        assertThat(scheme.verify(request, List.of("s"), NOW)).isEqualTo(VERIFIED);
    }

    @Test
    void anyOfSeveralSignaturesWillDo() {
        String good = hmac("s", "1767225600." + BODY);
        String bad = hmac("t", "1767225600." + BODY);
        SignatureScheme scheme = Settings.scheme(
                "{scheme: hmac, header: S, message: '{timestamp}.{body}', several: {style: pairs, timestampKey: t}}");
        assertThat(scheme.verify(
                        request(Map.of("S", "t=1767225600, v1=" + bad + ",v0=zz,v1=" + good), BODY), List.of("s"), NOW))
                .isEqualTo(VERIFIED);
        assertThat(scheme.verify(request(Map.of("S", "t=1767225600,v0=" + good), BODY), List.of("s"), NOW))
                .isEqualTo(WRONG);
        assertThat(scheme.verify(request(Map.of("S", "v1=" + good), BODY), List.of("s"), NOW))
                .isEqualTo(MISSING);
    }

    @Test
    void standardWebhooksTakesAnyOfSeveralSignaturesAndIgnoresUnknownVersions() {
        String good = "v1," + Base64.getEncoder().encodeToString(hmacBytes("HmacSHA256", "s", "i.1767225600." + BODY));
        SignatureScheme scheme = Settings.scheme("{scheme: standard-webhooks}");
        String secret = "whsec_" + Base64.getEncoder().encodeToString("s".getBytes(StandardCharsets.UTF_8));
        Map<String, String> headers = Map.of(
                "Webhook-Id",
                "i",
                "Webhook-Timestamp",
                "1767225600",
                "Webhook-Signature",
                "v9,x v1,AAAA v1a,AA " + good);
        assertThat(scheme.verify(request(headers, BODY), List.of(secret), NOW)).isEqualTo(VERIFIED);
    }

    @Test
    void anIdThatIsNotTheSignedOneIsRefused() {
        String good = "v1," + Base64.getEncoder().encodeToString(hmacBytes("HmacSHA256", "s", "i.1767225600." + BODY));
        String secret = Base64.getEncoder().encodeToString("s".getBytes(StandardCharsets.UTF_8));
        Map<String, String> headers =
                Map.of("svix-id", "i", "svix-timestamp", "1767225600", "svix-signature", good, "webhook-id", "another");
        assertThat(Settings.scheme("{scheme: standard-webhooks}").verify(request(headers, BODY), List.of(secret), NOW))
                .isEqualTo(WRONG);
    }

    private static final String RUNSIGNUP = "{scheme: hmac, digest: sha1, formField: signature, signedFormField: json}";

    private static String form(String json, String signature) {
        return "json=" + URLEncoder.encode(json, StandardCharsets.UTF_8) + "&signature=" + signature;
    }

    private static Verification runSignUp(String body) {
        return Settings.scheme(RUNSIGNUP).verify(request(Map.of(), body), List.of("other", "hub-test-secret"), NOW);
    }

    @Test
    void aFormFieldMaySignAnother() {
        String json = SignatureVectorsTest.runSignUpJson();
        String signature = "8416001933a025c63d61ad5b8dce7602e5116a61";
        assertThat(runSignUp(form(json, signature))).isEqualTo(VERIFIED);
        assertThat(runSignUp(
                        "signature=" + signature + "&x=%41&" + form(json, "").replace("&signature=", "")))
                .isEqualTo(VERIFIED);
        assertThat(runSignUp(form(json.replace("501", "502"), signature))).isEqualTo(WRONG);
        assertThat(runSignUp(form(json, signature.substring(1)))).isEqualTo(WRONG);
        assertThat(runSignUp(form(json, ""))).isEqualTo(MISSING);
        assertThat(runSignUp("json=" + json)).isEqualTo(MISSING);
        assertThat(runSignUp("signature=" + signature)).isEqualTo(MISSING);
        assertThat(runSignUp("")).isEqualTo(MISSING);
    }

    @Test
    void aSignedFieldThatIsThereTwiceIsRefused() {
        String good = form(SignatureVectorsTest.runSignUpJson(), "8416001933a025c63d61ad5b8dce7602e5116a61");
        assertThat(runSignUp(good + "&json=%7B%7D")).isEqualTo(MISSING);
        assertThat(runSignUp(good + "&%6Ason=%7B%7D")).isEqualTo(MISSING);
    }

    @Test
    void aTokenStandsInAHeader() {
        SignatureScheme scheme = Settings.scheme("{scheme: token, header: Authorization, prefix: 'Bearer '}");
        List<String> secrets = List.of("old", "tök-1");
        assertThat(scheme.verify(request(Map.of("authorization", "Bearer tök-1"), ""), secrets, NOW))
                .isEqualTo(VERIFIED);
        assertThat(scheme.verify(request(Map.of("Authorization", "bearer old"), ""), secrets, NOW))
                .isEqualTo(VERIFIED);
        assertThat(scheme.verify(request(Map.of("Authorization", "Bearer tök-"), ""), secrets, NOW))
                .isEqualTo(WRONG);
        assertThat(scheme.verify(request(Map.of("Authorization", "Bearer "), ""), secrets, NOW))
                .isEqualTo(WRONG);
        assertThat(scheme.verify(request(Map.of("Authorization", "tök-1"), ""), secrets, NOW))
                .isEqualTo(WRONG);
        assertThat(scheme.verify(request(Map.of(), ""), secrets, NOW)).isEqualTo(MISSING);
        assertThat(scheme.verify(request(Map.of("Authorization", "Bearer "), ""), List.of(""), NOW))
                .isEqualTo(WRONG);
    }

    @Test
    void basicAuthorizationIsATokenInBase64() {
        SignatureScheme scheme =
                Settings.scheme("{scheme: token, header: Authorization, prefix: 'Basic ', encoding: base64}");
        List<String> secrets = List.of("hub:s3cret-demo");
        assertThat(scheme.verify(request(Map.of("Authorization", "Basic aHViOnMzY3JldC1kZW1v"), ""), secrets, NOW))
                .isEqualTo(VERIFIED);
        assertThat(scheme.verify(request(Map.of("Authorization", "Basic aHViOnMzY3JldC1kZW1w"), ""), secrets, NOW))
                .isEqualTo(WRONG);
        assertThat(scheme.verify(request(Map.of("Authorization", "Basic !"), ""), secrets, NOW))
                .isEqualTo(WRONG);
    }

    @Test
    void aSecretMayStandInThePath() {
        SignatureScheme scheme = Settings.scheme("{scheme: path}");
        List<String> secrets = List.of("3f9c8e7a6b5d4c3b2a19", "0f1e2d3c4b5a69788796");
        assertThat(scheme.verify(withPathSecret("3f9c8e7a6b5d4c3b2a19"), secrets, NOW))
                .isEqualTo(VERIFIED);
        assertThat(scheme.verify(withPathSecret("0f1e2d3c4b5a69788796"), secrets, NOW))
                .isEqualTo(VERIFIED);
        assertThat(scheme.verify(withPathSecret("3f9c8e7a6b5d4c3b2a1"), secrets, NOW))
                .isEqualTo(WRONG);
        assertThat(scheme.verify(withPathSecret(""), List.of(""), NOW)).isEqualTo(MISSING);
        assertThat(scheme.verify(request(Map.of(), ""), secrets, NOW)).isEqualTo(MISSING);
        assertThat(scheme.problemWith("short")).isPresent();
        assertThat(scheme.problemWith(secrets.get(0))).isEmpty();
    }

    @Test
    void aTokenMayStandInTheBody() {
        SignatureScheme scheme = Settings.scheme("{scheme: json-field, field: /apiKey}");
        List<String> secrets = List.of("old", "key-1");
        assertThat(scheme.verify(request(Map.of(), "{\"apiKey\":\"key-1\"}"), secrets, NOW))
                .isEqualTo(VERIFIED);
        assertThat(scheme.verify(request(Map.of(), "{\"apiKey\":\"key-2\"}"), secrets, NOW))
                .isEqualTo(WRONG);
        for (String body : List.of("{}", "", "{\"apiKey\":", "{\"apiKey\":null}", "{\"apiKey\":[\"key-1\"]}", "[]")) {
            assertThat(scheme.verify(request(Map.of(), body), secrets, NOW))
                    .as(body)
                    .isEqualTo(MISSING);
        }
    }

    @Test
    void manySignaturesInOneHeaderCostNoMoreThanAFew() {
        String list = "v1,AAAA ".repeat(2_000) + "v1," + "A".repeat(100_000);
        assertThat(SignatureCarrier.SpaceList.of(list, "v1")).hasSize(SignatureCarrier.SIGNATURES_MAX);
    }

    @Test
    void aRefusalNamesItsCode() {
        assertThat(VERIFIED.refusal()).isEmpty();
        assertThat(MISSING.refusal()).contains(FailureCode.SIGNATURE_MISSING);
        assertThat(WRONG.refusal()).contains(FailureCode.SIGNATURE_WRONG);
        assertThat(OUTSIDE_REPLAY_WINDOW.refusal()).contains(FailureCode.REPLAY_WINDOW);
    }

    @Test
    void ofManySecretsEachKeepsItsOwnKey() {
        SignatureScheme scheme = Settings.scheme("{scheme: hmac, header: X-Signature}");
        for (int round = 0; round < 2; round++) {
            for (int secret = 0; secret < 300; secret++) {
                SignedRequest request = request(Map.of("X-Signature", hmac("s" + secret, BODY)), BODY);
                assertThat(scheme.verify(request, List.of("s" + secret), NOW)).isEqualTo(VERIFIED);
            }
        }
    }
}
