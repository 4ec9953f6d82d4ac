package dev.muster.alert;

import dev.muster.db.PostgresServer;

class PostgresAlertStoreTest extends AlertStoreContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
