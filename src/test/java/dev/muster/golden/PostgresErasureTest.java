package dev.muster.golden;

import dev.muster.db.PostgresServer;

class PostgresErasureTest extends ErasureContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
