package dev.muster.credential;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteCredentialTest extends CredentialContract {
    @TempDir
    static Path folder;

    @Override
    protected String newDatabase() {
        return "jdbc:sqlite:" + folder.resolve("store.db");
    }
}
