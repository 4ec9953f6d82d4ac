package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.RunningHub;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The accounts, by the commands and the API of a hub that runs. */
class IntegrationCommandTest {
    private static final String SECRET = "very-secret-value-77";

    @TempDir
    static Path folder;

    private static RunningHub hub;
    private static Path home;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void start() throws Exception {
        home = RunningHub.copyOfHome(folder.resolve("home"));
        String platform = Files.readString(home.resolve("config/platforms/patreon.yaml"));
        int auth = platform.indexOf("\nauth:");
        if (auth < 0) {
            Files.writeString(home.resolve("config/platforms/patreon.yaml"), platform + """

                    auth:
                      scheme: oauth2
                      grant: authorizationCode
                      authorizationUrl: /oauth2/authorize
                      tokenUrl: /api/oauth2/token
                      pkce: false
                    """);
        }
        hub = RunningHub.start(
                home,
                folder,
                Map.of(
                        "PATREON_WEBHOOK_SECRET", SECRET + "-env",
                        "PATREON_CLIENT_ID", "the-client",
                        "MUSTER_PUBLIC_URL", "https://hub.example.org"));
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    @Test
    void anAccountIsMadeShownChangedAndRemovedAndItsSecretNeverSeen() throws Exception {
        assertThat(run(
                        "integration",
                        "add",
                        "patreon",
                        "--id",
                        "acme-one",
                        "--organization",
                        "acme",
                        "--base-url",
                        "http://127.0.0.1:9",
                        "--secret-env",
                        "accessToken=THE_SECRET"))
                .isZero();
        assertThat(run("integration", "list")).isZero();
        assertThat(out.toString()).contains("acme-one", "patreon~default", "active");
        assertThat(run("integration", "show", "acme-one", "--json")).isZero();
        assertThat(run("integration", "set", "acme-one", "--title", "Of Acme", "--no-enable"))
                .isZero();
        assertThat(run("integration", "list", "--status", "disabled")).isZero();
        assertThat(out.toString()).contains("Of Acme");
        assertThat(run("keys", "rotate")).isZero();
        assertThat(run("integration", "set", "acme-one", "--enable")).isZero();
        assertThat(run("integration", "test", "acme-one", "--json"))
                .as("nobody answers there")
                .isEqualTo(CommandFailed.FAILED);
        assertThat(RunningHub.send(HttpRequest.newBuilder(hub.uri("/api/audit"))
                                .header("Authorization", "Bearer " + RunningHub.TOKEN)
                                .build())
                        .body())
                .contains("integration.test");
        assertThat(run("integration", "remove", "acme-one")).isEqualTo(CommandFailed.USAGE);
        assertThat(run("integration", "remove", "acme-one", "--yes")).isZero();
        assertThat(run("integration", "show", "acme-one")).isEqualTo(CommandFailed.FAILED);

        assertThat(out.toString() + err).doesNotContain(SECRET);
        try (Stream<Path> files = Files.walk(folder.resolve("data"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain(SECRET);
            }
        }
    }

    @Test
    void refusalsSayWhatToWriteInstead() throws Exception {
        refused("POST", "", "{\"platform\":\"nix\"}", 400, "config/platforms");
        refused("POST", "", "{\"platform\":\"patreon\",\"secrets\":{\"pasword\":\"" + SECRET + "\"}}", 400, "password");
        refused("POST", "", "{\"platform\":\"patreon\",\"settings\":{\"nix\":\"x\"}}", 400, "nix");
        refused("POST", "", "{\"platform\":\"patreon\",\"baseUrl\":\"ftp://x\"}", 400, "baseUrl");
        refused("POST", "", "{\"platform\":\"patreon\",\"id\":\"Not Good\"}", 400, "lower-case");
        refused("POST", "", "{\"platform\":\"patreon\",\"id\":\"default\"}", 409, "another id");
        refused("PUT", "/patreon~default", "{}", 409, "environment");
        refused("DELETE", "/nobody", "", 404, "nobody");
        refused("GET", "?status=good", "", 400, "needs_reconnect");
        refused("PATCH", "", "", 405, "GET");
    }

    @Test
    void secretsGoToNoOtherAddressThanTheyWereGivenFor() {
        String made = "{\"id\":\"moving\",\"organization\":\"acme\",\"platform\":\"patreon\","
                + "\"baseUrl\":\"https://api.example.org\",\"secrets\":{\"accessToken\":\"" + SECRET + "\"}}";
        assertThat(ask("POST", "", made, true).body())
                .contains("accessToken")
                .as("the application of the environment belongs to another address")
                .doesNotContain("clientId");

        refused("PUT", "/moving", "{\"baseUrl\":\"https://elsewhere.example\"}", 409, "accessToken");
        refused("PUT", "/moving", "{\"baseUrl\":null}", 409, "accessToken");
        refused("PUT", "/moving", "{\"settings\":{\"tokenUrl\":\"https://elsewhere.example/t\"}}", 409, "accessToken");

        for (String allowed : List.of(
                "{\"title\":\"Same place\",\"baseUrl\":\"https://api.example.org/\"}",
                "{\"baseUrl\":\"https://elsewhere.example\",\"secrets\":{\"accessToken\":\"another\"}}",
                "{\"baseUrl\":null,\"secrets\":{\"accessToken\":null}}")) {
            assertThat(ask("PUT", "/moving", allowed, true).statusCode())
                    .as(allowed)
                    .isEqualTo(200);
        }
        assertThat(ask("GET", "/moving", "", true).body()).contains("clientId").doesNotContain("accessToken");
        assertThat(ask("DELETE", "/moving", "", true).statusCode()).isEqualTo(200);
    }

    @Test
    void aConsentBeginsWithAStateAndItsCallbackIsHarmless() throws Exception {
        JsonNode begun = AdminClient.JSON.readTree(
                ask("POST", "/patreon~default/connect", "", true).body());
        assertThat(URI.create(begun.path("authorizationUrl").asText()).getQuery())
                .contains(
                        "client_id=the-client",
                        "state=",
                        "redirect_uri=https://hub.example.org/api/integrations/callback");

        HttpResponse<String> page =
                ask("GET", "/callback?state=made-up&error=%3Cscript%3Ealert(1)%3C/script%3E", "", false);
        assertThat(page.statusCode()).isEqualTo(400);
        assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                .contains("default-src 'none'");
        String state = begun.path("authorizationUrl").asText().replaceAll(".*[?&]state=([^&]+).*", "$1");
        HttpResponse<String> denied =
                ask("GET", "/callback?state=" + state + "&error=%3Cscript%3Ealert(1)%3C/script%3E", "", false);
        assertThat(denied.body()).contains("&lt;script&gt;").doesNotContain("<script>");
        assertThat(ask("GET", "/callback?state=" + state + "&code=x", "", false).statusCode())
                .isEqualTo(400);
        assertThat(ask("GET", "", "", false).statusCode()).isEqualTo(401);
    }

    private static void refused(String method, String rest, String body, int status, String text) {
        HttpResponse<String> answer = ask(method, rest, body, true);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.body()).contains(text).doesNotContain(SECRET);
    }

    private static HttpResponse<String> ask(String method, String rest, String body, boolean withToken) {
        HttpRequest.Builder request = HttpRequest.newBuilder(hub.uri("/api/integrations" + rest))
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (withToken) {
            request.header("Authorization", "Bearer " + RunningHub.TOKEN);
        }
        return RunningHub.send(request.build());
    }

    private int run(String... arguments) {
        Map<String, String> environment = new HashMap<>();
        environment.put("MUSTER_URL", hub.uri("").toString());
        environment.put("MUSTER_ADMIN_TOKEN", RunningHub.TOKEN);
        environment.put("THE_SECRET", SECRET);
        return MusterCommand.run(home, environment, new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }
}
