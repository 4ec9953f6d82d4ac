package dev.muster.golden;

import static dev.muster.golden.GoldenConvergenceProperties.database;
import static dev.muster.golden.GoldenConvergenceProperties.heart;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.decide.IdentityRuling;
import dev.muster.decide.Settlement;
import dev.muster.golden.GoldenConvergenceProperties.Delivered;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import net.jqwik.api.statistics.Statistics;

/** The store keeps it where people rule: any order of deliveries and rulings ends in the same tables, and parting gives back. */
class RulingConvergenceProperties {
    private static final ByWhom EVE = new ByWhom("eve", "", null);
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private static Hearings hearings;
    private static IdentityRulings people;
    private static FieldRulings fields;

    @BeforeContainer
    static void open() throws Exception {
        GoldenConvergenceProperties.open();
        hearings = new Hearings(heart);
        people = new IdentityRulings(hearings);
        fields = new FieldRulings(hearings);
    }

    @AfterContainer
    static void close() throws IOException {
        GoldenConvergenceProperties.close();
    }

    @Provide
    Arbitrary<List<Delivered>> histories() {
        return new GoldenConvergenceProperties().histories();
    }

    private static List<RecordKey> keys() {
        List<RecordKey> keys = new ArrayList<>();
        for (String platform : List.of("eventbrite", "klaviyo", "patreon")) {
            for (String id : List.of("1", "2", "3")) {
                keys.add(new RecordKey("default", platform, Entity.MEMBER, id));
            }
        }
        return keys;
    }

    /** Every source is there before anybody rules about it. */
    private static void beginWithEverybody() {
        GoldenConvergenceProperties.clear();
        long delivery = 1;
        for (RecordKey key : keys()) {
            deliver(new Delivered(
                    new CanonicalRecord(
                            key, Map.of("city", "Paris"), START, Map.of(), START, Instant.EPOCH, false, List.of()),
                    delivery++));
        }
    }

    private static void deliver(Delivered delivered) {
        GoldenConvergenceProperties.apply(List.of(GoldenConvergenceProperties.operation(delivered)));
    }

    private static List<IdentityRuling> rulings(Random random) {
        List<IdentityRuling> rulings = new ArrayList<>();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            List<RecordKey> shuffled = keys();
            Collections.shuffle(shuffled, random);
            int cut = 1 + random.nextInt(2);
            rulings.add(new IdentityRuling(
                    i,
                    random.nextBoolean() ? IdentityRuling.Kind.SAME : IdentityRuling.Kind.APART,
                    new TreeSet<>(shuffled.subList(0, cut)),
                    new TreeSet<>(shuffled.subList(cut, cut + 1 + random.nextInt(2))),
                    new Settlement("eve", START.plusSeconds(random.nextInt(3)), "")));
        }
        return rulings;
    }

    /** As if it had been said at its time, whenever it is heard. */
    private static void rule(IdentityRuling ruling) {
        hearings.hear("default", EVE, hearing -> {
            Set<RecordKey> both = new TreeSet<>(ruling.one());
            both.addAll(ruling.other());
            SortedSet<RecordKey> all = hearing.withNeighbours(both);
            hearing.lookAt(all);
            hearing.spoken().made.add(ruling);
            return () -> {};
        });
    }

    private static Map<String, String> happened(List<Object> all) {
        beginWithEverybody();
        for (Object one : all) {
            if (one instanceof Delivered delivered) {
                deliver(delivered);
            } else {
                rule((IdentityRuling) one);
            }
        }
        return GoldenConvergenceProperties.contents();
    }

    @Property(tries = 60, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void theOrderOfDeliveriesAndRulingsDoesNotMatter(@ForAll("histories") List<Delivered> history, @ForAll long seed) {
        Random random = new Random(seed);
        List<Object> all = new ArrayList<>(history);
        Map<String, String> without = happened(all);
        all.addAll(rulings(random));
        Map<String, String> inOrder = happened(all);
        Collections.shuffle(all, random);

        assertThat(happened(all)).isEqualTo(inOrder);
        Statistics.label("the rulings matter").collect(!without.equals(inOrder));
        Statistics.label("the rulings matter")
                .coverage(coverage -> coverage.check(true).percentage(share -> share >= 30));
    }

    /** Who is in which golden record, by its id, and the words that stand there. */
    private static Map<String, String> whereabouts() {
        return database.read(connection -> {
            Map<String, String> found = new TreeMap<>();
            try (Statement statement = connection.createStatement()) {
                try (ResultSet rows =
                        statement.executeQuery("SELECT platform, external_id, golden_id FROM external_integrations")) {
                    while (rows.next()) {
                        found.put(rows.getString(1) + "/" + rows.getString(2), rows.getString(3));
                    }
                }
                try (ResultSet rows =
                        statement.executeQuery("SELECT home, field, golden_id, value FROM field_overrides")) {
                    while (rows.next()) {
                        found.put(rows.getString(1) + " " + rows.getString(2), rows.getString(3) + rows.getString(4));
                    }
                }
            }
            return found;
        });
    }

    private static Map<Long, Set<RecordKey>> living() {
        return database.read(connection -> {
            Map<Long, Set<RecordKey>> found = new TreeMap<>();
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(
                            "SELECT golden_id, platform, external_id FROM external_integrations")) {
                while (rows.next()) {
                    found.computeIfAbsent(rows.getLong(1), id -> new TreeSet<>())
                            .add(new RecordKey("default", rows.getString(2), Entity.MEMBER, rows.getString(3)));
                }
            }
            return found;
        });
    }

    private static void override(Random random, List<Long> goldens) {
        for (Long golden : goldens) {
            if (random.nextInt(3) == 0) {
                fields.override(Entity.MEMBER, golden, "language", random.nextBoolean() ? "en" : "fr", null, EVE);
            }
        }
    }

    @Property(tries = 60, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void mergeThenUnmergeGivesBackEverything(@ForAll("histories") List<Delivered> history, @ForAll long seed) {
        Random random = new Random(seed);
        GoldenConvergenceProperties.applied(history, random, 3);
        List<Long> goldens = new ArrayList<>(living().keySet());
        if (goldens.size() < 2) {
            return;
        }
        override(random, goldens);
        Map<String, String> contents = GoldenConvergenceProperties.contents();
        Map<String, String> whereabouts = whereabouts();
        Collections.shuffle(goldens, random);

        Ruled merge = people.merge(goldens.get(0), goldens.get(1), null, null, EVE);
        assertThat(living()).hasSize(goldens.size() - 1);
        if (random.nextBoolean()) {
            people.unmerge(Math.max(goldens.get(0), goldens.get(1)), EVE);
        } else {
            people.lift(merge.ruling(), EVE);
        }

        assertThat(GoldenConvergenceProperties.contents()).isEqualTo(contents);
        assertThat(whereabouts()).isEqualTo(whereabouts);
    }

    @Property(tries = 60, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
    void partedThenLiftedIsAsItWas(@ForAll("histories") List<Delivered> history, @ForAll long seed) {
        Random random = new Random(seed);
        GoldenConvergenceProperties.applied(history, random, 3);
        Map<Long, Set<RecordKey>> living = living();
        override(random, new ArrayList<>(living.keySet()));
        Map<String, String> contents = GoldenConvergenceProperties.contents();
        Map<String, String> whereabouts = whereabouts();
        living.values().removeIf(sources -> sources.size() < 2);
        Statistics.label("somebody has several sources").collect(!living.isEmpty());
        Statistics.label("somebody has several sources")
                .coverage(coverage -> coverage.check(true).percentage(share -> share >= 20));
        if (living.isEmpty()) {
            return;
        }
        long golden = living.keySet().iterator().next();
        List<RecordKey> sources = new ArrayList<>(living.get(golden));
        Collections.shuffle(sources, random);
        Set<RecordKey> leaving = new HashSet<>(sources.subList(0, 1 + random.nextInt(sources.size() - 1)));

        Ruled parted = people.unmerge(golden, leaving, null, EVE);
        Set<RecordKey> staying = new HashSet<>(sources);
        staying.removeAll(leaving);
        assertThat(living().values())
                .allMatch(person -> Collections.disjoint(person, leaving) || Collections.disjoint(person, staying));
        assertThat(parted.ruling()).isNotNull();
        boolean joinedOthers = living().values().stream()
                .anyMatch(person -> !Collections.disjoint(person, sources) && !sources.containsAll(person));
        boolean wentBack =
                living().keySet().stream().anyMatch(id -> id < golden && !whereabouts.containsValue("" + id));
        people.lift(parted.ruling(), EVE);

        assertThat(GoldenConvergenceProperties.contents()).isEqualTo(contents);
        if (!joinedOthers && !wentBack) {
            // whoever joined a third in between, by an address, may bring that one's id back with them; and whoever
            // went
            // back to an older golden record than this, that one's
            assertThat(whereabouts()).isEqualTo(whereabouts);
        }
    }
}
