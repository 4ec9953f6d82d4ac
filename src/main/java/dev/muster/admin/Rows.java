package dev.muster.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.canonical.Entity;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.delivery.HeadersJson;
import dev.muster.operation.OperationStatus;
import dev.muster.operation.OperationType;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The tables that operators look into, as the API shows their rows. */
final class Rows {
    static final ObjectMapper JSON = new ObjectMapper();

    /** Counting stops here, so that a glance at the hub costs no walk through a table of any size. */
    private static final int COUNT_MAX = 10_000;

    /** Where a platform's contract puts a secret into a header, its name says so. */
    private static final List<String> SECRET_WORDS =
            List.of("token", "secret", "password", "api-key", "apikey", "authorization", "cookie");

    private final Database database;
    final Listing operations;
    final Listing deadLetters;
    final Listing duplicates;

    Rows(Database database) {
        this.database = database;
        this.operations = new Listing(
                database,
                "o.organization, o.platform, o.integration, o.type, o.status, o.attempts, o.delivery_id, o.kind,"
                        + " o.error_code, o.error, o.created_at, o.processed_at",
                "sync_operations o",
                "o",
                "id",
                Rows::operation);
        this.deadLetters = new Listing(
                database,
                "o.organization, o.platform, o.integration, o.kind, o.delivery_id, o.created_at, d.code, d.cause,"
                        + " d.digest, d.stack, d.attempts, d.first_died_at, d.died_at, d.redrives, d.redrive_at",
                // each has one: said as a left join, so that PostgreSQL does not expect few and read all
                "sync_operations o LEFT JOIN dead_letters d ON d.operation_id = o.id",
                "o",
                "id",
                Rows::deadLetter);
        this.duplicates = new Listing(
                database,
                "p.organization, p.golden_a, p.golden_b, p.email, p.reason, p.status, p.decided_by, p.decided_at,"
                        + " p.decided_why, p.ruling, p.created_at",
                "duplicate_candidates p",
                "p",
                "id",
                Rows::duplicate);
    }

    static ObjectNode run(ResultSet row) throws SQLException {
        ObjectNode node = JSON.createObjectNode();
        node.put("id", Ids.format(row.getLong("row_id")));
        for (String name :
                new String[] {"organization", "platform", "integration", "stream", "kind", "state", "since"}) {
            node.put(name, row.getString(name));
        }
        time(node, "startedAt", row, "started_at");
        time(node, "endedAt", row, "ended_at");
        long ended = row.getLong("ended_at");
        boolean isEnded = !row.wasNull();
        if (isEnded) {
            node.put("durationMillis", ended - row.getLong("started_at"));
        } else {
            node.putNull("durationMillis");
        }
        node.put("pages", row.getLong("pages"));
        node.put("pagesApplied", row.getLong("applied"));
        node.put("read", row.getLong("items"));
        for (String name : new String[] {"created", "changed", "unchanged", "refused", "conflicts", "calls", "bytes"}) {
            node.put(name, row.getLong(name));
        }
        double quotaUsed = row.getDouble("quota_used");
        node.put("quotaUsed", row.wasNull() ? null : Double.valueOf(Math.round(quotaUsed * 10_000) / 10_000.0));
        long total = row.getLong("total");
        node.put("total", total < 0 ? null : Long.valueOf(total));
        node.put("error", row.getString("error"));
        return node;
    }

    private static ObjectNode operation(ResultSet row) throws SQLException {
        ObjectNode node = JSON.createObjectNode();
        node.put("id", Ids.format(row.getLong("row_id")));
        node.put("organization", row.getString("organization"));
        node.put("platform", row.getString("platform"));
        node.put("integration", row.getString("integration"));
        node.put("type", OperationType.values()[row.getInt("type")].id());
        node.put("status", OperationStatus.values()[row.getInt("status")].id());
        node.put("kind", row.getString("kind"));
        node.put("deliveryId", Ids.format(row.getLong("delivery_id")));
        node.put("attempts", row.getInt("attempts"));
        node.put("errorCode", row.getString("error_code"));
        node.put("error", row.getString("error"));
        time(node, "createdAt", row, "created_at");
        time(node, "processedAt", row, "processed_at");
        return node;
    }

    private static ObjectNode deadLetter(ResultSet row) throws SQLException {
        ObjectNode node = JSON.createObjectNode();
        String id = Ids.format(row.getLong("row_id"));
        node.put("id", id);
        node.put("operationId", id);
        node.put("organization", row.getString("organization"));
        node.put("platform", row.getString("platform"));
        node.put("integration", row.getString("integration"));
        node.put("kind", row.getString("kind"));
        node.put("deliveryId", Ids.format(row.getLong("delivery_id")));
        node.put("code", row.getString("code"));
        node.put("cause", row.getString("cause"));
        node.put("digest", row.getString("digest"));
        node.put("stack", row.getString("stack"));
        node.put("attempts", row.getInt("attempts"));
        time(node, "createdAt", row, "created_at");
        time(node, "firstDiedAt", row, "first_died_at");
        time(node, "diedAt", row, "died_at");
        node.put("redrives", row.getInt("redrives"));
        time(node, "redriveAt", row, "redrive_at");
        return node;
    }

    static Listing conflicts(Database database) {
        return new Listing(
                database,
                "c.organization, c.entity, c.golden_id, c.field, c.status, c.standing, c.rivals, c.operation_id,"
                        + " c.resolved_by, c.resolved_at, c.choice, c.reason, c.act, c.created_at, c.updated_at",
                "sync_conflicts c",
                "c",
                "id",
                Rows::conflict);
    }

    private static ObjectNode conflict(ResultSet row) throws SQLException {
        ObjectNode node = JSON.createObjectNode();
        node.put("id", Ids.format(row.getLong("row_id"))).put("kind", "sources");
        node.put("organization", row.getString("organization"));
        node.put("entity", row.getString("entity"));
        node.put("recordId", Ids.format(row.getLong("golden_id")));
        node.put("field", row.getString("field"));
        node.put("status", row.getString("status"));
        node.set("standing", stored(row.getString("standing")));
        node.set("rivals", stored(row.getString("rivals")));
        long operation = row.getLong("operation_id");
        node.put("operationId", row.wasNull() ? null : Ids.format(operation));
        String by = row.getString("resolved_by");
        if (by == null) {
            node.putNull("resolved");
        } else {
            ObjectNode resolved = node.putObject("resolved").put("by", by);
            time(resolved, "at", row, "resolved_at");
            resolved.put("choice", row.getString("choice")).put("reason", row.getString("reason"));
            id(resolved, "act", row, "act");
        }
        time(node, "createdAt", row, "created_at");
        time(node, "updatedAt", row, "updated_at");
        return node;
    }

    private static void id(ObjectNode node, String name, ResultSet row, String column) throws SQLException {
        long id = row.getLong(column);
        node.put(name, row.wasNull() ? null : Ids.format(id));
    }

    static JsonNode stored(String json) throws SQLException {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new SQLException("What is stored of a conflict is not JSON", e);
        }
    }

    private static ObjectNode duplicate(ResultSet row) throws SQLException {
        ObjectNode node = JSON.createObjectNode();
        node.put("id", Ids.format(row.getLong("row_id")));
        node.put("organization", row.getString("organization"));
        node.put("entity", Entity.MEMBER.id());
        node.put("recordA", Ids.format(row.getLong("golden_a")));
        node.put("recordB", Ids.format(row.getLong("golden_b")));
        node.put("email", row.getString("email"));
        node.put("reason", row.getString("reason"));
        node.put("status", row.getString("status"));
        String by = row.getString("decided_by");
        if (by == null) {
            node.putNull("decided");
        } else {
            ObjectNode decided = node.putObject("decided").put("by", by);
            time(decided, "at", row, "decided_at");
            decided.put("why", row.getString("decided_why"));
            id(decided, "ruling", row, "ruling");
        }
        time(node, "createdAt", row, "created_at");
        return node;
    }

    static void time(ObjectNode node, String name, ResultSet row, String column) throws SQLException {
        long millis = row.getLong(column);
        node.put(name, row.wasNull() ? null : Instant.ofEpochMilli(millis).toString());
    }

    static void time(ObjectNode node, String name, @Nullable Instant at) {
        node.put(name, at == null ? null : at.toString());
    }

    /** A delivery with its headers and its body: text where it is UTF-8, else base 64. */
    Optional<ObjectNode> delivery(long id) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(
                    "SELECT organization, platform, integration, received_at, kind, record_key, headers, body"
                            + " FROM deliveries WHERE id = ?")) {
                select.setLong(1, id);
                try (ResultSet row = select.executeQuery()) {
                    return row.next() ? Optional.of(delivery(id, row)) : Optional.empty();
                }
            }
        });
    }

    private static ObjectNode delivery(long id, ResultSet row) throws SQLException {
        ObjectNode node = JSON.createObjectNode();
        node.put("id", Ids.format(id));
        node.put("organization", row.getString("organization"));
        node.put("platform", row.getString("platform"));
        node.put("integration", row.getString("integration"));
        time(node, "receivedAt", row, "received_at");
        node.put("kind", row.getString("kind"));
        node.put("recordKey", row.getString("record_key"));
        ObjectNode headers = node.putObject("headers");
        new TreeMap<>(HeadersJson.read(row.getString("headers")))
                .forEach((name, value) -> headers.put(name, secret(name) ? "***" : value));
        byte[] body = row.getBytes("body");
        node.put("bodyBytes", body.length);
        String text = text(body);
        node.put("bodyEncoding", text == null ? "base64" : "text");
        node.put("body", text == null ? Base64.getEncoder().encodeToString(body) : text);
        return node;
    }

    private static boolean secret(String lowerCaseName) {
        return SECRET_WORDS.stream().anyMatch(lowerCaseName::contains);
    }

    private static @Nullable String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** What there is, counted up to 10,000 each. */
    Map<String, Long> counts() {
        Map<String, String> rows = new TreeMap<>();
        for (Entity entity : Entity.values()) {
            rows.put(entity.table(), entity.table());
        }
        rows.put("conflicts", "sync_conflicts WHERE status = 'open'");
        rows.put("duplicates", "duplicate_candidates WHERE status = 'open'");
        // in the order of the index that PostgreSQL is to take
        rows.put(
                "deadLetters",
                "sync_operations WHERE " + database.notable("status", OperationStatus.DEAD) + " ORDER BY id DESC");
        String counted = rows.values().stream()
                .map(of -> "(SELECT COUNT(*) FROM (SELECT 1 FROM " + of + " LIMIT " + COUNT_MAX + ") c)")
                .collect(Collectors.joining(", "));
        return database.read(connection -> {
            Map<String, Long> counts = new TreeMap<>();
            try (PreparedStatement select = connection.prepareStatement("SELECT " + counted);
                    ResultSet row = select.executeQuery()) {
                row.next();
                int column = 1;
                for (String name : rows.keySet()) {
                    counts.put(name, row.getLong(column++));
                }
            }
            return counts;
        });
    }
}
