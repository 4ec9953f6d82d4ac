package dev.muster.journey;

import dev.muster.db.PostgresServer;
import java.nio.file.Path;

class PostgresFuzzTest extends FuzzContract {
    @Override
    String store(Path folder) {
        return PostgresServer.newDatabase();
    }
}
