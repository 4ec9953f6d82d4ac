package dev.muster.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.db.Database;
import dev.muster.db.PostgresServer;
import dev.muster.push.PushRows;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every incoming record looks in the ledger whether it repeats us: by index, however many rows it has. */
class EchoPlansTest {
    private static final String ASKED = "'[[\"default\",\"alpha\",\"member\",\"default\",\"x7\",\"p7@example.org\"]]'";

    @TempDir
    Path folder;

    @Test
    void sqliteFindsEchoesByItsIndexes() {
        try (Database database = Database.open("jdbc:sqlite:" + folder.resolve("store.db"), 1)) {
            PushRows.fill(database);
            assertThat(plan(database))
                    .contains(
                            "pushes_by_external_id (organization=? AND platform=? AND external_id=?)",
                            "pushes_by_key (organization=? AND platform=? AND item_key=?)")
                    .doesNotContain("SCAN p");
        }
    }

    @Test
    void postgresFindsEchoesByItsIndexes() {
        try (Database database = Database.open(PostgresServer.newDatabase(), 2)) {
            PushRows.fill(database);
            assertThat(plan(database))
                    .contains("pushes_by_external_id", "pushes_by_key")
                    .doesNotContain("Seq Scan on pushes");
        }
    }

    private static String plan(Database database) {
        return PushRows.plan(database, PushLedger.BY_RECORD.formatted(database.rowsOfJson()), ASKED);
    }
}
