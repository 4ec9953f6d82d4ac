package dev.muster.meter;

import dev.muster.db.Costly;
import dev.muster.db.Database;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** What waits in a queue, by platform or whatever it is counted by. */
public final class Backlogs {
    private static final Duration AGE_MAX = Duration.ofSeconds(10);

    private final Database database;
    private final String sql;
    private final Costly<Map<String, Backlog>> counted;

    /** @param sql asks for a name, how many wait, and since when the oldest may be worked on, in milliseconds */
    public Backlogs(Database database, Clock clock, String sql) {
        this.database = database;
        this.sql = sql;
        this.counted = new Costly<>(clock, Costly.A_TENTH, AGE_MAX, this::count);
    }

    /** Of very many, as of the last count. Unmodifiable. */
    public Map<String, Backlog> all() {
        return counted.get();
    }

    private Map<String, Backlog> count() {
        return database.read(connection -> {
            Map<String, Backlog> found = new TreeMap<>();
            try (PreparedStatement select = connection.prepareStatement(sql);
                    ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    found.put(rows.getString(1), new Backlog(rows.getLong(2), Instant.ofEpochMilli(rows.getLong(3))));
                }
            }
            return Collections.unmodifiableMap(found);
        });
    }
}
