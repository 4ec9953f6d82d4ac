package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a table, newest id first. What a page costs is bounded: whose they are, and a condition that an index serves, is
 * applied at once, and one without an index to a window of ids. A page can then hold fewer items than asked for, even none,
 * and still name where to go on.
 *
 * @param table with its alias, and joins where {@code columns} need them
 * @param alias of the table, which has a column {@code organization}
 * @param key the table's key
 */
record Listing(Database database, String columns, String table, String alias, String key, RowReader reader) {

    /** Ids that one page looks through where a filter has no index. */
    static final int WINDOW = 5_000;

    private static final String ORGANIZATION = "organization";

    private String id() {
        return alias + "." + key;
    }

    /** Reads the current row. */
    @FunctionalInterface
    interface RowReader {
        ObjectNode read(ResultSet row) throws SQLException;
    }

    /**
     * One part of the list.
     *
     * @param indexed a condition without parameters that an index serves; null for none
     * @param filters column to the value it must equal
     */
    Page.Part<ObjectNode> list(Page page, @Nullable String indexed, Map<String, ?> filters) {
        return database.read(connection -> {
            Map<String, Object> others = new LinkedHashMap<>(filters);
            Object own = others.remove(ORGANIZATION);
            String where = " WHERE " + (indexed == null ? "" : indexed + " AND ")
                    + (own == null ? "" : alias + "." + (indexed == null ? Database.WHOSE : ORGANIZATION) + " = ? AND ")
                    + id() + " < ?";
            if (others.isEmpty()) {
                List<ObjectNode> items = new ArrayList<>();
                List<Long> ids = new ArrayList<>();
                try (PreparedStatement select = connection.prepareStatement("SELECT " + id() + " AS row_id, " + columns
                        + " FROM " + table + where + " ORDER BY " + id() + " DESC LIMIT ?")) {
                    int index = bind(select, own, page);
                    select.setInt(index, page.limit());
                    read(select, ids, items);
                }
                return new Page.Part<>(items, items.size() == page.limit() ? last(ids) : null);
            }
            return filtered(connection, page, where, own, others);
        });
    }

    /**
     * As {@link #list}, where several rows have one id: a page that ended among them leaves these to the next, or takes all of
     * them.
     *
     * @param name of the id in an item
     */
    Page.Part<ObjectNode> listWhole(Page page, @Nullable String indexed, Map<String, ?> filters, String name) {
        Page.Part<ObjectNode> part = list(page, indexed, filters);
        Long cut = part.before();
        if (cut == null) {
            return part;
        }
        String cutId = Ids.format(cut);
        List<ObjectNode> items = new ArrayList<>(part.items());
        items.removeIf(item -> item.path(name).asText().equals(cutId));
        if (!items.isEmpty() || part.items().isEmpty()) {
            return new Page.Part<>(items, cut + 1);
        }
        String one = (indexed == null ? "" : indexed + " AND ") + id() + " >= " + cut;
        return new Page.Part<>(
                list(new Page(cut + 1, Page.LIMIT_MAX), one, filters).items(), cut);
    }

    /** Of the condition: whose they are, if that is asked for, and before which id. Answers the next index. */
    private static int bind(PreparedStatement select, @Nullable Object own, Page page) throws SQLException {
        int index = 1;
        if (own != null) {
            select.setObject(index++, own);
        }
        select.setLong(index++, page.before());
        return index;
    }

    private Page.Part<ObjectNode> filtered(
            Connection connection, Page page, String where, @Nullable Object own, Map<String, ?> filters)
            throws SQLException {
        List<String> names = new ArrayList<>(filters.keySet());
        List<String> conditions = new ArrayList<>();
        names.forEach(name -> conditions.add(name + " = ?"));
        String window = "SELECT " + id() + " AS row_id, " + columns + " FROM " + table + where + " ORDER BY " + id()
                + " DESC LIMIT " + WINDOW;
        List<ObjectNode> items = new ArrayList<>();
        List<Long> ids = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT * FROM (" + window + ") w WHERE "
                + String.join(" AND ", conditions) + " ORDER BY row_id DESC LIMIT ?")) {
            int index = bind(select, own, page);
            for (String name : names) {
                select.setObject(index++, filters.get(name));
            }
            select.setInt(index, page.limit());
            read(select, ids, items);
        }
        if (items.size() == page.limit()) {
            return new Page.Part<>(items, last(ids));
        }
        try (PreparedStatement select = connection.prepareStatement("SELECT MIN(row_id), COUNT(*) FROM (SELECT " + id()
                + " AS row_id FROM " + table + where + " ORDER BY " + id() + " DESC LIMIT " + WINDOW + ") w")) {
            bind(select, own, page);
            try (ResultSet rows = select.executeQuery()) {
                boolean more = rows.next() && rows.getLong(2) == WINDOW;
                return new Page.Part<>(items, more ? rows.getLong(1) : null);
            }
        }
    }

    /** The row with this id. */
    Optional<ObjectNode> find(long wanted) {
        return database.read(connection -> {
            List<ObjectNode> items = new ArrayList<>();
            try (PreparedStatement select = connection.prepareStatement(
                    "SELECT " + id() + " AS row_id, " + columns + " FROM " + table + " WHERE " + id() + " = ?")) {
                select.setLong(1, wanted);
                read(select, new ArrayList<>(), items);
            }
            return items.stream().findFirst();
        });
    }

    private void read(PreparedStatement select, List<Long> ids, List<ObjectNode> items) throws SQLException {
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                ids.add(rows.getLong("row_id"));
                items.add(reader.read(rows));
            }
        }
    }

    private static Long last(List<Long> ids) {
        return ids.get(ids.size() - 1);
    }
}
