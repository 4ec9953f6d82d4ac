package dev.muster.golden;

import dev.muster.db.PostgresServer;

class PostgresUndoTest extends UndoContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
