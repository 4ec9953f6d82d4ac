package dev.muster.audit;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteAuditTest extends AuditContract {
    @TempDir
    static Path folder;

    @Override
    protected String newDatabase() {
        return "jdbc:sqlite:" + folder.resolve("store.db");
    }
}
