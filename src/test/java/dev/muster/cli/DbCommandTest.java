package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.DataDirectory;
import dev.muster.db.Database;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database in one's own hands. */
class DbCommandTest {
    @TempDir
    Path home;

    private Path data;
    private Path file;
    private Typed typed;

    @BeforeEach
    void make() throws Exception {
        data = home.resolve("data");
        Files.createDirectories(data);
        file = data.resolve("muster.db");
        typed = new Typed(home, Map.of());
    }

    private Database open() {
        return Database.open("jdbc:sqlite:" + file, 1);
    }

    @Test
    void withoutADatabaseNoneIsMade() {
        typed.run("db", "status").ends(ExitCode.FAILED);
        assertThat(typed.err()).contains("There is no database at", "--data");
        assertThat(file).doesNotExist();
    }

    @Test
    void theStatusNamesItsSizeItsMigrationsAndItsRows() throws Exception {
        open().close();
        typed.run("db", "status", "--data", data.toString(), "--json").ends(ExitCode.DONE);
        assertThat(typed.json().path("bytes").asLong()).isPositive();
        assertThat(typed.json().path("pending")).isEmpty();
        assertThat(typed.json().at("/rows/members").asLong(-1)).isZero();
        assertThat(typed.run("db", "status").ends(ExitCode.DONE).out())
                .contains("muster.db", "SQLite", "to be applied");
    }

    @Test
    void migrationsAreAppliedWhereNoHubIsRunning() throws Exception {
        Files.createFile(file);
        typed.run("db", "check").ends(ExitCode.FAILED);
        assertThat(typed.out()).contains("not applied", "./muster db migrate");
        try (DataDirectory hub = DataDirectory.take(data)) {
            typed.run("db", "migrate").ends(ExitCode.FAILED);
            assertThat(typed.err()).contains("Another Muster is running");
        }
        typed.run("db", "migrate", "--json").ends(ExitCode.DONE);
        assertThat(typed.json().path("applied").asInt()).isGreaterThan(15);
        typed.run("db", "check").ends(ExitCode.DONE);
        assertThat(typed.run("db", "migrate").ends(ExitCode.DONE).out()).contains("up to date");
    }

    @Test
    void damageIsFound() throws Exception {
        open().close();
        byte[] bytes = Files.readAllBytes(file);
        // tables among them: a broken index alone is made anew in a copy
        Arrays.fill(bytes, bytes.length / 4, bytes.length * 3 / 4, (byte) 7);
        Files.write(file, bytes, StandardOpenOption.TRUNCATE_EXISTING);

        typed.run("db", "check").ends(ExitCode.FAILED);
        typed.run("db", "backup", home.resolve("copy.db").toString()).ends(ExitCode.FAILED);
        assertThat(home.resolve("copy.db")).doesNotExist();
        assertThat(home.resolve("copy.db.partial")).doesNotExist();
    }

    @Test
    void aBackupIsWholeWhileAHubWorksAndOverwritesNothing() throws Exception {
        Path copy = home.resolve("copy.db");
        try (Database database = open()) {
            database.change(connection -> {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("INSERT INTO organizations (id, name, created_at) VALUES ('o', 'O', 0)");
                }
            });
            typed.run("db", "backup", copy.toString()).ends(ExitCode.DONE);
        }
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + copy);
                Statement statement = connection.createStatement()) {
            assertThat(statement
                            .executeQuery("SELECT name FROM organizations WHERE id = 'o'")
                            .getString(1))
                    .isEqualTo("O");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(copy)))
                .isEqualTo("rw-------");
        byte[] before = Files.readAllBytes(copy);
        typed.run("db", "backup", copy.toString()).ends(ExitCode.FAILED);
        assertThat(typed.err()).contains("is there already");
        assertThat(Files.readAllBytes(copy)).isEqualTo(before);
        typed.run("db", "backup").ends(ExitCode.USAGE);
    }

    @Test
    void postgresqlThatIsNotThereIsToldWithoutItsPassword() {
        typed.with("MUSTER_DATABASE_URL", "jdbc:postgresql://127.0.0.1:1/muster?user=u&password=hunter2")
                .run("db", "status")
                .ends(ExitCode.FAILED);
        assertThat(typed.err()).contains("MUSTER_DATABASE_URL").doesNotContain("hunter2");
    }
}
