package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import dev.muster.FlowHub.Store;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** routes/70-alert in a running hub: what goes wrong is told, though the channel was away at first. */
class AlertFlowTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(Store.class)
    void whatGoesWrongIsToldAndThatItIsOverToo(Store store) throws Exception {
        List<String> heard = new CopyOnWriteArrayList<>();
        HttpServer pager = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        pager.createContext("/", exchange -> {
            heard.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.getResponseHeaders().add("Retry-After", "1");
            exchange.sendResponseHeaders(heard.size() == 1 ? 503 : 204, -1);
            exchange.close();
        });
        pager.start();
        String address = "http://127.0.0.1:" + pager.getAddress().getPort() + "/pager";
        String rules = """
                rules:
                  - { name: free, what: disk-free, below: 1000000000, severity: page, resolveAfter: PT0S }
                channels:
                  - { name: gone, kind: slack, url: "${NOWHERE}" }
                  - { name: pager, kind: webhook, url: "${PAGER}", secret: "${PAGER_SECRET}" }
                """;
        try (FlowHub hub = FlowHub.in(folder)
                .on(store)
                .with("PAGER", address)
                .with("PAGER_SECRET", SECRET)
                .with("NOWHERE", "http://127.0.0.1:1/")
                .with("MUSTER_ALERTS_LOOK_MS", "200")
                .add("config/alerts.yaml", rules)
                .start()) {
            await().atMost(PATIENCE)
                    .until(() -> hub.column("SELECT channel FROM alert_notices WHERE sent_at IS NOT NULL")
                            .equals(List.of("pager")));
            assertThat(heard).hasSize(2).allMatch(told -> told.contains("\"type\":\"alert.fired\""));
            assertThat(hub.column("SELECT attempts FROM alert_notices WHERE channel = 'pager'"))
                    .containsExactly("2");
            assertThat(hub.column("SELECT error FROM alert_notices WHERE channel = 'gone' AND next_at IS NOT NULL"))
                    .containsExactly("127.0.0.1 does not answer (ConnectException)");

            JsonNode alert =
                    hub.admin("GET", "/api/alerts?state=firing").path("items").get(0);
            assertThat(alert.path("rule").asText()).isEqualTo("free");
            String at = "/api/alerts/" + alert.path("id").asText();
            assertThat(hub.admin("GET", at).path("notices")).hasSize(2);
            assertThat(hub.admin("POST", at + "/acknowledge")
                            .path("acknowledgedBy")
                            .asText())
                    .isEqualTo("admin token");
            assertThat(hub.admin("GET", "/api/alerts/rules").path("items")).hasSize(1);
            assertThat(hub.admin("GET", "/api/alerts/channels").toString())
                    .contains("pager")
                    .doesNotContain("whsec_", "127.0.0.1");
            assertThat(hub.admin("POST", "/api/alerts/channels/pager/test")
                            .path("sent")
                            .asBoolean())
                    .isTrue();
            assertThat(heard.remove(2)).contains("alert.test");
            assertThat(hub.admin("POST", "/api/alerts/channels/gone/test")
                            .path("error")
                            .asText())
                    .contains("does not answer");
            assertThat(hub.admin("GET", "/api/audit").findValuesAsText("action"))
                    .filteredOn("alert.test"::equals)
                    .hasSize(2);
            assertThat(hub.admin("GET", "/api/traffic?buckets=24")
                            .path("platforms")
                            .isArray())
                    .isTrue();

            Files.writeString(hub.file("config/alerts.yaml"), rules.replace("1000000000", "0"));
            await().atMost(PATIENCE).until(() -> heard.size() >= 3);
            assertThat(heard.get(2)).contains("\"type\":\"alert.resolved\"");
            assertThat(hub.column("SELECT state FROM alerts")).containsExactly("resolved");
        } finally {
            pager.stop(0);
        }
    }
}
