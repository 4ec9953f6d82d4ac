package dev.muster.push;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqlitePushingTest extends PushingContract {
    @TempDir
    Path databases;

    private int number;

    @Override
    String newDatabase() {
        return "jdbc:sqlite:" + databases.resolve("store" + number++ + ".db");
    }
}
