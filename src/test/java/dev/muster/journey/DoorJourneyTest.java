package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.RunningHub;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The webhooks' door of a running hub, as platforms and attackers find it. */
class DoorJourneyTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String EVENTBRITE_SECRET = "a-long-random-token-of-32-letters";
    private static final String KLAVIYO_SECRET = "hub-test-secret-16";

    @TempDir
    private static Path directory;

    private static RunningHub hub;

    @BeforeAll
    static void start() {
        hub = RunningHub.start(
                directory,
                Map.of(
                        "PATREON_WEBHOOK_SECRET",
                        "the new secret",
                        "PATREON_WEBHOOK_SECRET_PREVIOUS",
                        PatreonDelivery.SECRET,
                        "EVENTBRITE_WEBHOOK_SECRET",
                        EVENTBRITE_SECRET,
                        "KLAVIYO_WEBHOOK_SECRET",
                        KLAVIYO_SECRET,
                        "WEBHOOK_TIMEOUT_MS",
                        "700",
                        "WEBHOOK_BODY_BYTES_MAX",
                        "20000"));
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private static PatreonDelivery delivery(String member, String email, int cents) {
        return new PatreonDelivery(member, email, "Ana", "Lee", cents, "2026-07-01T08:00:00.000+00:00");
    }

    private static HttpResponse<String> patreon(byte[] body, String signature) {
        return hub.post(
                "/api/webhooks/patreon", body, "X-Patreon-Event", "members:update", "X-Patreon-Signature", signature);
    }

    private static JsonNode json(HttpResponse<String> response) {
        try {
            return JSON.readTree(response.body());
        } catch (IOException e) {
            throw new IllegalStateException(response.body(), e);
        }
    }

    @Test
    void aSignedDeliveryBecomesAGoldenMember() {
        byte[] body = delivery("m-1", "Ana@Example.org", 500).body();

        HttpResponse<String> answer = patreon(body, PatreonDelivery.signature(body));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(json(answer).path("deliveryId").asText()).matches("[0-9A-Z]{13}");
        await().untilAsserted(() -> {
            JsonNode members =
                    json(hub.get("/api/members?email=ana@example.org")).path("items");
            assertThat(members).hasSize(1);
            assertThat(members.get(0).path("firstName").asText()).isEqualTo("Ana");
        });
    }

    @Test
    void aMemberMayGoFromAToBAndBackToA() {
        for (int cents : new int[] {500, 900, 500}) {
            byte[] body = delivery("m-aba", "aba@example.org", cents).body();
            assertThat(patreon(body, PatreonDelivery.signature(body)).statusCode())
                    .isEqualTo(200);
        }
        await().untilAsserted(() -> {
            JsonNode memberships = json(hub.get("/api/records/membership")).path("items");
            JsonNode own = null;
            for (JsonNode membership : memberships) {
                if (membership.path("member").asText().endsWith("u-m-aba")) {
                    own = membership;
                }
            }
            assertThat(own).isNotNull();
            assertThat(own.path("amount").asInt()).isEqualTo(500);
            assertThat(own.path("version").asInt()).isIn(1, 3);
        });
    }

    @Test
    void aWrongSignatureIsRefusedWithoutSayingWhy() {
        HttpResponse<String> answer = patreon("{}".getBytes(StandardCharsets.UTF_8), "00".repeat(16));

        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(json(answer).path("detail").asText()).isEqualTo("The delivery could not be verified");
    }

    @Test
    void aTooLongBodyIsRefusedWhileItIsRead() {
        assertThat(patreon(new byte[20_001], "00").statusCode()).isEqualTo(413);

        HttpRequest chunked = HttpRequest.newBuilder(hub.uri("/api/webhooks/patreon"))
                .POST(HttpRequest.BodyPublishers.fromPublisher(
                        HttpRequest.BodyPublishers.ofByteArray(new byte[30_000])))
                .build();
        assertThat(RunningHub.send(chunked).statusCode()).isEqualTo(413);
    }

    @Test
    void anEncodedBodyIsRefusedUnread() {
        HttpResponse<String> answer = hub.post(
                "/api/webhooks/patreon", new byte[10], "Content-Encoding", "gzip", "X-Patreon-Signature", "00");

        assertThat(answer.statusCode()).isEqualTo(415);
    }

    @Test
    void aStalledSenderIsCutOff() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), hub.httpPort())) {
            socket.getOutputStream()
                    .write("POST /api/webhooks/patreon HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf"
                            .getBytes(StandardCharsets.US_ASCII));
            socket.setSoTimeout(10_000);
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertThat(answer).startsWith("HTTP/1.1 408");
        }
    }

    @Test
    void eventbritesSecretIsInThePath() {
        byte[] test = "{\"config\":{\"action\":\"test\"},\"api_url\":\"https://www.eventbriteapi.com/{api-endpoint}/\"}"
                .getBytes(StandardCharsets.UTF_8);

        assertThat(hub.post("/api/webhooks/eventbrite/" + EVENTBRITE_SECRET, test)
                        .statusCode())
                .isEqualTo(200);
        assertThat(hub.post("/api/webhooks/eventbrite/" + EVENTBRITE_SECRET + "x", test)
                        .statusCode())
                .isEqualTo(404);
        assertThat(hub.post("/api/webhooks/eventbrite", test).statusCode()).isEqualTo(401);
    }

    @Test
    void byteIdenticalPointersAreAllAccepted() {
        byte[] pointer = "{\"config\":{\"action\":\"test\"},\"api_url\":\"https://www.eventbriteapi.com/v3/orders/1/\"}"
                .getBytes(StandardCharsets.UTF_8);

        String first = hub.post("/api/webhooks/eventbrite/" + EVENTBRITE_SECRET, pointer)
                .body();
        String second = hub.post("/api/webhooks/eventbrite/" + EVENTBRITE_SECRET, pointer)
                .body();

        assertThat(second).isNotEqualTo(first);
    }

    private static HttpResponse<String> klaviyo(String event, String... webhookId) throws Exception {
        return klaviyo(List.of("event:klaviyo.opened_email"), event, webhookId);
    }

    private static HttpResponse<String> klaviyo(List<String> topics, String event, String... webhookId)
            throws Exception {
        String events = topics.stream()
                .map(topic -> "{\"external_id\":\"" + event + "\",\"topic\":\"" + topic + "\",\"payload\":{}}")
                .collect(Collectors.joining(","));
        byte[] body = ("{\"data\":[" + events + "],\"meta\":{\"klaviyo_webhook_id\":\"01HXYZ\",\"timestamp\":\""
                        + Instant.now()
                        + "\"}}")
                .getBytes(StandardCharsets.UTF_8);
        String timestamp = "Sun, 04 Jan 2026 18:05:25 GMT";
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(KLAVIYO_SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        mac.update(body);
        String signature = HexFormat.of().formatHex(mac.doFinal(timestamp.getBytes(StandardCharsets.UTF_8)));
        List<String> headers = new ArrayList<>(List.of("Klaviyo-Signature", signature, "Klaviyo-Timestamp", timestamp));
        for (String id : webhookId) {
            headers.addAll(List.of("Klaviyo-Webhook-Id", id));
        }
        return hub.post("/api/webhooks/klaviyo", body, headers.toArray(String[]::new));
    }

    @Test
    void aDeliveryWhoseUniqueIdsWereSeenIsAnsweredWithTheFirst() throws Exception {
        String first = klaviyo("evt_9").body();
        HttpResponse<String> second = klaviyo("evt_9");

        assertThat(second.statusCode()).isEqualTo(200);
        assertThat(second.body()).isEqualTo(first);
    }

    @Test
    void aDeliveryIsOfTheKlaviyoFlowWhereOneOfItsTopicsIs() throws Exception {
        String mixed = json(klaviyo(List.of("event:api.visited", "event:klaviyo.opened_email"), "evt_30"))
                .path("deliveryId")
                .asText();
        String foreign = json(klaviyo(List.of("event:api.visited"), "evt_31"))
                .path("deliveryId")
                .asText();

        assertThat(reason(mixed)).doesNotContain("topics that are not used");
        assertThat(reason(foreign)).contains("topics that are not used", "config/platforms/klaviyo.yaml");
    }

    /** Why the operation of a delivery was ignored, once it was. */
    private static String reason(String delivery) {
        return await().until(
                        () -> {
                            for (JsonNode operation : json(hub.get("/api/operations?status=ignored&limit=500"))
                                    .path("items")) {
                                if (operation.path("deliveryId").asText().equals(delivery)) {
                                    return operation.path("error").asText();
                                }
                            }
                            return "";
                        },
                        reason -> !reason.isEmpty());
    }

    @Test
    void aHeaderMustSayWhatTheSignedBodySays() throws Exception {
        assertThat(klaviyo("evt_20", "01HXYZ").statusCode()).isEqualTo(200);
        assertThat(klaviyo("evt_21").statusCode()).isEqualTo(200);

        HttpResponse<String> other = klaviyo("evt_22", "01HOTHER");
        assertThat(other.statusCode()).isEqualTo(401);
        assertThat(json(other).path("type").asText()).isEqualTo("urn:muster:problem:header-contradicts-body");
        assertThat(klaviyo("evt_23", "01HXYZ", "01HXYZ").statusCode()).isEqualTo(401);
    }

    @Test
    void whatIsNotThereIsNotFoundAndWhatIsNotPostIsNotAllowed() {
        assertThat(hub.post("/api/webhooks/nobody", new byte[0]).statusCode()).isEqualTo(404);
        assertThat(hub.post("/api/webhooks/patreon/nobody", new byte[0]).statusCode())
                .isEqualTo(404);
        HttpResponse<String> put = RunningHub.send(HttpRequest.newBuilder(hub.uri("/api/webhooks/patreon"))
                .PUT(HttpRequest.BodyPublishers.noBody())
                .build());
        assertThat(put.statusCode()).isEqualTo(405);
        assertThat(put.headers().firstValue("Allow")).hasValue("POST");
    }
}
