package dev.muster.golden;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteBrakeTest extends BrakeContract {
    @TempDir
    static Path folder;

    @Override
    protected String newDatabase() {
        return "jdbc:sqlite:" + folder.resolve("store.db");
    }
}
