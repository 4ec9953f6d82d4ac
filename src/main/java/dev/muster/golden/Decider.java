package dev.muster.golden;

import dev.muster.db.Database;
import dev.muster.db.Database.Dialect;
import java.sql.Connection;
import java.sql.SQLException;

/** One decider at a time for an organization, whether statements or a person's word are to be decided about. */
final class Decider {
    private Decider() {}

    /** Something to be decided: what is stored is read, the decision is made without a store, and its rows are written. */
    interface Work<T> {
        /** Locks the organizations, and reads. */
        void read(Connection connection) throws SQLException;

        void decide();

        T write(Connection connection) throws SQLException;
    }

    /**
     * Decides in one transaction. SQLite has one writer: while this thread decides, it lets others have it. PostgreSQL
     * holds the organizations' locks from the first read to the commit.
     */
    static <T> T decide(Database database, Work<T> work) {
        if (database.dialect() == Dialect.SQLITE) {
            return database.decideAlone(() -> {
                database.change(work::read);
                work.decide();
                return database.write(work::write);
            });
        }
        return database.write(connection -> {
            work.read(connection);
            work.decide();
            return work.write(connection);
        });
    }
}
