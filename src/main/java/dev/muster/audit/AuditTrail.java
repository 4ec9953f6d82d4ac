package dev.muster.audit;

import static java.util.Objects.requireNonNull;

import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.db.RowStatement;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Appends to the audit log. Every organization's entries are one chain: each holds the hash of the one before, and the end of
 * the chain is sealed with a key that is not in the database. Safe for many threads.
 */
public final class AuditTrail {
    private static final RowStatement APPEND = RowStatement.of("""
            INSERT INTO audit_log (id, organization, seq, actor, action, entity, golden_id, subject, operation_id, reason,
                                   changes, salt, hash, created_at)
            SELECT r.id, r.organization, r.seq, r.actor, r.action, r.entity, r.golden_id, r.subject, r.operation_id,
                   r.reason, r.changes, r.salt, r.hash, r.created_at
            FROM {id bigint, organization text, seq bigint, actor text, action text, entity text, golden_id bigint,
                  subject text, operation_id bigint, reason text, changes text, salt bytea, hash bytea,
                  created_at bigint} r""");

    private static final String WITH_VALUES =
            "SELECT id, seq, salt, changes, reason FROM audit_log WHERE golden_id IN %s" + " AND changes <> '"
                    + ChainLink.REDACTED + "'";
    private static final RowStatement REDACT = RowStatement.of(
            "UPDATE audit_log SET changes = '" + ChainLink.REDACTED
                    + "', reason = NULL, salt = NULL, digest = r.digest FROM {id bigint, digest bytea} r WHERE audit_log.id = r.id");

    /** The action that says of a record that its values were redacted. */
    public static final String ERASE = "erase";

    private final Database database;
    private final Ids ids;
    private final Clock clock;
    private final AuditSeal seal;
    private final SecureRandom random = new SecureRandom();

    public AuditTrail(Database database, Ids ids, Clock clock, AuditSeal seal) {
        this.database = database;
        this.ids = ids;
        this.clock = clock;
        this.seal = seal;
    }

    /** Seals the beginnings of the chains of what was written before there were chains. To be called at the start. */
    public void begin() {
        database.change(connection -> {
            ChainHeads heads = new ChainHeads(connection, database, seal);
            List<String> organizations = heads.unadopted();
            if (!organizations.isEmpty()) {
                heads.write(heads.lock(organizations).values());
            }
        });
    }

    /** Records an act that writes nothing else, or wrote it before: in a transaction of its own. */
    public void record(AuditEntry entry) {
        database.change(connection -> record(connection, entry));
    }

    /** As {@link #record(Connection, Collection)}. */
    public void record(Connection connection, AuditEntry entry) throws SQLException {
        record(connection, List.of(entry));
    }

    /**
     * Records what a transaction did. Other transactions of these organizations wait at the ends of their chains from here to
     * the commit: to be called last.
     */
    public void record(Connection connection, Collection<AuditEntry> entries) throws SQLException {
        if (entries.isEmpty()) {
            return;
        }
        TreeSet<String> organizations = new TreeSet<>();
        entries.forEach(entry -> organizations.add(entry.organization()));
        ChainHeads chains = new ChainHeads(connection, database, seal);
        Map<String, ChainHead> before = chains.lock(organizations);
        Map<String, ChainHead> heads = new TreeMap<>(before);
        ChainLink link = new ChainLink();
        byte[] salts = new byte[entries.size() * ChainLink.SALT_BYTES];
        random.nextBytes(salts);
        long now = clock.millis();
        int place = 0;
        try (RowStatement.Rows rows = APPEND.open(connection, database.dialect())) {
            for (AuditEntry one : entries) {
                AuditEntry entry = storable(one);
                ChainHead head = requireNonNull(heads.get(entry.organization()));
                long seq = head.seq() + 1;
                Long given = entry.id();
                long id = given == null ? ids.next() : given;
                byte[] salt = new byte[ChainLink.SALT_BYTES];
                System.arraycopy(salts, place++ * ChainLink.SALT_BYTES, salt, 0, ChainLink.SALT_BYTES);
                byte[] digest = link.digest(salt, entry.changes(), entry.reason());
                byte[] hash = link.hash(head.last(link), seq, id, now, entry, digest);
                rows.add(
                        id,
                        entry.organization(),
                        seq,
                        entry.actor(),
                        entry.action(),
                        entry.entity(),
                        entry.recordId(),
                        entry.subject(),
                        entry.operationId(),
                        entry.reason(),
                        entry.changes(),
                        salt,
                        hash,
                        now);
                heads.put(entry.organization(), head.at(seq, hash));
            }
            rows.write();
        }
        List<ChainHead> moved = new ArrayList<>(heads.size());
        heads.forEach((organization, head) -> moved.add(chains.moved(requireNonNull(before.get(organization)), head)));
        chains.write(moved);
    }

    /** What a text column of PostgreSQL cannot hold has to be hashed as it is stored. */
    private static AuditEntry storable(AuditEntry entry) {
        return new AuditEntry(
                entry.id(),
                entry.organization(),
                requireNonNull(Database.storable(entry.actor())),
                entry.action(),
                entry.entity(),
                entry.recordId(),
                Database.storable(entry.subject()),
                entry.operationId(),
                Database.storable(entry.reason()),
                requireNonNull(Database.storable(entry.changes())));
    }

    /**
     * Takes the values out of every entry about these golden records; who did what and when stays, and the chain still holds.
     * The caller records an entry with the action {@link #ERASE} about each of them in the same transaction: without it the
     * redaction is taken for tampering.
     *
     * @return how many entries lost their values
     */
    public int redact(Connection connection, Collection<Long> recordIds) throws SQLException {
        ChainLink link = new ChainLink();
        int redacted = 0;
        try (PreparedStatement select = connection.prepareStatement(WITH_VALUES.formatted(database.idsOfJson()));
                RowStatement.Rows rows = REDACT.open(connection, database.dialect())) {
            select.setString(1, Database.json(recordIds));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    byte[] salt = row.getBytes("salt");
                    // before the chain there is neither salt nor hash
                    byte[] digest =
                            salt == null ? null : link.digest(salt, row.getString("changes"), row.getString("reason"));
                    rows.add(row.getLong("id"), digest);
                    redacted++;
                }
            }
            rows.write();
        }
        return redacted;
    }
}
