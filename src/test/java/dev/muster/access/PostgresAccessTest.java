package dev.muster.access;

import dev.muster.db.PostgresServer;

class PostgresAccessTest extends AccessContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
