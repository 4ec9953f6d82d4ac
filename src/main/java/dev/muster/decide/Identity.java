package dev.muster.decide;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Which source records are one person: a pure function of the records, whatever their order.
 *
 * <p>Members that ever had the same e-mail address are one person, unless their present names are
 * {@linkplain NameMatch clearly different}. A source joins others only if its name agrees with every one of them, so that
 * a bare initial does not tie two people together. Who could not be joined is reported as a {@link DuplicateCandidate}.
 * A person's {@link IdentityRuling} beats all of that: it ties sources whatever their addresses and names, and two sources that
 * are held apart are never one person, nor reported.
 * For every other entity the external id alone is the identity, and each source is a cluster of its own.
 */
public final class Identity {
    /**
     * An address with more sources than this belongs to an office or a list, not to a person. It says nothing of who
     * anybody is: neither is anyone joined by it, nor are those who share it reported.
     */
    public static final int SOURCES_PER_EMAIL_MAX = 200;

    /** Of more people than this on one address, each is reported with the first only, not with each other. */
    private static final int PEOPLE_PAIRED_MAX = 8;

    /** Two clusters with more pairs of names than this are not compared any more, and not joined. */
    private static final int NAME_PAIRS_MAX = SOURCES_PER_EMAIL_MAX * SOURCES_PER_EMAIL_MAX;

    private Identity() {}

    /**
     * Who is who among these sources.
     *
     * @param block sources of one organization and one entity. The result is right for every source whose whole
     *     neighbourhood is there: all sources that can be reached from it over shared addresses
     */
    public static Partition partition(Collection<SourceRecord> block) {
        return partition(block, Set.of());
    }

    /**
     * The same where addresses are known that more sources have than are given.
     *
     * @param crowded addresses that have more than {@link #SOURCES_PER_EMAIL_MAX} sources; those that have them in the
     *     block need not be named
     */
    public static Partition partition(Collection<SourceRecord> block, Set<String> crowded) {
        return partition(block, crowded, List.of());
    }

    /**
     * The same where people ruled. The neighbourhood of a source has those it is tied to, too.
     *
     * @param rulings those that stand, in any order; what they say of sources outside the block does not matter
     */
    public static Partition partition(
            Collection<SourceRecord> block, Set<String> crowded, Collection<IdentityRuling> rulings) {
        SourceRecord[] sources = block.toArray(new SourceRecord[0]);
        Arrays.sort(sources, Comparator.comparing(SourceRecord::key));
        for (int i = 1; i < sources.length; i++) {
            requireSameRoll(sources[i - 1].key(), sources[i].key());
        }
        if (sources.length < 2 || sources[0].key().entity() != Entity.MEMBER) {
            List<Cluster> clusters = new ArrayList<>(sources.length);
            for (SourceRecord source : sources) {
                clusters.add(new Cluster(List.of(source)));
            }
            return new Partition(clusters, List.of());
        }
        return new Partitioning(sources, crowded, rulings).partition();
    }

    private static void requireSameRoll(RecordKey a, RecordKey b) {
        if (!a.organization().equals(b.organization()) || a.entity() != b.entity()) {
            throw new IllegalArgumentException(
                    "Identity holds within one organization and one entity, not for " + a + " and " + b);
        }
        if (a.equals(b)) {
            throw new IllegalArgumentException("The source " + a + " is given twice");
        }
    }

    /**
     * One partition under way: a forest of sources that addresses join, where each root knows the different names below it.
     * Where people ruled, who is one person is said by their ties, to which each such join is added: a ruling says nothing of
     * names, so that two names it ties together do not keep a third source from either.
     */
    private static final class Partitioning {
        private final SourceRecord[] sources;
        private final @Nullable Ties ties;
        private final int[] parents;
        private final PersonName[] names;
        private final List<Set<PersonName>> namesBelow;
        private final SortedMap<String, List<Integer>> sourcesByEmail = new TreeMap<>();

        Partitioning(SourceRecord[] sources, Set<String> crowded, Collection<IdentityRuling> rulings) {
            this.sources = sources;
            this.ties = rulings.isEmpty() ? null : new Ties(sources, rulings);
            this.parents = new int[sources.length];
            this.names = new PersonName[sources.length];
            this.namesBelow = new ArrayList<>(sources.length);
            for (int i = 0; i < sources.length; i++) {
                SourceRecord source = sources[i];
                parents[i] = i;
                names[i] = PersonName.of(source.text(SourceRecord.FIRST_NAME), source.text(SourceRecord.LAST_NAME));
                Set<PersonName> ownName = new HashSet<>(2);
                ownName.add(names[i]);
                namesBelow.add(ownName);
                for (String email : source.emails()) {
                    sourcesByEmail
                            .computeIfAbsent(email, unused -> new ArrayList<>(2))
                            .add(i);
                }
            }
            sourcesByEmail.keySet().removeAll(crowded);
            sourcesByEmail.values().removeIf(sharing -> sharing.size() > SOURCES_PER_EMAIL_MAX);
        }

        Partition partition() {
            for (List<Integer> sharing : sourcesByEmail.values()) {
                joinAgreeing(sharing);
            }
            Map<Integer, List<SourceRecord>> members = new LinkedHashMap<>();
            for (int i = 0; i < sources.length; i++) {
                members.computeIfAbsent(person(i), unused -> new ArrayList<>(2)).add(sources[i]);
            }
            List<Cluster> clusters = new ArrayList<>(members.size());
            members.values().forEach(cluster -> clusters.add(new Cluster(cluster)));
            return new Partition(clusters, duplicates());
        }

        /** Each with each: what a later join could still allow, an earlier refusal already forbids. */
        private void joinAgreeing(List<Integer> sharing) {
            List<Integer> seen = new ArrayList<>(sharing.size());
            for (int source : sharing) {
                for (int earlier : seen) {
                    join(earlier, source);
                }
                boolean joined = false;
                for (int earlier : seen) {
                    joined |= root(earlier) == root(source);
                }
                if (!joined) {
                    seen.add(source);
                }
            }
        }

        private void join(int a, int b) {
            int rootA = root(a);
            int rootB = root(b);
            if (rootA == rootB || !agree(namesBelow.get(rootA), namesBelow.get(rootB))) {
                return;
            }
            if (ties != null && !ties.tie(a, b)) {
                return;
            }
            // the smaller set moves, so that a long chain of joins stays cheap
            boolean keepA =
                    namesBelow.get(rootA).size() >= namesBelow.get(rootB).size();
            int kept = keepA ? rootA : rootB;
            int moved = keepA ? rootB : rootA;
            parents[moved] = kept;
            namesBelow.get(kept).addAll(namesBelow.get(moved));
            namesBelow.set(moved, Set.of());
        }

        private static boolean agree(Set<PersonName> a, Set<PersonName> b) {
            if (a.size() == 1 && a.equals(b)) {
                return true;
            }
            if ((long) a.size() * b.size() > NAME_PAIRS_MAX) {
                return false;
            }
            for (PersonName left : a) {
                for (PersonName right : b) {
                    if (left.clearlyDifferent(right)) {
                        return false;
                    }
                }
            }
            return true;
        }

        /** The same number for all sources of one person. */
        private int person(int source) {
            return ties == null ? root(source) : ties.root(source);
        }

        private int root(int source) {
            int root = source;
            while (parents[root] != root) {
                parents[root] = parents[parents[root]];
                root = parents[root];
            }
            return root;
        }

        private List<DuplicateCandidate> duplicates() {
            List<DuplicateCandidate> duplicates = new ArrayList<>();
            Set<Long> reported = new HashSet<>();
            sourcesByEmail.forEach((email, sharing) -> {
                Map<Integer, Integer> firstByPerson = new LinkedHashMap<>();
                for (int source : sharing) {
                    firstByPerson.putIfAbsent(person(source), source);
                }
                List<Integer> people = new ArrayList<>(firstByPerson.values());
                int rowsMax = people.size() <= PEOPLE_PAIRED_MAX ? people.size() : 1;
                for (int a = 0; a < rowsMax; a++) {
                    for (int b = a + 1; b < people.size(); b++) {
                        int first = people.get(a);
                        int second = people.get(b);
                        if (ties != null && ties.areApart(first, second)) {
                            continue;
                        }
                        long lower = Math.min(person(first), person(second));
                        if (reported.add(lower * sources.length + Math.max(person(first), person(second)))) {
                            duplicates.add(duplicate(first, second, email));
                        }
                    }
                }
            });
            return duplicates;
        }

        private DuplicateCandidate duplicate(int a, int b, String email) {
            String nameA = label(a);
            String nameB = label(b);
            String reason;
            if (names[a].clearlyDifferent(names[b])) {
                reason = nameA + " and " + nameB + " share this address, but their names are clearly different";
            } else {
                reason = nameA + " and " + nameB + " share this address, but records that belong to one of them have a"
                        + " name that is clearly different from the other's";
            }
            return new DuplicateCandidate(sources[a].key(), sources[b].key(), email, reason);
        }

        private String label(int source) {
            String name = (sources[source].text(SourceRecord.FIRST_NAME) + " "
                            + sources[source].text(SourceRecord.LAST_NAME))
                    .strip();
            return name.isEmpty() ? sources[source].key().reference() + " (no name)" : "'" + name + "'";
        }
    }

    /** Golden ids that sources of several clusters have: only then does it matter whose they were before. */
    public static Set<Long> contestedIds(List<Cluster> clusters) {
        Map<Long, Integer> holders = new HashMap<>();
        Set<Long> contested = new HashSet<>();
        for (int cluster = 0; cluster < clusters.size(); cluster++) {
            for (SourceRecord source : clusters.get(cluster).sources()) {
                long id = source.goldenId();
                if (id != SourceRecord.NO_GOLDEN_ID) {
                    Integer other = holders.putIfAbsent(id, cluster);
                    if (other != null && other != cluster) {
                        contested.add(id);
                    }
                }
            }
        }
        return contested;
    }

    /** The same where no source was ever another golden record's. */
    public static Assignment assign(List<Cluster> clusters, LongSupplier newIds) {
        return assign(clusters, Map.of(), newIds);
    }

    /**
     * Gives every cluster its golden id. The clusters choose in the order of the smallest golden id among their sources,
     * then of how few their sources have, then of their smallest key: who has another one leaves it to who has not. Where the
     * sources of one come from several golden records and had a vacant one in common before, that is theirs again. Each other
     * takes the smallest golden id among its sources that is still free, else the smallest vacant one that they had before,
     * and a new one where none is. Of clusters that come of one golden record, one whose sources all have a vacant id to go
     * back to leaves it to the others.
     *
     * @param clusters of a partition that has every source of every golden id it mentions
     * @param vacant the golden ids that sources had before and that no source has now; none for those that leave theirs
     *     without having had one before
     * @param newIds makes golden ids that were never used; called once for each cluster without an id
     */
    public static Assignment assign(
            List<Cluster> clusters, Map<RecordKey, ? extends Set<Long>> vacant, LongSupplier newIds) {
        List<Cluster> ordered = new ArrayList<>(clusters);
        ordered.sort(Comparator.comparingLong(Cluster::goldenIdMin)
                .thenComparingLong(Identity::goldenIds)
                .thenComparing(cluster -> cluster.sources().get(0).key()));
        Set<Long> heldByHosts = vacant.isEmpty() ? Set.of() : idsOfHosts(ordered, vacant);
        Set<Long> taken = new HashSet<>();
        List<Assignment.Person> people = new ArrayList<>(ordered.size());
        SortedMap<RecordKey, Assignment.Repointing> repointings = new TreeMap<>();
        for (Cluster cluster : ordered) {
            long free = free(cluster, vacant, heldByHosts, taken);
            boolean isNew = free == Long.MAX_VALUE;
            long goldenId = isNew ? newIds.getAsLong() : free;
            taken.add(goldenId);
            people.add(new Assignment.Person(goldenId, isNew, cluster));
            for (SourceRecord source : cluster.sources()) {
                if (source.goldenId() != goldenId) {
                    repointings.put(source.key(), new Assignment.Repointing(source.key(), source.goldenId(), goldenId));
                }
            }
        }
        SortedMap<Long, Long> merged = new TreeMap<>();
        for (Assignment.Repointing repointing : repointings.values()) {
            if (repointing.from() != SourceRecord.NO_GOLDEN_ID && !taken.contains(repointing.from())) {
                // by key, so of several who left it, the smallest says where it went
                merged.putIfAbsent(repointing.from(), repointing.to());
            }
        }
        return new Assignment(people, List.copyOf(repointings.values()), merged);
    }

    /** Which golden id a cluster takes; the greatest number for a new one. */
    private static long free(
            Cluster cluster, Map<RecordKey, ? extends Set<Long>> vacant, Set<Long> heldByHosts, Set<Long> taken) {
        long common = vacantInCommon(cluster, vacant, taken);
        if (common != Long.MAX_VALUE) {
            return common;
        }
        boolean isGuest = isGuest(cluster, vacant);
        long free = Long.MAX_VALUE;
        for (SourceRecord source : cluster.sources()) {
            long id = source.goldenId();
            if (id != SourceRecord.NO_GOLDEN_ID
                    && id < free
                    && !taken.contains(id)
                    && !(isGuest && heldByHosts.contains(id))) {
                free = id;
            }
        }
        return free == Long.MAX_VALUE ? smallestVacant(cluster, vacant, taken) : free;
    }

    private static long goldenIds(Cluster cluster) {
        return cluster.sources().stream()
                .mapToLong(SourceRecord::goldenId)
                .filter(id -> id != SourceRecord.NO_GOLDEN_ID)
                .distinct()
                .count();
    }

    /** Whether each of its sources can go back to a golden record that it had before. */
    private static boolean isGuest(Cluster cluster, Map<RecordKey, ? extends Set<Long>> vacant) {
        for (SourceRecord source : cluster.sources()) {
            if (source.goldenId() != SourceRecord.NO_GOLDEN_ID && !vacant.containsKey(source.key())) {
                return false;
            }
        }
        return true;
    }

    private static Set<Long> idsOfHosts(List<Cluster> clusters, Map<RecordKey, ? extends Set<Long>> vacant) {
        Set<Long> ids = new HashSet<>();
        for (Cluster cluster : clusters) {
            if (!isGuest(cluster, vacant)) {
                cluster.sources().forEach(source -> ids.add(source.goldenId()));
            }
        }
        return ids;
    }

    /** What those who meet again were as one person before. */
    private static long vacantInCommon(Cluster cluster, Map<RecordKey, ? extends Set<Long>> vacant, Set<Long> taken) {
        Set<Long> first = vacant.get(cluster.sources().get(0).key());
        if (first == null || goldenIds(cluster) < 2) {
            return Long.MAX_VALUE;
        }
        Set<Long> common = new TreeSet<>(first);
        for (SourceRecord source : cluster.sources()) {
            Set<Long> own = vacant.get(source.key());
            common.removeIf(id -> own == null || !own.contains(id));
        }
        common.removeAll(taken);
        return common.isEmpty() ? Long.MAX_VALUE : common.iterator().next();
    }

    private static long smallestVacant(Cluster cluster, Map<RecordKey, ? extends Set<Long>> vacant, Set<Long> taken) {
        long smallest = Long.MAX_VALUE;
        for (SourceRecord source : cluster.sources()) {
            Set<Long> ids = vacant.get(source.key());
            if (ids != null) {
                for (long id : ids) {
                    smallest = id < smallest && !taken.contains(id) ? id : smallest;
                }
            }
        }
        return smallest;
    }
}
