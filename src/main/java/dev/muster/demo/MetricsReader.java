package dev.muster.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Asks the hub's management port for its metrics, and its admin API for what was pulled. A hub that does not answer is a
 * figure too.
 */
public final class MetricsReader implements Supplier<Figures> {
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final HttpRequest metrics;
    private final HttpRequest pulls;

    /**
     * @param management the management port, such as {@code http://127.0.0.1:9090}
     * @param hub where the admin API is, such as {@code http://127.0.0.1:8080}
     */
    public MetricsReader(URI management, URI hub, String adminToken) {
        this.metrics = HttpRequest.newBuilder(management.resolve("/observe/metrics"))
                .timeout(Duration.ofSeconds(2))
                .build();
        this.pulls = HttpRequest.newBuilder(hub.resolve("/api/sync/history?state=done&limit=500"))
                .header("Authorization", "Bearer " + adminToken)
                .timeout(Duration.ofSeconds(2))
                .build();
    }

    @Override
    public Figures get() {
        try {
            HttpResponse<String> answer = client.send(metrics, HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() == 200 ? withPulls(Figures.parse(answer.body())) : Figures.UNREACHABLE;
        } catch (IOException e) {
            return Figures.UNREACHABLE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Figures.UNREACHABLE;
        }
    }

    private Figures withPulls(Figures figures) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(pulls, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            return figures;
        }
        JsonNode runs = SimulatedPlatform.JSON.readTree(answer.body()).path("items");
        long read = 0;
        for (JsonNode run : runs) {
            read += run.path("read").asLong();
        }
        return figures.withPulls(runs.size(), read);
    }
}
