package dev.muster.golden;

import dev.muster.canonical.RecordKey;
import dev.muster.decide.Assignment;
import dev.muster.decide.Cluster;
import dev.muster.decide.DuplicateCandidate;
import dev.muster.decide.Identity;
import dev.muster.decide.IdentityRuling;
import dev.muster.decide.Partition;
import dev.muster.decide.SourceRecord;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/** Which golden record each source of a matter belongs to, and what that makes of other golden records. */
final class Identification {
    private final Matter matter;
    private final SourceStore sources;
    private final RulingStore rulings;
    private final LongSupplier newIds;
    private final SpokenRows words;
    private final Map<Long, Long> merged = new LinkedHashMap<>();
    private final Set<Long> left = new HashSet<>();
    private final List<DuplicateCandidate> duplicates = new ArrayList<>();

    /** Golden records that shared an address with another one before: only these can have open candidates. */
    private final Set<Long> sharing = new HashSet<>();

    Identification(Matter matter, SourceStore sources, RulingStore rulings, LongSupplier newIds, SpokenRows words) {
        this.matter = matter;
        this.sources = sources;
        this.rulings = rulings;
        this.newIds = newIds;
        this.words = words;
    }

    /** Emptied golden records, each with the one that its sources went to. */
    Map<Long, Long> merged() {
        return merged;
    }

    /** Golden records that lost a source to another one. */
    Set<Long> left() {
        return left;
    }

    /** Who shares an address and was not joined. */
    List<DuplicateCandidate> duplicates() {
        return duplicates;
    }

    Set<Long> sharing() {
        return sharing;
    }

    void identify() throws SQLException {
        lookAtParting();
        if (!matter.people.isEmpty()) {
            Neighbourhood neighbourhood = gather();
            Map<String, List<SourceRecord>> blocks = new TreeMap<>();
            for (RecordKey key : neighbourhood.keys()) {
                blocks.computeIfAbsent(key.organization(), name -> new ArrayList<>())
                        .add(matter.source(key));
            }
            for (Map.Entry<String, List<SourceRecord>> block : blocks.entrySet()) {
                noteSharing(block.getValue());
                // of whom all was taken back is nobody, and stays where they were
                block.getValue().removeIf(SourceRecord::isWithdrawn);
                Partition partition = Identity.partition(
                        block.getValue(), neighbourhood.crowded(block.getKey()), neighbourhood.rulings());
                point(Identity.assign(partition.clusters(), vacant(partition), newIds));
                duplicates.addAll(partition.duplicates());
            }
        }
        for (Map.Entry<RecordKey, Cause> entry : matter.changed.entrySet()) {
            RecordKey key = entry.getKey();
            SourceRecord source = matter.source(key);
            if (source.goldenId() == SourceRecord.NO_GOLDEN_ID) {
                source = source.withGoldenId(newIds.getAsLong());
                matter.known.put(key, source);
            }
            matter.touch(source.goldenId(), key.entity(), entry.getValue());
        }
    }

    /** Only with all sources of a golden record can it be said whose its id is. */
    private void lookAtParting() throws SQLException {
        Map<RecordKey, SourceRecord> parting = new HashMap<>();
        sources.byGoldenIds(matter.parting, parting);
        parting.forEach((key, source) -> {
            matter.known.putIfAbsent(key, source);
            matter.people.add(key);
        });
    }

    /** Who is parted again is who they were: asked only where a golden record falls apart. */
    private Map<RecordKey, Set<Long>> vacant(Partition partition) throws SQLException {
        Set<Long> contested = Identity.contestedIds(partition.clusters());
        if (contested.isEmpty()) {
            return Map.of();
        }
        List<RecordKey> keys = new ArrayList<>();
        List<RecordKey> holders = new ArrayList<>();
        for (Cluster cluster : partition.clusters()) {
            List<RecordKey> own = cluster.sources().stream()
                    .filter(source -> contested.contains(source.goldenId()))
                    .map(SourceRecord::key)
                    .toList();
            if (!own.isEmpty()) {
                holders.addAll(own);
                keys.addAll(cluster.keys());
            }
        }
        Map<RecordKey, Set<Long>> vacant = rulings.vacant(keys);
        Set<RecordKey> leaving = matter.leaving;
        if (holders.stream().anyMatch(key -> !leaving.contains(key) && !vacant.containsKey(key))) {
            // Where the past does not say whose the id is, it is theirs who stay.
            leaving.forEach(key -> vacant.computeIfAbsent(key, unused -> Set.of()));
        }
        return vacant;
    }

    private void noteSharing(List<SourceRecord> block) {
        Map<String, Long> goldenByEmail = new HashMap<>();
        for (SourceRecord source : block) {
            if (source.goldenId() == SourceRecord.NO_GOLDEN_ID) {
                continue;
            }
            for (String email : matter.emails(source)) {
                Long other = goldenByEmail.putIfAbsent(email, source.goldenId());
                if (other != null && other != source.goldenId()) {
                    sharing.add(other);
                    sharing.add(source.goldenId());
                }
            }
        }
    }

    private void point(Assignment assignment) {
        Set<Long> held = new HashSet<>();
        assignment.people().forEach(person -> held.add(person.goldenId()));
        long place = newIds.getAsLong();
        for (Assignment.Person person : assignment.people()) {
            for (SourceRecord source : person.cluster().sources()) {
                if (source.goldenId() == person.goldenId()) {
                    continue;
                }
                Cause cause = causeOf(source.key(), person.cluster().sources());
                if (source.goldenId() != SourceRecord.NO_GOLDEN_ID) {
                    matter.touch(source.goldenId(), source.key().entity(), cause);
                    if (!held.contains(source.goldenId())) {
                        // who stays where others leave is who they all were: only an emptied one can be come back to
                        words.former(source.key(), source.goldenId(), place);
                    }
                    left.add(source.goldenId());
                }
                matter.known.put(source.key(), source.withGoldenId(person.goldenId()));
                matter.changed.putIfAbsent(source.key(), cause);
            }
        }
        merged.putAll(assignment.merged());
    }

    /** The operation that made a source move: its own, or that of another source of the same person. */
    private Cause causeOf(RecordKey key, List<SourceRecord> cluster) {
        Cause own = matter.changed.get(key);
        if (own != null) {
            return own;
        }
        for (SourceRecord source : cluster) {
            Cause other = matter.changed.get(source.key());
            if (other != null) {
                return other;
            }
        }
        for (Map.Entry<RecordKey, Cause> other : matter.changed.entrySet()) {
            if (other.getKey().organization().equals(key.organization())) {
                return other.getValue();
            }
        }
        Cause act = matter.act();
        if (act != null) {
            return act;
        }
        throw new IllegalStateException(key + " moved, but nothing of its organization changed");
    }

    /**
     * The sources that changed people are connected to.
     *
     * @param crowded the addresses among theirs that have too many sources to say who anybody is
     * @param rulings what people said of any of them
     */
    private record Neighbourhood(
            Set<RecordKey> keys, Set<SourceStore.OrganizationEmail> crowded, Collection<IdentityRuling> rulings) {
        Set<String> crowded(String organization) {
            if (crowded.isEmpty()) {
                return Set.of();
            }
            Set<String> emails = new HashSet<>();
            for (SourceStore.OrganizationEmail one : crowded) {
                if (one.organization().equals(organization)) {
                    emails.add(one.email());
                }
            }
            return emails;
        }
    }

    /**
     * Follows e-mails and people's rulings from the changed people to every source that ever showed one of them, or is
     * tied to one. Others of this batch stay
     * out of it: their neighbours are not loaded, and without them a person would be taken for two.
     *
     * <p>An address that had too many sources before is not followed, so that its next one costs no more than any other.
     * One that gets too many now is followed this once: those whom it connected are told apart.
     */
    private Neighbourhood gather() throws SQLException {
        Map<SourceStore.OrganizationEmail, Integer> additions = new HashMap<>();
        for (SourceStore.EmailSeen seen : matter.newEmails) {
            additions.merge(
                    new SourceStore.OrganizationEmail(seen.key().organization(), seen.email()), 1, Integer::sum);
        }
        for (SourceStore.EmailSeen gone : matter.goneEmails) {
            additions.merge(
                    new SourceStore.OrganizationEmail(gone.key().organization(), gone.email()), -1, Integer::sum);
        }
        Set<RecordKey> reached = new LinkedHashSet<>(matter.people);
        Set<SourceStore.OrganizationEmail> asked = new HashSet<>();
        Set<SourceStore.OrganizationEmail> crowded = new HashSet<>();
        Map<Long, IdentityRuling> ruled = new TreeMap<>();
        matter.spoken.made.forEach(ruling -> ruled.put(ruling.id(), ruling));
        Set<RecordKey> news = matter.people;
        while (!news.isEmpty()) {
            Set<RecordKey> found = tied(news, ruled);
            Set<SourceStore.OrganizationEmail> frontier = unasked(news, asked);
            if (!frontier.isEmpty()) {
                asked.addAll(frontier);
                sources.byEmails(frontier, Identity.SOURCES_PER_EMAIL_MAX).forEach((email, stored) -> {
                    found.addAll(stored.keys());
                    if (stored.count() + additions.getOrDefault(email, 0) > Identity.SOURCES_PER_EMAIL_MAX) {
                        crowded.add(email);
                    }
                });
                for (SourceStore.OrganizationEmail email : frontier) {
                    if (additions.getOrDefault(email, 0) > Identity.SOURCES_PER_EMAIL_MAX) {
                        crowded.add(email);
                    }
                }
            }
            found.removeAll(reached);
            Set<RecordKey> missing = new LinkedHashSet<>(found);
            missing.removeAll(matter.known.keySet());
            sources.byKeys(missing, matter.known);
            found.retainAll(matter.known.keySet());
            reached.addAll(found);
            news = found;
        }
        return new Neighbourhood(reached, crowded, ruled.values());
    }

    /** Those whom people tied to some of these. Only sources that say of themselves that somebody ruled are asked about. */
    private Set<RecordKey> tied(Set<RecordKey> news, Map<Long, IdentityRuling> ruled) throws SQLException {
        Set<RecordKey> tied = new LinkedHashSet<>();
        Set<RecordKey> asked = new LinkedHashSet<>(news);
        asked.retainAll(sources.ruled());
        Set<Long> lifted = matter.spoken.liftedIds();
        for (IdentityRuling ruling : rulings.about(asked)) {
            if (!lifted.contains(ruling.id())) {
                ruled.put(ruling.id(), ruling);
                if (ruling.kind() == IdentityRuling.Kind.SAME) {
                    tied.addAll(ruling.one());
                    tied.addAll(ruling.other());
                }
            }
        }
        return tied;
    }

    private Set<SourceStore.OrganizationEmail> unasked(Set<RecordKey> keys, Set<SourceStore.OrganizationEmail> asked) {
        Set<SourceStore.OrganizationEmail> emails = new LinkedHashSet<>();
        for (RecordKey key : keys) {
            for (String email : matter.emails(matter.source(key))) {
                SourceStore.OrganizationEmail one = new SourceStore.OrganizationEmail(key.organization(), email);
                if (!asked.contains(one)) {
                    emails.add(one);
                }
            }
        }
        return emails;
    }
}
