package dev.muster.golden;

import dev.muster.db.Database;
import dev.muster.db.Database.Dialect;
import dev.muster.db.Ids;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds members by what somebody types: the beginning of a name, of an address or of a phone number, or an id. Each guess at what is
 * meant is one step in an index, and ends after 500.
 */
final class MemberSearch {
    private static final int FOUND_MAX = 500;
    /** So many words of what was typed may belong to the first name. */
    private static final int SPLITS_MAX = 4;
    /** Behind whatever begins alike. */
    private static final String LAST = "\uDBFF\uDFFF";

    private static final Pattern PHONE = Pattern.compile("[+\\d(][\\d ()/.-]{2,}");
    private static final int PHONE_DIGITS_MIN = 3;

    private static final String FIND = Roll.ORGANIZATIONS.formatted("members") + """
            SELECT m.id FROM organization o JOIN members m ON m.organization = o.name AND %s
            WHERE m.merged_into IS NULL AND (o.name = ? OR ? = '') LIMIT """ + " " + FOUND_MAX;

    /** PostgreSQL would read all members rather than those of one organization after another, unless it may do nothing else. */
    private static final String FIND_BY_INDEX = Roll.ORGANIZATIONS.formatted("members") + """
            SELECT m.id FROM organization o CROSS JOIN LATERAL (
                SELECT m.id FROM members m WHERE m.organization = o.name AND %s AND m.merged_into IS NULL
                ORDER BY %s LIMIT 500) m
            WHERE o.name = ? OR ? = '' LIMIT """ + " " + FOUND_MAX;

    private final Connection connection;
    private final String organization;
    private final Database database;
    private final Set<Long> found;

    /** @param organization whose members; null for those of all */
    MemberSearch(Connection connection, Database database, @Nullable String organization, Set<Long> found) {
        this.connection = connection;
        this.organization = organization == null ? "" : organization;
        this.database = database;
        this.found = found;
    }

    /** Adds the ids of whoever may be meant. */
    void find(String typed) throws SQLException {
        String text = typed.strip().replaceAll("\\s+", " ");
        if (text.isEmpty()) {
            return;
        }
        Ids.parse(text).ifPresent(found::add);
        if (text.indexOf(' ') < 0) {
            String address = text.toLowerCase(Locale.ROOT);
            add("", "m.email", address, address + LAST);
        }
        if (PHONE.matcher(text).matches()) {
            phone(text);
        }
        for (String name : spellings(text)) {
            add("", "lower(m.last_name)", name, name + LAST);
            add("", "lower(m.first_name)", name, name + LAST);
            int split = name.indexOf(' ');
            for (int i = 0; i < SPLITS_MAX && split > 0; i++) {
                String one = name.substring(0, split).replaceFirst(",$", "");
                String other = name.substring(split + 1);
                add("lower(m.first_name)", "lower(m.last_name)", one, other, other + LAST);
                add("lower(m.last_name)", "lower(m.first_name)", one, other, other + LAST);
                split = name.indexOf(' ', split + 1);
            }
        }
    }

    private void phone(String text) throws SQLException {
        String digits = text.replaceAll("\\D", "").replaceFirst("^00", "");
        if (digits.length() >= PHONE_DIGITS_MIN) {
            add("", "m.phone", "+" + digits, "+" + digits + LAST);
        }
    }

    /** SQLite's lower knows the letters of ASCII only: a name with others is looked for as people write names. */
    private static Set<String> spellings(String text) {
        Set<String> spellings = new LinkedHashSet<>();
        if (text.chars().allMatch(one -> one < 128)) {
            spellings.add(text);
            return spellings;
        }
        StringBuilder capitals = new StringBuilder();
        for (String word : text.toLowerCase(Locale.ROOT).split(" ", -1)) {
            int first = word.isEmpty() ? 0 : word.offsetByCodePoints(0, 1);
            capitals.append(capitals.isEmpty() ? "" : " ")
                    .append(word.substring(0, first).toUpperCase(Locale.ROOT))
                    .append(word.substring(first));
        }
        for (String one :
                List.of(text, capitals.toString(), text.toUpperCase(Locale.ROOT), text.toLowerCase(Locale.ROOT))) {
            spellings.add(one);
        }
        return spellings;
    }

    /**
     * @param equal which column has to be the first of the values; empty for none
     * @param begins which column has to lie between the other two
     */
    private void add(String equal, String begins, String... values) throws SQLException {
        String bytewise = database.bytewise();
        String column = begins + bytewise;
        String condition = (equal.isEmpty() ? "" : equal + bytewise + " = lower(?) AND ") + column + " >= lower(?) AND "
                + column + " < lower(?)";
        String find = database.dialect() == Dialect.SQLITE
                ? FIND.formatted(condition)
                : FIND_BY_INDEX.formatted(condition, column);
        try (PreparedStatement select = connection.prepareStatement(find)) {
            int index = 1;
            for (String value : values) {
                select.setString(index++, value);
            }
            select.setString(index++, organization);
            select.setString(index, organization);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    found.add(rows.getLong(1));
                }
            }
        }
    }
}
