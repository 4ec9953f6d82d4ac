package dev.muster.operation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.db.Database;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteOperationStoreTest extends OperationStoreContract {
    @TempDir
    static Path folder;

    @Override
    protected String newDatabase() {
        return "jdbc:sqlite:" + folder.resolve("store.db");
    }

    private static String numbers(int count) {
        return IntStream.rangeClosed(1, count).boxed().toList().toString();
    }

    /** A planner that has seen a nearly empty queue would rather walk through all that ever arrived. */
    @Test
    void lookForWhatWasPutOffTouchesItsIndexOnly() {
        for (boolean analyzed : new boolean[] {false, true}) {
            if (analyzed) {
                update(
                        "INSERT INTO sync_operations (id, organization, platform, integration, type, status, rank, attempts,"
                                + " not_before, delivery_id, record_key, created_at)"
                                + " SELECT value, 'default', 'patreon', 'default', 0, CASE WHEN value < 3 THEN 0 ELSE 2 END, 0, 0,"
                                + " value, value, 'r' || value % 10, value FROM json_each('" + numbers(1_000) + "')");
                update("ANALYZE");
            }
            List<List<String>> any = rows("EXPLAIN QUERY PLAN " + OperationStore.ANY_PUT_OFF.replace("?", "'patreon'"));
            List<List<String>> before = rows("EXPLAIN QUERY PLAN "
                    + OperationStore.PUT_OFF_BEFORE.formatted("(SELECT value FROM json_each('[1,2]'))"));

            assertThat(any.toString())
                    .contains("COVERING INDEX sync_operations_put_off")
                    .doesNotContain("TEMP B-TREE");
            assertThat(before.toString())
                    .contains("sync_operations_put_off")
                    .doesNotContain("SCAN o", "SCAN p", "SCAN e");
        }
        execute("DROP TABLE sqlite_stat1");
    }

    /** Nothing may read the whole queue, nor all that waits: both grow without bound while a platform is away. */
    @Test
    void claimsFindTheirRowsByKey() {
        assertThat(plan(OperationStore.ready(Database.Dialect.SQLITE)))
                .filteredOn(step -> step.contains(" o "))
                .hasSize(6)
                .containsOnly("SEARCH o USING COVERING INDEX sync_operations_ready"
                        + " (platform=? AND type=? AND rank=? AND not_before<?)");
        assertThat(plan(OperationStore.CLAIM.formatted(database.idsOfJson())))
                .contains("SEARCH sync_operations USING INDEX sqlite_autoindex_sync_operations_1 (id=?)");
        assertThat(plan(OperationStore.CLAIMED.formatted(database.idsOfJson())))
                .contains(
                        "SEARCH o USING INDEX sqlite_autoindex_sync_operations_1 (id=?)",
                        "SEARCH d USING INDEX sqlite_autoindex_deliveries_1 (id=?)");
    }

    private List<String> plan(String sql) {
        String bound = sql.replace("json_each(?)", "json_each('[1]')").replace("?", "'1'");
        return rows("EXPLAIN QUERY PLAN " + bound).stream()
                .map(row -> row.get(3))
                .toList();
    }
}
