package dev.muster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/** A hub in the test's own JVM, on free ports and a directory of its own. */
public final class RunningHub implements AutoCloseable {
    /** The admin token of every hub in tests. */
    public static final String TOKEN = "test-admin-token";

    /** Seals what hubs in tests store. */
    public static final String ENCRYPTION_KEY =
            Base64.getEncoder().encodeToString("the key of the tests: 32 bytes..".getBytes(UTF_8));

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final Hub hub;
    private final int httpPort;
    private final int managementPort;

    private RunningHub(Hub hub, int httpPort, int managementPort) {
        this.hub = hub;
        this.httpPort = httpPort;
        this.managementPort = managementPort;
    }

    /** A hub with the project's own routes and configuration, on SQLite below {@code directory}. */
    public static RunningHub start(Path directory, Map<String, String> environment) {
        return start(project(), directory, environment);
    }

    /** A hub whose {@code routes/} and {@code config/} are in {@code home}. */
    public static RunningHub start(Path home, Path directory, Map<String, String> environment) {
        return start(home, directory, FreePort.any(), environment);
    }

    /** The same on a port that is known before, so that platforms can be told of it. */
    public static RunningHub start(Path home, Path directory, int httpPort, Map<String, String> environment) {
        int managementPort = FreePort.any();
        Map<String, String> all = new HashMap<>(Map.of("MUSTER_ADMIN_TOKEN", TOKEN, "ENCRYPTION_KEY", ENCRYPTION_KEY));
        all.putAll(environment);
        Map<String, String> given = Map.of(
                "muster.data", directory.resolve("data").toString(),
                "muster.http.host", "127.0.0.1",
                "muster.http.port", Integer.toString(httpPort),
                "muster.metrics.port", Integer.toString(managementPort));
        Hub hub = Hub.of(MusterConfig.read(home, all, given));
        try {
            hub.start();
        } catch (Exception e) {
            hub.close();
            throw new IllegalStateException("The hub did not start", e);
        }
        return new RunningHub(hub, httpPort, managementPort);
    }

    /** Where the project's {@code routes/} and {@code config/} are. */
    public static Path project() {
        return Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    }

    /** A copy of the project's {@code routes/} and {@code config/}, to be edited. */
    public static Path copyOfHome(Path target) {
        for (String name : new String[] {"routes", "config"}) {
            Path from = project().resolve(name);
            try (Stream<Path> entries = Files.walk(from)) {
                for (Path entry : entries.toList()) {
                    Path to =
                            target.resolve(name).resolve(from.relativize(entry).toString());
                    if (Files.isDirectory(entry)) {
                        Files.createDirectories(to);
                    } else {
                        Files.copy(entry, to);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return target;
    }

    public Hub hub() {
        return hub;
    }

    public int httpPort() {
        return httpPort;
    }

    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + httpPort + path);
    }

    public URI managementUri(String path) {
        return URI.create("http://127.0.0.1:" + managementPort + path);
    }

    /** Posts a body to a door. */
    public HttpResponse<String> post(String path, byte[] body, String... headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri(path)).POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request.build());
    }

    /** Gets from the admin API, with the token. */
    public HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(uri(path))
                .header("Authorization", "Bearer " + TOKEN)
                .build());
    }

    public static HttpResponse<String> send(HttpRequest request) {
        try {
            return AnsweredAsDescribed.check(CLIENT.send(request, HttpResponse.BodyHandlers.ofString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        hub.close();
    }
}
