package dev.muster.decide;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.FieldSeal;
import dev.muster.canonical.RecordKey;
import dev.muster.canonical.RejectedValue;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The heart: golden = f(sources, overrides). A pure function: no I/O, no clock, and the order of the sources does not
 * matter.
 *
 * <ul>
 *   <li>A blank is no candidate, so it never wins.
 *   <li>A source that was removed on its platform is no candidate while another one lives, except for consent. Where all
 *       are removed, the golden record is a tombstone and keeps its values.
 *   <li>A person's override beats every rule, and hides the field's conflict, until it is lifted.
 * </ul>
 *
 * Immutable and safe to share between threads.
 */
public final class Survivorship {
    private static final SourceRecord[] NO_SOURCES = {};
    private static final Comparator<SourceRecord> BY_KEY = Comparator.comparing(SourceRecord::key);

    private final SurvivorshipRules rules;
    private final FieldSeal seal;

    /** Of rules without secret fields. */
    public Survivorship(SurvivorshipRules rules) {
        this(rules, FieldSeal.NONE);
    }

    /** @param seal of the fields that the rules call secret */
    public Survivorship(SurvivorshipRules rules, FieldSeal seal) {
        this.rules = rules;
        this.seal = seal;
    }

    /** The same keys with other rules. */
    public Survivorship with(SurvivorshipRules others) {
        return new Survivorship(others, seal);
    }

    // --- secret fields ------------------------------------------------------------------------------------------

    /** What opens values of secret fields. */
    public FieldSeal seal() {
        return seal;
    }

    /** Whether any field is secret. */
    public boolean hasSecrets() {
        return rules.hasSecrets();
    }

    /** A statement with its secret fields under seal; of values that were refused there, only that they were. */
    public CanonicalRecord sealed(CanonicalRecord record) {
        Set<String> secrets = rules.secrets(record.key().entity());
        if (secrets.isEmpty()) {
            return record;
        }
        Map<String, Object> fields = new TreeMap<>(record.fields());
        fields.replaceAll((field, value) ->
                sealed(record.key().organization(), record.key().entity(), field, value));
        return new CanonicalRecord(
                record.key(),
                fields,
                record.observedAt(),
                record.fieldTimes(),
                record.asOf(),
                record.arrival(),
                record.tombstone(),
                record.rejected().stream()
                        .map(value -> secrets.contains(value.field())
                                ? new RejectedValue(value.field(), FieldSeal.MASK, "is none of this field")
                                : value)
                        .toList());
    }

    /** A value as it is kept: sealed where its field is secret. */
    public Object sealed(String organization, Entity entity, String field, Object value) {
        return rules.secrets(entity).contains(field) ? seal.seal(organization, entity, field, value) : value;
    }

    // --- what stands --------------------------------------------------------------------------------------------

    /**
     * What the golden record is.
     *
     * @param entity what it is
     * @param sources its source records, in any order; without any, the result is a tombstone that holds only overrides
     * @param overrides a person's word, by the field it is about
     */
    public GoldenState resolve(Entity entity, Collection<SourceRecord> sources, Map<String, FieldOverride> overrides) {
        SourceRecord[] sorted = sorted(sources);
        SourceRecord[] heard = heard(sorted);
        boolean tombstone = heard.length == 0 || heard[0].removed();
        Decisions decisions = new Decisions(rules.of(entity), sorted, heard, overrides);
        decisions.decideAll();
        return new GoldenState(decisions.fields, decisions.conflicts, tombstone);
    }

    private static SourceRecord[] sorted(Collection<SourceRecord> sources) {
        SourceRecord[] sorted = sources.toArray(NO_SOURCES);
        if (sorted.length > 1) {
            Arrays.sort(sorted, BY_KEY);
            for (int i = 1; i < sorted.length; i++) {
                if (sorted[i].key().equals(sorted[i - 1].key())) {
                    throw new IllegalArgumentException("The source " + sorted[i].key() + " is given twice");
                }
            }
        }
        return sorted;
    }

    /** The living sources; all of them where none lives. */
    private static SourceRecord[] heard(SourceRecord[] sources) {
        int living = 0;
        for (SourceRecord source : sources) {
            living += source.removed() ? 0 : 1;
        }
        if (living == sources.length || living == 0) {
            return sources;
        }
        SourceRecord[] heard = new SourceRecord[living];
        int next = 0;
        for (SourceRecord source : sources) {
            if (!source.removed()) {
                heard[next++] = source;
            }
        }
        return heard;
    }

    /** One resolution under way. */
    private static final class Decisions {
        private final EntityRules rules;
        private final SourceRecord[] all;
        private final SourceRecord[] heard;
        private final Map<String, FieldOverride> overrides;
        private final TreeMap<String, Decided> fields = new TreeMap<>();
        private final List<FieldConflict> conflicts = new ArrayList<>(0);
        /** Most fields of a source come from one delivery, so one winner serves them all. */
        private final @Nullable Winner[] lastWinners;

        Decisions(EntityRules rules, SourceRecord[] all, SourceRecord[] heard, Map<String, FieldOverride> overrides) {
            this.rules = rules;
            this.all = all;
            this.heard = heard;
            this.overrides = overrides;
            this.lastWinners = new Winner[all.length];
        }

        void decideAll() {
            List<FieldGroup> groupsDone = new ArrayList<>(2);
            for (int i = 0; i < heard.length; i++) {
                for (String field : heard[i].fields().keySet()) {
                    FieldGroup group = rules.group(field);
                    if (group != null) {
                        if (!groupsDone.contains(group)) {
                            groupsDone.add(group);
                            decideGroup(group);
                        }
                    } else if ((i == 0 || !fields.containsKey(field)) && !overrides.containsKey(field)) {
                        decideField(field);
                    }
                }
            }
            if (all.length != heard.length) {
                decideWhatOnlyTheRemovedHave();
            }
            overrides.forEach((field, override) -> fields.put(
                    field,
                    new Decided(override.value(), new Provenance(Provenance.OVERRIDE, null, override.settlement()))));
            if (conflicts.size() > 1) {
                conflicts.sort(Comparator.comparing(FieldConflict::field));
            }
        }

        private void decideWhatOnlyTheRemovedHave() {
            for (SourceRecord source : all) {
                for (String field : source.fields().keySet()) {
                    if (!fields.containsKey(field)
                            && !overrides.containsKey(field)
                            && rules.group(field) == null
                            && rules.rule(field).hearsTheRemoved()) {
                        decideField(field);
                    }
                }
            }
        }

        private void decideField(String field) {
            ConflictRule rule = rules.rule(field);
            List<Candidate> candidates = candidates(field, rule.hearsTheRemoved() ? all : heard);
            Verdict verdict = rule.decide(candidates);
            int winner = all.length == 1 ? 0 : indexOf(verdict.winner(), all);
            put(field, verdict.value(), rule, winner, verdict.winner().observation());
            if (verdict.contested()) {
                conflicts.add(new FieldConflict(field, verdict.winner(), candidates));
            }
        }

        private void decideGroup(FieldGroup group) {
            int winner = 0;
            if (heard.length > 1) {
                List<Candidate> candidates = anchored(group, groupCandidates(group, heard), heard);
                winner = indexOf(group.rule().decide(candidates).winner(), heard);
            }
            for (String field : group.fields()) {
                Observation observation = heard[winner].observation(field);
                if (observation != null) {
                    put(field, observation.value(), group.rule(), indexOf(heard[winner].key(), all), observation);
                }
            }
        }

        private void put(String field, Object value, ConflictRule rule, int source, Observation observation) {
            Winner winner = lastWinners[source];
            if (winner == null
                    || winner.deliveryId() != observation.deliveryId()
                    || !winner.observedAt().equals(observation.observedAt())) {
                SourceRecord record = all[source];
                winner = new Winner(
                        record.key().platform(),
                        record.key().externalId(),
                        observation.observedAt(),
                        observation.deliveryId());
                lastWinners[source] = winner;
            }
            fields.put(field, new Decided(value, new Provenance(rule.name(), winner, null)));
        }
    }

    private static int indexOf(Candidate candidate, SourceRecord[] sources) {
        return indexOf(candidate.key(), sources);
    }

    private static int indexOf(RecordKey key, SourceRecord[] sources) {
        for (int i = 0; i < sources.length; i++) {
            if (sources[i].key().equals(key)) {
                return i;
            }
        }
        throw new IllegalArgumentException("The rule chose a source that was not offered: " + key);
    }

    /** The sources that have a value, by key. */
    private static List<Candidate> candidates(String field, SourceRecord[] sources) {
        List<Candidate> candidates = new ArrayList<>(sources.length);
        for (SourceRecord source : sources) {
            Observation observation = source.observation(field);
            if (observation != null) {
                candidates.add(new Candidate(source.key(), observation, source.firstSeen(field, observation)));
            }
        }
        return candidates;
    }

    /** The sources that have a value for any of the group's fields, by key; each as if the group were one field. */
    private static List<Candidate> groupCandidates(FieldGroup group, SourceRecord[] sources) {
        List<Candidate> candidates = new ArrayList<>(sources.length);
        for (SourceRecord source : sources) {
            List<String> parts = new ArrayList<>(group.fields().size() * 2);
            Observation latest = null;
            Observation newest = null;
            Instant firstSeen = Instant.MAX;
            for (String field : group.fields()) {
                Observation part = source.observation(field);
                if (part == null) {
                    continue;
                }
                parts.add(field);
                parts.add(CanonicalText.of(part.value()));
                latest = latest == null || part.observedAt().isAfter(latest.observedAt()) ? part : latest;
                newest = newest == null || part.compareTimes(newest) > 0 ? part : newest;
                Instant seen = source.firstSeen(field, part);
                firstSeen = seen.isBefore(firstSeen) ? seen : firstSeen;
            }
            if (latest != null && newest != null) {
                Observation whole = new Observation(
                        parts, latest.observedAt(), newest.asOf(), newest.arrival(), latest.deliveryId());
                candidates.add(new Candidate(source.key(), whole, firstSeen));
            }
        }
        return candidates;
    }

    /** Those with the group's anchor; all where none has it. */
    private static List<Candidate> anchored(FieldGroup group, List<Candidate> candidates, SourceRecord[] sources) {
        String anchor = group.anchor();
        if (anchor == null || candidates.size() < 2) {
            return candidates;
        }
        List<Candidate> anchored = new ArrayList<>(candidates.size());
        for (Candidate candidate : candidates) {
            if (sources[indexOf(candidate, sources)].observation(anchor) != null) {
                anchored.add(candidate);
            }
        }
        return anchored.isEmpty() ? candidates : anchored;
    }

    /**
     * Why the golden record is as it is: for every field that any source or override knows, by field. What it says to
     * stand is what {@link #resolve} gives.
     */
    public List<FieldExplanation> explain(
            Entity entity, Collection<SourceRecord> sources, Map<String, FieldOverride> overrides) {
        SourceRecord[] sorted = sorted(sources);
        SourceRecord[] heard = heard(sorted);
        EntityRules entityRules = rules.of(entity);
        TreeSet<String> names = new TreeSet<>();
        for (SourceRecord source : sorted) {
            names.addAll(source.fields().keySet());
        }
        names.addAll(overrides.keySet());
        List<FieldExplanation> explanations = new ArrayList<>(names.size());
        for (String field : names) {
            FieldOverride override = overrides.get(field);
            FieldGroup group = entityRules.group(field);
            if (override != null) {
                explanations.add(overridden(override, sorted));
            } else if (group != null) {
                explanations.add(explainGrouped(field, group, sorted, heard));
            } else {
                explanations.add(explainField(field, entityRules.rule(field), sorted, heard));
            }
        }
        return explanations;
    }

    private static FieldExplanation overridden(FieldOverride override, SourceRecord[] sources) {
        List<ExplainedCandidate> candidates = new ArrayList<>();
        for (Candidate candidate : candidates(override.field(), sources)) {
            candidates.add(explained(candidate, false, override.by() + " overrode it"));
        }
        String why = override.by() + " set it at " + override.at() + ", and a person's word beats every rule"
                + (override.reason().isBlank() ? "." : ": " + override.reason());
        return new FieldExplanation(
                override.field(),
                override.value(),
                Provenance.OVERRIDE,
                why,
                null,
                override.settlement(),
                false,
                candidates);
    }

    private static FieldExplanation explainField(
            String field, ConflictRule rule, SourceRecord[] sources, SourceRecord[] heard) {
        List<Candidate> offered = candidates(field, rule.hearsTheRemoved() ? sources : heard);
        List<ExplainedCandidate> explained = new ArrayList<>();
        if (offered.isEmpty()) {
            for (Candidate candidate : candidates(field, sources)) {
                explained.add(explained(candidate, false, REMOVED));
            }
            String why = "No value stands: every source that has one was removed on its platform.";
            return new FieldExplanation(field, null, rule.name(), why, null, null, false, explained);
        }
        Verdict verdict = rule.decide(offered);
        Candidate winner = verdict.winner();
        for (Candidate candidate : candidates(field, sources)) {
            if (candidate.key().equals(winner.key())) {
                explained.add(explained(candidate, true, "its value stands"));
            } else if (offered.contains(candidate)) {
                explained.add(explained(candidate, false, rule.whyNot(candidate, verdict)));
            } else {
                explained.add(explained(candidate, false, REMOVED));
            }
        }
        return new FieldExplanation(
                field,
                verdict.value(),
                rule.name(),
                sentence(winner, rule, verdict, offered),
                winner.asWinner(),
                null,
                verdict.contested(),
                explained);
    }

    private static final String REMOVED = "the record was removed on this platform, and other sources live";

    private static FieldExplanation explainGrouped(
            String field, FieldGroup group, SourceRecord[] sources, SourceRecord[] heard) {
        List<Candidate> all = groupCandidates(group, heard);
        ConflictRule rule = group.rule();
        List<ExplainedCandidate> explained = new ArrayList<>();
        if (all.isEmpty()) {
            for (Candidate candidate : candidates(field, sources)) {
                explained.add(explained(candidate, false, REMOVED));
            }
            String why = "No value stands: every source that has one was removed on its platform.";
            return new FieldExplanation(field, null, rule.name(), why, null, null, false, explained);
        }
        List<Candidate> offered = anchored(group, all, heard);
        Verdict verdict = rule.decide(offered);
        SourceRecord winner = heard[indexOf(verdict.winner(), heard)];
        Observation standing = winner.observation(field);
        for (Candidate candidate : candidates(field, sources)) {
            Candidate whole = byKey(candidate, offered);
            if (candidate.key().equals(winner.key())) {
                explained.add(explained(candidate, true, "its value stands"));
            } else if (whole != null) {
                explained.add(explained(candidate, false, rule.whyNot(whole, verdict)));
            } else if (byKey(candidate, all) != null) {
                explained.add(explained(
                        candidate, false, "it has no " + group.anchor() + ", and others have a whole " + group.name()));
            } else {
                explained.add(explained(candidate, false, REMOVED));
            }
        }
        String why = sentence(verdict.winner(), rule, verdict, offered) + " All of " + group.name()
                + " comes from one source" + (standing == null ? ", and that one has no " + field + "." : ".");
        return new FieldExplanation(
                field,
                standing == null ? null : standing.value(),
                rule.name(),
                why,
                standing == null ? null : new Candidate(winner.key(), standing, standing.asOf()).asWinner(),
                null,
                false,
                explained);
    }

    private static @Nullable Candidate byKey(Candidate wanted, List<Candidate> candidates) {
        for (Candidate candidate : candidates) {
            if (candidate.key().equals(wanted.key())) {
                return candidate;
            }
        }
        return null;
    }

    private static String sentence(Candidate winner, ConflictRule rule, Verdict verdict, List<Candidate> offered) {
        return offered.size() == 1
                ? winner.label() + " is the only source to be heard that has it."
                : winner.label() + " " + rule.why(verdict, offered) + ".";
    }

    private static ExplainedCandidate explained(Candidate candidate, boolean stands, String why) {
        return new ExplainedCandidate(
                candidate.platform(),
                candidate.externalId(),
                candidate.value(),
                candidate.observedAt(),
                candidate.asOf(),
                candidate.deliveryId(),
                stands,
                why);
    }
}
