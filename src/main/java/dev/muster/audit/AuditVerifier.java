package dev.muster.audit;

import dev.muster.audit.Tampering.Kind;
import dev.muster.db.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether the audit log is as it was written. Reads in parts of {@value #PART} entries, each at one moment, while the
 * hub goes on writing.
 */
public final class AuditVerifier {
    static final int PART = 1000;
    private static final int FOUND_MAX = 100;
    private static final int HEADS = 200;

    private static final String NEXT_ORGANIZATION = "SELECT MIN(organization) FROM audit_log WHERE organization > ?";

    private final Database database;
    private final AuditSeal seal;

    public AuditVerifier(Database database, AuditSeal seal) {
        this.database = database;
        this.seal = seal;
    }

    /**
     * Verifies one chain or all of them.
     *
     * @param organization null for all and the hub's own
     */
    public AuditVerdict verify(@Nullable String organization) {
        Tally tally = new Tally();
        if (organization != null) {
            chain(organization, tally);
            return tally.verdict();
        }
        chain(AuditEntry.HUB, tally);
        chainsAreAllThere(tally);
        for (String after = ""; after != null && tally.found.size() < FOUND_MAX; ) {
            String from = after;
            List<ChainHead> part = database.read(connection -> heads(connection).after(from, HEADS));
            part.forEach(head -> chain(head.organization(), tally));
            after = part.size() < HEADS ? null : part.get(part.size() - 1).organization();
        }
        withoutEnd(tally);
        return tally.verdict();
    }

    private static final class Tally {
        private long chains;
        private long entries;
        private long redacted;
        private long before;
        private final List<Tampering> found = new ArrayList<>();

        AuditVerdict verdict() {
            return new AuditVerdict(chains, entries, redacted, before, found);
        }
    }

    private ChainHeads heads(Connection connection) {
        return new ChainHeads(connection, database, seal);
    }

    private void chainsAreAllThere(Tally tally) {
        boolean complete = database.readAtOneMoment(connection -> {
            ChainHeads heads = heads(connection);
            Optional<ChainHead> hub = heads.find(AuditEntry.HUB);
            return heads.areAllThere(hub.map(ChainHead::number).orElse(0L));
        });
        if (!complete) {
            tally.found.add(new Tampering(
                    Kind.CHAIN_GONE,
                    AuditEntry.HUB,
                    null,
                    null,
                    null,
                    "There are other chains than the hub began: the rows of an organization in audit_chains were deleted, added"
                            + " or begun anew"));
        }
    }

    /** Entries of organizations of which no chain ends anywhere. */
    private void withoutEnd(Tally tally) {
        Optional<String> next = Optional.of("");
        while (next.isPresent()) {
            String from = next.get();
            next = database.read(connection -> next(connection, from));
            next.filter(one -> database.read(connection -> heads(connection).find(one))
                            .isEmpty())
                    .ifPresent(one -> chain(one, tally));
        }
    }

    private static Optional<String> next(Connection connection, String after) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(NEXT_ORGANIZATION)) {
            select.setString(1, after);
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.ofNullable(row.getString(1)) : Optional.empty();
            }
        }
    }

    private void chain(String organization, Tally tally) {
        ChainWalk walk = new ChainWalk(organization);
        boolean more = true;
        while (more) {
            more = database.readAtOneMoment(connection ->
                    walk.read(connection, heads(connection).find(organization).orElse(null), seal, PART));
        }
        if (walk.exists()) {
            tally.chains++;
        }
        tally.entries += walk.entries();
        tally.redacted += walk.redacted();
        tally.before += walk.before();
        tally.found.addAll(walk.found());
    }
}
