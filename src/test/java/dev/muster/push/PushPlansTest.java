package dev.muster.push;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.credential.IntegrationStore;
import dev.muster.db.Database;
import dev.muster.db.Database.Dialect;
import dev.muster.db.PostgresServer;
import dev.muster.operation.OperationStore;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a million rows in the outbox, no statement of every batch may walk them. */
class PushPlansTest {
    @TempDir
    Path folder;

    @Test
    void sqliteFindsRowsByItsIndexes() {
        try (Database database = Database.open("jdbc:sqlite:" + folder.resolve("store.db"), 1)) {
            PushRows.fill(database);
            assertThat(claim(database))
                    .contains("pushes_due (target=? AND integration=? AND rank=? AND not_before<?)")
                    .doesNotContain("SCAN pushes");
            assertThat(settle(database))
                    .contains("sqlite_autoindex_pushes_1 (golden_id=? AND target=? AND integration=?)");
            assertThat(begin(database))
                    .contains("sqlite_autoindex_pushes_1 (golden_id=? AND target=? AND integration=?)");
            assertThat(PushRows.plan(database, PushStore.BACKLOG)).contains("COVERING INDEX pushes_due");
            assertThat(PushRows.plan(database, PushStore.WAKE, "1", "'alpha-contacts'", "'default'", "1"))
                    .contains("pushes_due (target=? AND integration=? AND rank=? AND not_before>?)");
            assertThat(PushRows.plan(database, IntegrationStore.ANY_WITH.formatted(PushTarget.SETTING), "'alpha'"))
                    .contains("integrations_pushed_to (platform=?)");
            assertThat(PushRows.plan(database, OperationStore.BULK_WAITING, "'acme'", "'alpha'", "200"))
                    .contains("sync_operations_bulk_waiting (organization=? AND platform=?)");
        }
    }

    @Test
    void postgresFindsRowsByItsIndexes() {
        try (Database database = Database.open(PostgresServer.newDatabase(), 2)) {
            PushRows.fill(database);
            assertThat(claim(database)).contains("pushes_due").doesNotContain("Seq Scan on pushes");
            assertThat(settle(database)).contains("pushes_pkey").doesNotContain("Seq Scan on pushes", "pushes_claimed");
            assertThat(begin(database)).contains("pushes_pkey").doesNotContain("Seq Scan on pushes");
            assertThat(PushRows.plan(database, PushStore.BACKLOG)).contains("pushes_due");
            assertThat(PushRows.plan(database, IntegrationStore.ANY_WITH.formatted(PushTarget.SETTING), "'alpha'"))
                    .contains("integrations_pushed_to");
            assertThat(PushRows.plan(database, OperationStore.BULK_WAITING, "'acme'", "'alpha'", "200"))
                    .contains("sync_operations_bulk_waiting");
        }
    }

    private static String claim(Database database) {
        return PushRows.plan(
                database,
                PushStore.claimText(database.dialect()),
                "'alpha-contacts'",
                "'default'",
                "1",
                "2000000",
                "1999000",
                "500",
                "'hub'",
                "1",
                "'alpha-contacts'",
                "'default'");
    }

    private static String settle(Database database) {
        return rows(database, PushStore.SETTLE.text(database.dialect()));
    }

    private static String begin(Database database) {
        return rows(database, PushStore.BEGIN.text(database.dialect()));
    }

    private static String rows(Database database, String sql) {
        return PushRows.plan(
                database, sql, database.dialect() == Dialect.SQLITE ? "'1'" : "'{1" + ",1".repeat(499) + "}'");
    }
}
