package dev.muster.golden;

import dev.muster.db.Database.Dialect;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;

/** Who is told what became of pulled records, within the transaction that applied them. */
@FunctionalInterface
public interface PulledReport {
    /** For where nothing is pulled. */
    PulledReport NONE = (connection, dialect, counts) -> {};

    /** @param counts by the run that pulled them */
    void applied(Connection connection, Dialect dialect, Map<Long, PulledCounts> counts) throws SQLException;
}
