package dev.muster.fuzz;

import dev.muster.db.Ids;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Every row of a store that belongs to one organization, read from outside. */
public final class Belongings {
    /** Numbers as large are ids: no time and no count is. */
    private static final long ID_MIN = 1_000_000_000_000_000L;

    private static final int OF_A_TABLE_MAX = 7;
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}_@.+-]{6,}");

    /** What says whose a row is, where it is not a column {@code organization}. */
    private static final Map<String, String> WHOSE = Map.of(
            "organizations", "id = '%s'",
            "delivery_ids", "delivery_id IN (SELECT id FROM deliveries WHERE organization = '%s')",
            "idempotent_requests", "caller IN (%2$s)",
            "sessions", "opened_by IN (SELECT CAST(id AS TEXT) FROM api_keys WHERE organization = '%s')");

    /** Of the whole hub. */
    private static final Set<String> NOBODYS = Set.of(
            "flyway_schema_history",
            "hubs",
            "vault_keys",
            "hub_keys",
            "quota_keys",
            "quota_leases",
            "quota_spent",
            "alert_watch");

    private static final Set<String> NAMES = Set.of(
            "organization",
            "platform",
            "integration",
            "stream",
            "target",
            "entity",
            "field",
            "code",
            "digest",
            "external_id",
            "rule",
            "email",
            "kind",
            "state");

    private final Map<String, List<Map<String, Object>>> tables;
    private final Set<String> unclear;
    private final Map<String, String> written = new TreeMap<>();

    private Belongings(Map<String, List<Map<String, Object>>> tables, Set<String> unclear) {
        this.tables = tables;
        this.unclear = unclear;
    }

    /** @param url of the store */
    public static Belongings of(String url, String organization) throws SQLException {
        Map<String, List<Map<String, Object>>> tables = new TreeMap<>();
        Set<String> unclear = new TreeSet<>();
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            boolean isSqlite = url.startsWith("jdbc:sqlite:");
            if (isSqlite) {
                statement.execute("PRAGMA busy_timeout = 20000");
            }
            List<String> names = column(
                    statement,
                    isSqlite
                            ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                            : "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'");
            names.removeAll(NOBODYS);
            String callers =
                    column(statement, "SELECT id FROM api_keys WHERE organization = '" + organization + "'").stream()
                            .map(id -> "'key:" + Ids.format(Long.parseLong(id)) + "'")
                            .collect(Collectors.joining(", "));
            for (String name : names) {
                String where = WHOSE.getOrDefault(name, "organization = '%s'")
                        .formatted(organization, callers.isEmpty() ? "NULL" : callers);
                boolean isClear = WHOSE.containsKey(name) || hasOrganization(statement, name);
                if (isClear) {
                    tables.put(name, rows(statement, "SELECT * FROM " + name + " WHERE " + where));
                } else {
                    unclear.add(name);
                }
            }
        }
        return new Belongings(tables, unclear);
    }

    private static boolean hasOrganization(Statement statement, String table) throws SQLException {
        try (ResultSet rows = statement.executeQuery("SELECT * FROM " + table + " WHERE 1 = 0")) {
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                if (rows.getMetaData().getColumnName(i).equals("organization")) {
                    return true;
                }
            }
            return false;
        }
    }

    private static List<String> column(Statement statement, String sql) throws SQLException {
        List<String> values = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return values;
    }

    private static List<Map<String, Object>> rows(Statement statement, String sql) throws SQLException {
        List<Map<String, Object>> found = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                Map<String, Object> row = new LinkedHashMap<>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    Object value = rows.getObject(i);
                    row.put(
                            rows.getMetaData().getColumnName(i),
                            value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : value);
                }
                found.add(row);
            }
        }
        return found;
    }

    /** Tables of which this class does not know whose their rows are. */
    public Set<String> unclear() {
        return unclear;
    }

    /** Every row as one line, by table. */
    public Map<String, List<String>> lines() {
        Map<String, List<String>> lines = new TreeMap<>();
        tables.forEach((table, rows) ->
                lines.put(table, rows.stream().map(Map::toString).sorted().toList()));
        return lines;
    }

    /** What names one of these things: ids, as the API writes them, and names. */
    List<String> things() {
        Set<String> things = new TreeSet<>();
        tables.forEach((table, rows) -> {
            Map<String, Integer> taken = new TreeMap<>();
            for (Map<String, Object> row : rows) {
                row.forEach((column, value) -> {
                    boolean isName =
                            table.equals("integrations") && column.equals("id") || column.equals("organization");
                    if ((value instanceof Long id && id > ID_MIN || isName)
                            && taken.merge(column, 1, Integer::sum) <= OF_A_TABLE_MAX) {
                        things.add(value instanceof Long id ? Ids.format(id) : String.valueOf(value));
                    }
                });
            }
        });
        for (Map<String, Object> push : tables.getOrDefault("pushes", List.of())) {
            things.add(Ids.format((Long) push.get("golden_id")) + "~" + push.get("target") + "~"
                    + push.get("integration") + "~firstName");
        }
        return new ArrayList<>(things);
    }

    /** Gives a pool a text that only a person could write, such as a mapping. */
    public Belongings with(String name, String text) {
        written.put(name, text);
        return this;
    }

    /** What things are found by, under the names that the API has for it; nothing that would be stored as it is. */
    Pool pool() {
        Pool pool = new Pool();
        things().stream().filter(one -> one.length() == 13).forEach(pool::addId);
        tables.forEach((table, rows) -> rows.forEach(row -> row.forEach((column, value) -> {
            if (value instanceof String text && text.length() <= 200 && NAMES.contains(column)) {
                pool.add(camelCase(column), text);
            }
            if (table.equals("members") && column.equals("id")) {
                for (String name : List.of("with", "from", "member", "goldenId")) {
                    pool.add(name, Ids.format((Long) value));
                }
            }
        })));
        List.of("firstName", "lastName", "city", "region").forEach(field -> pool.add("field", field));
        pool.add("reason", "why not");
        written.forEach(pool::add);
        return pool;
    }

    private static String camelCase(String column) {
        StringBuilder name = new StringBuilder();
        for (String part : column.split("_")) {
            name.append(name.isEmpty() ? part : part.substring(0, 1).toUpperCase(Locale.ROOT) + part.substring(1));
        }
        return name.toString();
    }

    /** Words and ids in any of these rows. */
    Set<String> words() {
        Set<String> words = new TreeSet<>();
        tables.values()
                .forEach(rows -> rows.forEach(row -> row.forEach((column, value) -> {
                    if (value instanceof Long id && id > ID_MIN) {
                        words.add(Ids.format(id));
                    } else if (value instanceof String text) {
                        words.addAll(wordsOf(column.equals("body") ? unhexed(text) : text));
                    }
                })));
        return words;
    }

    static Set<String> wordsOf(String text) {
        return WORD.matcher(text).results().map(MatchResult::group).collect(Collectors.toSet());
    }

    private static String unhexed(String text) {
        return text.matches("([0-9a-f]{2})+")
                ? new String(HexFormat.of().parseHex(text), StandardCharsets.UTF_8)
                : text;
    }
}
