package dev.muster.journey;

import java.nio.file.Path;

class SqliteFuzzTest extends FuzzContract {
    @Override
    String store(Path folder) {
        return "jdbc:sqlite:" + folder.resolve("muster.db");
    }
}
