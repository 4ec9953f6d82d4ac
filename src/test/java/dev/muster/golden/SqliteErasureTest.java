package dev.muster.golden;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteErasureTest extends ErasureContract {
    @TempDir
    static Path folder;

    @Override
    protected String newDatabase() {
        return "jdbc:sqlite:" + folder.resolve("store.db");
    }

    @Test
    void nothingOfThePersonIsLeftInTheFiles() throws Exception {
        long golden = known();
        swept();
        assertThat(inFiles()).isNotEmpty();

        erasure().erase(golden, new ByWhom("eve", "", null));
        sweep().sweep();
        swept();

        assertThat(inFiles()).isEmpty();
    }

    /** As the hourly upkeep does. */
    private void swept() {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("store.db"));
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> inFiles() throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            StringBuilder all = new StringBuilder();
            for (Path file : files.toList()) {
                all.append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
            }
            String text = all.toString();
            return SECRETS.stream().filter(text::contains).toList();
        }
    }
}
