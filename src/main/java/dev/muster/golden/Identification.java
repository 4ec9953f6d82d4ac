package dev.muster.golden;

import dev.muster.canonical.RecordKey;
import dev.muster.decide.Assignment;
import dev.muster.decide.DuplicateCandidate;
import dev.muster.decide.Identity;
import dev.muster.decide.Partition;
import dev.muster.decide.SourceRecord;
import java.sql.SQLException;
import java.util.ArrayList;
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
    private final LongSupplier newIds;
    private final Map<Long, Long> merged = new LinkedHashMap<>();
    private final List<DuplicateCandidate> duplicates = new ArrayList<>();

    /** Golden records that shared an address with another one before: only these can have open candidates. */
    private final Set<Long> sharing = new HashSet<>();

    Identification(Matter matter, SourceStore sources, LongSupplier newIds) {
        this.matter = matter;
        this.sources = sources;
        this.newIds = newIds;
    }

    /** Emptied golden records, each with the one that its sources went to. */
    Map<Long, Long> merged() {
        return merged;
    }

    /** Who shares an address and was not joined. */
    List<DuplicateCandidate> duplicates() {
        return duplicates;
    }

    Set<Long> sharing() {
        return sharing;
    }

    void identify() throws SQLException {
        if (!matter.people.isEmpty()) {
            Neighbourhood neighbourhood = gatherByEmail();
            Map<String, List<SourceRecord>> blocks = new TreeMap<>();
            for (RecordKey key : neighbourhood.keys()) {
                blocks.computeIfAbsent(key.organization(), name -> new ArrayList<>())
                        .add(matter.source(key));
            }
            for (Map.Entry<String, List<SourceRecord>> block : blocks.entrySet()) {
                noteSharing(block.getValue());
                Partition partition = Identity.partition(block.getValue(), neighbourhood.crowded(block.getKey()));
                Assignment assignment = Identity.assign(partition.clusters(), newIds);
                point(assignment);
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

    private void noteSharing(List<SourceRecord> block) {
        Map<String, Long> goldenByEmail = new HashMap<>();
        for (SourceRecord source : block) {
            if (source.goldenId() == SourceRecord.NO_GOLDEN_ID) {
                continue;
            }
            for (String email : source.emails()) {
                Long other = goldenByEmail.putIfAbsent(email, source.goldenId());
                if (other != null && other != source.goldenId()) {
                    sharing.add(other);
                    sharing.add(source.goldenId());
                }
            }
        }
    }

    private void point(Assignment assignment) {
        for (Assignment.Person person : assignment.people()) {
            for (SourceRecord source : person.cluster().sources()) {
                if (source.goldenId() == person.goldenId()) {
                    continue;
                }
                Cause cause = causeOf(source.key(), person.cluster().sources());
                if (source.goldenId() != SourceRecord.NO_GOLDEN_ID) {
                    matter.touch(source.goldenId(), source.key().entity(), cause);
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
        throw new IllegalStateException(key + " moved, but nothing of its organization changed");
    }

    /**
     * The sources that changed people are connected to.
     *
     * @param crowded the addresses among theirs that have too many sources to say who anybody is
     */
    private record Neighbourhood(Set<RecordKey> keys, Set<SourceStore.OrganizationEmail> crowded) {
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
     * Follows e-mails from the changed people to every source that ever showed one of them. Others of this batch stay
     * out of it: their neighbours are not loaded, and without them a person would be taken for two.
     *
     * <p>An address that had too many sources before is not followed, so that its next one costs no more than any other.
     * One that gets too many now is followed this once: those whom it connected are told apart.
     */
    private Neighbourhood gatherByEmail() throws SQLException {
        Map<SourceStore.OrganizationEmail, Integer> additions = new HashMap<>();
        for (SourceStore.EmailSeen seen : matter.newEmails) {
            additions.merge(
                    new SourceStore.OrganizationEmail(seen.key().organization(), seen.email()), 1, Integer::sum);
        }
        Set<RecordKey> reached = new LinkedHashSet<>(matter.people);
        Set<SourceStore.OrganizationEmail> asked = new HashSet<>();
        Set<SourceStore.OrganizationEmail> crowded = new HashSet<>();
        Set<SourceStore.OrganizationEmail> frontier = unasked(matter.people, asked);
        while (!frontier.isEmpty()) {
            asked.addAll(frontier);
            Set<RecordKey> found = new LinkedHashSet<>();
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
            found.removeAll(reached);
            reached.addAll(found);
            Set<RecordKey> missing = new LinkedHashSet<>(found);
            missing.removeAll(matter.known.keySet());
            sources.byKeys(missing, matter.known);
            frontier = unasked(found, asked);
        }
        return new Neighbourhood(reached, crowded);
    }

    private Set<SourceStore.OrganizationEmail> unasked(Set<RecordKey> keys, Set<SourceStore.OrganizationEmail> asked) {
        Set<SourceStore.OrganizationEmail> emails = new LinkedHashSet<>();
        for (RecordKey key : keys) {
            for (String email : matter.source(key).emails()) {
                SourceStore.OrganizationEmail one = new SourceStore.OrganizationEmail(key.organization(), email);
                if (!asked.contains(one)) {
                    emails.add(one);
                }
            }
        }
        return emails;
    }
}
