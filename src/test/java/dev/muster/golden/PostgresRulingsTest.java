package dev.muster.golden;

import dev.muster.db.PostgresServer;

class PostgresRulingsTest extends RulingsContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
