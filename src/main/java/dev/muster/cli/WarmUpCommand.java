package dev.muster.cli;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.Hub;
import dev.muster.MusterConfig;
import dev.muster.ThrowawayDirectory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/**
 * A hub's whole way, once, on a directory that is thrown away: webhooks in, members out, one of them explained. The JVM
 * records the classes this loads, so that the next start is faster; it is a test of an installation, too.
 */
@Command(
        name = "warm-up",
        description = "Starts a hub on a temporary directory, sends it webhooks and reads what became of them.",
        footer = {"  ./muster warm-up"})
final class WarmUpCommand implements Callable<Integer> {
    private static final int DELIVERIES = 200;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long POLL_MILLIS = 100;

    @ParentCommand
    @Nullable
    MusterCommand muster;

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        MusterCommand parent = requireNonNull(muster);
        try (ThrowawayDirectory directory = ThrowawayDirectory.make("muster-warm-up-")) {
            return warmUp(parent, directory.path());
        }
    }

    private int warmUp(MusterCommand parent, Path directory) throws Exception {
        String secret = UUID.randomUUID().toString();
        Map<String, String> environment = new HashMap<>(parent.environment());
        environment.put("PATREON_WEBHOOK_SECRET", secret);
        environment.put("MUSTER_ADMIN_TOKEN", UUID.randomUUID().toString());
        // Nothing here may reach a platform or another hub's store.
        environment.remove("PATREON_API_KEY");
        int port = freePort();
        Map<String, String> given = Map.of(
                "muster.data",
                directory.resolve("data").toString(),
                "muster.database.url",
                "jdbc:sqlite:" + directory.resolve("data").resolve("muster.db"),
                "muster.http.host",
                "127.0.0.1",
                "muster.http.port",
                Integer.toString(port),
                "muster.metrics.host",
                "127.0.0.1",
                "muster.metrics.port",
                Integer.toString(freePort()));
        environment.put("MUSTER_URL", "http://127.0.0.1:" + port);
        try (Hub hub = Hub.of(MusterConfig.read(parent.home(), environment, given))) {
            hub.start();
            send(port, secret);
            AdminClient client = AdminClient.of(parent.home(), environment);
            JsonNode member = await(client, email(DELIVERIES - 1));
            client.get("/api/members/" + member.path("id").asText() + "/explain");
            client.get("/api/operations");
            client.get("/api/status");
        }
        requireNonNull(spec).commandLine().getOut().println("Warmed up: " + DELIVERIES + " webhooks became members.");
        return 0;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static String email(int number) {
        return "warm-up-" + number + "@example.org";
    }

    private static void send(int port, String secret)
            throws IOException, InterruptedException, GeneralSecurityException {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofSeconds(5))
                .build();
        for (int i = 0; i < DELIVERIES; i++) {
            byte[] body = delivery(i).toString().getBytes(StandardCharsets.UTF_8);
            Mac mac = Mac.getInstance("HmacMD5");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacMD5"));
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + port + "/api/webhooks/patreon"))
                    .timeout(Duration.ofSeconds(30))
                    .header("Content-Type", "application/json")
                    .header("X-Patreon-Event", "members:update")
                    .header("X-Patreon-Signature", HexFormat.of().formatHex(mac.doFinal(body)))
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                    .build();
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new CommandFailed(
                        CommandFailed.FAILED,
                        "The hub answered " + answer.statusCode() + " to a webhook of its own: " + answer.body());
            }
        }
    }

    private static ObjectNode delivery(int number) {
        String user = Integer.toString(10_000_000 + number);
        ObjectNode document = AdminClient.JSON.createObjectNode();
        ObjectNode member = document.putObject("data");
        member.put("type", "member");
        member.put("id", new UUID(1, number).toString());
        member.putObject("attributes")
                .put("email", email(number))
                .put("full_name", "Warm Up")
                .put("patron_status", "active_patron")
                .put("currently_entitled_amount_cents", 700)
                .put("campaign_lifetime_support_cents", 2_100)
                .put("last_charge_date", "2026-05-01T07:03:11.615+00:00")
                .put("last_charge_status", "Paid")
                .put("pledge_relationship_start", "2026-03-01T07:00:00.000+00:00");
        ObjectNode relations = member.putObject("relationships");
        relations.putObject("user").putObject("data").put("type", "user").put("id", user);
        relations
                .putObject("campaign")
                .putObject("data")
                .put("type", "campaign")
                .put("id", "770001");
        ObjectNode included = document.putArray("included").addObject();
        included.put("type", "user").put("id", user);
        included.putObject("attributes")
                .put("first_name", "Warm")
                .put("last_name", "Up")
                .put("email", email(number));
        return document;
    }

    private static JsonNode await(AdminClient client, String email) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            JsonNode items = client.get("/api/members?email=" + AdminClient.encoded(email))
                    .path("items");
            if (!items.isEmpty()) {
                return items.get(0);
            }
            Thread.sleep(POLL_MILLIS);
        }
        JsonNode dead = client.get("/api/dead-letters?limit=1").path("items").path(0);
        throw new CommandFailed(
                CommandFailed.FAILED,
                "A webhook did not become a member in " + PATIENCE.toSeconds() + " s"
                        + (dead.isMissingNode()
                                ? "."
                                : ": " + dead.path("cause").asText()));
    }
}
