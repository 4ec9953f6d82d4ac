package dev.muster.golden;

import dev.muster.db.PostgresServer;

class PostgresMemberSearchTest extends MemberSearchContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
