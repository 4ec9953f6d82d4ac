package dev.muster.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteAccessTest extends AccessContract {
    @TempDir
    static Path folder;

    @Override
    protected String newDatabase() {
        return "jdbc:sqlite:" + folder.resolve("store.db");
    }

    @Test
    void anOrganizationsKeysAreFoundWithoutReadingTheOthers() {
        String bound = ApiKeyStore.LIST_OF_ORGANIZATION
                .replaceFirst("\\?", "'club'")
                .replaceFirst("\\?", "1")
                .replaceFirst("\\?", "10");

        assertThat(rows("EXPLAIN QUERY PLAN " + bound).toString())
                .contains("api_keys_by_organization (organization=? AND id<?)")
                .doesNotContain("TEMP B-TREE");
    }
}
