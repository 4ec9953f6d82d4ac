package dev.muster.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigrationTest {
    @TempDir
    Path folder;

    @Test
    void anUpgradeThatFailsOnSqliteLeavesTheTablesAsTheyWere() throws Exception {
        whatFailsLeavesNothing("jdbc:sqlite:" + folder.resolve("store.db"), Database.Dialect.SQLITE);
    }

    @Test
    void anUpgradeThatFailsOnPostgresqlLeavesTheTablesAsTheyWere() throws Exception {
        whatFailsLeavesNothing(PostgresServer.newDatabase(), Database.Dialect.POSTGRESQL);
    }

    private void whatFailsLeavesNothing(String url, Database.Dialect dialect) throws Exception {
        Path steps = Files.createDirectories(folder.resolve("steps"));
        Files.writeString(steps.resolve("V9001__good.sql"), "CREATE TABLE half_way (id BIGINT);");
        Files.writeString(steps.resolve("V9002__bad.sql"), "CREATE NO TABLE;");

        assertThatThrownBy(() -> Database.migrations(dialect)
                        .locations("classpath:db/migration", "filesystem:" + steps)
                        .dataSource(url, null, null)
                        .load()
                        .migrate())
                .isInstanceOf(FlywayException.class)
                .hasMessageContaining("V9002__bad.sql");

        assertThat(tables(url)).doesNotContain("half_way", "sync_operations");
        Database.open(url, 4).close();
        assertThat(tables(url)).contains("sync_operations");
    }

    private static List<String> tables(String url) throws Exception {
        try (Connection connection = DriverManager.getConnection(url);
                ResultSet rows = connection.getMetaData().getTables(null, null, "%", new String[] {"TABLE"})) {
            List<String> names = new ArrayList<>();
            while (rows.next()) {
                names.add(rows.getString("TABLE_NAME"));
            }
            return names;
        }
    }
}
