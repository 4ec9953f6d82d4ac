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

    /** Nothing may read the whole queue, nor all that waits: both grow without bound while a platform is away. */
    @Test
    void claimsFindTheirRowsByKey() {
        assertThat(plan(OperationStore.READY.formatted("", "")))
                .containsExactly("SEARCH o USING COVERING INDEX sync_operations_ready"
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
