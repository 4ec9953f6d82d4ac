package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.FreePort;
import dev.muster.RunningHub;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** A hub beside simulated platforms: on an address that is known before it starts, with files that a test may edit. */
final class PlatformHub implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String CLUB_SECRET = "club-secret-0123456789";
    private static final String CLUB = """
            platform: club
            title: Club
            webhook:
              signature: { scheme: token, header: X-Club-Token }
              kind: { json: /kind }
              record: { json: /id }
            kinds:
              kind: kind
              handle:
                person: { payload: person }
                membership: { payload: membership }
            mapping:
              records:
                - entity: member
                  of: person
                  id: id
                  observedAt: at
                  fields:
                    - { source: email, target: email, type: email }
                    - { source: first, target: firstName, type: name }
                    - { source: last, target: lastName, type: name }
                    - { source: phone, target: phone, type: phone }
                    - { source: consent, target: consentEmail, type: consent }
                    - { source: discord, target: discordUserId, type: text }
                - entity: membership
                  of: membership
                  id: id
                  observedAt: at
                  fields:
                    - { source: person, target: member, type: reference, entity: member }
                    - { source: status, target: status, type: text }
                    - { source: tiers, target: tiers, type: list }
            """;

    private final RunningHub hub;
    private final Path folder;

    private PlatformHub(RunningHub hub, Path folder) {
        this.hub = hub;
        this.folder = folder;
    }

    /** What such a hub is told. */
    static final class Setting {
        private final Path folder;
        private final Path home;
        private final int port = FreePort.any();
        private final Map<String, String> environment = new HashMap<>();

        private Setting(Path folder) {
            this.folder = folder;
            this.home = RunningHub.copyOfHome(folder.resolve("home"));
            environment.put("MUSTER_PULL_LOOK_MS", "40");
            environment.put("MUSTER_RETRY_PAUSE_MS", "20");
            environment.put("MUSTER_CREDENTIAL_PAUSE_MS", "100");
            environment.put("MUSTER_PUBLIC_URL", address().toString());
        }

        /** Where it will listen. */
        URI address() {
            return URI.create("http://127.0.0.1:" + port);
        }

        Setting with(String variable, String value) {
            environment.put(variable, value);
            return this;
        }

        Setting with(Map<String, String> variables) {
            environment.putAll(variables);
            return this;
        }

        /** Changes a file of the copy. */
        Setting edit(String file, String before, String after) {
            try {
                Path path = home.resolve(file);
                String text = Files.readString(path);
                assertThat(text).as(file).contains(before);
                Files.writeString(path, text.replace(before, after));
                return this;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** A file of the copy's own. */
        Setting add(String file, String text) {
            try {
                Files.writeString(home.resolve(file), text);
                return this;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** A platform of configuration only, which says of people whatever a test wants it to say. */
        Setting withClub() {
            add("config/platforms/club.yaml", CLUB);
            add("routes/platforms/club.camel.yaml", """
                    - route:
                        id: club
                        routeConfigurationId: operations
                        from:
                          uri: muster-operations:club
                          steps:
                            - bean: { ref: normalization, method: begin }
                            - to: direct:normalize
                    """);
            return with("CLUB_WEBHOOK_SECRET", CLUB_SECRET);
        }

        PlatformHub start() {
            return new PlatformHub(RunningHub.start(home, folder, port, environment), folder);
        }
    }

    static Setting in(Path folder) {
        return new Setting(folder);
    }

    URI uri(String path) {
        return hub.uri(path);
    }

    HttpResponse<String> ask(String method, String path, String body) {
        return RunningHub.send(HttpRequest.newBuilder(hub.uri(path))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .header("Authorization", "Bearer " + RunningHub.TOKEN)
                .header("Content-Type", "application/json")
                .build());
    }

    JsonNode get(String path) {
        return json(ask("GET", path, ""));
    }

    JsonNode post(String path, String body) {
        return json(ask("POST", path, body));
    }

    private static JsonNode json(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A webhook of Patreon for an integration, rightly signed. */
    HttpResponse<String> patreon(String integration, PatreonDelivery delivery) {
        byte[] body = delivery.body();
        return hub.post(
                "/api/webhooks/patreon/" + integration,
                body,
                "X-Patreon-Event",
                "members:update",
                "X-Patreon-Signature",
                PatreonDelivery.signature(body));
    }

    /**
     * What the club says of a person or a membership.
     *
     * @param members beside {@code kind}, {@code id} and {@code at}, as JSON without braces
     */
    void club(String kind, String id, String members) {
        club("", CLUB_SECRET, kind, id, members);
    }

    /** The same of an account that a test added, by its secret. */
    void club(String integration, String secret, String kind, String id, String members) {
        String door = "/api/webhooks/club" + (integration.isEmpty() ? "" : '/' + integration);
        String body =
                "{\"kind\":\"" + kind + "\",\"id\":\"" + id + "\",\"at\":\"" + Instant.now() + "\"," + members + "}";
        assertThat(hub.post(door, body.getBytes(StandardCharsets.UTF_8), "X-Club-Token", secret)
                        .statusCode())
                .isEqualTo(200);
    }

    /** Reads a stream of the environment's account to its end; answers the run. */
    JsonNode pull(String platform, String stream) {
        return pull(platform, "default", stream);
    }

    /** Reads a stream to its end, and waits until what came is applied; answers the run. */
    JsonNode pull(String platform, String integration, String stream) {
        String run = begin(platform, integration, stream);
        await().atMost(PATIENCE)
                .until(() -> get("/api/sync/status/" + run).path("endedAt").isTextual());
        settled();
        return get("/api/sync/status/" + run);
    }

    /** Begins a run of its own: one that is under way may have passed by what a test just changed. */
    String begin(String platform, String integration, String stream) {
        String asked = "{\"platform\":\"" + platform + "\",\"integration\":\"" + integration + "\",\"stream\":\""
                + stream + "\"}";
        return await().atMost(PATIENCE)
                .until(() -> post("/api/sync/start", asked).at("/runs/0"), run -> run.path("started")
                        .asBoolean())
                .path("id")
                .asText();
    }

    /** Waits until nothing is left to be done of what has arrived, and nothing is left to be pushed. */
    void settled() {
        await().atMost(PATIENCE)
                .until(() -> column("SELECT COUNT(*) FROM sync_operations WHERE status < 2")
                                .contains("0")
                        && column("SELECT COUNT(*) FROM pushes WHERE status IN (1, 2)")
                                .contains("0"));
    }

    /** The first column of a query, read by a connection of its own. */
    List<String> column(String sql) {
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:sqlite:" + folder.resolve("data").resolve("muster.db"));
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout = 5000");
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

    /** Fills the charts of the hour before with the traffic that there was, in waves. */
    void repeatTraffic() {
        List<String> names = column("SELECT name FROM pragma_table_info('traffic')").stream()
                .filter(name ->
                        !Set.of("minutes", "at", "organization", "platform").contains(name))
                .toList();
        List<String> minutes =
                column("SELECT at FROM traffic WHERE minutes = 1 GROUP BY at ORDER BY SUM(success) DESC LIMIT 1");
        long first = Long.parseLong(
                column("SELECT MIN(at) FROM traffic WHERE minutes = 1").get(0));
        long step = Duration.ofMinutes(1).toMillis();
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:sqlite:" + folder.resolve("data").resolve("muster.db"));
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout = 5000");
            for (int ago = 1; ago < 60; ago++) {
                long percent = Math.round(70 + 30 * Math.sin(ago / 6.0) + ago * 7 % 11);
                statement.execute("INSERT OR IGNORE INTO traffic (minutes, at, organization, platform, "
                        + String.join(", ", names)
                        + ") SELECT 1, " + (first - ago * step) + ", organization, platform"
                        + names.stream()
                                .map(name -> ", " + name + " * " + percent + " / 100")
                                .collect(Collectors.joining())
                        + " FROM traffic WHERE minutes = 1 AND at = " + minutes.get(0));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether a file of the hub's data holds a text anywhere. */
    boolean keeps(String text) {
        try (java.util.stream.Stream<Path> files = Files.walk(folder.resolve("data"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (Files.readString(file, StandardCharsets.ISO_8859_1).contains(text)) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        hub.close();
    }
}
