package dev.muster.decide;

import dev.muster.canonical.RecordKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What people's rulings make of some sources: who is tied to whom, and who may never be with whom. Of each two sources the
 * latest ruling stands. Two sources that are held apart are never in one group; of ruled ties that would bring them together
 * over others, the later are made first.
 */
final class Ties {
    private final int[] parents;
    private final List<List<Integer>> members;
    private final Map<Integer, Set<Integer>> apart = new HashMap<>();

    /** @param sources in the order of their keys */
    Ties(SourceRecord[] sources, Collection<IdentityRuling> rulings) {
        parents = new int[sources.length];
        members = new ArrayList<>(sources.length);
        Map<RecordKey, Integer> places = new HashMap<>();
        for (int i = 0; i < sources.length; i++) {
            parents[i] = i;
            members.add(new ArrayList<>(List.of(i)));
            places.put(sources[i].key(), i);
        }
        List<IdentityRuling> latestFirst = new ArrayList<>(rulings);
        latestFirst.sort(IdentityRuling.BY_TIME.reversed());
        Map<IdentityRuling, List<int[]>> same = new TreeMap<>(IdentityRuling.BY_TIME.reversed());
        Set<Long> ruled = new HashSet<>();
        for (IdentityRuling ruling : latestFirst) {
            for (RecordKey left : ruling.one()) {
                Integer a = places.get(left);
                if (a == null) {
                    continue;
                }
                for (RecordKey right : ruling.other()) {
                    Integer b = places.get(right);
                    if (b == null || !ruled.add((long) Math.min(a, b) * sources.length + Math.max(a, b))) {
                        continue;
                    }
                    if (ruling.kind() == IdentityRuling.Kind.SAME) {
                        same.computeIfAbsent(ruling, unused -> new ArrayList<>())
                                .add(new int[] {a, b});
                    } else {
                        apart.computeIfAbsent(a, unused -> new HashSet<>()).add(b);
                        apart.computeIfAbsent(b, unused -> new HashSet<>()).add(a);
                    }
                }
            }
        }
        same.values().forEach(pairs -> pairs.forEach(pair -> tie(pair[0], pair[1])));
    }

    /** Brings the groups of two sources together, unless some of them are held apart. */
    boolean tie(int a, int b) {
        int rootA = root(a);
        int rootB = root(b);
        if (rootA == rootB) {
            return true;
        }
        if (areApart(rootA, rootB)) {
            return false;
        }
        boolean keepA = members.get(rootA).size() >= members.get(rootB).size();
        int kept = keepA ? rootA : rootB;
        int moved = keepA ? rootB : rootA;
        parents[moved] = kept;
        members.get(kept).addAll(members.get(moved));
        members.set(moved, List.of());
        return true;
    }

    /** Whether anybody in the group of one source is held apart from anybody in that of the other. */
    boolean areApart(int a, int b) {
        int rootA = root(a);
        int rootB = root(b);
        if (apart.isEmpty() || rootA == rootB) {
            return false;
        }
        for (int member : members.get(rootA)) {
            for (int other : apart.getOrDefault(member, Set.of())) {
                if (root(other) == rootB) {
                    return true;
                }
            }
        }
        return false;
    }

    int root(int source) {
        int root = source;
        while (parents[root] != root) {
            parents[root] = parents[parents[root]];
            root = parents[root];
        }
        return root;
    }
}
