package dev.muster.operate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.RunningHub;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.Map;

/** What an operator asks a hub. */
record ManagementPort(RunningHub hub) {
    private static final ObjectMapper JSON = new ObjectMapper();

    int status(String path) {
        return get(path).statusCode();
    }

    /** The components that an address names, with their state and message. */
    Map<String, String> components(String path) throws IOException {
        Map<String, String> components = new HashMap<>();
        for (JsonNode check : JSON.readTree(get(path).body()).path("checks")) {
            components.put(
                    check.path("name").asText(),
                    check.path("status").asText() + " " + check.path("message").asText());
        }
        return components;
    }

    /** Muster's own metrics, by their names with labels. */
    Map<String, Double> metrics() {
        Map<String, Double> values = new HashMap<>();
        for (String line : get("/observe/metrics").body().split("\n", -1)) {
            int space = line.lastIndexOf(' ');
            if (line.startsWith("muster_")) {
                values.put(line.substring(0, space), Double.valueOf(line.substring(space + 1)));
            }
        }
        return values;
    }

    /** Calls an operation of the one MBean that a pattern finds. */
    void exec(String pattern, String operation) throws IOException {
        String mbean = jolokia(Map.of("type", "search", "mbean", pattern))
                .path("value")
                .path(0)
                .asText();
        JsonNode answer = jolokia(Map.of("type", "exec", "mbean", mbean, "operation", operation));
        if (answer.path("status").asInt() != 200) {
            throw new IOException(operation + " of " + mbean + ": " + answer);
        }
    }

    JsonNode jolokia(Map<String, String> request) throws IOException {
        return JSON.readTree(RunningHub.send(HttpRequest.newBuilder(hub.managementUri("/observe/jolokia"))
                        .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(request)))
                        .build())
                .body());
    }

    private HttpResponse<String> get(String path) {
        return RunningHub.send(HttpRequest.newBuilder(hub.managementUri(path)).build());
    }
}
