package dev.muster.delivery;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignatureSettingsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                                            | scheme is missing",
                "{scheme: hmacc}                                               | is not one of hmac, hash, ed25519",
                "{scheme: hmac}                                                | either header or formField",
                "{scheme: hmac, header: X, formField: y}                       | either header or formField",
                "{scheme: hmac, header: 'X Y'}                                 | is not a header's name",
                "{scheme: hmac, header: X, digets: md5}                        | unknown key \"digets\"",
                "{scheme: hmac, header: X, digest: md4}                        | is not one of md5, sha1, sha256, sha512",
                "{scheme: hmac, header: X, message: '{timestamp}'}             | has no {body}",
                "{scheme: hmac, header: X, message: '{body}{time}'}            | \"{time}\" is not one of {body}",
                "{scheme: hmac, header: X, message: '{body'}                   | \"{body\" is not one of",
                "{scheme: hmac, header: X, message: '{secret}{body}'}          | only \"scheme: hash\" signs",
                "{scheme: hash, header: X, message: '{body}'}                  | everybody could compute this hash",
                "{scheme: hmac, header: X, message: '{timestamp}{body}'}       | names no header for {timestamp}",
                "{scheme: hmac, header: X, message: '{id}{body}'}              | /id: names the header that {id}",
                "{scheme: hmac, header: X, id: Y}                              | /id: names the header that {id}",
                "{scheme: hmac, header: X, timestamp: {header: Y}}             | a time that is not signed proves nothing",
                "{scheme: hmac, header: X, timestamp: {tolerance: PT1M}}       | has a tolerance, but neither",
                "{scheme: hmac, header: X, timestamp: {json: meta}}            | is not a JSON pointer",
                "{scheme: hmac, header: X, timestamp: {json: /t, tolerance: 5}} | must be text",
                "{scheme: hmac, header: X, timestamp: {json: /t, tolerance: 5m}} | is neither a duration such as PT5M",
                "{scheme: hmac, header: X, several: {style: commas}}           | is not one of space-list, pairs",
                "{scheme: hmac, header: X, several: {style: pairs, kye: t}}    | unknown key \"kye\"",
                "{scheme: hmac, header: X, prefix: a, several: {style: pairs}} | unknown key \"prefix\"",
                "{scheme: hmac, header: X, signedFormField: json}              | unknown key \"signedFormField\"",
                "{scheme: hmac, header: X, origin: 'https://a.example/x'}      | must be scheme and host only",
                "{scheme: hmac, header: X, secretFormat: base32}               | must be a mapping",
                "{scheme: ed25519, header: X, digest: sha1}                    | unknown key \"digest\"",
                "{scheme: path, header: X}                                     | unknown key \"header\"",
                "{scheme: token}                                               | which header carries the token",
                "{scheme: json-field}                                          | where in the JSON body is the token",
                "{scheme: standard-webhooks, header: X}                        | unknown key \"header\"",
                "[hmac]                                                        | must be a mapping",
            })
    void whatCannotHoldIsRefusedWithTheReason(String yaml, String reason) {
        assertThatThrownBy(() -> SignatureSettings.of(Settings.yaml(yaml)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("/webhook/signature")
                .hasMessageContaining(reason);
    }

    @Test
    void allProblemsAreToldAtOnce() {
        assertThatThrownBy(() -> SignatureSettings.of(
                        Settings.yaml("{scheme: hmac, digest: md4, encoding: octal, message: '{x}', nonsense: 1}")))
                .hasMessageContaining("/digest")
                .hasMessageContaining("/encoding")
                .hasMessageContaining("/message")
                .hasMessageContaining("nonsense");
    }

    @Test
    void aSecretInTheWrongPlaceIsNotRepeated() {
        assertThatThrownBy(() ->
                        SignatureSettings.of(Settings.yaml("{scheme: hmac, header: X, secretFormat: whsec_c2VjcmV0}")))
                .hasMessageContaining("must be a mapping")
                .message()
                .doesNotContain("whsec_");
    }

    @Test
    void theToleranceOfStandardWebhooksMayBeStated() {
        assertThatCode(() -> SignatureSettings.of(
                        Settings.yaml("{scheme: standard-webhooks, timestamp: {tolerance: PT10M}}")))
                .doesNotThrowAnyException();
    }
}
