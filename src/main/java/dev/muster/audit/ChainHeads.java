package dev.muster.audit;

import dev.muster.db.Database;
import dev.muster.db.Database.Dialect;
import dev.muster.db.JsonRows;
import dev.muster.db.RowStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ends of the chains. Whoever appends locks them first, in the order of their names and the hub's own last, so that nobody
 * waits for one who waits.
 */
final class ChainHeads {
    private static final Logger LOG = LoggerFactory.getLogger(ChainHeads.class);
    private static final String COLUMNS = "SELECT organization, number, begun_after, seq, hash, mac FROM audit_chains";
    private static final String ONE = COLUMNS + " WHERE organization = ?";
    private static final String AFTER = COLUMNS + " WHERE organization > ? ORDER BY organization LIMIT ?";
    private static final String THESE = COLUMNS
            + " WHERE organization IN (SELECT k.value ->> 0 FROM %s k) ORDER BY organization = '', organization";
    private static final String BEGIN = "INSERT INTO audit_chains (organization, number, begun_after, seq, hash, mac)"
            + " VALUES (?, 0, 0, 0, NULL, '') ON CONFLICT (organization) DO NOTHING";
    private static final RowStatement MOVE = RowStatement.of("""
            UPDATE audit_chains SET number = r.number, seq = r.seq, hash = r.hash, mac = r.mac
            FROM {organization text, number bigint, seq bigint, hash bytea, mac text} r
            WHERE audit_chains.organization = r.organization""");
    private static final String COUNT =
            "SELECT COUNT(*), COUNT(DISTINCT number), COALESCE(MIN(number), 1), COALESCE(MAX(number), 0)"
                    + " FROM audit_chains WHERE organization <> ''";
    private static final String UNADOPTED =
            "SELECT organization FROM audit_chains WHERE mac = '' AND organization <> '' ORDER BY organization";

    private final Connection connection;
    private final Database database;
    private final AuditSeal seal;

    ChainHeads(Connection connection, Database database, AuditSeal seal) {
        this.connection = connection;
        this.database = database;
        this.seal = seal;
    }

    /** Locks the ends of these chains until the transaction's end; those that are missing begin. */
    Map<String, ChainHead> lock(Collection<String> organizations) throws SQLException {
        Map<String, ChainHead> heads = locked(organizations);
        if (heads.size() < organizations.size()) {
            try (PreparedStatement begin = connection.prepareStatement(BEGIN)) {
                for (String organization : organizations) {
                    if (!heads.containsKey(organization)) {
                        begin.setString(1, organization);
                        begin.executeUpdate();
                    }
                }
            }
            heads = locked(organizations);
        }
        List<ChainHead> adopted = new ArrayList<>();
        for (ChainHead head : heads.values()) {
            if (head.isNew() && !head.organization().equals(AuditEntry.HUB)) {
                adopted.add(head);
            }
        }
        if (!adopted.isEmpty()) {
            adopt(adopted, heads);
        }
        return heads;
    }

    /** New chains are counted in the hub's own, so that none goes missing unnoticed. */
    private void adopt(List<ChainHead> adopted, Map<String, ChainHead> heads) throws SQLException {
        ChainHead hub = heads.get(AuditEntry.HUB);
        if (hub == null) {
            hub = lock(List.of(AuditEntry.HUB)).get(AuditEntry.HUB);
        }
        if (hub == null) {
            throw new IllegalStateException("The hub's own chain of the audit log was not begun");
        }
        for (ChainHead head : adopted) {
            ChainHead known = hub;
            hub = moved(known, known.numbered(known.number() + 1));
            heads.put(head.organization(), head.numbered(hub.number()).sealedBy(seal));
        }
        if (heads.containsKey(AuditEntry.HUB)) {
            heads.put(AuditEntry.HUB, hub);
        } else {
            write(List.of(hub));
        }
    }

    private Map<String, ChainHead> locked(Collection<String> organizations) throws SQLException {
        Map<String, ChainHead> heads = new TreeMap<>();
        String sql = THESE.formatted(database.rowsOfJson())
                + (database.dialect() == Dialect.POSTGRESQL ? " FOR UPDATE" : "");
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setString(1, JsonRows.of(organizations.stream().map(List::of).toList()));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ChainHead head = head(rows);
                    heads.put(head.organization(), head);
                }
            }
        }
        return heads;
    }

    /** One whose seal was broken goes on and stays broken: the work goes on, and whoever verifies is told. */
    ChainHead moved(ChainHead before, ChainHead after) {
        if (before.isNew() || before.holds(seal)) {
            return after.sealedBy(seal);
        }
        LOG.error(
                "The end of the audit log's chain of {} was not written by this hub, or ENCRYPTION_KEY is another one than it"
                        + " was: ./muster audit verify says more",
                before.organization().isEmpty() ? "the hub" : before.organization());
        return after;
    }

    void write(Collection<ChainHead> heads) throws SQLException {
        try (RowStatement.Rows rows = MOVE.open(connection, database.dialect())) {
            for (ChainHead head : heads) {
                rows.add(head.organization(), head.number(), head.seq(), head.hash(), head.mac());
            }
            rows.write();
        }
    }

    Optional<ChainHead> find(String organization) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(ONE)) {
            select.setString(1, organization);
            return read(select).stream().findFirst();
        }
    }

    List<ChainHead> after(String organization, int limit) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(AFTER)) {
            select.setString(1, organization);
            select.setInt(2, limit);
            return read(select);
        }
    }

    /** Those that were never sealed. */
    List<String> unadopted() throws SQLException {
        List<String> organizations = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement(UNADOPTED);
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                organizations.add(rows.getString(1));
            }
        }
        return organizations;
    }

    /** Whether the chains beside the hub's own are numbered from 1 to this number, each once. */
    boolean areAllThere(long number) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(COUNT);
                ResultSet rows = select.executeQuery()) {
            return rows.next()
                    && rows.getLong(1) == number
                    && rows.getLong(2) == number
                    && rows.getLong(3) == 1
                    && rows.getLong(4) == number;
        }
    }

    private static List<ChainHead> read(PreparedStatement select) throws SQLException {
        List<ChainHead> heads = new ArrayList<>();
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                heads.add(head(rows));
            }
        }
        return heads;
    }

    private static ChainHead head(ResultSet row) throws SQLException {
        return new ChainHead(
                row.getString("organization"),
                row.getLong("number"),
                row.getLong("begun_after"),
                row.getLong("seq"),
                row.getBytes("hash"),
                row.getString("mac"));
    }
}
