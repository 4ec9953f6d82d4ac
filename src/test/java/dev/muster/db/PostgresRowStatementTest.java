package dev.muster.db;

class PostgresRowStatementTest extends RowStatementContract {
    @Override
    protected String newDatabase() {
        return PostgresServer.newDatabase();
    }
}
