package dev.muster.golden;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Database;
import dev.muster.decide.SourceRecord;
import dev.muster.normalize.NormalizedOperation;
import dev.muster.operation.Operation;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Joins the statements of one batch into the source records they are about. */
final class Joining {
    private final Matter matter;
    private final PulledTally pulled;
    private final Suppression suppression;

    /** Operation to what of it is about people who were erased. */
    private final Map<Long, List<CanonicalRecord>> leftOut = new HashMap<>();

    /** How many records of each platform only repeated what it had been told. */
    private final Map<String, Integer> echoes = new TreeMap<>();

    Joining(Matter matter, PulledTally pulled, Suppression suppression) {
        this.suppression = suppression;
        this.matter = matter;
        this.pulled = pulled;
    }

    /** @param records as they are kept */
    record Statement(Operation operation, AccountIds account, List<CanonicalRecord> records) {}

    Map<String, Integer> echoes() {
        return echoes;
    }

    Map<Long, List<CanonicalRecord>> leftOut() {
        return leftOut;
    }

    /**
     * Reads the sources, and joins.
     *
     * @return what the platforms repeated of our own words, as rows of the outbox
     */
    List<@Nullable Object[]> join(
            Connection connection,
            Database database,
            PushPlan pushPlan,
            SourceAccounts accounts,
            SourceStore sources,
            List<NormalizedOperation> batch)
            throws SQLException {
        List<Statement> stated = new ArrayList<>(batch.size());
        for (NormalizedOperation one : batch) {
            AccountIds account = accounts.speaking(connection, one.operation());
            List<CanonicalRecord> kept =
                    one.records().stream().map(account::kept).toList();
            stated.add(new Statement(one.operation(), account, kept));
        }
        Suppression.Heard heard = suppression.hear(connection, stated);
        leftOut.putAll(heard.leftOut());
        List<Statement> statements = heard.statements();
        Set<RecordKey> keys = new LinkedHashSet<>();
        statements.forEach(statement -> statement.records().forEach(record -> keys.add(record.key())));
        sources.byKeys(keys, matter.known);
        PushLedger ledger = PushLedger.read(connection, database, pushPlan, statements);
        for (Statement statement : statements) {
            Cause cause = Cause.of(statement.operation());
            for (CanonicalRecord record : statement.records()) {
                join(statement.operation(), cause, record, ledger);
            }
        }
        return ledger.confirmed();
    }

    private void join(Operation operation, Cause cause, CanonicalRecord record, PushLedger ledger) throws SQLException {
        SourceRecord before = matter.known.get(record.key());
        PushLedger.Heard heard = ledger.hear(record, before);
        if (!heard.isNews()) {
            echoes.merge(record.key().platform(), 1, Integer::sum);
        }
        if (!heard.isNews()
                || before != null
                        && heard.email().isEmpty()
                        && pulled.isConfirmation(operation, heard.rest(), before)) {
            pulled.unchanged(operation);
            return;
        }
        SourceRecord from = before == null ? SourceRecord.unseen(record.key()) : before;
        SourceRecord after = from.absorb(heard.rest(), operation.delivery().id(), operation.forced());
        if (!heard.email().isEmpty()) {
            after = after.knownBy(heard.email());
        }
        if (before != null && unchanged(before, after)) {
            pulled.unchanged(operation);
            return;
        }
        pulled.written(operation, before == null);
        matter.heard(after, operation.delivery().id(), cause);
        matter.history.heard(operation, from, after);
        if (record.key().entity() == Entity.MEMBER && identityMayChange(before, after)) {
            matter.people.add(record.key());
        }
        if (record.key().entity() == Entity.MEMBER && before != null && before.isWithdrawn()) {
            // they stayed where they were while all they had said was taken back: others may be there
            matter.parting.add(before.goldenId());
            matter.leaving.add(record.key());
        }
        for (String email : after.emails()) {
            if (before == null || !before.emails().contains(email)) {
                matter.newEmails.add(new SourceStore.EmailSeen(record.key(), email));
            }
        }
    }

    /** A source record answers itself where a statement tells nothing new. */
    @SuppressWarnings("ReferenceEquality")
    private static boolean unchanged(SourceRecord before, SourceRecord after) {
        return before == after;
    }

    private static boolean identityMayChange(@Nullable SourceRecord before, SourceRecord after) {
        return before == null
                || before.goldenId() == SourceRecord.NO_GOLDEN_ID
                || before.isWithdrawn()
                || before.emails().size() != after.emails().size()
                || !Objects.equals(value(before, "firstName"), value(after, "firstName"))
                || !Objects.equals(value(before, "lastName"), value(after, "lastName"));
    }

    private static @Nullable Object value(SourceRecord source, String field) {
        return source.fields().containsKey(field) ? source.fields().get(field).value() : null;
    }
}
