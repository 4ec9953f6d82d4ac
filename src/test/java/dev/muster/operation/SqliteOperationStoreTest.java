package dev.muster.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteOperationStoreTest extends OperationStoreContract {
    @TempDir
    static Path folder;

    @Override
    protected String newDatabase() {
        return "jdbc:sqlite:" + folder.resolve("store.db");
    }

    /** A planner that has seen a nearly empty queue would rather walk through all that ever arrived. */
    @Test
    void lookForWhatWasPutOffTouchesItsIndexOnly() {
        for (boolean analyzed : new boolean[] {false, true}) {
            if (analyzed) {
                update("ANALYZE");
            }
            List<List<String>> any = rows("EXPLAIN QUERY PLAN " + OperationStore.ANY_PUT_OFF.replace("?", "'patreon'"));
            List<List<String>> before = rows("EXPLAIN QUERY PLAN "
                    + OperationStore.PUT_OFF_BEFORE.formatted("(SELECT value FROM json_each('[1,2]'))"));

            assertThat(any.toString()).contains("COVERING INDEX sync_operations_put_off");
            assertThat(before.toString())
                    .contains("sync_operations_put_off")
                    .doesNotContain("SCAN o", "SCAN p", "SCAN e");
        }
    }
}
