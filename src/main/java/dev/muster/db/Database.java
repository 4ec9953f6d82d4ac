package dev.muster.db;

import static java.util.Objects.requireNonNull;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.muster.failure.Defect;
import dev.muster.failure.Failure;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store's connections and transactions, the same for SQLite and PostgreSQL.
 *
 * <p>SQLite has one writer: its write transactions queue at a fair lock here instead of failing with SQLITE_BUSY. Both
 * commit durably: SQLite with {@code synchronous=FULL} in WAL mode, PostgreSQL with {@code synchronous_commit=on}.
 */
public final class Database implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Database.class);
    private static final int READERS = 4;
    private static final int SQLITE_ERROR = 1;
    private static final int SQLITE_TOOBIG = 18;
    private static final int SQLITE_CONSTRAINT = 19;
    private static final int SQLITE_MISMATCH = 20;

    private final Dialect dialect;
    private final HikariDataSource writers;
    private final HikariDataSource readers;
    private final ReentrantLock singleWriter = new ReentrantLock(true);
    private final ReentrantLock deciding = new ReentrantLock(true);

    private Database(Dialect dialect, HikariDataSource writers, HikariDataSource readers) {
        this.dialect = dialect;
        this.writers = writers;
        this.readers = readers;
    }

    /** What differs between the two stores, in one place. */
    public enum Dialect {
        SQLITE(Map.of(
                "binary", "BLOB", "clustered", "WITHOUT ROWID", "sqlite", "", "postgresql", "-- ", "bytewise", "")),
        POSTGRESQL(Map.of(
                "binary", "BYTEA", "clustered", "", "sqlite", "-- ", "postgresql", "", "bytewise", " COLLATE \"C\""));

        private final Map<String, String> placeholders;

        Dialect(Map<String, String> placeholders) {
            this.placeholders = placeholders;
        }

        /** @throws IllegalArgumentException if the URL is for another database */
        static Dialect of(String url) {
            if (url.startsWith("jdbc:sqlite:")) {
                return SQLITE;
            }
            if (url.startsWith("jdbc:postgresql:")) {
                return POSTGRESQL;
            }
            throw new IllegalArgumentException("MUSTER_DATABASE_URL is " + url.replaceAll("://[^@/]*@", "://***@")
                    + ": use jdbc:sqlite:FILE or jdbc:postgresql://HOST/DATABASE?user=…&password=…");
        }
    }

    /** Work in a transaction; an exception rolls it back. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /**
     * Opens the database and brings its tables up to date.
     *
     * @param url {@code jdbc:sqlite:FILE} or {@code jdbc:postgresql://HOST/NAME}
     * @param writersMax the most transactions at once; SQLite always has one
     * @throws IllegalArgumentException if the URL is for another database
     * @throws RuntimeException if it cannot be reached or migrated
     */
    public static Database open(String url, int writersMax) {
        Dialect dialect = Dialect.of(url);
        HikariDataSource writers = pool(dialect, url, dialect == Dialect.SQLITE ? 1 : writersMax, "writers");
        migrations(dialect).dataSource(writers).load().migrate();
        HikariDataSource readers = pool(dialect, url, READERS, "readers");
        LOG.info("Store: {} is open", dialect);
        return new Database(dialect, writers, readers);
    }

    static FluentConfiguration migrations(Dialect dialect) {
        return Flyway.configure()
                // all steps in one transaction: an upgrade that fails leaves the tables as the old version knows them
                .group(true)
                .placeholders(dialect.placeholders)
                .locations("classpath:db/migration")
                .loggers("slf4j");
    }

    private static HikariDataSource pool(Dialect dialect, String url, int size, String name) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("muster-" + name);
        config.setMaximumPoolSize(size);
        config.setMinimumIdle(Math.min(size, 2));
        config.setConnectionTimeout(10_000);
        if (dialect == Dialect.SQLITE) {
            config.setJdbcUrl(url);
            config.addDataSourceProperty("journal_mode", "WAL");
            config.addDataSourceProperty("synchronous", "FULL");
            config.addDataSourceProperty("busy_timeout", "5000");
            config.addDataSourceProperty("foreign_keys", "true");
            config.addDataSourceProperty("cache_size", name.equals("writers") ? "-32768" : "-4096");
            config.addDataSourceProperty("temp_store", "MEMORY");
            // what is deleted, of a person who is erased too, is overwritten in the file
            config.addDataSourceProperty("secure_delete", "true");
            config.setMaxLifetime(0);
        } else {
            config.setJdbcUrl(url);
            config.addDataSourceProperty("prepareThreshold", "3");
            // A plan made while a table was empty reads all of it when it is full. Disks have no arms to move any more:
            // a few
            // rows by an index are cheaper than a table from end to end. Questions are small, and none is worth a
            // second
            // process.
            config.setConnectionInitSql("SET plan_cache_mode = force_custom_plan; SET synchronous_commit = on;"
                    + " SET random_page_cost = 1.1; SET max_parallel_workers_per_gather = 0");
        }
        return new HikariDataSource(config);
    }

    public Dialect dialect() {
        return dialect;
    }

    /**
     * A table function that turns one bound JSON array into rows with the column {@code value}, the same for both
     * stores: {@code FROM <rows> k}, then {@code k.value ->> 0}. One bound text stands for any number of keys.
     */
    public String rowsOfJson() {
        return dialect == Dialect.SQLITE ? "json_each(?)" : "jsonb_array_elements(?::jsonb)";
    }

    /** {@code (SELECT ...)} over one bound JSON array of ids, for use after {@code IN}. */
    public String idsOfJson() {
        return dialect == Dialect.SQLITE
                ? "(SELECT value FROM json_each(?))"
                : "(SELECT unnest(translate(?, '[]', '{}')::bigint[]))";
    }

    /** Whose a row is, in the words of the index of an organization's rows: no other question takes that one. */
    public static final String WHOSE = "organization || ''";

    /**
     * A condition that an index {@code WHERE status > 2} serves. SQLite takes such an index where its own condition is said too;
     * PostgreSQL sees that one follows from the other, and where both are said expects far fewer rows than there are.
     *
     * @param column of the status, its alias before it
     * @param status more than 2
     */
    public String notable(String column, Enum<?> status) {
        String is = column + " = " + status.ordinal();
        return dialect == Dialect.SQLITE ? column + " > 2 AND " + is : is;
    }

    /** Behind a text that is compared: in the order of its bytes, in which what begins alike stands together. */
    public String bytewise() {
        return dialect.placeholders.getOrDefault("bytewise", "");
    }

    /** What {@link #idsOfJson()} is bound to. */
    public static String json(Collection<Long> ids) {
        StringBuilder text = new StringBuilder(ids.size() * 20 + 2).append('[');
        for (Long id : ids) {
            if (text.length() > 1) {
                text.append(',');
            }
            text.append(id);
        }
        return text.append(']').toString();
    }

    /** PostgreSQL's text cannot hold a NUL; what came with one is kept with the sign for "unknown character". */
    public static @Nullable String storable(@Nullable String text) {
        return text == null || text.indexOf('\0') < 0 ? text : text.replace('\0', '\uFFFD');
    }

    /** For Camel's JDBC component: housekeeping written in routes. */
    public DataSource dataSource() {
        return writers;
    }

    /** Work in a transaction that answers nothing. */
    @FunctionalInterface
    public interface Job {
        void run(Connection connection) throws SQLException;
    }

    /** Like {@link #write}, for work that answers nothing. */
    public void change(Job job) {
        write(connection -> {
            job.run(connection);
            return true;
        });
    }

    /**
     * Runs work in one durable transaction.
     *
     * @throws Transient if the store cannot do it now (unreachable, disk full, deadlock): nothing was written
     */
    public <T> T write(Work<T> work) {
        return write(work, true);
    }

    /**
     * Like {@link #write}, for what a crash may undo (a claim: whatever was claimed is pending then): the transaction is
     * whole or not at all, but nobody waits for the disk.
     */
    public <T> T writeUnforced(Work<T> work) {
        return write(work, false);
    }

    private <T> T write(Work<T> work, boolean forced) {
        boolean single = dialect == Dialect.SQLITE;
        if (single) {
            singleWriter.lock();
        }
        try (Connection connection = writers.getConnection()) {
            if (!forced && single) {
                execute(connection, "PRAGMA synchronous = NORMAL");
            }
            try {
                connection.setAutoCommit(false);
                if (!forced && !single) {
                    execute(connection, "SET LOCAL synchronous_commit = off");
                }
                T result = work.run(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException e) {
                rollback(connection, e);
                throw e;
            } finally {
                if (!forced && single) {
                    forceAgain(connection);
                }
            }
        } catch (SQLException e) {
            throw unavailable(e);
        } finally {
            if (single) {
                singleWriter.unlock();
            }
        }
    }

    /**
     * Runs work of several transactions of which the later ones rely on what the earlier ones read: nobody else does such
     * work in this process meanwhile. For SQLite, of which this process is the only user.
     */
    public <T> T decideAlone(Supplier<T> work) {
        deciding.lock();
        try {
            return work.get();
        } finally {
            deciding.unlock();
        }
    }

    /** A connection that would go on without waiting for the disk must not be used again. */
    private void forceAgain(Connection connection) throws SQLException {
        boolean forcing = false;
        try {
            connection.setAutoCommit(true);
            execute(connection, "PRAGMA synchronous = FULL");
            forcing = true;
        } finally {
            if (!forcing) {
                writers.evictConnection(connection);
            }
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Runs work that only reads. */
    public <T> T read(Work<T> work) {
        try (Connection connection = readers.getConnection()) {
            return work.run(connection);
        } catch (SQLException e) {
            throw unavailable(e);
        }
    }

    /** Like {@link #read}; all reads of the work see the store as it was at the first of them. */
    public <T> T readAtOneMoment(Work<T> work) {
        return read(connection -> {
            // The pool puts both back.
            if (dialect == Dialect.POSTGRESQL) {
                connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            }
            connection.setAutoCommit(false);
            try {
                return work.run(connection);
            } finally {
                connection.rollback();
            }
        });
    }

    /** Whether the store answers; the exception says why not. */
    public void check() {
        read(connection -> {
            try (Statement statement = connection.createStatement()) {
                return requireNonNull(statement.executeQuery("SELECT 1")).next();
            }
        });
    }

    /** Whether a statement failed because of what was written (a constraint, a type, one row twice), not because the store is away. */
    static boolean isFaultOfTheValue(SQLException e) {
        String state = e.getSQLState();
        if (state != null) {
            return state.startsWith("21") || state.startsWith("22") || state.startsWith("23");
        }
        int sqlite = e.getErrorCode() & 0xff;
        return sqlite == SQLITE_TOOBIG || sqlite == SQLITE_CONSTRAINT || sqlite == SQLITE_MISMATCH;
    }

    private static void rollback(Connection connection, Exception cause) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    /** Whether a transaction was given up because it and another one waited for each other. */
    public static boolean isDeadlock(Transient failure) {
        return failure.getCause() instanceof SQLException cause && "40P01".equals(cause.getSQLState());
    }

    private static Failure unavailable(SQLException e) {
        String state = e.getSQLState();
        if (state == null ? (e.getErrorCode() & 0xff) == SQLITE_ERROR : state.startsWith("42")) {
            return new Defect(FailureCode.INTERNAL, "The store does not understand a statement: " + e.getMessage(), e);
        }
        return new Transient(
                FailureCode.STORE_UNAVAILABLE,
                "The store did not carry out a transaction (" + e.getMessage()
                        + "); nothing of it was written. Check the disk's free space and the database server.",
                e);
    }

    @Override
    public void close() {
        readers.close();
        if (dialect == Dialect.SQLITE) {
            singleWriter.lock();
            try (Connection connection = writers.getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
            } catch (SQLException e) {
                LOG.warn("The last checkpoint of the store failed; the next start does it: {}", e.getMessage());
            } finally {
                singleWriter.unlock();
            }
        }
        writers.close();
    }
}
