package dev.muster.audit;

import dev.muster.audit.Tampering.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads one chain from its beginning to its end, and stops at the first place that is not as it was written. */
final class ChainWalk {
    private static final String ENTRIES = """
            SELECT id, seq, actor, action, entity, golden_id, subject, operation_id, reason, changes, salt, digest, hash,
                   created_at
            FROM audit_log WHERE organization = ? AND (seq, id) > (?, ?) ORDER BY seq, id LIMIT ?""";
    private static final String ERASED =
            "SELECT 1 FROM audit_log WHERE golden_id = ? AND organization = ? AND action = '" + AuditTrail.ERASE
                    + "' AND seq > ? LIMIT 1";
    private static final int DIGEST_BYTES = 32;

    private final String organization;
    private final ChainLink link = new ChainLink();
    private final List<Tampering> found = new ArrayList<>(2);
    private boolean begun;
    private boolean headForged;
    private boolean hasHead;
    private long lastSeq = Long.MIN_VALUE;
    private long lastId = Long.MIN_VALUE;
    private long next;
    private byte[] hash = new byte[0];
    private long entries;
    private long redacted;
    private long before;

    ChainWalk(String organization) {
        this.organization = organization;
    }

    boolean exists() {
        return entries > 0 || hasHead;
    }

    long entries() {
        return entries;
    }

    long redacted() {
        return redacted;
    }

    long before() {
        return before;
    }

    List<Tampering> found() {
        return found;
    }

    /** Reads the next part; answers whether there is more. */
    boolean read(Connection connection, @Nullable ChainHead head, AuditSeal seal, int limit) throws SQLException {
        if (!begun) {
            begin(head, seal);
        }
        long end = head == null ? 0 : head.seq();
        int read = 0;
        try (PreparedStatement select = connection.prepareStatement(ENTRIES)) {
            select.setString(1, organization);
            select.setLong(2, lastSeq);
            select.setLong(3, lastId);
            select.setInt(4, limit);
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    read++;
                    if (!isAsWritten(connection, row, head != null, end)) {
                        return false;
                    }
                }
            }
        }
        if (read == limit) {
            return true;
        }
        if (head != null) {
            end(head, seal);
        }
        return false;
    }

    private void begin(@Nullable ChainHead head, AuditSeal seal) {
        begun = true;
        hasHead = head != null;
        next = head == null ? 1 : 1 - head.begunAfter();
        hash = link.beginning(organization, head == null ? 0 : head.begunAfter());
        if (head != null) {
            sealHolds(head, seal);
        }
    }

    private void sealHolds(ChainHead head, AuditSeal seal) {
        if (!headForged && !head.isNew() && !head.holds(seal)) {
            forged(
                    head,
                    "is not sealed with this hub's key: the row was changed, or ENCRYPTION_KEY is another one than it was");
        }
    }

    private void forged(ChainHead head, String why) {
        headForged = true;
        found.add(new Tampering(
                Kind.FORGED, organization, head.seq(), null, null, "The end of the chain in audit_chains " + why));
    }

    private boolean isAsWritten(Connection connection, ResultSet row, boolean isBegun, long end) throws SQLException {
        long seq = row.getLong("seq");
        long id = row.getLong("id");
        lastSeq = seq;
        lastId = id;
        entries++;
        if (!isBegun) {
            return finding(Kind.CHAIN_GONE, row, "There are entries, and audit_chains has no end of their chain");
        }
        if (seq < next) {
            return finding(Kind.ADDED, row, "This entry was not written into the chain");
        }
        if (seq > end) {
            return finding(Kind.ADDED, row, "This entry stands behind the end of the chain");
        }
        if (seq > next) {
            found.add(new Tampering(
                    Kind.MISSING,
                    organization,
                    next,
                    id,
                    Instant.ofEpochMilli(row.getLong("created_at")),
                    (seq - next == 1
                                    ? "The entry " + next + " is"
                                    : "The entries " + next + " to " + (seq - 1) + " are")
                            + " missing before this one"));
            return false;
        }
        next++;
        if (seq <= 0) {
            before++;
            return row.getBytes("salt") == null && row.getBytes("hash") == null
                    || finding(
                            Kind.CHANGED,
                            row,
                            "This entry is from before the chain, and has the marks of one within it");
        }
        return isLinked(connection, row, seq, id);
    }

    private boolean isLinked(Connection connection, ResultSet row, long seq, long id) throws SQLException {
        AuditEntry entry = AuditSearch.entry(organization, row);
        byte[] salt = row.getBytes("salt");
        byte[] kept = row.getBytes("digest");
        byte[] digest;
        if (salt != null && kept == null) {
            digest = link.digest(salt, entry.changes(), entry.reason());
        } else if (salt == null
                && kept != null
                && kept.length == DIGEST_BYTES
                && entry.reason() == null
                && entry.changes().equals(ChainLink.REDACTED)) {
            digest = kept;
        } else {
            return finding(Kind.CHANGED, row, "This entry's values are not as they were written");
        }
        hash = link.hash(hash, seq, id, row.getLong("created_at"), entry, digest);
        if (!Arrays.equals(hash, row.getBytes("hash"))) {
            return finding(Kind.CHANGED, row, "This entry is not as it was written");
        }
        if (salt == null) {
            redacted++;
            if (!wasErased(connection, entry.recordId(), seq)) {
                return finding(
                        Kind.REDACTED, row, "This entry lost its values, and no erasure of its record is recorded");
            }
        }
        return true;
    }

    private boolean wasErased(Connection connection, @Nullable Long record, long seq) throws SQLException {
        if (record == null) {
            return false;
        }
        try (PreparedStatement select = connection.prepareStatement(ERASED)) {
            select.setLong(1, record);
            select.setString(2, organization);
            select.setLong(3, seq);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        }
    }

    private void end(ChainHead head, AuditSeal seal) {
        sealHolds(head, seal);
        if (next <= head.seq()) {
            found.add(new Tampering(
                    Kind.CUT,
                    organization,
                    next,
                    null,
                    null,
                    "The chain went on to " + head.seq() + ": its entries from " + next + " on are gone"));
        } else if (!headForged && !head.isNew() && !Arrays.equals(hash, head.last(link))) {
            forged(head, "is not that of its last entry");
        }
    }

    private boolean finding(Kind kind, ResultSet row, String message) throws SQLException {
        found.add(new Tampering(
                kind,
                organization,
                row.getLong("seq"),
                row.getLong("id"),
                Instant.ofEpochMilli(row.getLong("created_at")),
                message));
        return false;
    }
}
