package dev.muster.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.canonical.RecordKey;
import dev.muster.decide.Histories.Delivered;
import dev.muster.decide.IdentityRuling.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;

/** Who is who stays a function when people rule: of the sources and of the rulings, whatever the order of either. */
class IdentityRulingProperties {
    @Provide
    Arbitrary<List<Delivered>> histories() {
        return Histories.any();
    }

    private static List<SourceRecord> sources(List<Delivered> history) {
        Map<RecordKey, SourceRecord> sources = new TreeMap<>();
        for (Delivered one : history) {
            RecordKey key = one.record().key();
            sources.put(
                    key, sources.getOrDefault(key, SourceRecord.unseen(key)).absorb(one.record(), one.deliveryId()));
        }
        return new ArrayList<>(sources.values());
    }

    /** Rulings of all shapes about these sources, of several times, some at one moment. */
    private static List<IdentityRuling> rulings(List<SourceRecord> sources, Random random) {
        List<IdentityRuling> rulings = new ArrayList<>();
        if (sources.size() < 2) {
            return rulings;
        }
        for (int i = random.nextInt(6); i > 0; i--) {
            List<SourceRecord> shuffled = new ArrayList<>(sources);
            Collections.shuffle(shuffled, random);
            int cut = 1 + random.nextInt(Math.min(2, shuffled.size() - 1));
            int end = cut + 1 + random.nextInt(Math.min(2, shuffled.size() - cut));
            rulings.add(ruling(
                    i,
                    random.nextBoolean() ? Kind.SAME : Kind.APART,
                    keys(shuffled.subList(0, cut)),
                    keys(shuffled.subList(cut, end)),
                    Statements.day(random.nextInt(4))));
        }
        return rulings;
    }

    private static IdentityRuling ruling(long id, Kind kind, Set<RecordKey> one, Set<RecordKey> other, Instant at) {
        return new IdentityRuling(id, kind, new TreeSet<>(one), new TreeSet<>(other), new Settlement("eve", at, ""));
    }

    private static Set<RecordKey> keys(List<SourceRecord> sources) {
        Set<RecordKey> keys = new TreeSet<>();
        sources.forEach(source -> keys.add(source.key()));
        return keys;
    }

    private static Map<RecordKey, Cluster> clusterOf(Partition partition) {
        Map<RecordKey, Cluster> clusters = new HashMap<>();
        partition.clusters().forEach(cluster -> cluster.keys().forEach(key -> clusters.put(key, cluster)));
        return clusters;
    }

    /** What stands of each two sources, found slowly. */
    private static Map<Set<RecordKey>, Kind> standing(List<IdentityRuling> rulings) {
        Map<Set<RecordKey>, Kind> standing = new HashMap<>();
        rulings.stream()
                .sorted(Comparator.comparing(
                                (IdentityRuling ruling) -> ruling.settlement().at())
                        .thenComparing(IdentityRuling::id))
                .forEach(ruling -> ruling.one()
                        .forEach(a -> ruling.other().forEach(b -> standing.put(Set.of(a, b), ruling.kind()))));
        return standing;
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void theOrderOfSourcesAndRulingsDoesNotMatter(@ForAll("histories") List<Delivered> history, @ForAll long seed) {
        Random random = new Random(seed);
        List<SourceRecord> sources = sources(history);
        List<IdentityRuling> rulings = rulings(sources, random);
        Partition partition = Identity.partition(sources, Set.of(), rulings);
        Collections.shuffle(sources, random);
        Collections.shuffle(rulings, random);

        assertThat(Identity.partition(sources, Set.of(), rulings)).isEqualTo(partition);
        boolean isDifferent =
                !partition.clusters().equals(Identity.partition(sources).clusters());
        Statistics.label("the rulings matter").collect(isDifferent);
        Statistics.label("the rulings matter")
                .coverage(coverage -> coverage.check(true).percentage(share -> share >= 20));
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void whoIsHeldApartIsNeverOneNorReported(@ForAll("histories") List<Delivered> history, @ForAll long seed) {
        List<SourceRecord> sources = sources(history);
        List<IdentityRuling> rulings = rulings(sources, new Random(seed));
        Partition partition = Identity.partition(sources, Set.of(), rulings);
        Map<RecordKey, Cluster> clusters = clusterOf(partition);
        Set<Set<Cluster>> apart = new HashSet<>();

        standing(rulings).forEach((two, kind) -> {
            List<Cluster> both = two.stream().map(clusters::get).toList();
            if (kind == Kind.APART) {
                assertThat(both.get(0)).isNotEqualTo(both.get(1));
                apart.add(Set.copyOf(both));
            }
        });
        for (DuplicateCandidate duplicate : partition.duplicates()) {
            assertThat(apart).doesNotContain(Set.of(clusters.get(duplicate.keyA()), clusters.get(duplicate.keyB())));
        }
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void whoIsSaidToBeOneIsWhereNobodyIsHeldApart(@ForAll("histories") List<Delivered> history, @ForAll long seed) {
        List<SourceRecord> sources = sources(history);
        List<IdentityRuling> rulings = new ArrayList<>(rulings(sources, new Random(seed)));
        rulings.removeIf(ruling -> ruling.kind() == Kind.APART);
        Map<RecordKey, Cluster> clusters = clusterOf(Identity.partition(sources, Set.of(), rulings));

        standing(rulings).keySet().forEach(two -> assertThat(
                        two.stream().map(clusters::get).distinct())
                .hasSize(1));
        // and nobody whom addresses joined is parted by it
        for (Cluster cluster : Identity.partition(sources).clusters()) {
            assertThat(cluster.keys().stream().map(clusters::get).distinct()).hasSize(1);
        }
    }

    @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
    void ofTheSameTwoTheLaterRulingStands(@ForAll("histories") List<Delivered> history, @ForAll boolean sameIsLater) {
        List<SourceRecord> sources = sources(history);
        if (sources.size() < 2) {
            return;
        }
        Set<RecordKey> a = Set.of(sources.get(0).key());
        Set<RecordKey> b = Set.of(sources.get(sources.size() - 1).key());
        List<IdentityRuling> both = List.of(
                ruling(1, Kind.SAME, a, b, Statements.day(sameIsLater ? 2 : 1)),
                ruling(2, Kind.APART, b, a, Statements.day(sameIsLater ? 1 : 2)));

        assertThat(Identity.partition(sources, Set.of(), both))
                .isEqualTo(Identity.partition(sources, Set.of(), List.of(both.get(sameIsLater ? 0 : 1))));
    }

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void theNeighbourhoodOfASourceIsEnough(@ForAll("histories") List<Delivered> history, @ForAll long seed) {
        Random random = new Random(seed);
        List<SourceRecord> sources = sources(history);
        List<IdentityRuling> rulings = rulings(sources, random);
        Partition whole = Identity.partition(sources, Set.of(), rulings);
        Map<RecordKey, SourceRecord> byKey = new TreeMap<>();
        sources.forEach(source -> byKey.put(source.key(), source));
        SourceRecord someone = sources.get(random.nextInt(sources.size()));

        Set<RecordKey> reached = new LinkedHashSet<>(Set.of(someone.key()));
        for (boolean grew = true; grew; ) {
            Set<RecordKey> found = new HashSet<>(reached);
            for (SourceRecord other : sources) {
                if (reached.stream()
                        .anyMatch(key -> !Collections.disjoint(byKey.get(key).emails(), other.emails()))) {
                    found.add(other.key());
                }
            }
            for (IdentityRuling ruling : rulings) {
                Set<RecordKey> both = new HashSet<>(ruling.one());
                both.addAll(ruling.other());
                if (ruling.kind() == Kind.SAME && !Collections.disjoint(both, reached)) {
                    found.addAll(both);
                }
            }
            grew = reached.addAll(found);
        }
        List<IdentityRuling> about = rulings.stream()
                .filter(ruling ->
                        !Collections.disjoint(ruling.one(), reached) || !Collections.disjoint(ruling.other(), reached))
                .toList();

        Partition near = Identity.partition(reached.stream().map(byKey::get).toList(), Set.of(), about);
        assertThat(whole.clusters()).containsAll(near.clusters());
        assertThat(whole.duplicates()).containsAll(near.duplicates());
    }
}
