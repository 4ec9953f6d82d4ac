package dev.muster.db;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All that a database holds, to be looked through. */
public final class StoredText {
    private StoredText() {}

    /** Table to the text of all its rows. */
    public static Map<String, String> of(Database database) {
        return database.read(StoredText::of);
    }

    /** The same. */
    public static Map<String, String> of(Connection connection) throws SQLException {
        List<String> tables = new ArrayList<>();
        try (ResultSet rows = connection.getMetaData().getTables(null, null, "%", new String[] {"TABLE"})) {
            while (rows.next()) {
                tables.add(rows.getString("TABLE_NAME"));
            }
        }
        Map<String, String> texts = new TreeMap<>();
        for (String table : tables) {
            StringBuilder text = new StringBuilder();
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT * FROM " + table)) {
                int columns = rows.getMetaData().getColumnCount();
                while (rows.next()) {
                    for (int i = 1; i <= columns; i++) {
                        Object value = rows.getObject(i);
                        text.append(
                                        value instanceof byte[] bytes
                                                ? new String(bytes, StandardCharsets.ISO_8859_1)
                                                : value)
                                .append('\n');
                    }
                }
            }
            texts.put(table, text.toString());
        }
        return texts;
    }
}
