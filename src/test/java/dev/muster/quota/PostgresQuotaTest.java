package dev.muster.quota;

import dev.muster.db.PostgresServer;

class PostgresQuotaTest extends QuotaContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
