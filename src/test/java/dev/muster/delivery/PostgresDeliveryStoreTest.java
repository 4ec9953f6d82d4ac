package dev.muster.delivery;

import dev.muster.db.PostgresServer;

class PostgresDeliveryStoreTest extends DeliveryStoreContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
