package dev.muster.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether a commit waits for the disk is a property of the connection, and there is only one. */
class SqliteDurabilityTest {
    private static final String NORMAL = "1";
    private static final String FULL = "2";

    @TempDir
    Path folder;

    private static String synchronous(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("PRAGMA synchronous")) {
            return rows.getString(1);
        }
    }

    @Test
    void whatFollowsAnUnforcedTransactionIsForced() {
        try (Database database = Database.open("jdbc:sqlite:" + folder.resolve("store.db"), 1)) {
            assertThat(database.<String>write(SqliteDurabilityTest::synchronous))
                    .isEqualTo(FULL);
            assertThat(database.<String>writeUnforced(SqliteDurabilityTest::synchronous))
                    .isEqualTo(NORMAL);
            assertThat(database.<String>write(SqliteDurabilityTest::synchronous))
                    .isEqualTo(FULL);

            assertThatThrownBy(() -> database.writeUnforced(connection -> {
                        throw new IllegalStateException("the work failed");
                    }))
                    .hasMessage("the work failed");
            assertThat(database.<String>write(SqliteDurabilityTest::synchronous))
                    .isEqualTo(FULL);
        }
    }
}
