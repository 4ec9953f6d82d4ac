package dev.muster.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.jspecify.annotations.Nullable;

/** The database under the hub, looked at from outside: SQLite in the data directory, or an embedded PostgreSQL. */
final class Store implements AutoCloseable {
    private final @Nullable EmbeddedPostgres postgres;
    private final String url;

    private Store(@Nullable EmbeddedPostgres postgres, String url) {
        this.postgres = postgres;
        this.url = url;
    }

    /** A store for a hub whose data directory this is; with PostgreSQL every commit is forced to disk. */
    static Store of(boolean postgres, Path data) throws IOException, SQLException {
        if (!postgres) {
            return new Store(null, "jdbc:sqlite:" + data.resolve("muster.db"));
        }
        // The embedded server's defaults are for tests: they do not write through to the disk.
        EmbeddedPostgres server = EmbeddedPostgres.builder()
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("shared_buffers", "256MB")
                .setServerConfig("max_wal_size", "4GB")
                .start();
        return new Store(server, "jdbc:postgresql://localhost:" + server.getPort() + "/postgres?user=postgres");
    }

    String url() {
        return url;
    }

    boolean isPostgres() {
        return postgres != null;
    }

    /** For watching and for reading results. */
    Connection connect() throws SQLException {
        Properties properties = new Properties();
        if (!isPostgres()) {
            properties.setProperty("busy_timeout", "10000");
        }
        return DriverManager.getConnection(url, properties);
    }

    static long number(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }

    /** How many operations are not ended. */
    static long open(Connection connection) throws SQLException {
        return number(
                connection,
                "SELECT (SELECT count(*) FROM sync_operations WHERE status = 0)"
                        + " + (SELECT count(*) FROM sync_operations WHERE status = 1)");
    }

    /** Whether there is an operation that is not ended: cheap, for polling. */
    static boolean working(Connection connection) throws SQLException {
        return number(
                        connection,
                        "SELECT CASE WHEN EXISTS (SELECT 1 FROM sync_operations WHERE status = 0)"
                                + " OR EXISTS (SELECT 1 FROM sync_operations WHERE status = 1) THEN 1 ELSE 0 END")
                == 1;
    }

    /** Waits until every operation has ended. */
    static void awaitIdle(Connection connection, HubProcess hub, long seconds) throws Exception {
        long deadline = System.nanoTime() + seconds * 1_000_000_000L;
        while (working(connection)) {
            if (System.nanoTime() > deadline || !hub.alive()) {
                throw new IllegalStateException("After " + seconds + " s " + open(connection)
                        + " operations were still open; the hub's log ends:\n" + hub.tail());
            }
            Thread.sleep(20);
        }
    }

    /**
     * How many of the members 0 to {@code members - 1} have not the golden rows that their last version makes.
     *
     * @param versions a member's last version, by number; negative where there was none
     */
    static int wrong(Connection connection, int[] versions) throws SQLException {
        int wrong = 0;
        try (PreparedStatement member = connection.prepareStatement(
                        "SELECT last_name, deleted_at FROM members WHERE organization = 'default' AND email = ?");
                PreparedStatement membership = connection.prepareStatement(
                        "SELECT amount, status FROM memberships WHERE organization = 'default' AND member = ?")) {
            for (int i = 0; i < versions.length; i++) {
                if (versions[i] < 0) {
                    continue;
                }
                member.setString(1, Deliveries.email(i));
                membership.setString(1, "patreon/member/" + Deliveries.userId(i));
                if (!isRow(member, Deliveries.lastName(versions[i]))
                        || !isRow(membership, Long.toString(Deliveries.amount(versions[i])))) {
                    if (wrong++ < 3) {
                        System.out.println("  wrong: member " + i + " should be at version " + versions[i]);
                    }
                }
            }
        }
        return wrong;
    }

    private static boolean isRow(PreparedStatement select, String expected) throws SQLException {
        try (ResultSet rows = select.executeQuery()) {
            if (!rows.next()) {
                return false;
            }
            return expected.equals(rows.getString(1)) && !rows.next();
        }
    }

    @Override
    public void close() throws IOException {
        if (postgres != null) {
            postgres.close();
        }
    }
}
