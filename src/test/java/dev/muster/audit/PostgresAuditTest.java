package dev.muster.audit;

import dev.muster.db.PostgresServer;

class PostgresAuditTest extends AuditContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
