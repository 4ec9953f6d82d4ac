package dev.muster.journey;

import dev.muster.db.PostgresServer;
import java.nio.file.Path;

class PostgresApartTest extends ApartContract {
    @Override
    String store(Path folder) {
        return PostgresServer.newDatabase();
    }
}
