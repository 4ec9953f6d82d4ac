package dev.muster.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

/** SQLite's part is in DbCommandTest. */
class PostgresUpkeepTest {
    private final String url = PostgresServer.newDatabase();
    private final Upkeep upkeep = Upkeep.of(url);

    @Test
    void migrationsAreAppliedAndRowsEstimated() throws Exception {
        Upkeep.State before = upkeep.state();
        assertThat(before.version()).isNull();
        assertThat(before.pending()).hasSizeGreaterThan(15);
        assertThat(upkeep.problems()).anyMatch(problem -> problem.contains("not applied"));

        assertThat(upkeep.migrate()).isEqualTo(before.pending().size());
        run("INSERT INTO organizations (id, name, created_at) VALUES ('o', 'O', 0)");
        run("ANALYZE organizations");

        Upkeep.State after = upkeep.state();
        assertThat(after.pending()).isEmpty();
        assertThat(after.rows()).containsEntry("organizations", 1L).containsKey("members");
        assertThat(after.bytes()).isPositive();
        assertThat(after.engine()).startsWith("PostgreSQL");
        assertThat(after.name()).doesNotContain("password", "?");
        assertThat(upkeep.migrate()).isZero();
    }

    @Test
    void anIndexThatIsNotValidIsFound() throws Exception {
        upkeep.migrate();
        assertThat(upkeep.problems()).noneMatch(problem -> problem.contains("index"));
        run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'sync_conflicts_list'::regclass");

        assertThat(upkeep.problems())
                .contains("the index sync_conflicts_list is not valid: REINDEX INDEX sync_conflicts_list");
    }

    @Test
    void aBackupIsLeftToItsOwnTools() {
        assertThatThrownBy(() -> upkeep.backUp(Path.of("nowhere.db")))
                .isInstanceOf(Upkeep.NotPossible.class)
                .hasMessageContaining("pg_dump");
    }

    private void run(String sql) throws Exception {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
