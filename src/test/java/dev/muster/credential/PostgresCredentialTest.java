package dev.muster.credential;

import dev.muster.db.PostgresServer;

class PostgresCredentialTest extends CredentialContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
