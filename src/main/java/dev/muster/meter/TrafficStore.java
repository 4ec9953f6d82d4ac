package dev.muster.meter;

import static java.util.stream.Collectors.joining;

import dev.muster.db.Database;
import dev.muster.db.RowStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the {@link Traffic} of all hubs. Every count is added to the row of its minute, of its ten minutes and of its hour,
 * so that a range of any length is read from few rows. The connection may break while a commit is on its way: then those
 * seconds are counted twice.
 */
public final class TrafficStore implements AutoCloseable {
    private static final String INSERT = """
            INSERT INTO traffic (minutes, at, organization, platform, %s)
            SELECT r.minutes, r.at, r.organization, r.platform, %s
            FROM {minutes bigint, at bigint, organization text, platform text, %s} r WHERE true
            ON CONFLICT (minutes, at, organization, platform) DO UPDATE SET %s""";

    private static final RowStatement ADD = RowStatement.of(INSERT.formatted(
            columns(column -> column),
            columns(column -> "r." + column),
            columns(column -> column + " bigint"),
            columns(column -> column + " = traffic." + column + " + excluded." + column)));

    private static final String SUMS = """
            SELECT organization, platform, %s FROM traffic
            WHERE minutes = ? AND at >= ? AND at < ?
              AND (CAST(? AS TEXT) IS NULL OR organization = ?) AND (CAST(? AS TEXT) IS NULL OR platform = ?)
            GROUP BY organization, platform""";

    private static final String SERIES = """
            SELECT (at - ?) / ?, platform, %s FROM traffic
            WHERE minutes = ? AND at >= ? AND at < ?
              AND (CAST(? AS TEXT) IS NULL OR organization = ?) AND (CAST(? AS TEXT) IS NULL OR platform = ?)
            GROUP BY 1, 2""";

    private static final String OLDEST =
            "SELECT COALESCE(MIN(at), " + Long.MAX_VALUE + ") FROM traffic WHERE minutes = ?";

    private static final String FORGET = "DELETE FROM traffic WHERE minutes = ? AND at < ?";

    private static final long HOUR_MINUTES = 60;
    private static final long[] GRAINS = {1, 10, HOUR_MINUTES};

    /** The most buckets of a series. */
    public static final int BUCKETS_MAX = 500;

    /** One transaction forgets the rows of so many beginnings, and one round so many transactions of each length. */
    private static final int FORGOTTEN_AT_ONCE = 10;

    private static final int FORGETTING_MAX = 500;

    private final Database database;
    private final Traffic traffic;
    private final Clock clock;
    private final Settings settings;

    public TrafficStore(Database database, Traffic traffic, Clock clock, Settings settings) {
        this.database = database;
        this.traffic = traffic;
        this.clock = clock;
        this.settings = settings;
    }

    /**
     * How long traffic is remembered.
     *
     * @param minutes by the minute and by ten minutes
     * @param hours by the hour
     */
    public record Settings(Duration minutes, Duration hours) {}

    /**
     * Which traffic is asked for.
     *
     * @param organization null for all, and for what belongs to none
     * @param platform null for all
     */
    public record Scope(
            @Nullable String organization, @Nullable String platform) {
        public static final Scope ALL = new Scope(null, null);
    }

    /** What was counted of one organization's account on one platform. */
    public record Account(String organization, String platform, TrafficCounts counts) {}

    private record Key(long minutes, long at, String organization, String platform) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int order = Long.compare(minutes, other.minutes);
            order = order != 0 ? order : Long.compare(at, other.at);
            order = order != 0 ? order : organization.compareTo(other.organization);
            return order != 0 ? order : platform.compareTo(other.platform);
        }
    }

    /** Writes what was counted since the last time, in one transaction. Nothing is lost where the store is away. */
    public void write() {
        traffic.write(this::add);
    }

    private void add(List<Traffic.Addition> additions) {
        // In one order for all hubs, so that none waits for another that waits for it.
        SortedMap<Key, TrafficCounts> rows = new TreeMap<>();
        for (Traffic.Addition addition : additions) {
            for (long minutes : GRAINS) {
                long length = Duration.ofMinutes(minutes).toMillis();
                Key key = new Key(
                        minutes,
                        addition.at() - Math.floorMod(addition.at(), length),
                        addition.organization(),
                        addition.platform());
                rows.merge(key, addition.counts(), TrafficCounts::plus);
            }
        }
        database.writeUnforced(connection -> {
            try (RowStatement.Rows statement = ADD.open(connection, database.dialect())) {
                for (Map.Entry<Key, TrafficCounts> row : rows.entrySet()) {
                    statement.add(values(row.getKey(), row.getValue()));
                }
                statement.write();
            }
            return true;
        });
    }

    private static @Nullable Object[] values(Key key, TrafficCounts counts) {
        List<Object> values = new ArrayList<>(List.of(key.minutes, key.at, key.organization, key.platform));
        for (TrafficCount count : TrafficCount.values()) {
            values.add(counts.get(count));
        }
        return values.toArray();
    }

    /** What was counted, by platform; platforms without traffic are not among them. */
    public SortedMap<String, TrafficCounts> sums(TrafficSpan span, Scope scope) {
        SortedMap<String, TrafficCounts> sums = new TreeMap<>();
        accounts(span, scope).forEach(account -> sums.merge(account.platform(), account.counts(), TrafficCounts::plus));
        return sums;
    }

    /** What was counted, by organization and platform. */
    public List<Account> accounts(TrafficSpan span, Scope scope) {
        return database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(SUMS.formatted(summed()))) {
                bind(select, 1, span, scope);
                List<Account> accounts = new ArrayList<>();
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        accounts.add(new Account(rows.getString(1), rows.getString(2), counts(rows, 3)));
                    }
                }
                return accounts;
            }
        });
    }

    /**
     * Traffic over time. A bucket is a whole number of rows long, so there may be fewer than asked for.
     *
     * @param bucketsMax from 1 to {@value #BUCKETS_MAX}
     */
    public TrafficSeries series(TrafficSpan span, int bucketsMax, Scope scope) {
        if (bucketsMax < 1 || bucketsMax > BUCKETS_MAX) {
            throw new IllegalArgumentException("Ask for 1 to " + BUCKETS_MAX + " buckets, not " + bucketsMax);
        }
        long start = span.start();
        long step = span.step(bucketsMax);
        int buckets = Math.toIntExact(-Math.floorDiv(start - span.end(), step));
        Map<String, List<TrafficCounts>> platforms = new TreeMap<>();
        database.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(SERIES.formatted(summed()))) {
                select.setLong(1, start);
                select.setLong(2, step);
                bind(select, 3, span, scope);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        platforms
                                .computeIfAbsent(
                                        rows.getString(2),
                                        platform -> new ArrayList<>(Collections.nCopies(buckets, TrafficCounts.NONE)))
                                .set(rows.getInt(1), counts(rows, 3));
                    }
                }
            }
            return true;
        });
        return new TrafficSeries(Instant.ofEpochMilli(start), Duration.ofMillis(step), platforms);
    }

    private static void bind(PreparedStatement select, int first, TrafficSpan span, Scope scope) throws SQLException {
        select.setLong(first, span.grain());
        select.setLong(first + 1, span.start());
        select.setLong(first + 2, span.end());
        select.setString(first + 3, scope.organization());
        select.setString(first + 4, scope.organization());
        select.setString(first + 5, scope.platform());
        select.setString(first + 6, scope.platform());
    }

    private static TrafficCounts counts(ResultSet rows, int first) throws SQLException {
        long[] counts = new long[TrafficCount.values().length];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = rows.getLong(first + i);
        }
        return TrafficCounts.of(counts);
    }

    /** Forgets what is older than stated, in small transactions. */
    public void forget() {
        Instant now = clock.instant();
        for (long minutes : GRAINS) {
            Duration kept = minutes == HOUR_MINUTES ? settings.hours() : settings.minutes();
            forget(minutes, now.minus(kept).toEpochMilli());
        }
    }

    private void forget(long minutes, long before) {
        long length = Duration.ofMinutes(minutes).toMillis() * FORGOTTEN_AT_ONCE;
        for (int i = 0; i < FORGETTING_MAX; i++) {
            long oldest = database.read(connection -> oldest(connection, minutes));
            if (oldest >= before) {
                return;
            }
            database.writeUnforced(connection -> {
                try (PreparedStatement delete = connection.prepareStatement(FORGET)) {
                    delete.setLong(1, minutes);
                    delete.setLong(2, Math.min(before, oldest + length));
                    return delete.executeUpdate();
                }
            });
        }
    }

    private static long oldest(Connection connection, long minutes) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(OLDEST)) {
            select.setLong(1, minutes);
            try (ResultSet rows = select.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }

    private static String columns(Function<String, String> form) {
        return Stream.of(TrafficCount.values())
                .map(TrafficCount::column)
                .map(form)
                .collect(joining(", "));
    }

    private static String summed() {
        return columns(column -> "SUM(" + column + ")");
    }

    /** Writes what was counted last. */
    @Override
    public void close() {
        write();
    }
}
