package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.FreePort;
import dev.muster.Hub;
import dev.muster.MusterConfig;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands and the API's routes, against a hub that runs. */
class RunningHubTest {
    private static final Path HOME = Path.of(System.getProperty("basedir", System.getProperty("user.dir")))
            .toAbsolutePath();
    private static final String MEMBER = """
            {"data":{"type":"member","id":"b7c1d2e3-0f4a-4c5b-8d6e-7f8091a2b3c4","attributes":{
            "email":"lucia@example.org","full_name":"Lucía Núñez","patron_status":"active_patron",
            "last_charge_date":"2026-05-01T07:03:11.615+00:00","last_charge_status":"Paid"},
            "relationships":{"user":{"data":{"type":"user","id":"30000001"}}}}}""";

    @TempDir
    static Path data;

    private static Hub hub;
    private static String url;
    private static Map<String, String> environment;

    private final HttpClient client = HttpClient.newHttpClient();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void start() throws Exception {
        int port = FreePort.any();
        url = "http://127.0.0.1:" + port;
        environment = Map.of(
                "PATREON_WEBHOOK_SECRET", "patreon-secret", "MUSTER_ADMIN_TOKEN", "admin-secret", "MUSTER_URL", url);
        hub = Hub.of(MusterConfig.read(
                HOME,
                environment,
                Map.of(
                        "muster.data", data.toString(),
                        "muster.http.host", "127.0.0.1",
                        "muster.http.port", Integer.toString(port),
                        "muster.metrics.port", Integer.toString(FreePort.any()))));
        hub.start();
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    @Test
    void aWebhookIsExplained() throws Exception {
        assertThat(deliver("members:update", MEMBER)).isEqualTo(200);
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(run("member", "LUCIA@example.org"))
                .isZero());

        assertThat(run("explain", "lucia@example.org", "lastName")).isZero();
        assertThat(out.toString())
                .contains("lastName = Núñez", "* patreon", "its value stands")
                .doesNotContain("firstName =");
        assertThat(run("explain", "lucia@example.org", "shoeSize")).isEqualTo(CommandFailed.FAILED);

        StringWriter json = new StringWriter();
        MusterCommand.run(
                HOME,
                environment,
                new PrintWriter(json),
                new PrintWriter(err),
                "explain",
                "lucia@example.org",
                "email",
                "--json");
        JsonNode field = AdminClient.JSON
                .readTree(json.toString())
                .path(0)
                .path("fields")
                .path(0);
        assertThat(field.path("value").asText()).isEqualTo("lucia@example.org");
        assertThat(field.path("winner").path("platform").asText()).isEqualTo("patreon");
        String delivery = field.path("candidates").path(0).path("deliveryId").asText();
        JsonNode raw = AdminClient.JSON.readTree(
                get("/api/deliveries/" + delivery, "admin-secret").body());
        assertThat(raw.path("body").asText()).isEqualTo(MEMBER);
    }

    @Test
    void aBrokenDeliveryIsADeadLetterThatCanBeReplayed() throws Exception {
        assertThat(deliver("members:update", "this is not JSON")).isEqualTo(200);
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            out.getBuffer().setLength(0);
            assertThat(run("dead-letters", "--json")).isZero();
            assertThat(AdminClient.JSON.readTree(out.toString()).path("items")).isNotEmpty();
        });

        String id = AdminClient.JSON
                .readTree(out.toString())
                .path("items")
                .path(0)
                .path("id")
                .asText();
        assertThat(run("replay", id)).isZero();
    }

    @Test
    void pushesArePlannedListedAndMadeDueAgain() {
        assertThat(run("sync", "plan", "no-such-target")).isEqualTo(CommandFailed.FAILED);
        assertThat(err.toString()).contains("no-such-target", "klaviyo-profiles");
        assertThat(run("pushes")).isZero();
        assertThat(out.toString()).contains("There are no such pushes");
        assertThat(run("pushes", "--status", "odd")).isEqualTo(CommandFailed.FAILED);
        assertThat(run("push-again", "klaviyo-profiles", "--all")).isZero();
        assertThat(out.toString()).contains("Due again: 0");
        assertThat(run("push-again", "klaviyo-profiles", "--record", "0000000000001"))
                .isEqualTo(CommandFailed.FAILED);
        assertThat(run("push-again", "klaviyo-profiles")).isEqualTo(CommandFailed.USAGE);
    }

    @Test
    void heldPushesAreResolvedByTheNameOfAField() {
        assertThat(run("conflicts", "--kind", "push")).isZero();
        assertThat(out.toString()).contains("No conflict waits");
        assertThat(run("resolve", "0000000000001~klaviyo-profiles~default~lastName", "mine"))
                .isEqualTo(CommandFailed.USAGE);
        assertThat(err.toString()).contains("keep_current", "accept_incoming");
        assertThat(run("resolve", "0000000000001~klaviyo-profiles~default~lastName", "keep_current"))
                .isEqualTo(CommandFailed.FAILED);
        assertThat(err.toString())
                .contains("There is no conflict 0000000000001~klaviyo-profiles~default~lastName (any more)");
    }

    @Test
    void theCommandsSayWhatIsMissing() {
        assertThat(run("member", "nobody@example.org")).isEqualTo(CommandFailed.FAILED);
        assertThat(err.toString()).contains("nobody@example.org");
        assertThat(run("status")).isZero();
        assertThat(out.toString()).contains("The hub is up", "members");
        assertThat(MusterCommand.run(
                        HOME,
                        Map.of("MUSTER_URL", url, "MUSTER_ADMIN_TOKEN", "wrong"),
                        new PrintWriter(out),
                        new PrintWriter(err),
                        "status"))
                .isEqualTo(CommandFailed.NO_TOKEN);
    }

    @Test
    void theRoutesAnswerProblemsAndGiveNoHeaderBack() throws Exception {
        assertThat(get("/api/members", null).statusCode()).isEqualTo(401);
        HttpResponse<String> refused = get("/api/members?limit=x", "admin-secret");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(refused.headers().map()).doesNotContainKeys("authorization", "user-agent", "limit");
        assertThat(get("/api/nothing", "admin-secret").statusCode()).isEqualTo(404);
        assertThat(get("/nothing", "admin-secret").headers().firstValue("Content-Type"))
                .hasValue("application/problem+json");
    }

    private int run(String... arguments) {
        return MusterCommand.run(HOME, environment, new PrintWriter(out), new PrintWriter(err), arguments);
    }

    private HttpResponse<String> get(String path, String token) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private int deliver(String trigger, String body) throws Exception {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        Mac mac = Mac.getInstance("HmacMD5");
        mac.init(new SecretKeySpec("patreon-secret".getBytes(StandardCharsets.UTF_8), "HmacMD5"));
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/api/webhooks/patreon"))
                .header("X-Patreon-Event", trigger)
                .header("X-Patreon-Signature", HexFormat.of().formatHex(mac.doFinal(bytes)))
                .POST(HttpRequest.BodyPublishers.ofByteArray(bytes))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
    }
}
