package dev.muster.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every signature vector of the platforms' contracts, and what an attacker would make of it. */
class SignatureVectorsTest {
    private static final Instant NEW_YEAR = Instant.ofEpochSecond(1767225600);
    private static final String CONTACT =
            "{\"type\":\"contact.updated\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"data\":{\"id\":\"c_1\",\"email\":\"ada@example.org\"}}";
    private static final String HUBSPOT_EVENT =
            "[{\"eventId\":1001,\"subscriptionId\":2002,\"portalId\":3003,\"appId\":4004,\"occurredAt\":1767225600000,"
                    + "\"subscriptionType\":\"contact.propertyChange\",\"attemptNumber\":0,\"objectId\":5005,\"changeSource\":\"CRM_UI\","
                    + "\"propertyName\":\"email\",\"propertyValue\":\"ada@example.org\"}]";
    private static final String HUBSPOT_URL = "https://hub.example.org/in/hubspot/acme?tenant=7";
    private static final String HUBSPOT_V3 = """
            scheme: hmac
            header: X-HubSpot-Signature-v3
            encoding: base64
            message: "{method}{url}{body}{timestamp}"
            timestamp: {header: X-HubSpot-Request-Timestamp, unit: millis}
            unescape: ":/?@!$'()*,;"
            """;
    private static final String STRIPE = """
            scheme: hmac
            header: Stripe-Signature
            message: "{timestamp}.{body}"
            several: {style: pairs, version: v1, timestampKey: t}
            """;
    private static final String RUNSIGNUP_JSON =
            "{\"type\":\"registered\",\"tech_partner_unique_id\":\"AbCdEf0123456789\",\"users\":[{\"registrant_key\":0,\"user_id\":501}],"
                    + "\"registrations\":[{\"registrant_key\":0,\"event_id\":12890,\"registration_id\":2645624}]}";

    /**
     * One signed request.
     *
     * @param signatureHeader which of the headers an attacker would change; empty where it is in the body
     */
    record Vector(
            String name,
            String settings,
            String secret,
            String url,
            Map<String, String> headers,
            String signatureHeader,
            String body,
            Instant now) {

        SignatureScheme scheme() {
            return Settings.scheme(settings);
        }

        SignedRequest request() {
            return request(headers, body.getBytes(StandardCharsets.UTF_8));
        }

        SignedRequest request(Map<String, String> changedHeaders, byte[] changedBody) {
            return new SignedRequest("POST", url, Headers.of(changedHeaders), changedBody, null);
        }

        Map<String, String> with(String header, String value) {
            Map<String, String> changed = new HashMap<>(headers);
            changed.put(header, value);
            return changed;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Vector vector(
            String name, String settings, String secret, String header, String signature, String body) {
        return new Vector(
                name, settings, secret, "https://hub.example.org/x", Map.of(header, signature), header, body, NEW_YEAR);
    }

    private static String section(String platform) {
        JsonNode section = Settings.resource(platform + ".webhook.yaml").at("/webhook/signature");
        return section.toString();
    }

    /** As the platform's own file says. */
    private static String shipped(String platform) {
        Path file = Path.of(System.getProperty("basedir", System.getProperty("user.dir")))
                .resolve("config/platforms/" + platform + ".yaml");
        try {
            return new YAMLMapper()
                    .readTree(file.toFile())
                    .at("/webhook/signature")
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<Vector> vectors() {
        String patreon =
                "{\"data\":{\"attributes\":{\"patron_status\":\"active_patron\",\"email\":\"ana@example.com\"},\"id\":\"03ca69c3-ebea-4b9a-8fac-e4a837873254\",\"type\":\"member\"}}";
        String klaviyo =
                "{\"data\":[{\"external_id\":\"evt_1\",\"topic\":\"event:klaviyo.subscribed_to_list\",\"payload\":{\"data\":{\"type\":\"event\",\"id\":\"4vRpBT\"}}}],"
                        + "\"meta\":{\"klaviyo_account_id\":\"AbC123\",\"klaviyo_webhook_id\":\"01HXYZ\",\"timestamp\":\"2026-01-04T18:05:25+00:00\",\"version\":\"2026-07-15\"}}";
        String mailchimp =
                "type=unsubscribe&fired_at=2026-01-04+18%3A05%3A25&data%5Baction%5D=unsub&data%5Breason%5D=manual&data%5Bid%5D=8a25ff1d98&data%5Blist_id%5D=a6b5da1054&data%5Bemail%5D=ana%40example.com";
        Instant sunday = Instant.ofEpochSecond(1767549925);
        return Stream.of(
                vector(
                        "Patreon",
                        section("patreon"),
                        "hub-test-secret",
                        "X-Patreon-Signature",
                        "404abf013d8e09ac8ab8875294328fd4",
                        patreon),
                new Vector(
                        "Klaviyo",
                        section("klaviyo"),
                        "hub-test-secret-16",
                        "https://hub.example.org/x",
                        Map.of(
                                "Klaviyo-Timestamp",
                                "Sun, 04 Jan 2026 18:05:25 GMT",
                                "Klaviyo-Signature",
                                "5a0c6ff16fb1498a8599f9f1aeffaada36eee130b9ded7a833bb379f51733d7d"),
                        "Klaviyo-Signature",
                        klaviyo,
                        sunday.plus(Duration.ofHours(47))),
                new Vector(
                        "HubSpot v3",
                        shipped("hubspot"),
                        "hub-demo-client-secret-0001",
                        HUBSPOT_URL,
                        Map.of(
                                "X-HubSpot-Request-Timestamp",
                                "1767225600000",
                                "X-HubSpot-Signature-v3",
                                "/cMlwXMMWmFWZb6KmiOFMkGRj0aeXP9K/eUJWIABv3Q="),
                        "X-HubSpot-Signature-v3",
                        HUBSPOT_EVENT,
                        NEW_YEAR),
                new Vector(
                        "HubSpot v3 with escapes in the URL",
                        HUBSPOT_V3,
                        "hub-demo-client-secret-0001",
                        "https://hub.example.org/in/hubspot/acme?next=%2Fa%3Ab%20c",
                        Map.of(
                                "X-HubSpot-Request-Timestamp",
                                "1767225600000",
                                "X-HubSpot-Signature-v3",
                                "ORYjxUfh0bN7oILOi/CFE7yunILkBTbqJyjHFMj4cjI="),
                        "X-HubSpot-Signature-v3",
                        HUBSPOT_EVENT,
                        NEW_YEAR),
                new Vector(
                        "HubSpot v3 behind a proxy",
                        HUBSPOT_V3 + "origin: https://hub.example.org\n",
                        "hub-demo-client-secret-0001",
                        "http://10.0.0.7:8080/in/hubspot/acme?tenant=7",
                        Map.of(
                                "X-HubSpot-Request-Timestamp",
                                "1767225600000",
                                "X-HubSpot-Signature-v3",
                                "/cMlwXMMWmFWZb6KmiOFMkGRj0aeXP9K/eUJWIABv3Q="),
                        "X-HubSpot-Signature-v3",
                        HUBSPOT_EVENT,
                        NEW_YEAR),
                vector(
                        "HubSpot v1",
                        "{scheme: hash, header: X-HubSpot-Signature}",
                        "hub-demo-client-secret-0001",
                        "X-HubSpot-Signature",
                        "eb6972b6ced234653eacb511a0eefd36d8f2360c95cd1300d1525eca5ed01e20",
                        HUBSPOT_EVENT),
                new Vector(
                        "HubSpot v2",
                        "{scheme: hash, header: X-HubSpot-Signature, message: '{secret}{method}{url}{body}'}",
                        "hub-demo-client-secret-0001",
                        HUBSPOT_URL,
                        Map.of(
                                "X-HubSpot-Signature",
                                "5f0cb8ecbd941507c6cf86b2a61c5465909b72286a1de9372d2dcde1913d1781"),
                        "X-HubSpot-Signature",
                        HUBSPOT_EVENT,
                        NEW_YEAR),
                new Vector(
                        "Discord",
                        """
                        scheme: ed25519
                        header: X-Signature-Ed25519
                        message: "{timestamp}{body}"
                        timestamp: {header: X-Signature-Timestamp}
                        """,
                        "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
                        "https://hub.example.org/x",
                        Map.of(
                                "X-Signature-Timestamp",
                                "1767549925",
                                "X-Signature-Ed25519",
                                "bfe2caab8f05dfdf3fcfe3ac4f9903240d4f870583d22e6483b1b0a828600b790f9b060df58ef05d044477b4d6d4b74c0e1e65ea1d6610d13b7e1839455bb00c"),
                        "X-Signature-Ed25519",
                        "{\"version\":1,\"application_id\":\"1234567890\",\"type\":0}",
                        sunday),
                new Vector(
                        "Mailchimp",
                        shipped("mailchimp"),
                        "hub-test-secret",
                        "https://hub.example.org/x",
                        Map.of(
                                "X-Mailchimp-Signature",
                                "t=1767549925,v1=15227a5fa8732618786c70c43d775211ea2d543a223e53c31f44d55e7dc4305b"),
                        "X-Mailchimp-Signature",
                        mailchimp,
                        sunday),
                new Vector(
                        "Classy",
                        shipped("classy"),
                        "whsec_aHViLXRlc3Qtc2VjcmV0LWh1Yi10ZXN0",
                        "https://hub.example.org/x",
                        Map.of(
                                "svix-id",
                                "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
                                "svix-timestamp",
                                "1767549925",
                                "svix-signature",
                                "v1,e+BJxCPZeitf+X/P5hgWVIGgreF1IFWAbbagjjWk5sA="),
                        "svix-signature",
                        "{\"type\":\"transaction.created\",\"data\":{\"id\":1234567}}",
                        sunday),
                new Vector(
                        "n8n",
                        """
                        scheme: hmac
                        header: X-Hub-Signature
                        prefix: sha256=
                        message: "{timestamp}.{body}"
                        timestamp: {header: X-Hub-Timestamp}
                        """,
                        "hub-demo-n8n-secret",
                        "https://hub.example.org/x",
                        Map.of(
                                "X-Hub-Timestamp",
                                "1767225600",
                                "X-Hub-Signature",
                                "sha256=b3e86458bdd009e4b136c05adc6a6e94037f000f068a107a4317f50ac2f1cab4"),
                        "X-Hub-Signature",
                        "{\"event\":\"contact.updated\",\"id\":\"c_1\"}",
                        NEW_YEAR),
                standard("Standard Webhooks", "webhook", "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=", V1),
                standard("Svix", "svix", "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=", V1),
                standard("Standard Webhooks v1a", "webhook", "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=", V1A),
                new Vector(
                        "Standard Webhooks, spelt out",
                        """
                        scheme: hmac
                        header: webhook-signature
                        encoding: base64
                        several: {style: space-list}
                        message: "{id}.{timestamp}.{body}"
                        id: webhook-id
                        timestamp: {header: webhook-timestamp}
                        secretFormat: {encoding: base64, prefix: whsec_}
                        """,
                        "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=",
                        "https://hub.example.org/x",
                        Map.of(
                                "webhook-id",
                                "msg_2hubdemo0001",
                                "webhook-timestamp",
                                "1767225600",
                                "webhook-signature",
                                V1),
                        "webhook-signature",
                        CONTACT,
                        NEW_YEAR),
                vector(
                        "Stripe",
                        STRIPE,
                        "whsec_hubdemostripe0001",
                        "Stripe-Signature",
                        "t=1767225600,v1=833c858c0ee6319ec743b133f0ab1c3185e32a433cc8de18cc58bdbc0d676d5f",
                        CONTACT),
                vector(
                        "GitHub",
                        "{scheme: hmac, header: X-Hub-Signature-256, prefix: 'sha256='}",
                        "hub-demo-github-secret",
                        "X-Hub-Signature-256",
                        "sha256=4d30290325d32efc581aba780b383142ddb9e11367f8b5981d906244e3da9867",
                        CONTACT),
                vector(
                        "GitHub, old",
                        "{scheme: hmac, digest: sha1, header: X-Hub-Signature, prefix: 'sha1='}",
                        "hub-demo-github-secret",
                        "X-Hub-Signature",
                        "sha1=9ef37be7a7cbaa5ac0c6f4a8e7f851dc6da8b926",
                        CONTACT),
                vector(
                        "GitHub's own",
                        "{scheme: hmac, header: X-Hub-Signature-256, prefix: 'sha256='}",
                        "It's a Secret to Everybody",
                        "X-Hub-Signature-256",
                        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
                        "Hello, World!"),
                vector(
                        "Shopify",
                        "{scheme: hmac, header: X-Shopify-Hmac-SHA256, encoding: base64}",
                        "hub-demo-shopify-secret",
                        "X-Shopify-Hmac-SHA256",
                        "PDuZHR1sTYrt2M9LooDVfwLtyLPO7byEiSNC2a3O+GA=",
                        CONTACT));
    }

    @Test
    void whatTheHubSignsIsTheVector() {
        assertThat(StandardWebhooks.headers(
                        "msg_2hubdemo0001",
                        Instant.ofEpochSecond(1_767_225_600),
                        CONTACT.getBytes(StandardCharsets.UTF_8),
                        "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="))
                .isEqualTo(Map.of(
                        "webhook-id", "msg_2hubdemo0001",
                        "webhook-timestamp", "1767225600",
                        "webhook-signature", V1));
    }

    private static final String V1 = "v1,D1D9CxlBIAWZkqVtCVh9IB8/oftbgzL+oIfQSgOnvVU=";
    // computed anew from the seed 00..1f: the contract's text has two letters exchanged near the beginning
    private static final String V1A =
            "v1a,oOXRKBGiqX5AMDsha9aihL2RBW9yvfB9X+rLdp7+gGYR3sS0H/jjSgIalZyCArIJqeH3L3rAFEoDSW/x0O3GCA==";

    private static Vector standard(String name, String family, String secret, String signature) {
        return new Vector(
                name,
                "{scheme: standard-webhooks}",
                secret,
                "https://hub.example.org/x",
                Map.of(
                        family + "-id",
                        "msg_2hubdemo0001",
                        family + "-timestamp",
                        "1767225600",
                        family + "-signature",
                        signature),
                family + "-signature",
                CONTACT,
                NEW_YEAR);
    }

    /** Another secret of the same form, as there is during a rotation. */
    private static String other(Vector vector) {
        if (vector.secret().startsWith("whpk_")) {
            return "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        }
        return vector.secret().startsWith("whsec_a") || vector.secret().startsWith("whsec_A")
                ? "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                : vector.name().equals("Discord")
                        ? "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
                        : "another";
    }

    private static Verification verify(Vector vector, SignedRequest request) {
        return vector.scheme().verify(request, List.of(vector.secret()), vector.now());
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void theContractsVectorIsVerified(Vector vector) {
        assertThat(verify(vector, vector.request())).isEqualTo(Verification.VERIFIED);
        assertThat(vector.scheme().problemWith(vector.secret())).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void anyOfSeveralSecretsWillDo(Vector vector) {
        SignatureScheme scheme = vector.scheme();
        assertThat(scheme.verify(vector.request(), List.of(other(vector), vector.secret()), vector.now()))
                .isEqualTo(Verification.VERIFIED);
        assertThat(scheme.verify(vector.request(), List.of(vector.secret(), other(vector)), vector.now()))
                .isEqualTo(Verification.VERIFIED);
        assertThat(scheme.verify(vector.request(), List.of(other(vector)), vector.now()))
                .isEqualTo(Verification.WRONG);
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void withoutAUsableSecretNothingIsVerified(Vector vector) {
        SignatureScheme scheme = vector.scheme();
        assertThat(scheme.verify(vector.request(), List.of(), vector.now())).isEqualTo(Verification.WRONG);
        assertThat(scheme.verify(vector.request(), List.of("", " ", "whsec_", "whpk_", "whpk_AAAA"), vector.now()))
                .isEqualTo(Verification.WRONG);
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void everyFlippedByteOfTheBodyIsWrong(Vector vector) {
        byte[] body = vector.body().getBytes(StandardCharsets.UTF_8);
        SignatureScheme scheme = vector.scheme();
        for (int at = 0; at < body.length; at++) {
            byte[] changed = body.clone();
            changed[at] ^= 1;
            assertThat(scheme.verify(vector.request(vector.headers(), changed), List.of(vector.secret()), vector.now()))
                    .as("byte %d", at)
                    .isEqualTo(Verification.WRONG);
        }
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void aTruncatedOrLongerBodyIsWrong(Vector vector) {
        byte[] body = vector.body().getBytes(StandardCharsets.UTF_8);
        for (int length : new int[] {0, body.length - 1, body.length + 1}) {
            SignedRequest changed = vector.request(vector.headers(), Arrays.copyOf(body, length));
            assertThat(verify(vector, changed)).as("length %d", length).isEqualTo(Verification.WRONG);
        }
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void everyChangedCharacterOfTheSignatureIsRefused(Vector vector) {
        String signature = vector.headers().get(vector.signatureHeader());
        SignatureScheme scheme = vector.scheme();
        for (int at = 0; at < signature.length(); at++) {
            for (char symbol : "09azAZ+/=,. \u00e9".toCharArray()) {
                String changed = signature.substring(0, at) + symbol + signature.substring(at + 1);
                // names of schemes and hex digits are the same in upper case, and base64 without its padding
                if (!unpadded(changed).equalsIgnoreCase(unpadded(signature))) {
                    assertThat(scheme.verify(
                                            vector.request(
                                                    vector.with(vector.signatureHeader(), changed),
                                                    vector.body().getBytes(StandardCharsets.UTF_8)),
                                            List.of(vector.secret()),
                                            vector.now())
                                    .verified())
                            .as(changed)
                            .isFalse();
                }
            }
        }
    }

    private static String unpadded(String signature) {
        return signature.strip().replaceAll("[= ]+$", "");
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void everyTruncatedSignatureIsRefused(Vector vector) {
        String signature = vector.headers().get(vector.signatureHeader());
        String bare = unpadded(signature);
        SignatureScheme scheme = vector.scheme();
        for (int length = 0; length < bare.length(); length++) {
            Map<String, String> headers = vector.with(vector.signatureHeader(), signature.substring(0, length));
            SignedRequest changed = vector.request(headers, vector.body().getBytes(StandardCharsets.UTF_8));
            assertThat(scheme.verify(changed, List.of(vector.secret()), vector.now())
                            .verified())
                    .as("length %d", length)
                    .isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void everyHeaderOfTheProofIsNeeded(Vector vector) {
        for (String header : vector.headers().keySet()) {
            Map<String, String> fewer = new HashMap<>(vector.headers());
            fewer.remove(header);
            SignedRequest changed = vector.request(fewer, vector.body().getBytes(StandardCharsets.UTF_8));
            assertThat(verify(vector, changed)).as("without %s", header).isEqualTo(Verification.MISSING);
        }
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void everySignedHeaderIsProtected(Vector vector) {
        for (Map.Entry<String, String> header : vector.headers().entrySet()) {
            if (!header.getKey().equals(vector.signatureHeader())) {
                Map<String, String> headers = vector.with(header.getKey(), header.getValue() + "0");
                SignedRequest changed = vector.request(headers, vector.body().getBytes(StandardCharsets.UTF_8));
                assertThat(verify(vector, changed)).as(header.getKey()).isEqualTo(Verification.WRONG);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void aRepeatedUseOfTheSameSchemeGivesTheSameAnswer(Vector vector) {
        SignatureScheme scheme = vector.scheme();
        List<String> secrets = List.of(other(vector), vector.secret());
        SignedRequest broken = vector.request(vector.headers(), new byte[0]);
        for (int time = 0; time < 3; time++) {
            assertThat(scheme.verify(vector.request(), secrets, vector.now())).isEqualTo(Verification.VERIFIED);
            assertThat(scheme.verify(broken, secrets, vector.now())).isEqualTo(Verification.WRONG);
        }
    }

    static Stream<Vector> timedVectors() {
        return vectors()
                .filter(vector -> vector.settings().contains("timestamp")
                        || vector.settings().contains("standard"));
    }

    @ParameterizedTest
    @MethodSource("timedVectors")
    void aDeliveryOutsideTheReplayWindowIsRefusedOnlyAfterItsSignatureHeld(Vector vector) {
        SignatureScheme scheme = vector.scheme();
        Instant later = vector.now().plus(Duration.ofDays(3));
        Instant earlier = vector.now().minus(Duration.ofDays(5));
        List<String> secrets = List.of(vector.secret());
        assertThat(scheme.verify(vector.request(), secrets, later)).isEqualTo(Verification.OUTSIDE_REPLAY_WINDOW);
        assertThat(scheme.verify(vector.request(), secrets, earlier)).isEqualTo(Verification.OUTSIDE_REPLAY_WINDOW);
        SignedRequest forged = vector.request(vector.headers(), new byte[0]);
        assertThat(scheme.verify(forged, secrets, later)).isEqualTo(Verification.WRONG);
    }

    @ParameterizedTest
    @MethodSource("hubSpotUndecoded")
    void theUrlIsSignedWithThePlatformsOwnEscapes(String signature) {
        SignedRequest request = new SignedRequest(
                "POST",
                "https://hub.example.org/in/hubspot/acme?next=%2Fa%3Ab%20c",
                Headers.of(Map.of("X-HubSpot-Request-Timestamp", "1767225600000", "X-HubSpot-Signature-v3", signature)),
                HUBSPOT_EVENT.getBytes(StandardCharsets.UTF_8),
                null);
        assertThat(Settings.scheme(HUBSPOT_V3).verify(request, List.of("hub-demo-client-secret-0001"), NEW_YEAR))
                .isEqualTo(Verification.WRONG);
    }

    static Stream<String> hubSpotUndecoded() {
        return Stream.of("AvAf74dtWaPdS8+G/woc5kUA7Aget/VQGbYDTx9jDCc=");
    }

    static String runSignUpJson() {
        return RUNSIGNUP_JSON;
    }
}
