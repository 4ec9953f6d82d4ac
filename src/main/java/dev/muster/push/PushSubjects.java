package dev.muster.push;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.canonical.Entity;
import dev.muster.decide.SourceRecord;
import dev.muster.golden.AccountIds;
import dev.muster.golden.PushPlan;
import dev.muster.golden.Roll;
import dev.muster.golden.ValuesJson;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Gathers what a judgement needs to know, in batches. */
final class PushSubjects {

    private final Roll roll;
    private final PushStore store;
    private final Supplier<Segments> segments;

    PushSubjects(Roll roll, PushStore store, Supplier<Segments> segments) {
        this.roll = roll;
        this.store = store;
        this.segments = segments;
    }

    /** In the order of the rows; records that do not exist any more are left out. */
    List<PushJudge.Subject> of(PushTarget target, PushStore.Lane lane, AccountIds account, Map<Long, Push> pushes) {
        List<Roll.Entry> entries = roll.find(target.entity(), pushes.keySet());
        Map<Long, PushJudge.Heir> heirs = heirs(target, lane, account, entries);
        Map<Entity, Map<Long, List<Map<String, Object>>>> related = related(target, pushes.keySet());
        Map<Long, PushJudge.Namesake> namesakes = Namesakes.of(target, lane, account, entries, roll, store);
        Segments rules = segments.get();
        List<PushJudge.Subject> subjects = new ArrayList<>(entries.size());
        for (Roll.Entry entry : entries) {
            Push push = pushes.get(entry.record().id());
            if (push != null) {
                ObjectNode person = ValuesJson.tree(entry.record().values());
                related.forEach((entity, all) -> {
                    ArrayNode list = person.putArray(entity.table());
                    all.getOrDefault(entry.record().id(), List.of())
                            .forEach(values -> list.add(ValuesJson.tree(values)));
                });
                ObjectNode extras =
                        rules.extras(entry.record().organization(), person, target.segments(), target.values());
                if (!target.segments().isEmpty()) {
                    Set<String> ours = SegmentTags.all(extras);
                    ours.addAll(SegmentTags.mayBeThere(push));
                    SegmentTags.markStale(extras, ours);
                }
                Long into = entry.record().mergedInto();
                subjects.add(new PushJudge.Subject(
                        entry,
                        push,
                        extras,
                        namesakes.get(entry.record().id()),
                        into == null ? null : heirs.get(into)));
            }
        }
        return subjects;
    }

    private Map<Entity, Map<Long, List<Map<String, Object>>>> related(PushTarget target, Collection<Long> ids) {
        Map<Entity, Map<Long, List<Map<String, Object>>>> related = new EnumMap<>(Entity.class);
        if (target.entity() == Entity.MEMBER
                && !(target.segments().isEmpty() && target.values().isEmpty())) {
            PushPlan.RELATED.forEach(entity -> related.put(entity, roll.valuesOfMembers(entity, ids)));
        }
        return related;
    }

    /** By which names the target knows those into whom others were merged. */
    private Map<Long, PushJudge.Heir> heirs(
            PushTarget target, PushStore.Lane lane, AccountIds account, List<Roll.Entry> entries) {
        Set<Long> ids = new HashSet<>();
        for (Roll.Entry entry : entries) {
            Long into = entry.record().mergedInto();
            if (into != null) {
                ids.add(into);
            }
        }
        Map<Long, PushJudge.Heir> heirs = new HashMap<>();
        if (ids.isEmpty()) {
            return heirs;
        }
        Map<Long, Push> rows = store.rows(lane, ids);
        for (Roll.Entry heir : roll.find(target.entity(), ids)) {
            Set<String> externalIds = new HashSet<>();
            Set<String> keys = new HashSet<>();
            Push row = rows.get(heir.record().id());
            if (row == null || row.pushed() == null) {
                heir.sources().stream()
                        .map(SourceRecord::key)
                        .filter(key -> key.platform().equals(target.platform()) && account.holds(key.externalId()))
                        .forEach(key -> externalIds.add(account.external(key.externalId())));
            }
            Object key = heir.record().values().get(target.key());
            if (key != null) {
                keys.add(key.toString());
            }
            if (row != null && row.externalId() != null) {
                externalIds.add(row.externalId());
            }
            if (row != null && row.key() != null) {
                keys.add(row.key());
            }
            heirs.put(heir.record().id(), new PushJudge.Heir(externalIds, keys));
        }
        return heirs;
    }
}
