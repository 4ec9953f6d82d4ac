package dev.muster.golden;

import dev.muster.db.Database;
import dev.muster.db.JsonRows;
import dev.muster.operation.Operation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which accounts of some organizations have spoken, and under which ids their records are kept. Of one transaction. */
final class SourceAccounts {
    private static final String OF_ORGANIZATIONS = """
            SELECT organization, platform, integration, prefix FROM source_accounts
            WHERE organization IN (SELECT k.value ->> 0 FROM %s k)""";

    private static final String INSERT =
            "INSERT INTO source_accounts (organization, platform, integration, prefix) VALUES (?, ?, ?, ?)";

    /** Account to prefix, by organization and platform. */
    private final Map<Place, Map<String, String>> prefixes = new HashMap<>();

    private record Place(String organization, String platform) {}

    static SourceAccounts read(Connection connection, Database database, Collection<String> organizations)
            throws SQLException {
        SourceAccounts accounts = new SourceAccounts();
        try (PreparedStatement select =
                connection.prepareStatement(OF_ORGANIZATIONS.formatted(database.rowsOfJson()))) {
            select.setString(1, JsonRows.of(organizations.stream().map(List::of).toList()));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    accounts.put(rows.getString(1), rows.getString(2), rows.getString(3), rows.getString(4));
                }
            }
        }
        return accounts;
    }

    private void put(String organization, String platform, String integration, String prefix) {
        prefixes.computeIfAbsent(new Place(organization, platform), unused -> new HashMap<>(2))
                .put(integration, prefix);
    }

    /** Those of an account that speaks; kept for ever from its first word on. While the organization is locked. */
    AccountIds speaking(Connection connection, Operation operation) throws SQLException {
        String organization = operation.organization();
        String platform = operation.platform();
        String integration = operation.integration();
        AccountIds ids = of(organization, platform, integration);
        Map<String, String> known = prefixes.get(new Place(organization, platform));
        if (known == null || !known.containsKey(integration)) {
            try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
                insert.setString(1, organization);
                insert.setString(2, platform);
                insert.setString(3, integration);
                insert.setString(4, ids.prefix());
                insert.executeUpdate();
            }
            put(organization, platform, integration, ids.prefix());
        }
        return ids;
    }

    /** Those of an account; of one that has not spoken yet, what they will be if it is the next to speak. */
    AccountIds of(String organization, String platform, String integration) {
        Map<String, String> known = prefixes.getOrDefault(new Place(organization, platform), Map.of());
        String prefix = known.get(integration);
        if (prefix == null) {
            prefix = known.containsValue("") ? AccountIds.prefixOf(integration) : "";
        }
        Set<String> others = new HashSet<>(known.values());
        others.remove(prefix);
        others.remove("");
        return new AccountIds(prefix, others);
    }
}
