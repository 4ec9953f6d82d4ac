package dev.muster.db;

import dev.muster.db.Database.Dialect;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One statement that writes many rows. Its text names the rows where a table would stand, with their columns and types:
 *
 * <pre>{@code
 * INSERT INTO pushes (golden_id, target, status)
 * SELECT r.golden_id, r.target, 'pending' FROM {golden_id bigint, target text} r WHERE true
 * ON CONFLICT (golden_id, target) DO UPDATE SET status = 'pending'
 * }</pre>
 *
 * <p>SQLite, to which a statement is a function call, carries it out row by row. PostgreSQL, to which it is a round trip and
 * a plan, is given the columns as arrays and carries it out once.
 */
public final class RowStatement {
    private static final Pattern ROWS = Pattern.compile("\\{([^}]*)}\\s+(\\w+)");

    private final String rowByRow;
    private final String atOnce;
    private final List<String> types;

    private RowStatement(String rowByRow, String atOnce, List<String> types) {
        this.rowByRow = rowByRow;
        this.atOnce = atOnce;
        this.types = types;
    }

    /**
     * @param sql with one {@code {column type, …} alias}; types are {@code bigint}, {@code text} and {@code bytea}
     * @throws IllegalArgumentException where it has none
     */
    public static RowStatement of(String sql) {
        Matcher rows = ROWS.matcher(sql);
        if (!rows.find()) {
            throw new IllegalArgumentException("No {column type, …} alias in: " + sql);
        }
        List<String> names = new ArrayList<>();
        List<String> types = new ArrayList<>();
        for (String column : rows.group(1).split(",")) {
            String[] nameAndType = column.strip().split("\\s+");
            names.add(nameAndType[0]);
            types.add(nameAndType[1]);
        }
        String alias = rows.group(2);
        String row = "(SELECT ? AS " + String.join(", ? AS ", names) + ") " + alias;
        String arrays =
                "unnest(?::" + String.join("[], ?::", types) + "[]) AS " + alias + "(" + String.join(", ", names) + ")";
        String before = sql.substring(0, rows.start());
        String after = sql.substring(rows.end());
        return new RowStatement(before + row + after, before + arrays + after, List.copyOf(types));
    }

    /** As it is sent to this store. */
    public String text(Dialect dialect) {
        return dialect == Dialect.SQLITE ? rowByRow : atOnce;
    }

    /** Opens it for rows of one transaction. */
    public Rows open(Connection connection, Dialect dialect) throws SQLException {
        return dialect == Dialect.SQLITE
                ? new RowByRow(connection.prepareStatement(rowByRow))
                : new AtOnce(connection, connection.prepareStatement(atOnce));
    }

    /** Rows on their way. Nothing is written before {@link #write}; without rows that does nothing. */
    public abstract static sealed class Rows implements AutoCloseable {
        final PreparedStatement statement;

        Rows(PreparedStatement statement) {
            this.statement = statement;
        }

        /** @param row one value per column, in order: {@code Long}, {@code String}, {@code byte[]} or null */
        public abstract void add(@Nullable Object... row) throws SQLException;

        public abstract void write() throws SQLException;

        @Override
        public void close() throws SQLException {
            statement.close();
        }
    }

    private static final class RowByRow extends Rows {
        private boolean empty = true;

        RowByRow(PreparedStatement statement) {
            super(statement);
        }

        @Override
        public void add(@Nullable Object... row) throws SQLException {
            for (int i = 0; i < row.length; i++) {
                Object value = row[i];
                if (value instanceof String text) {
                    statement.setString(i + 1, text);
                } else if (value instanceof Long number) {
                    statement.setLong(i + 1, number);
                } else {
                    statement.setObject(i + 1, value);
                }
            }
            statement.addBatch();
            empty = false;
        }

        @Override
        public void write() throws SQLException {
            if (!empty) {
                statement.executeBatch();
                empty = true;
            }
        }
    }

    private final class AtOnce extends Rows {
        private final Connection connection;
        private final List<@Nullable Object[]> rows = new ArrayList<>();

        AtOnce(Connection connection, PreparedStatement statement) {
            super(statement);
            this.connection = connection;
        }

        @Override
        public void add(@Nullable Object... row) {
            rows.add(row);
        }

        @Override
        public void write() throws SQLException {
            if (rows.isEmpty()) {
                return;
            }
            List<Array> arrays = new ArrayList<>(types.size());
            for (int column = 0; column < types.size(); column++) {
                String type = types.get(column);
                Object[] values = column(type);
                for (int i = 0; i < values.length; i++) {
                    values[i] = rows.get(i)[column];
                }
                Array array = connection.createArrayOf(type, values);
                arrays.add(array);
                statement.setArray(column + 1, array);
            }
            statement.executeUpdate();
            for (Array array : arrays) {
                array.free();
            }
            rows.clear();
        }

        private Object[] column(String type) {
            return switch (type) {
                case "bigint" -> new Long[rows.size()];
                case "text" -> new String[rows.size()];
                case "bytea" -> new byte[rows.size()][];
                default ->
                    throw new IllegalArgumentException(
                            "Rows have columns of the types bigint, text and bytea, not " + type);
            };
        }
    }
}
