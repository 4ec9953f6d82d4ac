package dev.muster.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;

/** Calls an API with the headers it was given, and follows no redirect. */
final class Caller {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final String origin;
    private final String[] headers;

    Caller(String origin, String... headers) {
        this.origin = origin;
        this.headers = headers;
    }

    HttpResponse<String> call(String pathOrAddress) throws IOException, InterruptedException {
        URI address = URI.create(pathOrAddress.startsWith("http") ? pathOrAddress : origin + pathOrAddress);
        HttpRequest.Builder request = HttpRequest.newBuilder(address);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Any method, with a body where it is not empty. */
    HttpResponse<String> send(String method, String path, String contentType, String body)
            throws IOException, InterruptedException {
        return CLIENT.send(request(method, path, contentType, body), HttpResponse.BodyHandlers.ofString());
    }

    /** As {@link #send}, without waiting. */
    CompletableFuture<HttpResponse<String>> begin(String method, String path, String contentType, String body) {
        return CLIENT.sendAsync(request(method, path, contentType, body), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest request(String method, String path, String contentType, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(origin + path))
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        if (!body.isEmpty()) {
            request.header("Content-Type", contentType);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        return request.build();
    }

    JsonNode json(String pathOrAddress) throws IOException, InterruptedException {
        return JSON.readTree(call(pathOrAddress).body());
    }

    int status(String pathOrAddress) throws IOException, InterruptedException {
        return call(pathOrAddress).statusCode();
    }
}
