package dev.muster.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.decide.Histories.Delivered;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;

/** Any permutation, duplication and batching of a history gives the same golden records, provenance and people. */
class ConvergenceProperties {
    private static final Survivorship SURVIVORSHIP = new Survivorship(Statements.shippedRules());

    @Provide
    Arbitrary<List<Delivered>> histories() {
        return Histories.any();
    }

    /** All that one history leads to. */
    private record World(
            Map<RecordKey, SourceRecord> sources, Map<Set<RecordKey>, GoldenState> golden, Partition partition) {}

    private static World applied(List<Delivered> history) {
        Map<RecordKey, SourceRecord> sources = new TreeMap<>();
        for (Delivered one : history) {
            absorb(sources, one);
        }
        return world(sources);
    }

    private static void absorb(Map<RecordKey, SourceRecord> sources, Delivered one) {
        RecordKey key = one.record().key();
        SourceRecord held = sources.getOrDefault(key, SourceRecord.unseen(key));
        sources.put(key, held.absorb(one.record(), one.deliveryId()));
    }

    private static World world(Map<RecordKey, SourceRecord> sources) {
        Partition partition = Identity.partition(sources.values());
        Map<Set<RecordKey>, GoldenState> golden = new HashMap<>();
        for (Cluster cluster : partition.clusters()) {
            golden.put(new HashSet<>(cluster.keys()), SURVIVORSHIP.resolve(Entity.MEMBER, cluster.sources(), Map.of()));
        }
        return new World(sources, golden, partition);
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void permutationAndDuplicationChangeNothing(@ForAll("histories") List<Delivered> history, @ForAll long seed) {
        Random random = new Random(seed);
        List<Delivered> disturbed = new ArrayList<>(history);
        for (int i = random.nextInt(history.size() + 1); i > 0; i--) {
            disturbed.add(history.get(random.nextInt(history.size())));
        }
        Collections.shuffle(disturbed, random);

        assertThat(applied(disturbed)).isEqualTo(applied(history));
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void batchesWithStoredSourcesAndGoldenIdsBetweenThemChangeNothing(
            @ForAll("histories") List<Delivered> history, @ForAll long seed) {
        Random random = new Random(seed);
        List<Delivered> shuffled = new ArrayList<>(history);
        Collections.shuffle(shuffled, random);
        Map<RecordKey, SourceRecord> stored = new TreeMap<>();
        AtomicLong ids = new AtomicLong(1000);
        int next = 0;
        while (next < shuffled.size()) {
            int end = Math.min(shuffled.size(), next + 1 + random.nextInt(6));
            for (; next < end; next++) {
                absorb(stored, shuffled.get(next));
            }
            Partition partition = Identity.partition(stored.values());
            for (Assignment.Repointing move :
                    Identity.assign(partition.clusters(), ids::incrementAndGet).repointings()) {
                stored.computeIfPresent(move.key(), (key, source) -> source.withGoldenId(move.to()));
            }
            stored.replaceAll((key, source) -> SourceCodec.decode(key, source.goldenId(), SourceCodec.encode(source)));
        }

        World whole = applied(history);
        World batched = world(stored);
        assertThat(batched.golden()).isEqualTo(whole.golden());
        assertThat(batched.partition().duplicates()).isEqualTo(whole.partition().duplicates());
        Set<Long> taken = new HashSet<>();
        for (Cluster cluster : batched.partition().clusters()) {
            assertThat(cluster.sources()).extracting(SourceRecord::goldenId).containsOnly(cluster.goldenIdMin());
            assertThat(taken.add(cluster.goldenIdMin()))
                    .as("each golden id has one cluster")
                    .isTrue();
        }
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void theNaiveModelAgrees(@ForAll("histories") List<Delivered> history) {
        ReferenceModel model = new ReferenceModel(history);
        World world = applied(history);

        assertThat(world.golden().keySet()).isEqualTo(model.people());
        world.golden().forEach((person, state) -> {
            assertThat(lines(state)).isEqualTo(model.golden(person));
            assertThat(state.tombstone()).isEqualTo(model.tombstone(person));
            assertThat(conflictLines(state)).isEqualTo(model.conflicts(person));
        });
    }

    private static Map<String, String> lines(GoldenState state) {
        Map<String, String> lines = new TreeMap<>();
        state.fields().forEach((field, decided) -> {
            Winner winner = decided.winner();
            assertThat(winner).isNotNull();
            lines.put(
                    field,
                    ReferenceModel.line(
                            decided.value(),
                            decided.rule(),
                            winner.platform(),
                            winner.externalId(),
                            winner.observedAt(),
                            winner.deliveryId()));
        });
        return lines;
    }

    private static Set<String> conflictLines(GoldenState state) {
        Set<String> lines = new TreeSet<>();
        for (FieldConflict conflict : state.conflicts()) {
            lines.add(conflict.field() + " " + conflict.standing().key().reference() + " of "
                    + conflict.candidates().stream()
                            .map(candidate -> candidate.key().reference())
                            .toList());
        }
        return lines;
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void theOrderOfSourcesDoesNotMatter(@ForAll("histories") List<Delivered> history, @ForAll long seed) {
        List<SourceRecord> sources = new ArrayList<>(applied(history).sources().values());
        GoldenState state = SURVIVORSHIP.resolve(Entity.MEMBER, sources, Map.of());
        Partition partition = Identity.partition(sources);
        Collections.shuffle(sources, new Random(seed));

        assertThat(SURVIVORSHIP.resolve(Entity.MEMBER, sources, Map.of())).isEqualTo(state);
        assertThat(Identity.partition(sources)).isEqualTo(partition);
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void explainAgreesWithResolve(@ForAll("histories") List<Delivered> history, @ForAll boolean overridden) {
        World world = applied(history);
        Map<String, FieldOverride> overrides = overridden
                ? Map.of("gender", new FieldOverride("gender", "other", "ana", Statements.day(9), "asked"))
                : Map.of();
        for (Cluster cluster : world.partition().clusters()) {
            GoldenState state = SURVIVORSHIP.resolve(Entity.MEMBER, cluster.sources(), overrides);
            List<FieldExplanation> explanations = SURVIVORSHIP.explain(Entity.MEMBER, cluster.sources(), overrides);
            Map<String, Decided> explained = new TreeMap<>();
            Set<String> conflicts = new TreeSet<>();
            for (FieldExplanation one : explanations) {
                if (one.value() != null) {
                    explained.put(
                            one.field(),
                            new Decided(one.value(), new Provenance(one.rule(), one.winner(), one.overriddenBy())));
                }
                if (one.conflict()) {
                    conflicts.add(one.field());
                }
                assertThat(one.candidates().stream().filter(ExplainedCandidate::stands))
                        .hasSize(one.winner() == null ? 0 : 1);
                assertThat(one.why()).endsWith(one.overriddenBy() == null ? "." : "asked");
            }
            assertThat(explained).isEqualTo(state.fields());
            assertThat(conflicts)
                    .isEqualTo(new TreeSet<>(
                            state.conflicts().stream().map(FieldConflict::field).toList()));
        }
    }

    @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
    void liftingAnOverrideRestores(@ForAll("histories") List<Delivered> history) {
        List<SourceRecord> sources = List.copyOf(applied(history).sources().values());
        GoldenState before = SURVIVORSHIP.resolve(Entity.MEMBER, sources, Map.of());
        GoldenState during = SURVIVORSHIP.resolve(
                Entity.MEMBER,
                sources,
                Map.of("phone", new FieldOverride("phone", "+4755555555", "ana", Statements.day(9), "")));

        assertThat(during.values()).containsEntry("phone", "+4755555555");
        Map<String, Decided> others = new TreeMap<>(during.fields());
        others.remove("phone");
        Map<String, Decided> othersBefore = new TreeMap<>(before.fields());
        othersBefore.remove("phone");
        assertThat(others).isEqualTo(othersBefore);
        assertThat(SURVIVORSHIP.resolve(Entity.MEMBER, sources, Map.of())).isEqualTo(before);
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void absorbingAgainIsTheSameInstance(@ForAll("histories") List<Delivered> history) {
        World world = applied(history);
        for (Delivered one : history) {
            SourceRecord held = world.sources().get(one.record().key());
            assertThat(held.absorb(one.record(), one.deliveryId())).isSameAs(held);
            assertThat(held.absorb(one.record(), one.deliveryId() + 10_000)).isSameAs(held);
        }
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void anUnconnectedPersonDoesNotChangeThePartition(@ForAll("histories") List<Delivered> history) {
        World world = applied(history);
        List<SourceRecord> more = new ArrayList<>(world.sources().values());
        SourceRecord stranger =
                Statements.eventbrite("0").says("email", "zoe@example.org").source();
        more.add(stranger);

        List<Cluster> expected = new ArrayList<>(world.partition().clusters());
        expected.add(0, new Cluster(List.of(stranger)));
        assertThat(Identity.partition(more).clusters()).isEqualTo(expected);
    }

    /** Else the properties above would say little. One seed, since shares of random histories vary. */
    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE, seed = "42")
    void theHistoriesHoldTiesConflictsMergesAndSplits(@ForAll("histories") List<Delivered> history) {
        World world = applied(history);
        collect("conflict", world.golden().values().stream().anyMatch(state -> !state.conflicts()
                .isEmpty()));
        collect("merge", world.golden().keySet().stream().anyMatch(person -> person.size() > 1));
        collect("duplicate", !world.partition().duplicates().isEmpty());
        collect("tombstone", world.golden().values().stream().anyMatch(GoldenState::tombstone));
        collect(
                "removed beside living",
                world.golden().entrySet().stream()
                        .anyMatch(one -> !one.getValue().tombstone()
                                && one.getKey().stream()
                                        .anyMatch(
                                                key -> world.sources().get(key).removed())));
        collect(
                "several e-mails",
                world.sources().values().stream().anyMatch(one -> one.emails().size() > 1));
        collect("rejected", world.sources().values().stream().anyMatch(one -> !one.rejected()
                .isEmpty()));
        collect("tie of one source", history.stream().anyMatch(a -> history.stream()
                .anyMatch(b -> a.record().key().equals(b.record().key())
                        && !a.record().fields().equals(b.record().fields())
                        && a.record().asOf().equals(b.record().asOf())
                        && a.record().arrival().equals(b.record().arrival()))));
        collect("tie of rivals", world.golden().keySet().stream().anyMatch(person -> person.stream()
                .anyMatch(a -> person.stream()
                        .anyMatch(b ->
                                isTie(world.sources().get(a), world.sources().get(b))))));
        collect(
                "stale",
                history.stream()
                        .anyMatch(one -> world.sources().get(one.record().key()).fields().values().stream()
                                .anyMatch(
                                        held -> held.asOf().isAfter(one.record().asOf()))));
    }

    private static boolean isTie(SourceRecord a, SourceRecord b) {
        return !a.key().equals(b.key())
                && a.fields().entrySet().stream().anyMatch(field -> {
                    Observation other = b.observation(field.getKey());
                    return other != null
                            && other.observedAt().equals(field.getValue().observedAt())
                            && !other.value().equals(field.getValue().value());
                });
    }

    private static void collect(String label, boolean present) {
        Statistics.label(label).collect(present);
        Statistics.label(label).coverage(coverage -> coverage.check(true).percentage(share -> share >= 10));
    }
}
