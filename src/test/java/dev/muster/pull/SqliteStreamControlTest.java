package dev.muster.pull;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteStreamControlTest extends StreamControlContract {
    @TempDir
    static Path folder;

    @Override
    protected String newDatabase() {
        return "jdbc:sqlite:" + folder.resolve("store.db");
    }
}
