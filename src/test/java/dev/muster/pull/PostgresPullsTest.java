package dev.muster.pull;

import dev.muster.db.PostgresServer;

class PostgresPullsTest extends PullsContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
