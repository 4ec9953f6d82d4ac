package dev.muster.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SecretPlacesTest {
    private static SecretPlaces places(String webhook) {
        WebhookSettings.Reading reading = WebhookSettings.of(Settings.yaml(webhook), "x.yaml");
        assertThat(reading.problems()).isEmpty();
        return reading.settings().orElseThrow().secrets();
    }

    private static String stored(SecretPlaces places, String body) {
        RawBody kept = places.storable(RawBody.of(body.getBytes(StandardCharsets.UTF_8)));
        return new String(kept.bytes(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"apiKey\":\"s3cret\",\"n\":1.10}            | {\"apiKey\":\"***\",\"n\":1.10}",
                "{ \"a\" : [1e0,\"é\"] , \"apiKey\" : \"s\\u0033\" } | { \"a\" : [1e0,\"é\"] , \"apiKey\" : \"***\" }",
                "{\"apiKey\":\"s1\",\"apiKey\":\"s2\"}           | {\"apiKey\":\"***\",\"apiKey\":\"***\"}",
                "{\"apiKey\":12345678,\"x\":true}            | {\"apiKey\":\"***\",\"x\":true}",
                "{\"apiKey\":{\"deep\":[\"s\"]},\"x\":0}         | {\"apiKey\":\"***\",\"x\":0}",
                "{\"api\\u004bey\":\"s3cret\"}                | {\"api\\u004bey\":\"***\"}",
                "{\"x\":{\"apiKey\":\"another field\"}}         | {\"x\":{\"apiKey\":\"another field\"}}",
                "[\"apiKey\"]                              | [\"apiKey\"]",
                "{\"apiKey\":                              | {\"apiKey\":",
            })
    void theFieldOfASignatureIsMaskedAndAllElseIsAsItCame(String body, String kept) {
        assertThat(stored(places("signature: {scheme: json-field, field: /apiKey}"), body))
                .isEqualTo(kept);
    }

    @Test
    void furtherFieldsAreNamedByTheFile() {
        SecretPlaces places = places("""
                signature: {scheme: json-field, field: /auth/0/key}
                redact: {json: [/session]}
                """);
        assertThat(stored(places, "{\"auth\":[{\"key\":\"one\"},{\"key\":\"two\"}],\"session\":\"three\"}"))
                .isEqualTo("{\"auth\":[{\"key\":\"***\"},{\"key\":\"two\"}],\"session\":\"***\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16BE", "UTF-16LE", "UTF-32BE"})
    void aBodyInAnotherEncodingKeepsNoSecretEither(String encoding) {
        byte[] body = "{\"apiKey\":\"s3cret\",\"n\":1}".getBytes(Charset.forName(encoding));
        RawBody kept = places("signature: {scheme: json-field, field: /apiKey}").storable(RawBody.of(body));
        assertThat(new String(kept.bytes(), StandardCharsets.UTF_8)).isEqualTo("{\"apiKey\":\"***\",\"n\":1}");
    }

    @Test
    void aByteOrderMarkShiftsNothing() {
        assertThat(stored(places("signature: {scheme: json-field, field: /apiKey}"), "\uFEFF{\"apiKey\":\"s3cret\"}"))
                .isEqualTo("\uFEFF{\"apiKey\":\"***\"}");
    }

    @Test
    void theBodyOfASignedDeliveryIsTheSameObject() {
        RawBody body = RawBody.of("{\"apiKey\":\"x\"}".getBytes(StandardCharsets.UTF_8));
        assertThat(places("signature: {scheme: hmac, header: X-Signature}").storable(body))
                .isSameAs(body);
    }

    @Test
    void headersThatCarrySecretsAreLeftOut() {
        SecretPlaces places = places("""
                signature: {scheme: token, header: X-Gate}
                redact: {headers: X-Session}
                """);
        Map<String, String> kept = places.storable(
                Map.of(
                        "x-gate", "token",
                        "x-session", "abc",
                        "authorization", "Bearer x",
                        "cookie", "a=b",
                        "x-copy", "gate=the-gate-secret;v=1",
                        "x-event", "made"),
                List.of("the-gate-secret"));
        assertThat(kept).isEqualTo(Map.of("x-event", "made"));
    }

    @Test
    void headersInWhichProxiesRepeatTheAddressAreLeftOutWhereItIsSecret() {
        Map<String, String> received =
                Map.of("x-original-uri", "/api/webhooks/eventbrite/s%65cret", "user-agent", "hookshot");
        assertThat(places("signature: {scheme: path}").storable(received, List.of("secret-of-the-path")))
                .isEqualTo(Map.of("user-agent", "hookshot"));
    }
}
