package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who comes to the management port from elsewhere. */
class ConsoleLoginTest {
    @TempDir
    Path directory;

    private static HttpResponse<String> get(RunningHub hub, String path, String peer, String password) {
        String pair = Base64.getEncoder().encodeToString(("operator:" + password).getBytes(StandardCharsets.UTF_8));
        return RunningHub.send(HttpRequest.newBuilder(hub.managementUri(path))
                .header("Authorization", "Basic " + pair)
                .header("X-Forwarded-For", peer)
                .build());
    }

    @Test
    void whoGuessesThePasswordIsKeptOut() {
        Map<String, String> open = Map.of("METRICS_HOST", "0.0.0.0", "TRUSTED_PROXIES", "127.0.0.1");
        try (RunningHub hub = RunningHub.start(directory, open)) {
            String jolokia = "/observe/jolokia/version";
            assertThat(get(hub, "/hawtio/", "203.0.113.1", RunningHub.TOKEN).statusCode())
                    .isEqualTo(200);
            for (int i = 0; i < 10; i++) {
                HttpResponse<String> wrong = get(hub, i % 2 == 0 ? jolokia : "/hawtio/", "203.0.113.1", "guess " + i);
                assertThat(wrong.statusCode()).isEqualTo(401);
                assertThat(wrong.headers().firstValue("WWW-Authenticate")).contains("Basic realm=\"muster\"");
            }

            HttpResponse<String> locked = get(hub, jolokia, "203.0.113.1", RunningHub.TOKEN);

            assertThat(locked.statusCode()).isEqualTo(429);
            assertThat(locked.headers().firstValue("Retry-After")).isPresent();
            assertThat(locked.body()).contains("try again in");
            assertThat(get(hub, jolokia, "203.0.113.2", RunningHub.TOKEN).statusCode())
                    .isEqualTo(200);
        }
    }
}
