package dev.muster.alert;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteReadingsTest extends ReadingsContract {
    @TempDir
    static Path folder;

    @Override
    protected String newDatabase() {
        return "jdbc:sqlite:" + folder.resolve("store.db");
    }
}
