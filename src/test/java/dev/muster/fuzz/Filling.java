package dev.muster.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.db.Ids;
import dev.muster.journey.PatreonDelivery;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Fills a running hub with some of everything, for one organization: by webhooks and by its API as far as these lead there,
 * else in its tables. Two organizations are filled alike, with the same addresses and external ids; only the word tells them
 * apart.
 */
public final class Filling {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MEMBERS = 8;
    private static final int SETTLED_MAX_MILLIS = 60_000;
    private static final long TIME = 1_780_000_000_000L;

    private final RawClient client;
    private final String token;
    private final String url;
    private final String organization;
    private final String word;
    private final Ids ids = new Ids();

    private Filling(RawClient client, String token, String url, String organization, String word) {
        this.client = client;
        this.token = token;
        this.url = url;
        this.organization = organization;
        this.word = word;
    }

    /**
     * @param url of the hub's store
     * @param word that every text of this organization holds
     * @return a key of this organization that may do all
     */
    public static String fill(int port, String token, String url, String organization, String word) throws Exception {
        try (RawClient client = new RawClient(port)) {
            return new Filling(client, token, url, organization, word).fill();
        }
    }

    private String fill() throws Exception {
        ask("POST", "/api/organizations", "{\"id\":\"" + organization + "\",\"name\":\"" + word + " e. V.\"}");
        account("patreon", "\"webhookSecret\":\"" + PatreonDelivery.SECRET + "\"", "");
        for (int i = 0; i < MEMBERS; i++) {
            webhook(i, 500);
        }
        webhook(1, 700);
        awaitSettled();
        List<Long> all;
        try (Connection connection = DriverManager.getConnection(url)) {
            all = members(connection);
        }
        List<String> members = new ArrayList<>();
        ask("GET", "/api/members?organization=" + organization, "")
                .path("items")
                .forEach(one -> members.add(one.path("id").asText()));
        String why = "\"reason\":\"" + word + " said so\"}";
        for (String field : List.of("lastName", "firstName", "city", "region")) {
            String address = "/api/members/" + members.get(0) + "/overrides/" + field;
            ask("PUT", address, "{\"value\":\"" + word + "\"," + why);
        }
        ask("POST", "/api/members/" + members.get(1) + "/merge", "{\"with\":\"" + members.get(2) + "\"," + why);
        ask("POST", "/api/members/" + members.get(3) + "/keep-apart", "{\"from\":\"" + members.get(4) + "\"," + why);
        ask("DELETE", "/api/members/" + members.get(7) + "?erase=true&reason=asked", "");
        // last, so that nothing that was done makes a push due: what is looked at should be at rest
        account("klaviyo", "\"apiKey\":\"" + word + "-apikey\"", "\"push\":\"klaviyo-profiles\"");
        try (Connection connection = DriverManager.getConnection(url)) {
            if (url.startsWith("jdbc:sqlite:")) {
                connection.createStatement().execute("PRAGMA busy_timeout = 20000");
            }
            rows(connection, all);
        }
        String key = "{\"organization\":\"" + organization + "\",\"role\":\"%s\",\"name\":\"%s of " + word + "\"}";
        ask("POST", "/api/keys", key.formatted("viewer", "viewer"));
        String made = ask("POST", "/api/keys", key.formatted("admin", "admin"))
                .path("key")
                .asText();
        awaitSettled();
        return made;
    }

    private void account(String platform, String secrets, String settings) throws IOException {
        ask("POST", "/api/integrations", """
                {"id":"%1$s-%2$s","organization":"%1$s","platform":"%2$s","title":"%3$s at %2$s",
                 "baseUrl":"http://127.0.0.1:9","secrets":{%4$s},"settings":{%5$s}}""".formatted(organization, platform, word, secrets, settings));
    }

    private void webhook(int member, int cents) throws IOException {
        PatreonDelivery delivery = new PatreonDelivery(
                "m" + member,
                "person" + member + "@example.org",
                word + member,
                "Of" + word,
                cents,
                "2026-07-01T08:00:00.000+00:00");
        byte[] body = delivery.body();
        String head = "POST /api/webhooks/patreon/" + organization + "-patreon HTTP/1.1\r\nHost: hub\r\n"
                + "X-Patreon-Event: members:update\r\nX-Patreon-Signature: " + PatreonDelivery.signature(body)
                + "\r\nContent-Length: " + body.length + "\r\n\r\n";
        RawClient.Answer answer =
                client.send((head + new String(body, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8), false);
        if (answer.status() != 200) {
            throw new IllegalStateException("A webhook was answered " + answer);
        }
    }

    private JsonNode ask(String method, String address, String body) throws IOException {
        RawClient.Answer answer = client.send(
                (method + " " + address + " HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer " + token
                                + "\r\nContent-Type: application/json\r\nContent-Length: "
                                + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.UTF_8),
                false);
        if (answer.status() >= 300) {
            throw new IllegalStateException(method + " " + address + " was answered " + answer);
        }
        return answer.body().isEmpty() ? JSON.createObjectNode() : JSON.readTree(answer.body());
    }

    private void awaitSettled() throws Exception {
        long end = System.currentTimeMillis() + SETTLED_MAX_MILLIS;
        String query = "/api/operations?organization=" + organization + "&status=";
        while (!ask("GET", query + "pending", "").path("items").isEmpty()
                || !ask("GET", query + "processing", "").path("items").isEmpty()) {
            if (System.currentTimeMillis() > end) {
                throw new IllegalStateException("The queue does not become empty");
            }
            Thread.sleep(50);
        }
    }

    private List<Long> members(Connection connection) throws SQLException {
        List<Long> members = new ArrayList<>();
        try (PreparedStatement select =
                connection.prepareStatement("SELECT id FROM members WHERE organization = ? ORDER BY id")) {
            select.setString(1, organization);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    members.add(rows.getLong(1));
                }
            }
        }
        return members;
    }

    /** What needs time, bad luck or another platform to come about. */
    private void rows(Connection connection, List<Long> members) throws SQLException {
        String patreon = organization + "-patreon";
        String klaviyo = organization + "-klaviyo";
        for (int i = 0; i < 3; i++) {
            long delivery = ids.next();
            put(
                    connection,
                    "deliveries",
                    "id, organization, platform, integration, received_at, kind, record_key, headers, body",
                    delivery,
                    organization,
                    "patreon",
                    patreon,
                    TIME,
                    word,
                    "m9",
                    "{\"x-of\":\"" + word + "\"}",
                    ("{\"" + word + "\":1}").getBytes(StandardCharsets.UTF_8));
            put(connection, "delivery_ids", "scope, unique_id, delivery_id", patreon, word + i, delivery);
            long operation = ids.next();
            int status = i == 0 ? 6 : 2 + i;
            put(
                    connection,
                    "sync_operations",
                    "id, organization, platform, integration, type, status, rank, attempts,"
                            + " not_before, delivery_id, kind, record_key, error_code, error, created_at, processed_at",
                    operation,
                    organization,
                    "patreon",
                    patreon,
                    0,
                    status,
                    0,
                    3,
                    TIME,
                    delivery,
                    word,
                    "m9",
                    "internal",
                    word + " went wrong",
                    TIME,
                    TIME);
            if (status == 6) {
                put(
                        connection,
                        "dead_letters",
                        "operation_id, organization, platform, code, cause, digest, stack,"
                                + " attempts, first_died_at, died_at, redrives, redrive_at",
                        operation,
                        organization,
                        "patreon",
                        "internal",
                        word + " broke",
                        word + "digest",
                        "at " + word,
                        3,
                        TIME,
                        TIME,
                        0,
                        null);
            }
            String claim = "[{\"platform\":\"patreon\",\"externalId\":\"m1\",\"value\":\"%s\","
                    + "\"observedAt\":\"2026-07-01T08:00:00Z\"}]";
            put(
                    connection,
                    "sync_conflicts",
                    "id, organization, entity, golden_id, field, status, standing, rivals,"
                            + " operation_id, created_at, updated_at",
                    ids.next(),
                    organization,
                    "member",
                    members.get(i + 3),
                    i == 0 ? "birthDate" : "gender",
                    "open",
                    claim.formatted(word),
                    claim.formatted("not " + word),
                    operation,
                    TIME,
                    TIME);
            put(
                    connection,
                    "duplicate_candidates",
                    "id, organization, golden_a, golden_b, email, reason, status, created_at",
                    ids.next(),
                    organization,
                    members.get(i),
                    members.get(i + 5),
                    null,
                    word + " twice",
                    i == 2 ? "settled" : "open",
                    TIME);
            put(
                    connection,
                    "sync_runs",
                    "id, organization, platform, integration, stream, kind, state, since, started_at,"
                            + " ended_at, pages, applied, items, created, changed, unchanged, refused, conflicts, calls,"
                            + " bytes, total, error",
                    ids.next(),
                    organization,
                    "patreon",
                    patreon,
                    "members",
                    "full",
                    "failed",
                    null,
                    TIME,
                    TIME + 1,
                    1,
                    1,
                    1,
                    1,
                    0,
                    0,
                    0,
                    0,
                    1,
                    1,
                    1,
                    word + " could not be read");
            long alert = ids.next();
            put(
                    connection,
                    "alerts",
                    "id, rule, severity, organization, platform, state, since, value, fired_at, resolved_at",
                    alert,
                    word + "-rule" + i,
                    "ticket",
                    organization,
                    "patreon",
                    i == 0 ? "firing" : "resolved",
                    TIME,
                    3.0,
                    TIME,
                    i == 0 ? null : TIME);
            put(
                    connection,
                    "alert_notices",
                    "id, alert_id, channel, kind, severity, rule, organization, platform, title,"
                            + " text, created_at, attempts, sent_at",
                    ids.next(),
                    alert,
                    "mail",
                    "fired",
                    "ticket",
                    word + "-rule",
                    organization,
                    "patreon",
                    word + " fires",
                    word + " burns",
                    TIME,
                    1,
                    TIME);
        }
        for (int i = 0; i < members.size(); i++) {
            // the first was refused, the second was taken, the others are held
            boolean isHeld = i > 1;
            put(
                    connection,
                    "pushes",
                    "golden_id, target, integration, organization, platform, entity, status, rank, version, attempts,"
                            + " not_before, forced, error_code, error, external_id, item_key, pushed, pushed_at, contested,"
                            + " created_at, updated_at",
                    members.get(i),
                    "klaviyo-profiles",
                    klaviyo,
                    organization,
                    "klaviyo",
                    "member",
                    i == 0 ? 3 : isHeld ? 4 : 0,
                    1,
                    1,
                    3,
                    TIME,
                    0,
                    i == 0 ? "internal" : null,
                    i == 0 ? word + " refused" : null,
                    "k" + i,
                    word + i,
                    "{\"presence\":\"PRESENT\",\"fields\":{\"firstName\":\"" + word + "\"}}",
                    TIME,
                    isHeld ? "{\"firstName\":{\"there\":\"" + word + "\",\"here\":\"" + word + "1\"}}" : null,
                    TIME,
                    TIME);
        }
        for (int i = 0; i < 4; i++) {
            // two of each still wait for a person
            put(
                    connection,
                    "duplicate_candidates",
                    "id, organization, golden_a, golden_b, email, reason, status, created_at",
                    ids.next(),
                    organization,
                    members.get(i),
                    members.get(i + 3),
                    null,
                    word + " looks alike",
                    "open",
                    TIME);
            put(
                    connection,
                    "brakes",
                    "id, organization, platform, integration, entity, state, changed, allowed, window_millis, decided_by,"
                            + " reason, created_at, decided_at, closed_at",
                    ids.next(),
                    organization,
                    "patreon",
                    i == 0 ? patreon : word + i,
                    "member",
                    i < 3 ? "held" : "rejected",
                    50,
                    10,
                    60_000,
                    i < 3 ? null : word,
                    i < 3 ? null : word + " was right",
                    TIME,
                    i < 3 ? null : TIME,
                    i < 3 ? null : TIME);
            put(
                    connection,
                    "undos",
                    "id, organization, kind, platform, integration, first_id, last_id, made_by, reason, state, total, changes,"
                            + " records, fields, skipped, created_at, updated_at, ended_at",
                    ids.next(),
                    organization,
                    "window",
                    "patreon",
                    patreon,
                    members.get(0),
                    members.get(0) + i,
                    word,
                    word + " was wrong",
                    "done",
                    1,
                    1,
                    1,
                    1,
                    0,
                    TIME,
                    TIME,
                    TIME);
        }
        put(
                connection,
                "stream_ids",
                "organization, platform, integration, stream, id, known",
                organization,
                "patreon",
                patreon,
                "members",
                word,
                1);
    }

    private static void put(Connection connection, String table, String columns, Object... values) throws SQLException {
        String marks = "?, ".repeat(values.length);
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO " + table + " (" + columns
                + ") VALUES (" + marks.substring(0, marks.length() - 2) + ")")) {
            for (int i = 0; i < values.length; i++) {
                if (values[i] instanceof byte[] bytes) {
                    insert.setBytes(i + 1, bytes);
                } else {
                    insert.setObject(i + 1, values[i]);
                }
            }
            insert.executeUpdate();
        }
    }
}
