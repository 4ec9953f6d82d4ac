package dev.muster.quota;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteQuotaTest extends QuotaContract {
    @TempDir
    static Path folder;

    @Override
    protected String newDatabase() {
        return "jdbc:sqlite:" + folder.resolve("store.db");
    }
}
