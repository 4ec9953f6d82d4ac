package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Ids;
import dev.muster.decide.Identity;
import dev.muster.decide.IdentityRuling;
import dev.muster.decide.IdentityRuling.Kind;
import dev.muster.decide.Partition;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * People's words on who is who among members. Each act is one transaction that writes the ruling, the golden records resolved
 * anew, provenance, the audit log of all of them, duplicate candidates, conflicts and pushes. Every ruling can be lifted; what is
 * parted then is as if it had never been together, with the golden ids and the overrides it had.
 */
public final class IdentityRulings {
    private static final String CANDIDATE = """
            SELECT golden_a, golden_b, status, decided_by FROM duplicate_candidates WHERE id = ?""";

    private final Hearings hearings;

    public IdentityRulings(Hearings hearings) {
        this.hearings = hearings;
    }

    /**
     * Two members are one person. Their sources belong to the golden record with the smaller id from then on; the other one is
     * kept, empty.
     *
     * @param versionOfA the version the person has seen; null where that does not matter
     * @param versionOfB the same of the other
     * @return with both golden records; its ruling is lifted to unmerge them
     * @throws Refusal 404 where one of them is not there; 409 where one is merged away; 412 where one is at another version
     */
    public Ruled merge(long a, long b, @Nullable Long versionOfA, @Nullable Long versionOfB, ByWhom who) {
        return rule(Kind.SAME, a, b, versionOfA, versionOfB, who);
    }

    /**
     * Two members are two persons, whatever addresses they share; they are not reported as a candidate again.
     *
     * @return as {@link #merge}
     * @throws Refusal as {@link #merge}
     */
    public Ruled keepApart(long a, long b, ByWhom who) {
        return rule(Kind.APART, a, b, null, null, who);
    }

    /**
     * A duplicate candidate is one person: merges the two. Its status is {@code merged} from then on.
     *
     * @throws Refusal 404 where there is no such candidate; 409 where it does not wait any more
     */
    public Ruled confirm(long candidate, ByWhom who) {
        GoldenPair pair = open(candidate, who);
        return merge(pair.lower(), pair.higher(), null, null, who);
    }

    /**
     * A duplicate candidate is two persons: keeps them apart. Its status is {@code rejected} from then on.
     *
     * @throws Refusal as {@link #confirm}
     */
    public Ruled reject(long candidate, ByWhom who) {
        GoldenPair pair = open(candidate, who);
        return keepApart(pair.lower(), pair.higher(), who);
    }

    private GoldenPair open(long candidate, ByWhom who) {
        String organization = hearings.organization("duplicate_candidates", "duplicate candidate", candidate, who);
        return hearings.read(connection -> {
            try (PreparedStatement select = connection.prepareStatement(CANDIDATE)) {
                select.setLong(1, candidate);
                try (ResultSet row = select.executeQuery()) {
                    if (!row.next()) {
                        throw new Refusal(
                                FailureCode.NOT_FOUND,
                                404,
                                "There is no duplicate candidate " + Ids.format(candidate) + " in " + organization);
                    }
                    String status = row.getString(3);
                    if (!status.equals("open")) {
                        throw conflicting(
                                "The duplicate candidate " + Ids.format(candidate) + " does not wait any more: "
                                        + (status.equals("settled")
                                                ? "what was like it has changed"
                                                : row.getString(4) + " said: " + status));
                    }
                    return GoldenPair.of(row.getLong(1), row.getLong(2));
                }
            }
        });
    }

    private Ruled rule(Kind kind, long a, long b, @Nullable Long versionOfA, @Nullable Long versionOfB, ByWhom who) {
        if (a == b) {
            throw new Refusal(FailureCode.BAD_REQUEST, 400, "The member " + Ids.format(a) + " is named twice");
        }
        boolean isMerge = kind == Kind.SAME;
        String organization = hearings.organization(Entity.MEMBER.table(), Entity.MEMBER.id(), a, who);
        AtomicLong act = new AtomicLong();
        AtomicLong made = new AtomicLong();
        Map<Long, GoldenRecord> after = hearings.hear(organization, who, hearing -> {
            hearing.living(Entity.MEMBER, a, versionOfA);
            hearing.living(Entity.MEMBER, b, versionOfB);
            SortedSet<RecordKey> ofA = hearing.sourcesOf(Entity.MEMBER, a);
            SortedSet<RecordKey> ofB = hearing.sourcesOf(Entity.MEMBER, b);
            requireSources(ofA, a);
            requireSources(ofB, b);
            IdentityRuling ruling = hearing.rule(kind, side(ofA), side(ofB));
            made.set(ruling.id());
            hearing.spoken().decided.put(GoldenPair.of(a, b), isMerge ? "merged" : "rejected");
            hearing.lookAt(ofA);
            hearing.lookAt(ofB);
            String action = isMerge ? "merge" : "keep_apart";
            act.set(hearing.act(a, action, said(ruling, "with", b), Set.of()));
            hearing.act(b, action, said(ruling, "with", a), Set.of());
            return () -> {
                if (hearing.goldenIds(List.of(ofA.first(), ofB.first())).size() != (isMerge ? 1 : 2)) {
                    throw conflicting("Other rulings on " + Ids.format(a) + " and " + Ids.format(b)
                            + " say otherwise: lift them first");
                }
            };
        });
        return new Ruled(act.get(), made.get(), List.copyOf(after.values()));
    }

    private static Map<String, Object> said(IdentityRuling ruling, String how, long other) {
        return Map.of("ruling", Ids.format(ruling.id()), how, Ids.format(other));
    }

    /** One link ties all, and one wall parts all; of whoever has more sources than a ruling holds, the first are named. */
    /** A person who was erased has none: a ruling would be about nobody. */
    private static void requireSources(SortedSet<RecordKey> sources, long member) {
        if (sources.isEmpty()) {
            throw conflicting("The member " + Ids.format(member)
                    + " has no source records, as it was erased or its sources left it: there is nobody to rule about");
        }
    }

    private static SortedSet<RecordKey> side(SortedSet<RecordKey> keys) {
        SortedSet<RecordKey> side = new TreeSet<>();
        keys.stream().limit(IdentityRuling.SIDE_MAX).forEach(side::add);
        return side;
    }

    // --- parting ------------------------------------------------------------------------------------------------

    /**
     * Takes some sources out of a member, whatever brought them there: rulings that tie them to the others are lifted, and
     * where an address or a name would bring them together, they are held apart.
     *
     * @param leaving some of its sources, not all
     * @param version the version the person has seen; null where that does not matter
     * @return with all golden records that its sources belong to now; the ruling by which they are held apart, if that was needed
     * @throws Refusal 400 where the sources are not some of it; else as {@link #merge}
     */
    public Ruled unmerge(long goldenId, Set<RecordKey> leaving, @Nullable Long version, ByWhom who) {
        String organization = hearings.organization(Entity.MEMBER.table(), Entity.MEMBER.id(), goldenId, who);
        return part(organization, who, hearing -> {
            hearing.living(Entity.MEMBER, goldenId, version);
            return new Cut(goldenId, hearing.sourcesOf(Entity.MEMBER, goldenId), leaving);
        });
    }

    /**
     * Undoes the merging away of a member: the sources that were its own leave the one that has them now.
     *
     * @param goldenId one that is merged into another
     * @return as {@link #unmerge(long, Set, Long, ByWhom)}
     * @throws Refusal 404 where it is not there; 409 where it is not merged away, or nothing of it is where it went
     */
    public Ruled unmerge(long goldenId, ByWhom who) {
        String organization = hearings.organization(Entity.MEMBER.table(), Entity.MEMBER.id(), goldenId, who);
        return part(organization, who, hearing -> {
            long stays = goldenId;
            Set<Long> seen = new HashSet<>();
            Long into = goldenId;
            while (into != null && seen.add(into)) {
                stays = into;
                into = hearing.known(Entity.MEMBER, into).mergedInto();
            }
            if (stays == goldenId) {
                throw conflicting("The member " + Ids.format(goldenId)
                        + " is not merged into another one: say which of its sources leave it");
            }
            SortedSet<RecordKey> own = hearing.sourcesOf(Entity.MEMBER, stays);
            Set<RecordKey> leaving = hearing.rulings().formerSources(goldenId, own);
            if (leaving.isEmpty() || leaving.size() == own.size()) {
                throw conflicting("Which sources of " + Ids.format(stays) + " were those of " + Ids.format(goldenId)
                        + " is not known (any more): say which of them leave it");
            }
            return new Cut(stays, own, leaving);
        });
    }

    /** Where a golden record is parted. */
    private record Cut(long goldenId, SortedSet<RecordKey> own, Set<RecordKey> leaving) {}

    @FunctionalInterface
    private interface Cutting {
        Cut cut(Hearing hearing) throws SQLException;
    }

    private Ruled part(String organization, ByWhom who, Cutting cutting) {
        AtomicLong act = new AtomicLong();
        List<Long> made = new ArrayList<>(1);
        Map<Long, GoldenRecord> after = hearings.hear(organization, who, hearing -> {
            Cut cut = cutting.cut(hearing);
            SortedSet<RecordKey> own = cut.own();
            SortedSet<RecordKey> leaving = new TreeSet<>(cut.leaving());
            SortedSet<RecordKey> staying = new TreeSet<>(own);
            staying.removeAll(leaving);
            if (leaving.isEmpty() || staying.isEmpty() || !own.containsAll(leaving)) {
                throw new Refusal(
                        FailureCode.BAD_REQUEST,
                        400,
                        "What leaves " + Ids.format(cut.goldenId()) + " has to be some of its " + own.size()
                                + " sources, and not all of them");
            }
            List<IdentityRuling> standing = new ArrayList<>(hearing.rulings().about(own));
            standing.removeIf(ruling -> {
                boolean ends = ruling.kind() == Kind.SAME
                        && ruling.spans(leaving, staying)
                        && !ruling.spans(leaving, leaving)
                        && !ruling.spans(staying, staying);
                if (ends) {
                    hearing.spoken().lifted.add(ruling);
                }
                return ends;
            });
            Partition without = Identity.partition(hearing.sources(own), Set.of(), standing);
            if (without.clusters().stream()
                    .anyMatch(cluster -> !Collections.disjoint(cluster.keys(), leaving)
                            && !Collections.disjoint(cluster.keys(), staying))) {
                if (leaving.size() > IdentityRuling.SIDE_MAX || staying.size() > IdentityRuling.SIDE_MAX) {
                    throw conflicting("At most " + IdentityRuling.SIDE_MAX + " sources can be held apart from as many;"
                            + " here are " + leaving.size() + " and " + staying.size());
                }
                made.add(hearing.rule(Kind.APART, leaving, staying).id());
            }
            hearing.takeOut(leaving);
            hearing.lookAt(own);
            act.set(hearing.act(cut.goldenId(), "unmerge", told(hearing, leaving), Set.of()));
            return () -> {
                for (long goldenId : hearing.goldenIds(own)) {
                    if (goldenId != cut.goldenId()) {
                        hearing.act(goldenId, "unmerge", Map.of("from", Ids.format(cut.goldenId())), Set.of());
                    }
                }
            };
        });
        return new Ruled(act.get(), made.isEmpty() ? null : made.get(0), List.copyOf(after.values()));
    }

    private static Map<String, Object> told(Hearing hearing, SortedSet<RecordKey> leaving) {
        List<String> rulings = hearing.spoken().lifted.stream()
                .map(ruling -> Ids.format(ruling.id()))
                .toList();
        List<String> sources = leaving.stream().map(RecordKey::reference).toList();
        return rulings.isEmpty() ? Map.of("sources", sources) : Map.of("sources", sources, "lifted", rulings);
    }

    /**
     * Lifts a ruling: who is who is said by addresses, names and the other rulings again.
     *
     * @return with all golden records that its sources belong to now
     * @throws Refusal 404 where there is none, or it was lifted before
     */
    public Ruled lift(long ruling, ByWhom who) {
        String organization = hearings.organization("identity_rulings", "ruling", ruling, who);
        AtomicLong act = new AtomicLong();
        Map<Long, GoldenRecord> after = hearings.hear(organization, who, hearing -> {
            IdentityRuling lifted = hearing.rulings().standing(ruling).stream()
                    .findFirst()
                    .orElseThrow(() -> new Refusal(
                            FailureCode.NOT_FOUND, 404, "The ruling " + Ids.format(ruling) + " was lifted before"));
            hearing.spoken().lifted.add(lifted);
            Set<RecordKey> keys = new TreeSet<>(lifted.one());
            keys.addAll(lifted.other());
            SortedSet<RecordKey> all = hearing.withNeighbours(keys);
            hearing.lookAt(all);
            Set<Long> before = hearing.goldenIds(all);
            return () -> {
                Set<Long> goldenIds = new TreeSet<>(hearing.goldenIds(all));
                goldenIds.addAll(before);
                for (long goldenId : goldenIds) {
                    Map<String, Object> details = Map.of(
                            "ruling", Ids.format(ruling), "kind", lifted.kind().id());
                    long id = hearing.act(goldenId, "lift_ruling", details, Set.of());
                    act.compareAndSet(0, id);
                }
            };
        });
        return new Ruled(act.get(), null, List.copyOf(after.values()));
    }

    private static Refusal conflicting(String message) {
        return new Refusal(FailureCode.CONFLICTING_STATE, 409, message);
    }
}
