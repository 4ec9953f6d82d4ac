package dev.muster.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.TestFolder;
import dev.muster.audit.AuditTrail;
import dev.muster.audit.KnownSeal;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Database;
import dev.muster.db.HandClock;
import dev.muster.db.Ids;
import dev.muster.db.StoreContract;
import dev.muster.decide.Survivorship;
import dev.muster.decide.SurvivorshipRules;
import dev.muster.delivery.Delivery;
import dev.muster.normalize.NormalizedOperation;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.statistics.Statistics;

/**
 * The store keeps what the heart promises: any permutation, duplication and batching ends in the same tables. Nothing is
 * shrunk here: jqwik goes on with that beside the next class, on the same tables.
 */
class GoldenConvergenceProperties {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static Path folder;
    static Database database;
    static final Ids IDS = new Ids();
    static final HandClock CLOCK = new HandClock();
    static Heart heart;
    static Suppression suppression;

    /** A statement as it was delivered. */
    record Delivered(CanonicalRecord record, long deliveryId) {}

    @BeforeContainer
    static void open() throws Exception {
        folder = TestFolder.make("muster-convergence-");
        database = Database.open("jdbc:sqlite:" + folder.resolve("store.db"), 1);
        AuditTrail trail = new AuditTrail(database, IDS, CLOCK, KnownSeal.SEAL);
        suppression = ErasedPeople.suppression(database);
        // with secret fields, which converge as others do
        String shipped = Files.readString(Path.of("config", "survivorship.yaml"));
        String rules = shipped.replace("birthDate: review", "birthDate: { rule: review, pii: secret }")
                .replace("tags: union", "tags: { rule: union, pii: secret }");
        assertThat(rules).contains("review, pii", "union, pii");
        Survivorship survivorship = new Survivorship(
                SurvivorshipRules.parse("config/survivorship.yaml", rules), ErasedPeople.fieldKeys(database));
        heart = new Heart(database, IDS, CLOCK, trail, () -> survivorship, () -> PushPlan.NONE);
    }

    @AfterContainer
    static void close() throws IOException {
        database.close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    // --- histories

    @Provide
    Arbitrary<List<Delivered>> histories() {
        return statements().list().ofMinSize(1).ofMaxSize(18).map(records -> {
            List<Delivered> history = new ArrayList<>();
            long id = 100;
            for (int i = 0; i < records.size(); i++) {
                history.add(new Delivered(records.get(i), id++));
                if (i % 3 == 0) {
                    // a platform's retry: the same words under another delivery
                    history.add(new Delivered(records.get(i), id++));
                }
            }
            return history;
        });
    }

    private static Arbitrary<CanonicalRecord> statements() {
        Arbitrary<RecordKey> keys = Combinators.combine(
                        Arbitraries.of("eventbrite", "klaviyo", "patreon"), Arbitraries.of("1", "2", "3"))
                .as((platform, id) -> new RecordKey("default", platform, Entity.MEMBER, id));
        Arbitrary<Map<String, Object>> fields = fields().list()
                .ofMinSize(1)
                .ofMaxSize(8)
                .map(entries -> {
                    Map<String, Object> all = new TreeMap<>();
                    entries.forEach(entry -> all.put(entry.getKey(), entry.getValue()));
                    return all;
                });
        Arbitrary<Instant> times = Arbitraries.integers().between(0, 5).map(day -> START.plus(Duration.ofDays(day)));
        return Combinators.combine(
                        keys,
                        fields,
                        times,
                        times,
                        times,
                        Arbitraries.integers().between(0, 6))
                .as((key, values, observedAt, asOf, arrival, removed) -> new CanonicalRecord(
                        key,
                        values,
                        observedAt,
                        Map.of(),
                        asOf,
                        key.platform().equals("patreon") ? arrival : Instant.EPOCH,
                        removed == 0,
                        List.of()));
    }

    private static Arbitrary<Map.Entry<String, Object>> fields() {
        return Arbitraries.oneOf(
                field("email", "a@example.com", "b@example.com", "c@example.com", "d@example.com"),
                field("email", "a@example.com", "b@example.com"),
                field("firstName", "Ana", "A.", "Bob"),
                field("lastName", "Lee", "Kim"),
                field("phone", "+15005550006", "+15005550007"),
                field("consentEmail", "opted_in", "opted_out", "never"),
                field("birthDate", "1986-01-06", "1986-06-01"),
                field("tags", List.of("a"), List.of("b", "a"), List.of("c")),
                field("addressLine1", "1 Main St", "9 Oak Ave"),
                field("city", "Bergen", "Oslo"));
    }

    private static Arbitrary<Map.Entry<String, Object>> field(String name, Object... values) {
        return Arbitraries.of(values).map(value -> Map.entry(name, value));
    }

    // --- the law

    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void orderRepetitionAndBatchingDoNotMatter(@ForAll("histories") List<Delivered> history, @ForAll long seed) {
        Random random = new Random(seed);
        Map<String, String> inOrder = applied(history, new Random(0), 1);
        List<Delivered> shuffled = new ArrayList<>(history);
        for (Delivered one : history) {
            if (random.nextInt(4) == 0) {
                shuffled.add(one);
            }
        }
        Collections.shuffle(shuffled, random);

        assertThat(applied(shuffled, random, 7)).isEqualTo(inOrder);
        Statistics.label("merge")
                .collect(inOrder.keySet().stream().anyMatch(key -> key.startsWith("golden") && key.contains(", ")));
        Statistics.label("merge").coverage(coverage -> coverage.check(true).percentage(share -> share > 10));
        Statistics.label("duplicate").collect(inOrder.keySet().stream().anyMatch(key -> key.startsWith("duplicate")));
        Statistics.label("duplicate").coverage(coverage -> coverage.check(true).percentage(share -> share > 10));
        Statistics.label("conflict").collect(inOrder.keySet().stream().anyMatch(key -> key.startsWith("conflict")));
        Statistics.label("conflict").coverage(coverage -> coverage.check(true).percentage(share -> share > 3));
    }

    /** Applies a history to empty tables, in batches; answers what is there afterwards, in words without ids. */
    static Map<String, String> applied(List<Delivered> history, Random random, int batchMax) {
        clear();
        for (int next = 0; next < history.size(); ) {
            int end = Math.min(history.size(), next + 1 + random.nextInt(batchMax));
            apply(history.subList(next, end).stream()
                    .map(GoldenConvergenceProperties::operation)
                    .toList());
            next = end;
        }
        return contents();
    }

    /** One transaction, a second after the one before. */
    static void apply(List<NormalizedOperation> batch) {
        CLOCK.advance(Duration.ofSeconds(1));
        ApplyBatch.apply(heart, suppression, PulledReport.NONE, BrakeRules.NONE, batch);
    }

    static void clear() {
        StoreContract.emptied(database);
    }

    static NormalizedOperation operation(Delivered delivered) {
        RecordKey key = delivered.record().key();
        Delivery delivery = new Delivery(
                delivered.deliveryId(),
                key.organization(),
                key.platform(),
                "default",
                CLOCK.instant(),
                Map.of(),
                new byte[0],
                "kind",
                null);
        return new NormalizedOperation(
                new Operation(IDS.next(), OperationType.WEBHOOK, 0, delivery, List.of()),
                List.of(delivered.record()),
                "");
    }

    static Map<String, String> contents() {
        return database.read(connection -> {
            Map<Long, String> people = new TreeMap<>();
            Map<String, String> contents = new TreeMap<>();
            try (Statement statement = connection.createStatement()) {
                try (ResultSet rows = statement.executeQuery("SELECT golden_id, platform, external_id, body"
                        + " FROM external_integrations ORDER BY platform, external_id")) {
                    while (rows.next()) {
                        String source = rows.getString(2) + "/" + rows.getString(3);
                        if (!rows.getString(4).contains("\"f\":{}")) {
                            people.merge(rows.getLong(1), source, (a, b) -> a + ", " + b);
                        }
                        contents.put("source " + source, rows.getString(4));
                    }
                }
                try (ResultSet rows = statement.executeQuery(
                        "SELECT m.*, p.fields AS provenance FROM members m JOIN field_provenance p ON p.golden_id = m.id"
                                + " WHERE m.merged_into IS NULL")) {
                    while (rows.next()) {
                        StringBuilder values = new StringBuilder();
                        for (String column : List.of(
                                "email",
                                "first_name",
                                "last_name",
                                "phone",
                                "birth_date",
                                "address_line1",
                                "city",
                                "consent_email",
                                "attributes",
                                "provenance")) {
                            values.append(column)
                                    .append('=')
                                    .append(rows.getString(column))
                                    .append(' ');
                        }
                        boolean isGone = rows.getString("deleted_at") != null;
                        values.append(isGone ? "gone" : "lives");
                        if (isGone && !people.containsKey(rows.getLong("id"))) {
                            // all that was said of them was taken back
                            continue;
                        }
                        String person = people.getOrDefault(rows.getLong("id"), "nobody " + rows.getLong("id"));
                        assertThat(contents.put("golden " + person, values.toString()))
                                .isNull();
                    }
                }
                try (ResultSet rows = statement.executeQuery(
                        "SELECT golden_id, field, standing, rivals FROM sync_conflicts WHERE status = 'open'")) {
                    while (rows.next()) {
                        String person = people.getOrDefault(rows.getLong(1), "nobody " + rows.getLong(1));
                        contents.put(
                                "conflict " + person + " " + rows.getString(2),
                                rows.getString(3) + " against " + rows.getString(4));
                    }
                }
                try (ResultSet rows = statement.executeQuery(
                        "SELECT golden_a, golden_b, email, reason FROM duplicate_candidates WHERE status = 'open'")) {
                    while (rows.next()) {
                        List<String> two = Stream.of(rows.getLong(1), rows.getLong(2))
                                .map(id -> people.getOrDefault(id, "nobody " + id))
                                .sorted()
                                .toList();
                        contents.put(
                                "duplicate " + two.get(0) + " or " + two.get(1),
                                rows.getString(3) + ": " + rows.getString(4));
                    }
                }
            }
            return contents;
        });
    }
}
