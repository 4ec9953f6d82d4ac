package dev.muster.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.delivery.EndpointAnswers.Answer;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookSettingsTest {
    private static final Headers NONE = Headers.of(Map.of());

    private static WebhookSettings platform(String name) {
        WebhookSettings.Reading reading =
                WebhookSettings.of(Settings.resource(name + ".webhook.yaml").get("webhook"), name + ".yaml");
        assertThat(reading.problems()).isEmpty();
        return reading.settings().orElseThrow();
    }

    private static List<String> problems(String yaml) {
        return WebhookSettings.of(Settings.yaml(yaml), "config/platforms/x.yaml")
                .problems();
    }

    private static WebhookSettings settings(String yaml) {
        WebhookSettings.Reading reading =
                WebhookSettings.of(Settings.yaml("signature: {scheme: path}\n" + yaml), "x.yaml");
        assertThat(reading.problems()).isEmpty();
        return reading.settings().orElseThrow();
    }

    private static RawBody body(String text) {
        return RawBody.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> ids(String deduplicateBy, Headers headers, String body) {
        return settings("deduplicateBy: " + deduplicateBy).uniqueIds().of(headers, body(body));
    }

    @Test
    void patreonsKindIsAHeaderAndNothingIsEverADuplicate() {
        WebhookSettings patreon = platform("patreon");
        Headers headers = Headers.of(Map.of("X-Patreon-Event", "members:pledge:update"));
        RawBody body = body("{\"data\":{\"id\":\"03ca69c3\",\"type\":\"member\"}}");
        assertThat(patreon.kindAndRecord().kind(headers, body)).isEqualTo("members:pledge:update");
        assertThat(patreon.kindAndRecord().record(headers, body)).isEqualTo("03ca69c3");
        assertThat(patreon.uniqueIds().of(headers, body)).isEmpty();
        assertThat(patreon.coalesce()).isZero();
    }

    @Test
    void eventbritesBurstIsCoalescedByTheObjectItPointsTo() {
        WebhookSettings eventbrite = platform("eventbrite");
        RawBody body = body("{\"config\":{\"action\":\"order.placed\",\"webhook_id\":\"1\"},"
                + "\"api_url\":\"https://www.eventbriteapi.com/v3/orders/1034600001/\"}");
        Headers headers = Headers.of(Map.of("X-Eventbrite-Delivery", "1"));
        assertThat(eventbrite.kindAndRecord().kind(headers, body)).isEqualTo("order.placed");
        assertThat(eventbrite.kindAndRecord().record(headers, body))
                .isEqualTo("https://www.eventbriteapi.com/v3/orders/1034600001/");
        assertThat(eventbrite.uniqueIds().of(headers, body)).isEmpty();
        assertThat(eventbrite.coalesce()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void klaviyosEventsAreUniqueByIdAndTopic() {
        WebhookSettings klaviyo = platform("klaviyo");
        String two = "{\"data\":[{\"external_id\":\"e1\",\"topic\":\"t\"},{\"external_id\":\"e1\",\"topic\":\"u\"},"
                + "{\"external_id\":\"e1\",\"topic\":\"t\"}]}";
        assertThat(klaviyo.uniqueIds().of(NONE, body(two))).containsExactly("e1|t", "e1|u");
        assertThat(klaviyo.kindAndRecord().record(NONE, body(two))).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"data\":[{\"external_id\":\"e1\",\"topic\":\"t\"},{\"external_id\":\"e2\"}]}",
                "{\"data\":[{\"external_id\":\"e1\",\"topic\":null}]}",
                "{\"data\":[{\"external_id\":\"\",\"topic\":\"t\"}]}",
                "{\"data\":[7]}",
                "{\"data\":[]}",
                "{\"data\":{}}",
                "{}",
                "[]",
                "",
                "{\"data\":[{\"external_id\":\"e1\",\"topic\":\"t\"}]} x",
                "{\"data\":[{\"external_id\":\"e1\",\"topic\":\"t\"}"
            })
    void aDeliveryWithoutAllItsIdsIsNeverADuplicate(String text) {
        assertThat(platform("klaviyo").uniqueIds().of(NONE, body(text))).isEmpty();
    }

    @Test
    void anIdMayBeAHeaderOrSeveralValues() {
        Headers headers = Headers.of(Map.of("svix-id", "msg_1", "ce-source", "s", "ce-id", "1"));
        assertThat(ids("{header: webhook-id}", headers, "")).isEmpty();
        assertThat(ids("[{header: webhook-id}, {header: Svix-Id}]", headers, ""))
                .containsExactly("msg_1");
        assertThat(ids("{header: [ce-source, ce-id]}", headers, "")).containsExactly("s|1");
        assertThat(ids("{json: [/source, /id]}", NONE, "{\"source\":\"s\",\"id\":1}"))
                .containsExactly("s|1");
        assertThat(ids("{form: [type, 'data[id]']}", NONE, "type=profile&data%5Bid%5D=8a"))
                .containsExactly("profile|8a");
    }

    @Test
    void aFieldMayBeMissingWhereTheContractSaysSo() {
        String hubSpot = "{each: '', fields: [portalId, objectId, 'propertyName?', eventId]}";
        assertThat(ids(
                        hubSpot,
                        NONE,
                        "[{\"portalId\":3,\"objectId\":5,\"eventId\":1},"
                                + "{\"portalId\":3,\"objectId\":5,\"propertyName\":\"email\",\"eventId\":1}]"))
                .containsExactly("3|5||1", "3|5|email|1");
    }

    @Test
    void differentValuesNeverMakeTheSameId() {
        assertThat(ids("{json: [/a, /b]}", NONE, "{\"a\":\"x|y\",\"b\":\"z\"}"))
                .isNotEqualTo(ids("{json: [/a, /b]}", NONE, "{\"a\":\"x\",\"b\":\"y|z\"}"))
                .isNotEmpty();
    }

    @Test
    void aLongIdIsReplacedByItsDigest() {
        String one = "x".repeat(5_000);
        assertThat(ids("{header: i}", Headers.of(Map.of("i", one)), ""))
                .singleElement()
                .asString()
                .hasSize(71)
                .isNotEqualTo(ids("{header: i}", Headers.of(Map.of("i", one + "x")), "")
                        .get(0));
    }

    @Test
    void recordsOfSeveralValuesNeedThemAll() {
        KindAndRecord both = settings("record: {json: [/list, /email]}").kindAndRecord();
        assertThat(both.record(NONE, body("{\"list\":1,\"email\":\"a\"}"))).isEqualTo("1|a");
        assertThat(both.record(NONE, body("{\"list\":1}"))).isNull();
        assertThat(both.kind(NONE, body("{}"))).isNull();
    }

    @Test
    void aBodyIsParsedOnceAndOnlyWhenAsked() {
        RawBody body = body("{\"a\":1}");
        assertThat(body.json()).isNotNull().isSameAs(body.json());
        assertThat(platform("patreon").kindAndRecord().kind(NONE, body("{"))).isNull();
    }

    private static Optional<Answer> answer(
            String answers, String method, @Nullable String query, Headers headers, String body) {
        return settings("answers:\n" + answers).answers().answer(method, query, headers, body(body));
    }

    @Test
    void aValidationGetIsAnsweredAndHeadWithIt() {
        String get = "- {method: GET, status: 200}\n";
        assertThat(answer(get, "GET", null, NONE, "")).hasValueSatisfying(answer -> {
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.needsSignature()).isFalse();
        });
        assertThat(answer(get, "HEAD", null, NONE, "")).isPresent();
        assertThat(answer(get, "POST", null, NONE, "")).isEmpty();
        assertThat(answer(get, "OPTIONS", null, NONE, "")).isEmpty();
    }

    @Test
    void discordsPingIsAnsweredOnlyWithItsSignature() {
        String ping = "- {method: POST, when: {json: /type, equals: 0}, status: 204, contentType: application/json}\n";
        assertThat(answer(ping, "POST", null, NONE, "{\"version\":1,\"type\":0}"))
                .hasValueSatisfying(answer -> {
                    assertThat(answer.status()).isEqualTo(204);
                    assertThat(answer.body()).isEmpty();
                    assertThat(answer.contentType()).isEqualTo("application/json");
                    assertThat(answer.needsSignature()).isTrue();
                });
        assertThat(answer(ping, "POST", null, NONE, "{\"version\":1,\"type\":1}"))
                .isEmpty();
        assertThat(answer(ping, "POST", null, NONE, "not json")).isEmpty();
    }

    @Test
    void aChallengeIsEchoed() {
        String query = "- {method: GET, when: {query: hub.mode, equals: subscribe}, body: {query: hub.challenge}}\n";
        assertThat(answer(query, "GET", "hub.mode=subscribe&hub.challenge=a%20b", NONE, ""))
                .hasValueSatisfying(answer -> {
                    assertThat(answer.body()).isEqualTo("a b");
                    assertThat(answer.contentType()).startsWith("text/plain");
                });
        assertThat(answer(query, "HEAD", "hub.mode=subscribe&hub.challenge=a", NONE, ""))
                .hasValueSatisfying(answer -> assertThat(answer.body()).isEmpty());
        assertThat(answer(query, "GET", "hub.mode=subscribe", NONE, "")).isEmpty();
        assertThat(answer(query, "GET", "hub.mode=other&hub.challenge=a", NONE, ""))
                .isEmpty();
        String json = "- {method: POST, signed: false, when: {json: /challenge}, body: {json: /challenge}}\n";
        assertThat(answer(json, "POST", null, NONE, "{\"challenge\":\"c\"}")).hasValueSatisfying(answer -> {
            assertThat(answer.body()).isEqualTo("c");
            assertThat(answer.needsSignature()).isFalse();
        });
        String member = "- {method: POST, when: {json: /challenge}, body: {json: /challenge, member: challenge}}\n";
        assertThat(answer(member, "POST", null, NONE, "{\"challenge\":\"c\\\"\"}"))
                .hasValueSatisfying(answer -> {
                    assertThat(answer.body()).isEqualTo("{\"challenge\":\"c\\\"\"}");
                    assertThat(answer.contentType()).isEqualTo("application/json");
                });
    }

    @Test
    void whatCouldBreakAnAnswerIsNotEchoed() {
        String query = "- {method: GET, body: {query: c}}\n";
        assertThat(answer(query, "GET", "c=a%0D%0ASet-Cookie:%20x", NONE, "")).isEmpty();
        assertThat(answer(query, "GET", "c=" + "x".repeat(2_000), NONE, "")).isEmpty();
        assertThat(answer(query, "GET", "c=%zz", NONE, "")).isEmpty();
        assertThat(answer(query, "GET", "c=a&c=b", NONE, "")).isEmpty();
    }

    @Test
    void theHandshakeOfCloudEventsIsAnsweredForConfiguredOriginsOnly() {
        String handshake = """
                - method: OPTIONS
                  when: {header: WebHook-Request-Origin, equals: [events.example.com, other.example]}
                  headers:
                    Allow: POST
                    WebHook-Allowed-Origin: {header: WebHook-Request-Origin}
                    WebHook-Allowed-Rate: 120
                """;
        assertThat(answer(
                        handshake,
                        "OPTIONS",
                        null,
                        Headers.of(Map.of("Webhook-Request-Origin", "Events.example.com")),
                        ""))
                .hasValueSatisfying(answer -> assertThat(answer.headers())
                        .containsEntry("Allow", "POST")
                        .containsEntry("WebHook-Allowed-Origin", "Events.example.com")
                        .containsEntry("WebHook-Allowed-Rate", "120"));
        assertThat(answer(handshake, "OPTIONS", null, Headers.of(Map.of("Webhook-Request-Origin", "evil.example")), ""))
                .isEmpty();
        assertThat(answer(handshake, "OPTIONS", null, NONE, "")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{method: GET, status: 410}                             | a whole number from 200 to 299",
                "{method: FETCH}                                        | must be one of GET, HEAD, OPTIONS, POST and PUT",
                "{method: POST}                                         | would answer every POST",
                "{method: GET, contentType: text/html, body: {query: c}} | could carry a script",
                "{method: GET, when: {json: a}}                         | is not a JSON pointer",
                "{method: GET, when: {}}                                | must name one of",
                "{method: GET, boddy: x}                                | unknown key \"boddy\"",
            })
    void anAnswerThatWouldDoHarmIsRefused(String rule, String reason) {
        assertThatThrownBy(() -> EndpointAnswers.of(Settings.yaml("- " + rule)))
                .hasMessageContaining("/webhook/answers/0")
                .hasMessageContaining(reason);
    }

    @Test
    void allProblemsAreToldAtOnceWithFileAndPlace() {
        List<String> problems = problems("""
                signature: {scheme: hmac, header: X, digest: sha265}
                kind: {header: A, json: /b}
                deduplicateBy: {each: /data}
                coalesce: 2s
                allow: [203.0.113.0/24, 203.0.113.300]
                limit: {burst: 0}
                answers: [{method: GET, status: 410}]
                colour: red
                """);
        assertThat(problems)
                .hasSizeGreaterThanOrEqualTo(8)
                .allSatisfy(problem -> assertThat(problem).startsWith("config/platforms/x.yaml: /webhook"))
                .anySatisfy(problem -> assertThat(problem)
                        .contains("/webhook/signature/digest: \"sha265\" is not one of md5, sha1, sha256, sha512"))
                .anySatisfy(problem -> assertThat(problem).contains("/webhook/kind"))
                .anySatisfy(problem -> assertThat(problem).contains("/webhook/deduplicateBy"))
                .anySatisfy(problem ->
                        assertThat(problem).contains("/webhook/coalesce").contains("PT2S"))
                .anySatisfy(problem ->
                        assertThat(problem).contains("/webhook/allow").contains("203.0.113.300"))
                .anySatisfy(problem -> assertThat(problem).contains("/webhook/limit"))
                .anySatisfy(problem -> assertThat(problem).contains("/webhook/answers/0/status"))
                .anySatisfy(problem -> assertThat(problem).contains("unknown key \"colour\""));
    }

    @Test
    void aPlatformWithoutSignatureIsRefused() {
        assertThat(problems("kind: {header: A}")).singleElement().asString().contains("signature is missing");
        assertThat(WebhookSettings.of(Settings.yaml("[]"), "x.yaml").settings()).isEmpty();
    }

    @Test
    void coalescingNeedsARecord() {
        assertThat(problems("{signature: {scheme: path}, coalesce: PT2S}"))
                .singleElement()
                .asString()
                .contains("coalesce: needs record");
    }

    @Test
    void guardsMayBeStatedPerPlatform() {
        WebhookSettings settings = settings("allow: [203.0.113.0/24]\nlimit: {requests: 50, period: PT1M}\n");
        ClientAddress stranger = ClientAddress.resolve("198.51.100.1", null, TrustedProxies.NONE);
        assertThat(settings.allow().allows(stranger)).isFalse();
        assertThat(settings.limit()).isEqualTo(new WebhookSettings.Limit(50, 50, Duration.ofMinutes(1)));
    }

    /** The keys that the reader knows are told in its message on an unknown one. */
    private static List<String> known(String yaml) {
        String message = problems(yaml).stream()
                .filter(problem -> problem.contains("unknown key \"nonsense\""))
                .findFirst()
                .orElseThrow();
        return List.of(message.substring(message.indexOf("known here: ") + "known here: ".length())
                .split(", "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/properties                                            | {nonsense: 1}",
                "/$defs/signature/properties/several/properties         | {signature: {scheme: hmac, header: X, several: {style: pairs, nonsense: 1}}}",
                "/$defs/signature/properties/timestamp/properties       | {signature: {scheme: hmac, timestamp: {nonsense: 1}}}",
                "/$defs/signature/properties/secretFormat/properties    | {signature: {scheme: hmac, secretFormat: {nonsense: 1}}}",
                "/$defs/field/properties                                | {kind: {nonsense: 1}}",
                "/$defs/agreement/properties                            | {mustAgree: {nonsense: 1}}",
                "/$defs/redact/properties                               | {redact: {nonsense: 1}}",
                "/$defs/limit/properties                                | {limit: {nonsense: 1}}",
                "/$defs/answer/properties                               | {answers: {nonsense: 1}}",
                "/$defs/condition/properties                            | {answers: {when: {nonsense: 1}}}",
                "/$defs/echo/properties                                 | {answers: {body: {nonsense: 1}}}",
            })
    void theSchemaKnowsTheKeysThatTheReaderKnows(String pointer, String yaml) throws IOException {
        assertThat(known(yaml)).containsExactlyInAnyOrderElementsOf(schemaKeys(pointer));
    }

    @Test
    void theSchemaKnowsTheKeysOfAllSchemes() throws IOException {
        List<String> known = new ArrayList<>();
        known.addAll(known("{signature: {scheme: hmac, formField: x, nonsense: 1}}"));
        known.addAll(known("{signature: {scheme: hmac, several: {style: pairs}, nonsense: 1}}"));
        known.addAll(known("{signature: {scheme: json-field, nonsense: 1}}"));
        assertThat(known.stream().distinct().toList())
                .containsExactlyInAnyOrderElementsOf(schemaKeys("/$defs/signature/properties"));
    }

    private static List<String> schemaKeys(String pointer) throws IOException {
        JsonNode schema = new ObjectMapper().readTree(new File("config/schema/webhook.schema.json"));
        List<String> keys = new ArrayList<>();
        schema.at(pointer).fieldNames().forEachRemaining(keys::add);
        assertThat(keys).isNotEmpty();
        return keys;
    }
}
