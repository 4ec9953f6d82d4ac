package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The dashboard's files, as a running hub answers them. */
class DashboardServedTest {
    @TempDir
    private static Path directory;

    private static RunningHub hub;

    @BeforeAll
    static void start() {
        hub = RunningHub.start(directory, Map.of());
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private static HttpResponse<String> ask(String method, String path, String... headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(hub.uri(path)).method(method, HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return RunningHub.send(request.build());
    }

    @Test
    void dashboardIsAtTheTopForEverybody() {
        HttpResponse<String> page = ask("GET", "/", "X-Own", "not to come back");

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).startsWith("<!DOCTYPE html>").endsWith("</html>\n");
        assertThat(page.headers().firstValue("Content-Type")).contains("text/html; charset=utf-8");
        assertThat(page.headers().allValues("Content-Security-Policy"))
                .singleElement(InstanceOfAssertFactories.STRING)
                .contains("script-src 'self'", "frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(page.headers().allValues("Cache-Control")).containsExactly("no-cache");
        assertThat(page.headers().map()).doesNotContainKeys("x-own", "set-cookie");
        assertThat(ask("GET", "/?from=a-bookmark").statusCode()).isEqualTo(200);
    }

    @Test
    void fileIsSentOnce() {
        HttpResponse<String> first = ask("GET", "/dashboard/app.js");
        String tag = first.headers().firstValue("ETag").orElseThrow();

        assertThat(first.headers().firstValue("Content-Type")).contains("text/javascript; charset=utf-8");
        assertThat(ask("GET", "/dashboard/app.js", "If-None-Match", tag).statusCode())
                .isEqualTo(304);
        assertThat(ask("HEAD", "/dashboard/app.js").body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/dashboard",
                "/dashboard/",
                "/dashboard/pages",
                "/dashboard/nothing.js",
                "/dashboard/../application.properties",
                "/dashboard/%2e%2e/application.properties",
                "/dashboards",
                "/index.html",
                "/app.js"
            })
    void nothingElseIsThere(String path) {
        assertThat(ask("GET", path).statusCode()).isEqualTo(404);
    }

    @Test
    void pageIsOnlyRead() {
        assertThat(ask("POST", "/").statusCode()).isEqualTo(405);
        assertThat(ask("DELETE", "/dashboard/app.js").statusCode()).isEqualTo(405);
    }

    @Test
    void apiIsNotHiddenBehindIt() {
        assertThat(ask("GET", "/api/status").statusCode()).isEqualTo(401);
        assertThat(hub.get("/api/status").statusCode()).isEqualTo(200);
    }
}
