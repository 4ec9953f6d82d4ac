package dev.muster.quota;

import dev.muster.db.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What all hubs together know of each quota. A hub takes permits in slices and settles them when its calls were answered;
 * so nothing is forgotten when it dies: what it had not settled counts as used at the last moment it could have been.
 */
public final class QuotaStore {
    /** How long a hub may use what it was given, without asking again. */
    static final long LEASE_MILLIS = 5_000;
    /** The longest that a call is under way. */
    static final long FLIGHT_MILLIS = 20_000;
    /** Shorter windows are over before a machine that lost its power is back. */
    private static final Duration SURVIVED = Duration.ofSeconds(10);

    private static final long LOOK_AGAIN_MILLIS = 100;
    /** What the platform counted and no hub of ours did. */
    private static final String FOREIGN = "platform";

    /** Of credentials that nobody asked for lately; those in use keep their own rows tidy. */
    private static final String IDLE = "SELECT quota_key FROM quota_keys WHERE touched_at < ?";

    /** What the processes of a hub before this one had. A call of theirs left before now, so its window begins no later. */
    private static final String BURY = """
            UPDATE quota_leases SET slots = 0, wanting = 0,
                valid_until = CASE WHEN valid_until > ? THEN ? ELSE valid_until END
            WHERE substr(hub, 1, ?) = ? AND hub <> ?""";

    private final Database database;
    private final String ofHub;
    private final String hub;

    /**
     * @param hub the same after a restart, and no other running process's
     * @param process unique to this process: one that is started again must not pass for the one that died
     */
    public QuotaStore(Database database, String hub, String process) {
        this.database = database;
        this.ofHub = hub + '/';
        this.hub = ofHub + process;
    }

    /**
     * Frees the slots of this hub's processes before: their connections ended with them. What they used of windows stays
     * used. Once, before the first call.
     */
    public void resume(long now) {
        database.change(connection -> {
            try (PreparedStatement update = connection.prepareStatement(BURY)) {
                update.setLong(1, now);
                update.setLong(2, now);
                update.setInt(3, ofHub.length());
                update.setString(4, ofHub);
                update.setString(5, hub);
                update.executeUpdate();
            }
        });
    }

    /** Calls that count for a window until a moment. */
    record Spent(long perMillis, long until) {}

    /** What a platform said is left of a window. */
    record Sign(long perMillis, int remaining, long resetAt, long saidAt) {}

    /**
     * One settlement.
     *
     * @param spent answered since the last one
     * @param open under way, or given and not used yet
     * @param keptSlots of those at once that it has
     * @param wantedSlots that it could use
     * @param pauseUntil 0 for none
     */
    record Ask(
            String key,
            QuotaSettings settings,
            Map<Spent, Integer> spent,
            int open,
            int prompt,
            int bulk,
            int keptSlots,
            int wantedSlots,
            long pauseUntil,
            List<Sign> signs) {}

    /**
     * Its outcome.
     *
     * @param nextAt when there may be more
     * @param fairSlots what is this hub's while others want some; {@link Integer#MAX_VALUE} where none does
     * @param used of each window, in the settings' order, what is given now included
     */
    record Grant(
            int prompt,
            int bulk,
            int slots,
            long validUntil,
            long pausedUntil,
            long nextAt,
            int fairSlots,
            int[] used) {}

    /** Settles all in one transaction, in the order of their keys. */
    Map<String, Grant> settle(List<Ask> asks, long now) {
        List<Ask> ordered = asks.stream().sorted(Comparator.comparing(Ask::key)).toList();
        // A lost tail would be calls that are forgotten: where a window is long enough to outlast it, the disk is
        // waited for.
        boolean outlasts = ordered.stream()
                .flatMap(ask -> ask.settings().windows().stream())
                .anyMatch(window -> window.per().compareTo(SURVIVED) > 0);
        Database.Work<Map<String, Grant>> work = connection -> {
            Map<String, Grant> grants = new HashMap<>();
            for (Ask ask : ordered) {
                grants.put(ask.key(), settle(connection, ask, now));
            }
            return grants;
        };
        return outlasts ? database.write(work) : database.writeUnforced(work);
    }

    private record Lease(int permits, int slots, boolean wanting, long validUntil) {}

    private record Row(long perMillis, boolean own, long until, int calls) {}

    private Grant settle(Connection connection, Ask ask, long now) throws SQLException {
        long pausedUntil = stand(connection, ask, now);
        for (Map.Entry<Spent, Integer> entry : ask.spent().entrySet()) {
            spend(
                    connection,
                    ask.key(),
                    entry.getKey().perMillis(),
                    hub,
                    entry.getKey().until(),
                    entry.getValue());
        }
        long margin = ask.settings().margin().toMillis();
        List<Lease> others = others(connection, ask, now);
        // What ended only after the platform spoke is needed to understand it.
        long over = ask.signs().stream().mapToLong(Sign::saidAt).reduce(now - margin, Math::min);
        List<Row> rows = rows(connection, ask, over);
        List<QuotaSettings.Window> windows = ask.settings().windows();
        int[] used = new int[windows.size()];
        int available = Integer.MAX_VALUE;
        int forBulk = Integer.MAX_VALUE;
        for (int i = 0; i < used.length; i++) {
            long per = windows.get(i).per().toMillis();
            int limit = windows.get(i).calls();
            used[i] = used(rows, others, per, margin, now) + ask.open();
            for (Sign sign : ask.signs()) {
                int unknown = limit
                        - sign.remaining()
                        - used(rows, others, per, margin, Math.min(now, sign.saidAt()))
                        - ask.open();
                if (sign.perMillis() == per && unknown > 0 && sign.resetAt() > now) {
                    spend(connection, ask.key(), per, FOREIGN, sign.resetAt(), unknown);
                    rows.add(new Row(per, true, sign.resetAt(), unknown));
                    used[i] += unknown;
                }
            }
            int left = Math.max(0, limit - used[i]);
            available = Math.min(available, left);
            forBulk = Math.min(forBulk, left - reserved(ask.settings(), windows.get(i)));
        }
        boolean paused = pausedUntil > now;
        int prompt = paused ? 0 : Math.min(ask.prompt(), available);
        int bulk = paused ? 0 : Math.max(0, Math.min(ask.bulk(), forBulk - prompt));
        for (int i = 0; i < used.length; i++) {
            used[i] += prompt + bulk;
        }

        int othersSlots = 0;
        int contenders = 1;
        boolean wanted = false;
        for (Lease other : others) {
            if (other.validUntil() + FLIGHT_MILLIS + margin > now) {
                othersSlots += other.slots();
            }
            if (other.validUntil() > now && (other.slots() > 0 || other.wanting())) {
                contenders++;
                wanted |= other.wanting();
            }
        }
        int concurrent = ask.settings().concurrent();
        int fair = wanted ? (concurrent + contenders - 1) / contenders : Integer.MAX_VALUE;
        int slots = Math.max(ask.keptSlots(), Math.min(concurrent - othersSlots, Math.min(fair, ask.wantedSlots())));
        boolean wanting = slots < Math.min(concurrent, ask.wantedSlots());
        long validUntil = now + LEASE_MILLIS;
        lease(connection, ask.key(), ask.open() + prompt + bulk, slots, wanting, validUntil);
        return new Grant(
                prompt,
                bulk,
                slots,
                validUntil,
                pausedUntil,
                paused ? pausedUntil : nextAt(rows, others, ask, used, prompt < ask.prompt(), bulk < ask.bulk(), now),
                fair,
                used);
    }

    private static int used(List<Row> rows, List<Lease> others, long per, long margin, long at) {
        int used = 0;
        for (Row row : rows) {
            if (row.perMillis() == per && row.until() + (row.own() ? 0 : margin) > at) {
                used += row.calls();
            }
        }
        for (Lease other : others) {
            if (other.validUntil() + FLIGHT_MILLIS + per + margin > at) {
                used += other.permits();
            }
        }
        return used;
    }

    /** When the windows that are full let something go again; soon where that is another hub's to say. */
    private static long nextAt(
            List<Row> rows, List<Lease> others, Ask ask, int[] used, boolean promptWaits, boolean bulkWaits, long now) {
        long next = now;
        long margin = ask.settings().margin().toMillis();
        for (int i = 0; i < used.length; i++) {
            QuotaSettings.Window window = ask.settings().windows().get(i);
            int left = window.calls() - used[i];
            boolean full = promptWaits && left <= 0 || bulkWaits && left <= reserved(ask.settings(), window);
            if (full) {
                next = Math.max(next, firstEnd(rows, window.per().toMillis(), margin, now));
            }
        }
        boolean elsewhere = others.stream().anyMatch(other -> other.permits() > 0 || other.slots() > 0);
        return next == now || elsewhere ? Math.min(Math.max(next, now + 1), now + LOOK_AGAIN_MILLIS) : next;
    }

    private static long firstEnd(List<Row> rows, long per, long margin, long now) {
        long first = Long.MAX_VALUE;
        for (Row row : rows) {
            long until = row.until() + (row.own() ? 0 : margin);
            if (row.perMillis() == per && until > now) {
                first = Math.min(first, until);
            }
        }
        return first == Long.MAX_VALUE ? now + LOOK_AGAIN_MILLIS : first;
    }

    private static int reserved(QuotaSettings settings, QuotaSettings.Window window) {
        return (int) ((window.calls() * (long) settings.reserve() + 99) / 100);
    }

    /**
     * Forgets what counts for no window any more, of credentials that are not called again as well.
     *
     * @param before that nobody counts any more
     * @return how many rows
     */
    int sweep(long before) {
        return database.write(connection -> {
            int swept = 0;
            for (String sql : List.of(
                    "DELETE FROM quota_spent WHERE quota_key IN (" + IDLE + ") AND until < ?",
                    "DELETE FROM quota_leases WHERE quota_key IN (" + IDLE + ") AND valid_until < ?",
                    "DELETE FROM quota_keys WHERE quota_key IN (" + IDLE + ") AND paused_until < ?"
                            + " AND NOT EXISTS (SELECT 1 FROM quota_spent s WHERE s.quota_key = quota_keys.quota_key)"
                            + " AND NOT EXISTS (SELECT 1 FROM quota_leases l WHERE l.quota_key = quota_keys.quota_key)")) {
                try (PreparedStatement delete = connection.prepareStatement(sql)) {
                    delete.setLong(1, before);
                    delete.setLong(2, before);
                    swept += delete.executeUpdate();
                }
            }
            return swept;
        });
    }

    /** Takes the key's row: from here to the end of the transaction no other hub settles it. */
    private static long stand(Connection connection, Ask ask, long now) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                INSERT INTO quota_keys (quota_key, paused_until, touched_at) VALUES (?, ?, ?)
                ON CONFLICT (quota_key) DO UPDATE SET touched_at = excluded.touched_at, paused_until = CASE
                  WHEN excluded.paused_until > quota_keys.paused_until THEN excluded.paused_until
                  ELSE quota_keys.paused_until END
                RETURNING paused_until""")) {
            statement.setString(1, ask.key());
            statement.setLong(2, ask.pauseUntil());
            statement.setLong(3, now);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private static void spend(Connection connection, String key, long per, String by, long until, int calls)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                INSERT INTO quota_spent (quota_key, per_millis, hub, until, calls) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (quota_key, per_millis, hub, until) DO UPDATE SET
                  calls = quota_spent.calls + excluded.calls""")) {
            statement.setString(1, key);
            statement.setLong(2, per);
            statement.setString(3, by);
            statement.setLong(4, until);
            statement.setInt(5, calls);
            statement.executeUpdate();
        }
    }

    private List<Lease> others(Connection connection, Ask ask, long now) throws SQLException {
        long longest = ask.settings().windows().stream()
                .mapToLong(window -> window.per().toMillis())
                .max()
                .orElse(0);
        try (PreparedStatement statement = connection.prepareStatement(
                "DELETE FROM quota_leases WHERE quota_key = ? AND hub <> ? AND valid_until <= ?")) {
            statement.setString(1, ask.key());
            statement.setString(2, hub);
            statement.setLong(
                    3, now - FLIGHT_MILLIS - longest - ask.settings().margin().toMillis());
            statement.executeUpdate();
        }
        List<Lease> others = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT permits, slots, wanting, valid_until FROM quota_leases WHERE quota_key = ? AND hub <> ?")) {
            statement.setString(1, ask.key());
            statement.setString(2, hub);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    others.add(new Lease(row.getInt(1), row.getInt(2), row.getInt(3) != 0, row.getLong(4)));
                }
            }
        }
        return others;
    }

    private List<Row> rows(Connection connection, Ask ask, long over) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM quota_spent WHERE quota_key = ? AND until <= ?")) {
            statement.setString(1, ask.key());
            statement.setLong(2, over);
            statement.executeUpdate();
        }
        List<Row> rows = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT per_millis, hub, until, calls FROM quota_spent WHERE quota_key = ?")) {
            statement.setString(1, ask.key());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    String by = row.getString(2);
                    rows.add(new Row(
                            row.getLong(1), by.equals(hub) || by.equals(FOREIGN), row.getLong(3), row.getInt(4)));
                }
            }
        }
        return rows;
    }

    private void lease(Connection connection, String key, int permits, int slots, boolean wanting, long validUntil)
            throws SQLException {
        boolean nothing = permits == 0 && slots == 0 && !wanting;
        try (PreparedStatement statement = connection.prepareStatement(
                nothing ? "DELETE FROM quota_leases WHERE quota_key = ? AND hub = ?" : """
                          INSERT INTO quota_leases (quota_key, hub, permits, slots, wanting, valid_until)
                          VALUES (?, ?, ?, ?, ?, ?)
                          ON CONFLICT (quota_key, hub) DO UPDATE SET permits = excluded.permits, slots = excluded.slots,
                            wanting = excluded.wanting, valid_until = excluded.valid_until""")) {
            statement.setString(1, key);
            statement.setString(2, hub);
            if (!nothing) {
                statement.setInt(3, permits);
                statement.setInt(4, slots);
                statement.setInt(5, wanting ? 1 : 0);
                statement.setLong(6, validUntil);
            }
            statement.executeUpdate();
        }
    }
}
