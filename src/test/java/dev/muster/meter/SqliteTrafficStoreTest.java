package dev.muster.meter;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteTrafficStoreTest extends TrafficStoreContract {
    @TempDir
    static Path folder;

    @Override
    protected String newDatabase() {
        return "jdbc:sqlite:" + folder.resolve("store.db");
    }
}
