package dev.muster.db;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteRowStatementTest extends RowStatementContract {
    @TempDir
    static Path folder;

    @Override
    protected String newDatabase() {
        return "jdbc:sqlite:" + folder.resolve("store.db");
    }
}
