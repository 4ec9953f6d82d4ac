package dev.muster.journey;

import java.nio.file.Path;

class SqliteApartTest extends ApartContract {
    @Override
    String store(Path folder) {
        return "jdbc:sqlite:" + folder.resolve("muster.db");
    }
}
