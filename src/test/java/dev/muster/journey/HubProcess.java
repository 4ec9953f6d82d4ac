package dev.muster.journey;

import dev.muster.FreePort;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A hub of its own process, on SQLite below a folder, that can be killed. */
final class HubProcess {
    private final Process process;

    private HubProcess(Process process) {
        this.process = process;
    }

    /** @param home where its {@code routes/} and {@code config/} are */
    static HubProcess start(Path home, Path folder, int port, Map<String, String> environment) throws IOException {
        ProcessBuilder process = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-Dmuster.home=" + home,
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "dev.muster.Muster",
                "run",
                "--data",
                folder.resolve("data").toString(),
                "--http-port",
                String.valueOf(port),
                "--management-port",
                String.valueOf(FreePort.any()));
        process.environment().keySet().removeIf(name -> name.contains("MUSTER") || name.contains("_API_KEY"));
        process.environment().putAll(environment);
        process.environment().put("MUSTER_HTTP_HOST", "127.0.0.1");
        return new HubProcess(process.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("hub.log").toFile()))
                .start());
    }

    /** As a power cut does it. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** The first column of a query, read by a connection of its own. */
    static List<String> column(Path folder, String sql) {
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:sqlite:" + folder.resolve("data").resolve("muster.db"));
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }
}
