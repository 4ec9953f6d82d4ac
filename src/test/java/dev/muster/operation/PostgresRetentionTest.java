package dev.muster.operation;

import dev.muster.db.PostgresServer;

class PostgresRetentionTest extends RetentionContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
