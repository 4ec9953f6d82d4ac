package dev.muster.golden;

import dev.muster.db.PostgresServer;

class PostgresBrakeTest extends BrakeContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
