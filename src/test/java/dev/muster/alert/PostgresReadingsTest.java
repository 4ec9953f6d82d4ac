package dev.muster.alert;

import dev.muster.db.PostgresServer;

class PostgresReadingsTest extends ReadingsContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
