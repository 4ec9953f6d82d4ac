package dev.muster.meter;

import dev.muster.db.PostgresServer;

class PostgresTrafficStoreTest extends TrafficStoreContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
