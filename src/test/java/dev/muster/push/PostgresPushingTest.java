package dev.muster.push;

import dev.muster.db.PostgresServer;

class PostgresPushingTest extends PushingContract {
    @Override
    String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
