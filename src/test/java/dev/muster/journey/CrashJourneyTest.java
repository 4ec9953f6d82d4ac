package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.FreePort;
import dev.muster.RunningHub;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hub of its own process, killed under load again and again: nothing acknowledged is lost, and no effect is doubled. */
class CrashJourneyTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String SECRET = "secret-of-the-crash-journey";
    private static final int CRASHES = 4;
    private static final int CONNECTIONS = 4;
    private static final int MEMBERS_PER_CONNECTION = 12;

    @TempDir
    Path folder;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final AtomicInteger deliveries = new AtomicInteger();
    private final Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
    private final Map<String, String> lastName = new ConcurrentHashMap<>();
    private volatile boolean ending;

    @Test
    void nothingAcknowledgedIsLostAndNothingIsDoneTwice() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int port = FreePort.any();
        HubProcess hub = start(port);
        ExecutorService senders = Executors.newFixedThreadPool(CONNECTIONS);
        try {
            List<Future<?>> sending = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                int connection = i;
                sending.add(senders.submit(() -> send(connection, port)));
            }
            for (int crash = 0; crash < CRASHES; crash++) {
                int target = acknowledged.size() + 20 + random.nextInt(400);
                await().atMost(PATIENCE).pollInterval(Duration.ofMillis(1)).until(() -> acknowledged.size() >= target);
                hub.kill();
                hub = start(port);
            }
            int target = acknowledged.size() + 20;
            await().atMost(PATIENCE).until(() -> acknowledged.size() >= target);
            ending = true;
            for (Future<?> one : sending) {
                one.get(60, TimeUnit.SECONDS);
            }
            await().atMost(PATIENCE).ignoreExceptions().until(() -> column(
                            "SELECT COUNT(*) FROM sync_operations WHERE status < 2")
                    .equals(List.of("0")));
        } finally {
            senders.shutdownNow();
            hub.kill();
        }
        verify("seed " + seed);
    }

    private void verify(String run) {
        List<String> stored = column("SELECT body FROM deliveries").stream()
                .map(body -> body.substring(body.indexOf("<<") + 2, body.indexOf(">>")))
                .toList();
        assertThat(stored).as(run).doesNotHaveDuplicates().containsAll(acknowledged);
        assertThat(column("SELECT status FROM sync_operations")).as(run).containsOnly("2");
        assertThat(column("SELECT COUNT(*) FROM sync_operations GROUP BY delivery_id"))
                .as(run)
                .hasSameSizeAs(stored)
                .containsOnly("1");
        assertThat(column("SELECT email || ' ' || last_name FROM members"))
                .as(run)
                .containsExactlyInAnyOrderElementsOf(lastName.entrySet().stream()
                        .map(entry -> entry.getKey() + " " + entry.getValue())
                        .toList());
        assertThat(column("SELECT golden_id FROM audit_log WHERE entity = 'member' AND action = 'create'"))
                .as(run)
                .doesNotHaveDuplicates()
                .hasSize(lastName.size());
        assertThat(column("SELECT golden_id || changes FROM audit_log WHERE golden_id IS NOT NULL"))
                .as(run)
                .doesNotHaveDuplicates();
        assertThat(column("SELECT m.id FROM members m WHERE m.version <> (SELECT COUNT(*) FROM audit_log a"
                        + " WHERE a.golden_id = m.id)"))
                .as(run)
                .isEmpty();
    }

    // --- the platform

    /** Sends each member's next state until it is acknowledged, as Patreon does, and then the one after. */
    private void send(int connection, int port) {
        for (int version = 0; !ending; version++) {
            for (int i = 0; i < MEMBERS_PER_CONNECTION; i++) {
                String member = connection + "-" + i;
                String name = String.format("Name%06d", version);
                await().atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(20))
                        .pollDelay(Duration.ZERO)
                        .pollInSameThread()
                        .until(() -> accepted(port, member, name));
                lastName.put("m" + member + "@example.com", name);
            }
        }
    }

    private boolean accepted(int port, String member, String name) throws Exception {
        String marker = "delivery " + deliveries.incrementAndGet();
        String body = "{\"data\":{\"type\":\"member\",\"id\":\"" + member + "\",\"attributes\":{\"email\":\"m" + member
                + "@example.com\",\"full_name\":\"Ana " + name + "\",\"note\":\"<<" + marker
                + ">>\",\"pledge_relationship_start\":\"2026-01-01T00:00:00.000+00:00\"},\"relationships\":{\"user\":"
                + "{\"data\":{\"type\":\"user\",\"id\":\"u" + member + "\"}}}}}";
        Mac mac = Mac.getInstance("HmacMD5");
        mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacMD5"));
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/webhooks/patreon"))
                .timeout(Duration.ofSeconds(10))
                .header("X-Patreon-Event", "members:update")
                .header(
                        "X-Patreon-Signature",
                        HexFormat.of().formatHex(mac.doFinal(body.getBytes(StandardCharsets.UTF_8))))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            if (client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() != 200) {
                return false;
            }
        } catch (IOException hubIsDead) {
            return false;
        }
        acknowledged.add(marker);
        return true;
    }

    // --- the hub

    private HubProcess start(int port) throws IOException {
        return HubProcess.start(RunningHub.project(), folder, port, Map.of("PATREON_WEBHOOK_SECRET", SECRET));
    }

    private List<String> column(String sql) {
        return HubProcess.column(folder, sql);
    }
}
