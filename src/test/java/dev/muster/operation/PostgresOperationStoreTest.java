package dev.muster.operation;

import dev.muster.db.PostgresServer;

class PostgresOperationStoreTest extends OperationStoreContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
