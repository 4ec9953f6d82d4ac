package dev.muster.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Sends bodies of any method, and forms; follows no redirect. */
final class FormCaller {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private FormCaller() {}

    static HttpResponse<String> send(String method, String address, String body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(address)).method(method, HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** @param fields names and values in turn, then nothing */
    static HttpResponse<String> post(String address, List<String> fields, String... headers)
            throws IOException, InterruptedException {
        List<String> encoded = new ArrayList<>();
        for (int i = 0; i < fields.size(); i += 2) {
            encoded.add(fields.get(i) + "=" + URLEncoder.encode(fields.get(i + 1), StandardCharsets.UTF_8));
        }
        List<String> all = new ArrayList<>(List.of("Content-Type", "application/x-www-form-urlencoded"));
        all.addAll(List.of(headers));
        return send("POST", address, String.join("&", encoded), all.toArray(new String[0]));
    }

    static JsonNode json(HttpResponse<String> response) throws IOException {
        return JSON.readTree(response.body());
    }
}
