package dev.muster.golden;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.credential.PersonKeys;
import dev.muster.db.Database;
import dev.muster.db.JsonRows;
import dev.muster.db.RowStatement;
import dev.muster.delivery.Delivery;
import dev.muster.operation.Operation;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Keeps people out who were erased: what a platform says of them is not heard. */
public final class Suppression {
    static final String REASON = "it is about somebody who was erased";

    /** A longer text is no address and no id. */
    private static final int WORD_LENGTH_MAX = 320;

    /** One step in the index for each organization. */
    private static final String ANY = "SELECT k.value ->> 0 FROM %s k WHERE EXISTS"
            + " (SELECT 1 FROM suppression_marks m WHERE m.organization = k.value ->> 0)";

    private static final String THESE = "SELECT m.organization, m.mark FROM %s k JOIN suppression_marks m"
            + " ON m.organization = k.value ->> 0 AND m.mark = k.value ->> 1";
    private static final RowStatement INSERT = RowStatement.of("""
            INSERT INTO suppression_marks (organization, mark, erasure_id)
            SELECT r.organization, r.mark, r.erasure_id FROM {organization text, mark text, erasure_id bigint} r WHERE true
            ON CONFLICT (organization, mark, erasure_id) DO NOTHING""");

    private final Database database;
    private final PersonKeys keys;

    public Suppression(Database database, PersonKeys keys) {
        this.database = database;
        this.keys = keys;
    }

    /**
     * What is heard of some statements.
     *
     * @param statements without what is about people who were erased
     * @param leftOut operation to what was left out of it
     */
    record Heard(List<Joining.Statement> statements, Map<Long, List<CanonicalRecord>> leftOut) {}

    /** Sorts out what is about people who were erased; costs one question where nobody was. */
    Heard hear(Connection connection, List<Joining.Statement> statements) throws SQLException {
        Set<String> organizations = new LinkedHashSet<>();
        statements.forEach(one -> organizations.add(one.operation().organization()));
        Set<String> marked = withMarks(connection, organizations);
        if (marked.isEmpty()) {
            return new Heard(statements, Map.of());
        }
        Map<CanonicalRecord, Set<String>> marks = new java.util.IdentityHashMap<>();
        Set<List<String>> asked = new LinkedHashSet<>();
        for (Joining.Statement statement : statements) {
            if (marked.contains(statement.operation().organization())) {
                for (CanonicalRecord record : statement.records()) {
                    Set<String> own = marks(record);
                    marks.put(record, own);
                    own.forEach(mark -> asked.add(List.of(record.key().organization(), mark)));
                }
            }
        }
        Set<List<String>> standing = standing(connection, asked);
        if (standing.isEmpty()) {
            return new Heard(statements, Map.of());
        }
        List<Joining.Statement> heard = new ArrayList<>(statements.size());
        Map<Long, List<CanonicalRecord>> leftOut = new HashMap<>();
        for (Joining.Statement statement : statements) {
            List<CanonicalRecord> records = new ArrayList<>();
            for (CanonicalRecord record : statement.records()) {
                boolean suppressed = marks.getOrDefault(record, Set.of()).stream()
                        .anyMatch(mark -> standing.contains(List.of(record.key().organization(), mark)));
                if (suppressed) {
                    leftOut.computeIfAbsent(statement.operation().id(), id -> new ArrayList<>())
                            .add(record);
                } else {
                    records.add(record);
                }
            }
            heard.add(new Joining.Statement(statement.operation(), statement.account(), records));
        }
        return new Heard(heard, leftOut);
    }

    private Set<String> withMarks(Connection connection, Collection<String> organizations) throws SQLException {
        Set<String> found = new HashSet<>();
        try (PreparedStatement select = connection.prepareStatement(ANY.formatted(database.rowsOfJson()))) {
            select.setString(1, JsonRows.of(organizations.stream().map(List::of).toList()));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    found.add(rows.getString(1));
                }
            }
        }
        return found;
    }

    private Set<List<String>> standing(Connection connection, Collection<List<String>> asked) throws SQLException {
        Set<List<String>> found = new HashSet<>();
        try (PreparedStatement select = connection.prepareStatement(THESE.formatted(database.rowsOfJson()))) {
            select.setString(1, JsonRows.of(asked));
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    found.add(List.of(rows.getString(1), rows.getString(2)));
                }
            }
        }
        return found;
    }

    /** By what a statement would be about somebody: its own id, an address, and to whom it belongs. */
    private Set<String> marks(CanonicalRecord record) {
        Set<String> marks = new HashSet<>(4);
        String organization = record.key().organization();
        marks.add(mark(record.key()));
        if (record.fields().get("email") instanceof String email) {
            marks.add(markOfEmail(organization, email));
        }
        if (record.key().entity() != Entity.MEMBER && record.fields().get("member") instanceof String reference) {
            marks.add(keys.mark(organization, "record " + reference));
        }
        return marks;
    }

    /**
     * Takes people who were erased out of the delivery of an operation that ends without a word about anybody: it is ignored, or
     * given up. What stands in it is held against the marks; costs one question where nobody was erased.
     */
    public void forget(Operation operation) {
        Delivery delivery = operation.delivery();
        String organization = delivery.organization();
        if (delivery.body().length == 0
                || database.read(connection -> withMarks(connection, Set.of(organization)))
                        .isEmpty()) {
            return;
        }
        Traces.Raw raw = Traces.Raw.of(delivery);
        Map<List<String>, String> emails = new HashMap<>();
        Map<List<String>, String> ids = new HashMap<>();
        for (String word : raw.words()) {
            String text = word.strip();
            if (text.isEmpty() || text.length() > WORD_LENGTH_MAX) {
                continue;
            }
            if (text.indexOf('@') >= 0) {
                emails.put(List.of(organization, markOfEmail(organization, text)), text.toLowerCase(Locale.ROOT));
            }
            for (String id : List.of(text, AccountIds.prefixOf(delivery.integration()) + text)) {
                RecordKey key = new RecordKey(organization, delivery.platform(), Entity.MEMBER, id);
                ids.put(List.of(organization, mark(key)), text);
            }
        }
        Set<List<String>> asked = new HashSet<>(emails.keySet());
        asked.addAll(ids.keySet());
        Set<List<String>> standing = database.read(connection -> standing(connection, asked));
        emails.keySet().retainAll(standing);
        ids.keySet().retainAll(standing);
        Traces traces =
                new Traces(new HashSet<>(emails.values()), Map.of(delivery.platform(), new HashSet<>(ids.values())));
        if (traces.takenOut(raw).isPresent()) {
            database.change(connection -> DeliverySweep.forget(connection, database, operation, traces));
        }
    }

    private String mark(RecordKey key) {
        return keys.mark(key.organization(), "record " + key.reference());
    }

    private String markOfEmail(String organization, String email) {
        return keys.mark(organization, "email " + email.strip().toLowerCase(Locale.ROOT));
    }

    /** From now on nothing is heard of these. */
    int add(
            Connection connection,
            long erasure,
            String organization,
            Collection<RecordKey> records,
            Collection<String> emails)
            throws SQLException {
        Set<String> marks = new LinkedHashSet<>();
        records.forEach(key -> marks.add(mark(key)));
        emails.forEach(email -> marks.add(markOfEmail(organization, email)));
        try (RowStatement.Rows rows = INSERT.open(connection, database.dialect())) {
            for (String mark : marks) {
                rows.add(organization, mark, erasure);
            }
            rows.write();
        }
        return marks.size();
    }
}
