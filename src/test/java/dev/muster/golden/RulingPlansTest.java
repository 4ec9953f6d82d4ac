package dev.muster.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.db.Database;
import dev.muster.db.Database.Dialect;
import dev.muster.db.PostgresServer;
import dev.muster.push.PushRows;
import java.nio.file.Path;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What people decided is found by index, however much of it there is. */
class RulingPlansTest {
    private static final String KEYS = "'[[\"default\",\"alpha\",\"x7\"],[\"default\",\"alpha\",\"x8\"]]'";

    private static final String ROWS = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
            INSERT INTO\s""";

    private static final List<String> FILL = List.of(
            "field_overrides (home, field, golden_id, organization, value, decided_by, reason, decided_at)"
                    + " SELECT i, 'city', i, 'default', '{}', 'eve', '', 0 FROM n",
            "identity_rulings (id, organization, kind, made_by, made_at, reason)"
                    + " SELECT i, 'default', 'same', 'eve', 0, '' FROM n",
            "identity_ruling_sources (organization, platform, external_id, ruling_id, side)"
                    + " SELECT 'default', 'alpha', 'x' || i, i, 0 FROM n",
            "former_golden_ids (organization, platform, external_id, golden_id)"
                    + " SELECT 'default', 'alpha', 'x' || (n.i + m.i * 20000), n.i FROM n JOIN n m ON m.i <= 10",
            "sync_conflicts (id, organization, entity, golden_id, field, status, standing, rivals, created_at, updated_at)"
                    + " SELECT i, 'default', 'member', i, 'city', 'resolved', '[]', '[]', 0, 0 FROM n",
            "duplicate_candidates (id, organization, golden_a, golden_b, reason, status, created_at, ruling)"
                    + " SELECT i, 'default', i, i + 1, '', 'merged', 0, i FROM n");

    @TempDir
    Path folder;

    private static void fill(Database database) {
        database.change(connection -> {
            try (Statement statement = connection.createStatement()) {
                for (String rows : FILL) {
                    statement.execute(ROWS + rows);
                }
            }
        });
        database.change(connection -> {
            try (Statement statement = connection.createStatement()) {
                statement.execute("ANALYZE");
            }
        });
    }

    private static String plans(Database database) {
        boolean isLite = database.dialect() == Dialect.SQLITE;
        String ids = "'[7,8]'";
        return String.join(
                "\n",
                PushRows.plan(database, RulingStore.BY_KEYS.formatted(database.rowsOfJson()), KEYS),
                PushRows.plan(database, RulingStore.VACANT.formatted(database.rowsOfJson()), KEYS),
                PushRows.plan(database, RulingStore.FORMER.formatted(database.rowsOfJson()), KEYS, "7"),
                PushRows.plan(database, GoldenReads.WORDS.formatted(database.idsOfJson()), ids),
                PushRows.plan(database, FieldRulings.LAST_RESOLVED, "7", "'city'"),
                PushRows.plan(database, SpokenRows.CANDIDATE_FREED.text(database.dialect()), isLite ? "7" : "'{7}'"));
    }

    @Test
    void sqliteFindsThemByIndex() {
        try (Database database = Database.open("jdbc:sqlite:" + folder.resolve("store.db"), 1)) {
            fill(database);
            assertThat(plans(database))
                    .contains(
                            "SEARCH q USING PRIMARY KEY (organization=? AND platform=? AND external_id=?)",
                            "identity_ruling_sources_by_ruling",
                            "SEARCH f USING PRIMARY KEY (organization=? AND platform=? AND external_id=?",
                            "field_overrides_by_golden",
                            "sync_conflicts_resolved",
                            "duplicate_candidates_ruled")
                    .doesNotContain("SCAN p", "SCAN q", "SCAN f", "SCAN s", "SCAN dup");
        }
    }

    @Test
    void postgresFindsThemByIndex() {
        try (Database database = Database.open(PostgresServer.newDatabase(), 2)) {
            fill(database);
            assertThat(plans(database))
                    .contains(
                            "identity_ruling_sources_pkey",
                            "identity_ruling_sources_by_ruling",
                            "former_golden_ids_pkey",
                            "field_overrides_by_golden",
                            "sync_conflicts_resolved",
                            "duplicate_candidates_ruled")
                    .doesNotContain("Seq Scan on f", "Seq Scan on i", "Seq Scan on sync", "Seq Scan on dup");
        }
    }
}
