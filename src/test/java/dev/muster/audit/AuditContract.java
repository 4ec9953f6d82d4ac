package dev.muster.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.audit.Tampering.Kind;
import dev.muster.db.StoreContract;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What the audit log promises, whichever database it stands on. */
abstract class AuditContract extends StoreContract {
    private static final List<String> ENTRY_COLUMNS = List.of(
            "id",
            "organization",
            "seq",
            "actor",
            "action",
            "entity",
            "golden_id",
            "subject",
            "operation_id",
            "reason",
            "changes",
            "salt",
            "digest",
            "hash",
            "created_at");
    private static final List<String> NUMBERS =
            List.of("id", "seq", "golden_id", "operation_id", "created_at", "number", "begun_after");

    private AuditVerifier verifier() {
        return new AuditVerifier(database, KnownSeal.SEAL);
    }

    private AuditVerdict verdict() {
        return verifier().verify(null);
    }

    private static AuditEntry changed(String organization, long record, String value) {
        return AuditEntry.act(organization, "ana", "change", "member", "x")
                .about(record)
                .of(record * 100)
                .because("because of " + value)
                .changing(Map.of("city", List.of("before", value)));
    }

    private void write(AuditEntry... entries) {
        database.change(connection -> trail.record(connection, List.of(entries)));
        clock.advance(Duration.ofSeconds(1));
    }

    private void someEntries() {
        write(changed("acme", 1, "a"), changed("birch", 2, "b"), changed("acme", 3, "c"));
        write(AuditEntry.act(AuditEntry.HUB, "ana", "vault.rotate", "vault", "vault"));
        write(changed("acme", 1, "d"), changed("acme", 4, "e"));
        write(changed("birch", 2, "f"), changed("birch", 5, "g"));
    }

    // --- what stands

    @Test
    void whatWasWrittenVerifies() {
        someEntries();

        AuditVerdict verdict = verdict();

        assertThat(verdict.found()).isEmpty();
        assertThat(verdict.chains()).isEqualTo(3);
        assertThat(verdict.entries()).isEqualTo(8);
        assertThat(column("SELECT seq FROM audit_log WHERE organization = 'acme' ORDER BY id"))
                .containsExactly("1", "2", "3", "4");
    }

    @Test
    void anEmptyLogVerifies() {
        assertThat(verdict().isIntact()).isTrue();
    }

    @Test
    void morePartsThanOneAreOneChain() {
        for (int i = 0; i < 3; i++) {
            List<AuditEntry> batch = new ArrayList<>();
            for (int j = 0; j < AuditVerifier.PART - 1; j++) {
                batch.add(changed("acme", j, "v" + j));
            }
            write(batch.toArray(new AuditEntry[0]));
        }

        assertThat(verdict().found()).isEmpty();
        assertThat(verdict().entries()).isEqualTo(3 * (AuditVerifier.PART - 1));
    }

    @Test
    void whatWasRolledBackLeavesNoGap() {
        write(changed("acme", 1, "a"));
        assertThatThrownBy(() -> database.change(connection -> {
                    trail.record(connection, changed("acme", 2, "b"));
                    throw new IllegalStateException("rolled back");
                }))
                .isInstanceOf(IllegalStateException.class);
        write(changed("acme", 3, "c"));

        assertThat(verdict().found()).isEmpty();
        assertThat(verdict().entries()).isEqualTo(2);
    }

    @Test
    void manyWritersMakeOneChain() throws Exception {
        ExecutorService writers = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> done = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                String organization = "organization" + i % 5;
                int record = i;
                done.add(writers.submit(() -> trail.record(changed(organization, record, "v"))));
            }
            for (Future<?> one : done) {
                one.get(30, TimeUnit.SECONDS);
            }
        } finally {
            writers.shutdownNow();
        }

        assertThat(verdict().found()).isEmpty();
        assertThat(verdict().entries()).isEqualTo(40);
        assertThat(verdict().chains()).isEqualTo(6);
    }

    @Test
    void aNulIsKeptAsItIsHashed() {
        write(AuditEntry.act("acme", "ana", "change", "member", "x\0y").because("a\0b"));

        assertThat(verdict().found()).isEmpty();
    }

    // --- the database refuses

    @Test
    void entriesCanNeitherBeChangedNorDeleted() {
        write(changed("acme", 1, "a"));

        assertThatThrownBy(() -> execute("UPDATE audit_log SET actor = 'bob'")).hasMessageContaining("append-only");
        assertThatThrownBy(() -> execute("UPDATE audit_log SET changes = '{}'")).hasMessageContaining("append-only");
        assertThatThrownBy(() -> execute("DELETE FROM audit_log")).hasMessageContaining("append-only");
        assertThat(verdict().isIntact()).isTrue();
    }

    // --- tampering is found

    /** Every column of every entry and of every end, one at a time. */
    @Test
    void anyChangeOfAnyColumnIsFound() {
        someEntries();
        redactedRecord(4);
        assertThat(verdict().found()).isEmpty();
        backUp();
        for (String id : column("SELECT id FROM audit_log ORDER BY id")) {
            for (String column : ENTRY_COLUMNS) {
                tampered("UPDATE audit_log SET " + column + " = " + other(column) + " WHERE id = " + id);
            }
        }
        for (String organization : column("SELECT organization FROM audit_chains")) {
            for (String column : List.of("organization", "number", "begun_after", "seq", "hash", "mac")) {
                tampered("UPDATE audit_chains SET " + column + " = " + other(column) + " WHERE organization = '"
                        + organization + "'");
            }
        }
    }

    private static String other(String column) {
        if (NUMBERS.contains(column)) {
            return "COALESCE(" + column + ", 0) + 1000";
        }
        return switch (column) {
            case "salt", "digest", "hash" -> "CAST('0123456789abcdef' AS ${binary})";
            default -> "COALESCE(" + column + ", '') || ' '";
        };
    }

    @Test
    void anyDeletionIsFound() {
        someEntries();
        backUp();
        for (String id : column("SELECT id FROM audit_log ORDER BY id")) {
            tampered("DELETE FROM audit_log WHERE id = " + id);
        }
        for (String organization : column("SELECT organization FROM audit_chains")) {
            tampered("DELETE FROM audit_chains WHERE organization = '" + organization + "'");
        }
        tampered("DELETE FROM audit_log WHERE organization = 'birch'");
        tampered(
                "DELETE FROM audit_log WHERE organization = 'birch'",
                "DELETE FROM audit_chains WHERE organization = 'birch'");
        tampered("DELETE FROM audit_log WHERE organization = ''", "DELETE FROM audit_chains WHERE organization = ''");
    }

    @Test
    void anyInsertionIsFound() {
        someEntries();
        backUp();
        String columns =
                "organization, actor, action, entity, golden_id, subject, operation_id, reason, changes, salt, digest,"
                        + " hash, created_at";
        for (String id : column("SELECT id FROM audit_log ORDER BY id")) {
            for (String place : List.of("seq + 100", "-5", "0")) {
                tampered("INSERT INTO audit_log (id, seq, " + columns + ") SELECT -id, " + place + ", " + columns
                        + " FROM audit_log WHERE id = " + id);
            }
        }
        tampered("INSERT INTO audit_log (id, seq, " + columns + ") SELECT -id, 1, 'nobody'"
                + columns.substring("organization".length()) + " FROM audit_log WHERE organization = '' ");
    }

    @Test
    void anySwapIsFound() {
        someEntries();
        backUp();
        List<String> ids = column("SELECT id FROM audit_log WHERE organization = 'acme' ORDER BY seq");
        for (int i = 0; i < ids.size(); i++) {
            for (int j = i + 1; j < ids.size(); j++) {
                tampered(
                        "UPDATE audit_log SET seq = -seq WHERE id = " + ids.get(i),
                        "UPDATE audit_log SET seq = " + (i + 1) + " WHERE id = " + ids.get(j),
                        "UPDATE audit_log SET seq = " + (j + 1) + " WHERE id = " + ids.get(i));
            }
        }
    }

    @Test
    void aCutEndIsNotHiddenByANewEndOfTheChain() {
        someEntries();
        backUp();
        tampered(
                "DELETE FROM audit_log WHERE organization = 'acme' AND seq > 2",
                "UPDATE audit_chains SET seq = 2, hash = (SELECT hash FROM audit_log WHERE organization = 'acme' AND seq = 2)"
                        + " WHERE organization = 'acme'");
        tampered(
                "DELETE FROM audit_log WHERE organization = 'acme'",
                "UPDATE audit_chains SET seq = 0, hash = NULL, number = 0, mac = '' WHERE organization = 'acme'");
    }

    @Test
    void aForgedEndStaysForgedWhileTheHubGoesOn() {
        someEntries();
        executeUnguarded(
                "DELETE FROM audit_log WHERE organization = 'acme' AND seq > 2",
                "UPDATE audit_chains SET seq = 2, hash = (SELECT hash FROM audit_log WHERE organization = 'acme' AND seq = 2)"
                        + " WHERE organization = 'acme'");
        write(changed("acme", 9, "z"));

        assertThat(verdict().found()).extracting(Tampering::kind).containsExactly(Kind.FORGED);
    }

    @Test
    void aChainThatWasBegunAnewIsFound() {
        someEntries();
        executeUnguarded(
                "DELETE FROM audit_log WHERE organization = 'acme'",
                "DELETE FROM audit_chains WHERE organization = 'acme'");
        write(changed("acme", 9, "z"));

        assertThat(verdict().found()).extracting(Tampering::kind).containsExactly(Kind.CHAIN_GONE);
    }

    @Test
    void whoeverHasAnotherKeyMakesNoEnd() {
        someEntries();
        new AuditTrail(database, ids, clock, new KnownSeal("another")).record(changed("acme", 9, "z"));

        assertThat(verdict().found()).extracting(Tampering::kind).containsExactly(Kind.FORGED);
    }

    @Test
    void theFirstPlaceIsSaid() {
        someEntries();
        String id = column("SELECT id FROM audit_log WHERE organization = 'acme' AND seq = 2")
                .get(0);
        executeUnguarded("UPDATE audit_log SET actor = 'bob' WHERE organization = 'acme' AND seq IN (2, 3)");

        AuditVerdict verdict = verifier().verify("acme");

        assertThat(verdict.found()).singleElement().satisfies(found -> {
            assertThat(found.kind()).isEqualTo(Kind.CHANGED);
            assertThat(found.seq()).isEqualTo(2);
            assertThat(found.entryId()).isEqualTo(Long.parseLong(id));
            assertThat(found.at())
                    .isEqualTo(Instant.parse("2026-10-03T13:00:00Z").plusSeconds(seconds(id)));
        });
        assertThat(verifier().verify("birch").isIntact()).isTrue();
    }

    private long seconds(String id) {
        long at = Long.parseLong(
                column("SELECT created_at FROM audit_log WHERE id = " + id).get(0));
        return at / 1000 - Instant.parse("2026-10-03T13:00:00Z").getEpochSecond();
    }

    private void tampered(String... sql) {
        String[] dialect = new String[sql.length];
        for (int i = 0; i < sql.length; i++) {
            dialect[i] = sql[i].replace(
                    "${binary}", database.dialect() == dev.muster.db.Database.Dialect.SQLITE ? "BLOB" : "BYTEA");
        }
        executeUnguarded(dialect);
        assertThat(verdict().isIntact()).as(String.join("; ", sql)).isFalse();
        restore();
        assertThat(verdict().found())
                .as("restored after %s", String.join("; ", sql))
                .isEmpty();
    }

    private void backUp() {
        execute("DROP TABLE IF EXISTS kept_log");
        execute("DROP TABLE IF EXISTS kept_chains");
        execute("CREATE TABLE kept_log AS SELECT * FROM audit_log");
        execute("CREATE TABLE kept_chains AS SELECT * FROM audit_chains");
    }

    private void restore() {
        executeUnguarded(
                "DELETE FROM audit_log",
                "DELETE FROM audit_chains",
                "INSERT INTO audit_log SELECT * FROM kept_log",
                "INSERT INTO audit_chains SELECT * FROM kept_chains");
    }

    // --- redaction

    private void redactedRecord(long record) {
        database.change(connection -> {
            trail.redact(connection, List.of(record));
            trail.record(
                    connection,
                    AuditEntry.act("acme", "ana", AuditTrail.ERASE, "member", "x")
                            .about(record));
        });
    }

    @Test
    void anErasureTakesTheValuesAndTheChainHolds() {
        someEntries();
        redactedRecord(1);

        assertThat(verdict().found()).isEmpty();
        assertThat(verdict().redacted()).isEqualTo(2);
        assertThat(rows("SELECT actor, action, changes, reason FROM audit_log WHERE golden_id = 1 AND seq < 4"))
                .containsOnly(List.of("ana", "change", ChainLink.REDACTED, "-"));
    }

    @Test
    void aRedactionWithoutAnErasureIsFound() {
        someEntries();
        database.change(connection -> trail.redact(connection, List.of(1L)));

        assertThat(verdict().found()).extracting(Tampering::kind).containsExactly(Kind.REDACTED);
    }

    // --- before the chain

    @Test
    void whatWasThereBeforeIsCountedAndTheChainGoesOnFromIt() {
        for (int i = 1; i <= 3; i++) {
            update(
                    "INSERT INTO audit_log (id, organization, seq, actor, action, entity, changes, created_at)"
                            + " VALUES (?, 'acme', ?, 'patreon', 'create', 'member', '{}', 0)",
                    (long) i,
                    (long) i - 3);
        }
        execute(
                "INSERT INTO audit_chains (organization, number, begun_after, seq, hash, mac) VALUES ('acme', 0, 3, 0, NULL, '')");
        trail.begin();
        write(changed("acme", 1, "a"));

        assertThat(verdict().found()).isEmpty();
        assertThat(verdict().before()).isEqualTo(3);
        executeUnguarded("DELETE FROM audit_log WHERE id = 2");
        assertThat(verdict().found()).extracting(Tampering::kind).containsExactly(Kind.MISSING);
    }

    // --- looking

    @Test
    void everyFilterFindsItsOwn() {
        someEntries();
        AuditSearch search = new AuditSearch(database);
        Map<AuditSearch.Question, Integer> expected = new LinkedHashMap<>();
        expected.put(question(null, null, null, null, null, null), 8);
        expected.put(question("acme", null, null, null, null, null), 4);
        expected.put(question(null, "ana", null, null, null, null), 8);
        expected.put(question(null, "bob", null, null, null, null), 0);
        expected.put(question(null, null, "vault.rotate", null, null, null), 1);
        expected.put(question("acme", null, "vault.rotate", null, null, null), 0);
        expected.put(question(null, null, null, 1L, null, null), 2);
        expected.put(question("birch", null, null, 1L, null, null), 0);
        Instant start = Instant.parse("2026-10-03T13:00:00Z");
        expected.put(question("birch", null, null, null, clock.instant().minusSeconds(1), null), 2);
        expected.put(question("birch", null, null, null, null, clock.instant().minusSeconds(1)), 1);
        expected.put(question("birch", null, null, null, start.minusSeconds(90_000), start.minusSeconds(80_000)), 0);

        expected.forEach((question, count) -> assertThat(
                        search.find(question, Long.MAX_VALUE, 50).items())
                .as(question.toString())
                .hasSize(count));
        assertThat(search.find(
                                new AuditSearch.Question(null, null, null, null, null, 300L, null, null),
                                Long.MAX_VALUE,
                                50)
                        .items())
                .singleElement()
                .satisfies(found -> assertThat(found.entry().reason()).isEqualTo("because of c"));
    }

    private static AuditSearch.Question question(
            String organization, String actor, String action, Long record, Instant from, Instant to) {
        return new AuditSearch.Question(organization, actor, action, null, record, null, from, to);
    }

    @Test
    void pagesFollowOneAnother() {
        someEntries();
        AuditSearch search = new AuditSearch(database);
        for (String organization : new String[] {null, "acme"}) {
            List<Long> seen = new ArrayList<>();
            Long before = Long.MAX_VALUE;
            while (before != null) {
                AuditSearch.Part part = search.find(question(organization, null, null, null, null, null), before, 3);
                part.items().forEach(found -> seen.add(found.id()));
                before = part.next();
            }
            assertThat(seen).doesNotHaveDuplicates().hasSize(organization == null ? 8 : 4);
        }
    }
}
