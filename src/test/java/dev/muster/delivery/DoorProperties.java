package dev.muster.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** Whatever comes to the door, it is answered and nothing is thrown. */
class DoorProperties {
    private static final List<String> HEADERS = List.of(
            "x-signature",
            "x-time",
            "x-id",
            "authorization",
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
            "svix-id",
            "svix-timestamp",
            "svix-signature");

    private static final List<SignatureScheme> SCHEMES = List.of(
            Settings.scheme("{scheme: hmac, header: X-Signature}"),
            Settings.scheme("{scheme: hmac, header: X-Signature, encoding: base64url, prefix: 'sha256='}"),
            Settings.scheme("{scheme: hmac, header: X-Signature, message: '{id}{timestamp}{url}{uri}{body}', id: X-Id, "
                    + "timestamp: {header: X-Time, unit: rfc3339}, unescape: ':/', origin: 'https://h.example'}"),
            Settings.scheme("{scheme: hmac, header: X-Signature, message: '{timestamp}{body}', "
                    + "several: {style: pairs, timestampKey: t}}"),
            Settings.scheme("{scheme: hmac, header: X-Signature, timestamp: {json: /t, unit: http-date}, "
                    + "several: {style: space-list}}"),
            Settings.scheme("{scheme: hmac, formField: signature, signedFormField: json}"),
            Settings.scheme("{scheme: hash, header: X-Signature}"),
            Settings.scheme("{scheme: ed25519, header: X-Signature, message: '{timestamp}{body}', "
                    + "timestamp: {header: X-Time}}"),
            Settings.scheme("{scheme: standard-webhooks}"),
            Settings.scheme("{scheme: token, header: Authorization, prefix: 'Basic ', encoding: base64}"),
            Settings.scheme("{scheme: path}"),
            Settings.scheme("{scheme: json-field, field: /t}"));

    private static final List<String> SECRETS = List.of(
            "a secret nobody guesses",
            "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
            "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=",
            "ff".repeat(32),
            "whsec_not base64",
            "");

    @Property(tries = 400)
    void noRequestIsVerifiedWithoutTheSecret(@ForAll("requests") SignedRequest request) {
        for (SignatureScheme scheme : SCHEMES) {
            assertThat(scheme.verify(request, SECRETS, Instant.parse("2026-01-01T00:00:00Z")))
                    .isIn(Verification.MISSING, Verification.WRONG);
        }
    }

    @Property(tries = 400)
    void noBodyBreaksTheReadersOfIdsKindsAndAnswers(@ForAll("requests") SignedRequest request) {
        WebhookSettings settings =
                WebhookSettings.of(Settings.yaml("""
                                signature: {scheme: path}
                                kind: {json: /t}
                                record: {form: [json, t]}
                                deduplicateBy: [{json: /a/0}, {each: /t, fields: [t, 'a?']}, {each: "", fields: [t]}]
                                answers:
                                  - {method: POST, when: {json: /t}, body: {json: /t, member: challenge}}
                                  - {method: POST, when: {query: a}, headers: {X-A: {query: a}}}
                                """), "x.yaml").settings().orElseThrow();
        assertThat(settings.uniqueIds().of(request.headers(), request.body())).doesNotContainNull();
        String kind = settings.kindAndRecord().kind(request.headers(), request.body());
        assertThat(kind == null || !kind.isBlank()).isTrue();
        String record = settings.kindAndRecord().record(request.headers(), request.body());
        assertThat(record == null || record.length() <= 256).isTrue();
        assertThat(settings.answers().answer("POST", request.uri(), request.headers(), request.body()).stream())
                .allSatisfy(answer -> assertThat(answer.headers().values())
                        .allSatisfy(value -> assertThat(value).doesNotContain("\r", "\n")));
    }

    @Property(tries = 400)
    void noAddressBreaksItsReaders(@ForAll("addresses") String peer, @ForAll("addresses") String forwarded) {
        TrustedProxies proxies = TrustedProxies.of(List.of("0.0.0.0/0", "::/0"));
        ClientAddress client = ClientAddress.resolve(peer, forwarded, proxies);
        assertThat(AddressAllowlist.EVERYBODY.allows(client)).isTrue();
        assertThat(client.source()).isNotEmpty();
    }

    @Property(tries = 300)
    void everySignatureHasOneSpelling(@ForAll byte[] bytes) {
        assertThat(SignatureEncoding.HEX.decode(HexFormat.of().formatHex(bytes)))
                .isEqualTo(bytes);
        assertThat(SignatureEncoding.BASE64.decode(Base64.getEncoder().encodeToString(bytes)))
                .isEqualTo(bytes);
        String url = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        assertThat(SignatureEncoding.BASE64URL.decode(url)).isEqualTo(bytes);
        for (int at = 0; at < url.length(); at++) {
            char other = url.charAt(at) == 'B' ? 'C' : 'B';
            assertThat(SignatureEncoding.BASE64URL.decode(url.substring(0, at) + other + url.substring(at + 1)))
                    .isNotEqualTo(bytes);
        }
    }

    @Provide
    Arbitrary<SignedRequest> requests() {
        Arbitrary<String> values = Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(60),
                Arbitraries.strings().withChars("0123456789abcdefv,=t+/- %").ofMaxLength(140),
                Arbitraries.of(
                        "t=1,v1=" + "0".repeat(64),
                        "v1," + "A".repeat(43) + "= v1a," + "A".repeat(86) + "==",
                        "00".repeat(64),
                        "ff".repeat(64),
                        "1767225600",
                        "9".repeat(400),
                        "Basic ",
                        "sha256="));
        Arbitrary<Map<String, String>> headers =
                Arbitraries.maps(Arbitraries.of(HEADERS), values).ofMaxSize(10);
        Arbitrary<byte[]> bodies = Arbitraries.oneOf(
                Arbitraries.bytes().array(byte[].class).ofMaxSize(200),
                Arbitraries.of(
                                "{\"t\":[{\"t\":1},{\"t\":{}}]}",
                                "{\"t\":\"a\\r\\nb\"}",
                                "[".repeat(5_000),
                                "{\"a\":[1e999999999]}",
                                "{\"a\":[" + "9".repeat(2_000) + "]}",
                                "json=%7&signature=00",
                                "json=a&signature=" + "00".repeat(32),
                                "&&&=&=",
                                "null",
                                "\ufeff{}",
                                "{\"t\":\"x\"}")
                        .map(text -> text.getBytes(StandardCharsets.UTF_8)));
        Arbitrary<String> uris =
                Arbitraries.oneOf(values, Arbitraries.of("https://", "https://a?b=%2", "a=%0D%0A", "?"));
        return Combinators.combine(headers, bodies, uris, values.injectNull(0.5))
                .as(DoorProperties::request);
    }

    private static SignedRequest request(
            Map<String, String> headers, byte[] body, String uri, @Nullable String pathSecret) {
        return new SignedRequest("POST", uri, Headers.of(new HashMap<>(headers)), body, pathSecret);
    }

    @Provide
    Arbitrary<String> addresses() {
        return Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(40),
                Arbitraries.strings()
                        .withChars("0123456789abcdef:.,[]\"=;for% ")
                        .ofMaxLength(60),
                Arbitraries.of(
                        "1.2.3.4", "::1", "for=\"[::1]:1\", 1.2.3.4", "unknown", "::ffff:1.2.3.4", "fe80::1%eth0"));
    }
}
