package dev.muster.db;

import dev.muster.db.Database.Dialect;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.jspecify.annotations.Nullable;

/**
 * A database looked at and cared for by hand, without a hub; a hub may run beside it. Nothing here migrates a database but
 * {@link #migrate()}.
 */
public final class Upkeep {
    /** Rows are counted up to here. */
    public static final long COUNTED_MAX = 1_000_000;

    private static final String SQLITE_TABLES =
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";

    /** The name of a table cannot be bound; it comes from the database itself. */
    private static final String SQLITE_ROWS = "SELECT count(*) FROM (SELECT 1 FROM \"%s\" LIMIT %d)";

    private static final String SQLITE_SIZE =
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";

    /** What the last ANALYZE found, or nothing where there was none: counting would read everything. */
    private static final String POSTGRESQL_ROWS = """
            SELECT relname, GREATEST(reltuples, 0)::bigint FROM pg_class
            WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace AND NOT relispartition
            ORDER BY relname""";

    private static final String POSTGRESQL_SIZE = "SELECT pg_database_size(current_database())";

    private static final String POSTGRESQL_BROKEN_INDEXES = """
            SELECT 'the index ' || c.relname || ' is not valid: REINDEX INDEX ' || c.relname
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace ORDER BY 1""";

    private static final String POSTGRESQL_DURABILITY = """
            SELECT name || ' is off: what is acknowledged may be lost; set it to on' FROM pg_settings
            WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY 1""";

    private final Dialect dialect;
    private final String url;

    private Upkeep(Dialect dialect, String url) {
        this.dialect = dialect;
        this.url = url;
    }

    /**
     * How a database is.
     *
     * @param name the address without name and password
     * @param version of the newest migration that was applied; null where none was
     * @param pending migrations that this version of Muster would apply, in order
     * @param rows table to its rows: counted up to {@link #COUNTED_MAX}, or, of PostgreSQL, estimated
     */
    public record State(
            String name,
            String engine,
            long bytes,
            @Nullable String version,
            int applied,
            List<String> pending,
            Map<String, Long> rows) {
        public State {
            pending = List.copyOf(pending);
        }
    }

    /** Somebody asked for what cannot be done; the message says what to do. */
    public static final class NotPossible extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotPossible(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * @param url as of {@link Database#open}
     * @throws IllegalArgumentException if it is for another database
     * @throws NotPossible where the file of SQLite is not there
     */
    public static Upkeep of(String url) {
        Upkeep upkeep = new Upkeep(Dialect.of(url), url);
        Path file = upkeep.file();
        if (file != null && !Files.exists(file)) {
            throw new NotPossible("There is no database at " + file
                    + ". A hub makes it at its first start; or name another with --data DIR or MUSTER_DATABASE_URL");
        }
        return upkeep;
    }

    /** Whether it is a file, of which one hub is the only user. */
    public boolean isFile() {
        return dialect == Dialect.SQLITE;
    }

    private @Nullable Path file() {
        if (dialect != Dialect.SQLITE) {
            return null;
        }
        return Path.of(url.substring("jdbc:sqlite:".length())
                .replaceFirst("^file:", "")
                .replaceFirst("\\?.*$", ""));
    }

    /** @throws SQLException where it cannot be reached or read */
    public State state() throws SQLException {
        try (Connection connection = connect()) {
            Flyway flyway = migrations();
            MigrationInfo current = flyway.info().current();
            return new State(
                    url.replaceAll("\\?.*$", "").replaceAll("://[^@/]*@", "://").substring("jdbc:".length()),
                    connection.getMetaData().getDatabaseProductName() + " "
                            + connection.getMetaData().getDatabaseProductVersion(),
                    number(connection, isFile() ? SQLITE_SIZE : POSTGRESQL_SIZE),
                    current == null || current.getVersion() == null
                            ? null
                            : current.getVersion().getVersion(),
                    flyway.info().applied().length,
                    Arrays.stream(flyway.info().pending())
                            .map(one -> one.getVersion() + " " + one.getDescription())
                            .toList(),
                    isFile() ? counted(connection) : estimated(connection));
        }
    }

    /** @return how many migrations were applied */
    public int migrate() {
        return migrations().migrate().migrationsExecuted;
    }

    /**
     * Reads all of a SQLite database; asks PostgreSQL what it knows to be broken.
     *
     * @return what is wrong, a line each; empty where all is well
     * @throws SQLException where it cannot be reached or read
     */
    public List<String> problems() throws SQLException {
        List<String> problems = new ArrayList<>();
        Flyway flyway = migrations();
        if (!flyway.validateWithResult().validationSuccessful) {
            MigrationInfo[] pending = flyway.info().pending();
            problems.add(
                    pending.length > 0
                            ? pending.length + " migrations are not applied: ./muster db migrate, or start the hub"
                            : "the tables were made by other migrations than those of this version: "
                                    + flyway.validateWithResult().getAllErrorMessages());
        }
        try (Connection connection = connect()) {
            if (isFile()) {
                texts(connection, "PRAGMA integrity_check").stream()
                        .filter(line -> !line.equals("ok"))
                        .forEach(problems::add);
                for (String table : texts(connection, "PRAGMA foreign_key_check")) {
                    problems.add("a row of " + table + " names another that is not there");
                }
            } else {
                problems.addAll(texts(connection, POSTGRESQL_BROKEN_INDEXES));
                problems.addAll(texts(connection, POSTGRESQL_DURABILITY));
            }
        }
        return problems;
    }

    /**
     * Copies a SQLite database as it is at one moment, while a hub works on it; the copy is checked before it has its name.
     *
     * @throws NotPossible where something has that name, or the database is no file
     * @throws SQLException where it cannot be read, or written there
     */
    public void backUp(Path target) throws SQLException {
        if (!isFile()) {
            throw new NotPossible("The database is PostgreSQL: back it up with its own tools, such as pg_dump"
                    + " --format=custom --file=muster.dump DATABASE");
        }
        if (Files.exists(target)) {
            throw new NotPossible(target + " is there already, and a backup overwrites nothing: choose another name");
        }
        Path partial = target.resolveSibling(target.getFileName() + ".partial");
        try {
            create(partial);
            try (Connection connection = connect();
                    PreparedStatement copy = connection.prepareStatement("VACUUM INTO ?")) {
                copy.setString(1, partial.toString());
                copy.execute();
            }
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + partial)) {
                List<String> wrong = texts(connection, "PRAGMA integrity_check");
                if (!wrong.equals(List.of("ok"))) {
                    throw new NotPossible("The copy is damaged (" + wrong.get(0) + "): ./muster db check says more");
                }
            }
            try (FileChannel written = FileChannel.open(partial, StandardOpenOption.WRITE)) {
                written.force(true);
            }
            Files.move(partial, target);
        } catch (FileAlreadyExistsException e) {
            throw new NotPossible(
                    e.getFile() + " is there already: another backup may be under way. If none is, remove it");
        } catch (IOException e) {
            throw new UncheckedIOException("The backup cannot be written: " + e.getMessage(), e);
        } finally {
            remove(partial);
        }
    }

    /** It holds everything about everybody: only its owner may read it. */
    private static void create(Path file) throws IOException {
        if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } else {
            Files.createFile(file);
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Flyway migrations() {
        return Database.migrations(dialect).dataSource(url, null, null).load();
    }

    private Connection connect() throws SQLException {
        Properties properties = new Properties();
        if (isFile()) {
            properties.put("busy_timeout", "5000");
        }
        return DriverManager.getConnection(url, properties);
    }

    private static Map<String, Long> counted(Connection connection) throws SQLException {
        Map<String, Long> rows = new LinkedHashMap<>();
        for (String table : texts(connection, SQLITE_TABLES)) {
            rows.put(table, number(connection, String.format(SQLITE_ROWS, table.replace("\"", "\"\""), COUNTED_MAX)));
        }
        return rows;
    }

    private static Map<String, Long> estimated(Connection connection) throws SQLException {
        Map<String, Long> rows = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(POSTGRESQL_ROWS)) {
            while (found.next()) {
                rows.put(found.getString(1), found.getLong(2));
            }
        }
        return rows;
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            return found.next() ? found.getLong(1) : 0;
        }
    }

    private static List<String> texts(Connection connection, String sql) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(sql)) {
            while (found.next()) {
                texts.add(found.getString(1));
            }
        }
        return texts;
    }
}
