package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the management port lets an operator do over Jolokia, and what not. */
class ConsoleTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CONTEXT = "org.apache.camel:context=muster,type=context,name=\"muster\"";
    private static final String ROUTE = "org.apache.camel:context=muster,type=routes,name=\"upkeep\"";

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

    private static JsonNode jolokia(Map<String, Object> request) throws IOException {
        String answer = RunningHub.send(HttpRequest.newBuilder(hub.managementUri("/observe/jolokia"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(request)))
                        .build())
                .body();
        return JSON.readTree(answer);
    }

    private static JsonNode call(String bean, String operation, Object... arguments) throws IOException {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("type", "exec");
        request.put("mbean", bean);
        request.put("operation", operation);
        request.put("arguments", Arrays.asList(arguments));
        return jolokia(request);
    }

    private static String state() throws IOException {
        return jolokia(Map.of("type", "read", "mbean", ROUTE, "attribute", "State"))
                .path("value")
                .asText();
    }

    private static void assertRefused(JsonNode answer) {
        assertThat(answer.path("status").asInt()).as(answer.toString()).isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sendStringBody(java.lang.String,java.lang.String)",
                "sendStringBody",
                "sendBody(java.lang.String,java.lang.Object)",
                "sendBody",
                "requestStringBody(java.lang.String,java.lang.String)",
                "requestStringBody",
                "requestBody(java.lang.String,java.lang.Object)",
                "requestBody",
            })
    void theStoreCannotBeReachedByAnEndpoint(String operation) throws Exception {
        assertRefused(call(CONTEXT, operation, "jdbc:store", "CREATE TABLE pwned(x INTEGER)"));

        assertThat(FlowHub.column(
                        directory.resolve("data").resolve("muster.db"),
                        "SELECT name FROM sqlite_master WHERE name = 'pwned'"))
                .isEmpty();
    }

    @Test
    void messagesWithHeadersAreNotSentEither() throws Exception {
        assertRefused(call(CONTEXT, "sendBodyAndHeaders", "jdbc:store", "SELECT 1", Map.of()));
        assertRefused(call(CONTEXT, "requestBodyAndHeaders", "jdbc:store", "SELECT 1", Map.of()));
    }

    @Test
    void nothingIsMadeChangedOrStoppedAsAWhole() throws Exception {
        assertRefused(call(CONTEXT, "createEndpoint(java.lang.String)", "jdbc:store"));
        assertRefused(call(CONTEXT, "stop()"));
        assertRefused(call(ROUTE, "remove()"));
        assertRefused(call(ROUTE, "updateRouteFromXml(java.lang.String)", "<route/>"));
        assertRefused(jolokia(Map.of("type", "write", "mbean", ROUTE, "attribute", "Tracing", "value", true)));
    }

    @Test
    void expressionsAreNotEvaluated() throws Exception {
        assertRefused(call(
                "org.apache.camel:context=muster,type=tracer,name=BacklogTracer",
                "setTraceFilter(java.lang.String)",
                "${body}"));
        assertRefused(call(
                "org.apache.camel:context=muster,type=tracer,name=BacklogDebugger",
                "validateConditionalBreakpoint(java.lang.String,java.lang.String)",
                "simple",
                "${body}"));
    }

    @Test
    void otherBeansOperationsAreRefused() throws Exception {
        assertRefused(call("java.lang:type=Memory", "gc()"));
    }

    @Test
    void theCommandLineIsNotRead() throws Exception {
        JsonNode answer =
                jolokia(Map.of("type", "read", "mbean", "java.lang:type=Runtime", "attribute", "InputArguments"));

        assertRefused(answer);
    }

    @Test
    void aRouteIsStoppedAndStarted() throws Exception {
        assertThat(call(ROUTE, "stop()").path("status").asInt()).isEqualTo(200);
        assertThat(state()).isEqualTo("Stopped");
        assertThat(call(ROUTE, "start()").path("status").asInt()).isEqualTo(200);
        assertThat(state()).isEqualTo("Started");
        assertThat(call(ROUTE, "suspend()").path("status").asInt()).isEqualTo(200);
        assertThat(call(ROUTE, "resume()").path("status").asInt()).isEqualTo(200);
    }

    private static int get(String path, String... headers) throws IOException {
        URI address = hub.managementUri(path);
        try (Socket socket = new Socket("127.0.0.1", address.getPort())) {
            String more = headers.length == 0 ? "Host: localhost:1\r\n" : String.join("\r\n", headers) + "\r\n";
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\n" + more + "Connection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return Integer.parseInt(answer.substring(9, 12));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/hawtio/", "/observe/jolokia/version", "/hawtio/jolokia/version"})
    void onlyThisMachinesOwnPagesAreAnswered(String path) throws Exception {
        assertThat(get(path)).isEqualTo(200);
        assertThat(get(path, "Host: [::1]:9090", "Sec-Fetch-Site: same-origin")).isEqualTo(200);
        assertThat(get(path, "Host: 127.0.0.1", "Sec-Fetch-Site: none")).isEqualTo(200);
        assertThat(get(path, "Host: localhost", "Sec-Fetch-Site: cross-site")).isEqualTo(403);
        assertThat(get(path, "Host: localhost", "Sec-Fetch-Site: same-site")).isEqualTo(403);
        assertThat(get(path, "Host: evil.example:29090")).isEqualTo(403);
        assertThat(get(path, "Host: localhost", "Origin: http://evil.example")).isEqualTo(403);
    }

    @Test
    void linkFromAnotherPageOpensTheConsoleAndDoesNothing() throws Exception {
        String[] link = {
            "Host: localhost", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"
        };
        assertThat(get("/hawtio/", link)).isEqualTo(200);
        assertThat(get("/observe/jolokia/exec/org.apache.camel:context=muster/stop", link))
                .isEqualTo(403);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/observe/jolokia/exec/",
                "/observe/jolokia/%65xec/",
                "/observe//jolokia//exec/",
                "/hawtio/jolokia/exec/",
                "/observe/jolokia?p=/exec/",
                "/observe/jolokia/?p=exec/"
            })
    void anAddressAloneStopsNoRoute(String start) throws Exception {
        assertThat(get(start + "org.apache.camel:context=muster,name=%22heartbeat%22,type=routes/stop()"))
                .isIn(403, 404);
        assertThat(jolokia(Map.of("type", "read", "mbean", ROUTE.replace("upkeep", "heartbeat"), "attribute", "State"))
                        .path("value")
                        .asText())
                .isEqualTo("Started");
    }

    @Test
    void routesAndTheirFiguresAreShown() throws Exception {
        assertThat(call(CONTEXT, "dumpRoutesAsXml()").path("value").asText()).contains("upkeep");
        assertThat(call(ROUTE, "dumpRouteStatsAsXml(boolean,boolean)", true, true)
                        .path("value")
                        .asText())
                .contains("upkeep");
    }
}
