package dev.muster.pull;

import dev.muster.db.PostgresServer;

class PostgresStreamControlTest extends StreamControlContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
