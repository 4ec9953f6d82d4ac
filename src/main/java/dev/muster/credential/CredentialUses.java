package dev.muster.credential;

import dev.muster.db.Database;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Who opened which integration's secrets, and what for: counted by the hour, since a row for each use would outnumber
 * everything else. Counts are gathered and written by {@link #flush}; a crash loses those since the last.
 */
public final class CredentialUses {
    private static final long HOUR_MILLIS = 3_600_000;
    private static final int GATHERED_MAX = 2_000;
    private static final int SHOWN = 50;
    private static final String ADD = "INSERT INTO credential_uses"
            + " (platform, integration, hour, purpose, actor, organization, uses, last_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            + " ON CONFLICT (platform, integration, hour, purpose, actor) DO UPDATE SET"
            + " uses = credential_uses.uses + excluded.uses, last_at = excluded.last_at";
    private static final String OF = "SELECT hour, purpose, actor, uses, last_at FROM credential_uses"
            + " WHERE platform = ? AND integration = ? ORDER BY hour DESC, purpose LIMIT " + SHOWN;

    private final Database database;
    private final Clock clock;
    private final String actor;
    private final Map<Key, Count> gathered = new LinkedHashMap<>();

    private record Key(String organization, String platform, String integration, String purpose, long hour) {}

    private record Count(long uses, long lastAt) {}

    /** One hour's uses for one purpose. */
    public record Use(Instant hour, String purpose, String actor, long uses, Instant lastAt) {}

    /** @param actor this hub's name */
    public CredentialUses(Database database, Clock clock, String actor) {
        this.database = database;
        this.clock = clock;
        this.actor = actor;
    }

    /** Counts one. */
    void used(String organization, String platform, String integration, String purpose) {
        long now = clock.millis();
        Key key = new Key(organization, platform, integration, purpose, now / HOUR_MILLIS * HOUR_MILLIS);
        boolean full;
        synchronized (gathered) {
            Count count = gathered.get(key);
            gathered.put(key, new Count(count == null ? 1 : count.uses() + 1, now));
            full = gathered.size() >= GATHERED_MAX;
        }
        if (full) {
            flush();
        }
    }

    /** Writes what was gathered. */
    public void flush() {
        Map<Key, Count> writing;
        synchronized (gathered) {
            if (gathered.isEmpty()) {
                return;
            }
            writing = new LinkedHashMap<>(gathered);
            gathered.clear();
        }
        try {
            database.change(connection -> {
                try (PreparedStatement add = connection.prepareStatement(ADD)) {
                    for (Map.Entry<Key, Count> use : writing.entrySet()) {
                        add(add, use.getKey(), use.getValue());
                    }
                }
            });
        } catch (RuntimeException e) {
            synchronized (gathered) {
                writing.forEach((key, count) -> gathered.merge(
                        key, count, (a, b) -> new Count(a.uses() + b.uses(), Math.max(a.lastAt(), b.lastAt()))));
            }
            throw e;
        }
    }

    private void add(PreparedStatement add, Key key, Count count) throws SQLException {
        add.setString(1, key.platform());
        add.setString(2, key.integration());
        add.setLong(3, key.hour());
        add.setString(4, key.purpose());
        add.setString(5, actor);
        add.setString(6, key.organization());
        add.setLong(7, count.uses());
        add.setLong(8, count.lastAt());
        add.executeUpdate();
    }

    /** The latest, newest hour first. */
    public List<Use> of(String platform, String integration) {
        return database.read(connection -> {
            List<Use> found = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement(OF)) {
                select.setString(1, platform);
                select.setString(2, integration);
                try (ResultSet row = select.executeQuery()) {
                    while (row.next()) {
                        found.add(new Use(
                                Instant.ofEpochMilli(row.getLong("hour")),
                                row.getString("purpose"),
                                row.getString("actor"),
                                row.getLong("uses"),
                                Instant.ofEpochMilli(row.getLong("last_at"))));
                    }
                }
            }
            return found;
        });
    }
}
