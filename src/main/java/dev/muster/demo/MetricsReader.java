package dev.muster.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.function.Supplier;

/** Asks the hub's management port for its metrics. A hub that does not answer is a figure too. */
public final class MetricsReader implements Supplier<Figures> {
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final HttpRequest request;

    /** @param management the management port, such as {@code http://127.0.0.1:9090} */
    public MetricsReader(URI management) {
        this.request = HttpRequest.newBuilder(management.resolve("/observe/metrics"))
                .timeout(Duration.ofSeconds(2))
                .build();
    }

    @Override
    public Figures get() {
        try {
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() == 200 ? Figures.parse(answer.body()) : Figures.UNREACHABLE;
        } catch (IOException e) {
            return Figures.UNREACHABLE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Figures.UNREACHABLE;
        }
    }
}
