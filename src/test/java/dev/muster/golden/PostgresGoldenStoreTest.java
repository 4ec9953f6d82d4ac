package dev.muster.golden;

import dev.muster.db.PostgresServer;

class PostgresGoldenStoreTest extends GoldenStoreContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
