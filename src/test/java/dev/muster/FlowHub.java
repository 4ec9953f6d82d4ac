package dev.muster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.db.PostgresServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.camel.CamelContext;

/** A hub in this process, on a copy of the project's routes and configuration, with free ports and a store of its own. */
public final class FlowHub implements AutoCloseable {
    public static final String ADMIN_TOKEN = "token-of-the-tests-0123456789";
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Hub hub;
    private final Path folder;
    private final String store;
    private final URI address;

    private FlowHub(Hub hub, Path folder, String store, URI address) {
        this.hub = hub;
        this.folder = folder;
        this.store = store;
        this.address = address;
    }

    /** Where a hub keeps what it knows. */
    public enum Store {
        SQLITE,
        POSTGRESQL
    }

    /** What a hub of the tests is told. */
    public static final class Setting {
        private final Path folder;
        private final int port = FreePort.any();
        private final Map<String, String> environment = new HashMap<>();
        private final Map<String, Function<String, String>> edits = new HashMap<>();

        private Setting(Path folder) {
            this.folder = folder;
            environment.put("MUSTER_ADMIN_TOKEN", ADMIN_TOKEN);
            environment.put("MUSTER_HTTP_HOST", "127.0.0.1");
            environment.put("MUSTER_RETRY_PAUSE_MS", "20");
            environment.put("ENCRYPTION_KEY", RunningHub.ENCRYPTION_KEY);
            // scheduled pulls would mix with what a test sends; one that wants them says so
            environment.put("MUSTER_PULL_LOOK_MS", "86400000");
        }

        /** Where it will listen. */
        public URI address() {
            return URI.create("http://127.0.0.1:" + port);
        }

        public Setting with(String variable, String value) {
            environment.put(variable, value);
            return this;
        }

        public Setting with(Map<String, String> variables) {
            environment.putAll(variables);
            return this;
        }

        /** On SQLite, or on a new database of PostgreSQL. */
        public Setting on(Store store) {
            return store == Store.SQLITE ? this : with("MUSTER_DATABASE_URL", PostgresServer.newDatabase());
        }

        /** Changes a file of the copy. */
        public Setting edit(String file, String before, String after) {
            Function<String, String> earlier = edits.getOrDefault(file, Function.identity());
            edits.put(file, earlier.andThen(text -> {
                if (!text.contains(before)) {
                    throw new IllegalStateException(file + " does not contain '" + before + "' any more");
                }
                return text.replace(before, after);
            }));
            return this;
        }

        /** A file of the copy that the project has not got. */
        public Setting add(String file, String text) {
            edits.put(file, nothing -> text);
            return this;
        }

        public FlowHub start() throws Exception {
            Path home = folder.resolve("home");
            copy("routes", home);
            copy("config", home);
            for (Map.Entry<String, Function<String, String>> edit : edits.entrySet()) {
                Path file = home.resolve(edit.getKey());
                Files.writeString(file, edit.getValue().apply(Files.exists(file) ? Files.readString(file) : ""));
            }
            Map<String, String> given = Map.of(
                    "muster.data", folder.resolve("data").toString(),
                    "muster.http.port", String.valueOf(port),
                    "muster.metrics.port", String.valueOf(FreePort.any()));
            Hub hub = Hub.of(MusterConfig.read(home, environment, given));
            try {
                hub.start();
            } catch (Exception e) {
                hub.close();
                throw e;
            }
            String sqlite = sqlite(folder.resolve("data").resolve("muster.db"));
            return new FlowHub(hub, folder, environment.getOrDefault("MUSTER_DATABASE_URL", sqlite), address());
        }

        private static void copy(String name, Path home) throws IOException {
            Path from = Path.of(name);
            try (Stream<Path> files = Files.walk(from)) {
                for (Path file : files.toList()) {
                    Path to = home.resolve(name).resolve(from.relativize(file).toString());
                    if (Files.isDirectory(file)) {
                        Files.createDirectories(to);
                    } else {
                        Files.copy(file, to);
                    }
                }
            }
        }
    }

    /** A hub whose platforms may be called as fast as one likes, and whose bursts settle at once. */
    public static Setting in(Path folder) {
        return new Setting(folder)
                .edit("config/platforms/patreon.yaml", "calls: 100, per: PT2S", "calls: 1000, per: PT1S")
                .edit("config/platforms/patreon.yaml", "calls: 90, per: PT1M", "calls: 60000, per: PT1M")
                .edit("config/platforms/patreon.yaml", "concurrent: 4", "concurrent: 16\n  breaker: { openFor: PT1S }")
                .edit("config/platforms/klaviyo.yaml", "calls: 75, per: PT1S", "calls: 1000, per: PT1S")
                .edit("config/platforms/klaviyo.yaml", "calls: 700, per: PT1M", "calls: 60000, per: PT1M")
                .edit("config/platforms/eventbrite.yaml", "calls: 10, per: PT1S", "calls: 1000, per: PT1S")
                .edit("config/platforms/eventbrite.yaml", "coalesce: PT2S", "coalesce: PT0.3S")
                .edit("config/platforms/eventbrite.yaml", "readableWithin: PT30S", "readableWithin: PT0S");
    }

    /** A webhook of Patreon, rightly signed. */
    int patreon(String secret, String kind, String body) throws Exception {
        Mac mac = Mac.getInstance("HmacMD5");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacMD5"));
        String signature = HexFormat.of().formatHex(mac.doFinal(body.getBytes(StandardCharsets.UTF_8)));
        return post("/api/webhooks/patreon", body, "X-Patreon-Event", kind, "X-Patreon-Signature", signature);
    }

    /** A pointer of Eventbrite. */
    int eventbrite(String secret, String action, String apiUrl) throws Exception {
        return post(
                "/api/webhooks/eventbrite/" + secret,
                "{\"config\":{\"action\":\"" + action + "\"},\"api_url\":\"" + apiUrl + "\"}");
    }

    private int post(String path, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(address.resolve(path))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .header("Content-Type", "application/json");
        if (headers.length > 0) {
            request.headers(headers);
        }
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    /** Asks the admin API. */
    public JsonNode admin(String method, String path) throws IOException, InterruptedException {
        return admin(method, path, "");
    }

    /** Tells the admin API something. */
    public JsonNode admin(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(address.resolve(path))
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body))
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + ADMIN_TOKEN)
                .build();
        HttpResponse<String> answer =
                AnsweredAsDescribed.check(CLIENT.send(request, HttpResponse.BodyHandlers.ofString()));
        if (answer.statusCode() >= 300) {
            throw new IllegalStateException(path + " was answered " + answer.statusCode() + ": " + answer.body());
        }
        try {
            return JSON.readTree(answer.body());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(answer.body(), e);
        }
    }

    /** How many operations of a platform have this status, by its stored number. */
    long operations(String platform, int status) {
        return Long.parseLong(column("SELECT COUNT(*) FROM sync_operations WHERE platform = '" + platform
                        + "' AND status = " + status)
                .get(0));
    }

    /** How many operations are not ended. */
    public long unfinished() {
        return Long.parseLong(
                column("SELECT COUNT(*) FROM sync_operations WHERE status < 2").get(0));
    }

    /** The first column of a query, read by a connection of its own. */
    public List<String> column(String sql) {
        return column(store, sql);
    }

    static List<String> column(Path database, String sql) {
        return column(sqlite(database), sql);
    }

    private static String sqlite(Path database) {
        return "jdbc:sqlite:" + database;
    }

    private static List<String> column(String url, String sql) {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            if (url.startsWith("jdbc:sqlite:")) {
                statement.execute("PRAGMA busy_timeout = 5000");
            }
            List<String> values = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery(sql)) {
                while (rows.next()) {
                    values.add(rows.getString(1));
                }
            }
            return values;
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** A file of this hub's copy of the routes and configuration. */
    public Path file(String name) {
        return folder.resolve("home").resolve(name);
    }

    public CamelContext camel() {
        return hub.main().getCamelContext();
    }

    @Override
    public void close() {
        hub.close();
    }
}
