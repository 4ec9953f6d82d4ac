package dev.muster.push;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.db.Ids;
import dev.muster.decide.Observation;
import dev.muster.decide.SourceRecord;
import dev.muster.golden.GoldenRecord;
import dev.muster.golden.PushPlan;
import dev.muster.golden.Pushed;
import dev.muster.golden.Pushed.Presence;
import dev.muster.golden.Roll;
import dev.muster.golden.ValuesJson;
import dev.muster.normalize.InvalidValue;
import dev.muster.normalize.JqSource;
import dev.muster.push.PushVerdict.Difference;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What has to be done about one record at one target: a pure function of the golden record, of what the target's own source
 * record says, and of the ledger. What the target is believed to have is what we wrote, under what it said later; a push is
 * needed where the mapping makes something else of the golden record than of that.
 */
final class PushJudge {
    /** The key of a target that knows records by the hub's own id. */
    private static final String HUB_ID = "id";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String OPTED_OUT = "opted_out";

    private final PushTarget target;
    private final Map<String, String> settings;

    /** @param settings of the account */
    PushJudge(PushTarget target, Map<String, String> settings) {
        this.target = target;
        this.settings = settings;
    }

    /**
     * One record to be judged.
     *
     * @param extras segments and the like
     * @param namesake who has the address there, where only one can; null where nobody else does
     * @param heir where the record was merged into another: who stays; null else
     */
    record Subject(
            Roll.Entry golden,
            Push push,
            ObjectNode extras,
            @Nullable Namesake namesake,
            @Nullable Heir heir) {}

    /**
     * Another golden record with the same address.
     *
     * @param isTold whether the target knows them by it; else they are about to be told
     */
    record Namesake(long goldenId, boolean isTold) {}

    /** By which names the target knows the one who stays of two. */
    record Heir(Set<String> externalIds, Set<String> keys) {}

    PushVerdict judge(Subject subject) {
        Push push = subject.push();
        GoldenRecord golden = subject.golden().record();
        SourceRecord own = own(subject);
        Map<String, Object> believed = believed(push, own);
        String externalId = push.externalId() != null
                ? push.externalId()
                : own == null ? null : own.key().externalId();
        Presence presence = presence(push, own);
        Map<String, Object> values = golden.values();

        boolean isAlive = golden.deletedAt() == null && golden.mergedInto() == null;
        boolean isMeant;
        try {
            isMeant = isAlive && isMeant(input(golden, values, subject.extras(), externalId));
        } catch (InvalidValue odd) {
            return PushVerdict.still(push, PushStep.UNMAPPABLE, "filter " + odd.reason(), Map.of());
        }

        String consent = target.consent();
        boolean isAllowed = consent == null || PushPlan.OPTED_IN.equals(values.get(consent));
        boolean saidNoThere = consent != null && OPTED_OUT.equals(believed.get(consent));
        if (!isAllowed && golden.mergedInto() == null && presence == Presence.PRESENT && !saidNoThere) {
            boolean isTheirNo = OPTED_OUT.equals(values.get(consent));
            if (isTheirNo || push.pushed() != null) {
                return withdrawal(subject, believed, externalId, values.get(consent));
            }
        }
        if (!isAlive || !isMeant) {
            return removal(subject, believed, externalId, presence, isAlive);
        }
        if (!isAllowed) {
            return PushVerdict.none(push, "is not opted in: " + consent + " is " + values.get(consent));
        }
        if (presence == Presence.WITHDRAWN || saidNoThere) {
            return PushVerdict.none(push, "withdrew there; only they themselves can subscribe again");
        }
        String key = key(golden, values, externalId);
        if (presence != Presence.PRESENT) {
            if (!target.creates()) {
                return PushVerdict.none(push, "is not there, and policy.create is false");
            }
            if (key == null) {
                return PushVerdict.none(push, "has no " + target.key() + ", by which the target would know it");
            }
            return change(subject, PushStep.CREATE, believed, values, externalId, key);
        }
        if (!target.updates()) {
            return PushVerdict.none(push, "is there, and policy.update is false");
        }
        return update(subject, believed, values, externalId, key, own);
    }

    private PushVerdict update(
            Subject subject,
            Map<String, Object> believed,
            Map<String, Object> values,
            @Nullable String externalId,
            @Nullable String key,
            @Nullable SourceRecord own) {
        Push push = subject.push();
        Map<String, Object> desired = new TreeMap<>(values);
        Map<String, Difference> held = new TreeMap<>();
        for (String field : target.fields()) {
            Object there = believed.get(field);
            Object here = values.get(field);
            if (there == null || same(there, here) || field.equals(target.consent()) || push.forced()) {
                continue;
            }
            boolean isTheirs = isTheirs(subject, own, field, here) || hasYielded(push, field, here);
            switch (target.conflicts()) {
                case SOURCE_WINS -> {}
                case TARGET_WINS -> desired.put(field, there);
                case MERGE -> {
                    if (isTheirs) {
                        desired.put(field, there);
                    }
                }
                case MANUAL -> {
                    if (isTheirs) {
                        held.put(field, new Difference(there, here));
                    }
                }
            }
        }
        if (!held.isEmpty()) {
            return PushVerdict.still(push, PushStep.HOLD, held(held), held);
        }
        String there = push.key() == null ? text(believed.get(target.key())) : push.key();
        // a record of the platform's own, which was never told the hub's id, is not found by it;
        // that a push was tried in vain has told nobody
        boolean isUnmarked =
                push.pushed() == null && externalId != null && target.key().equals(HUB_ID);
        boolean isMoved = target.move() != null
                && key != null
                && (isUnmarked || there != null && !SourceRecord.sameMeaning(key, there));
        return change(subject, isMoved ? PushStep.MOVE : PushStep.UPDATE, believed, desired, externalId, key);
    }

    private static String held(Map<String, Difference> held) {
        StringJoiner fields = new StringJoiner("; ", "was changed at the target: ", "");
        held.forEach(
                (field, one) -> fields.add(field + " is '" + one.there() + "' there and '" + one.here() + "' here"));
        return fields.toString();
    }

    /** Whether the golden record's value gave way to the target's before, and has not changed since. */
    private static boolean hasYielded(Push push, String field, @Nullable Object here) {
        Pushed pushed = push.pushed();
        Object yielded = pushed == null ? null : pushed.yielded().get(field);
        return yielded != null && same(yielded, here);
    }

    /** A push of these values, or none where the target has them. */
    private PushVerdict change(
            Subject subject,
            PushStep step,
            Map<String, Object> believed,
            Map<String, Object> desired,
            @Nullable String externalId,
            @Nullable String key) {
        Push push = subject.push();
        GoldenRecord golden = subject.golden().record();
        Pushed before = push.pushed();
        ObjectNode input = input(golden, desired, subject.extras(), externalId);
        input.put("oldKey", push.key() == null ? text(believed.get(target.key())) : push.key());
        input.put("key", key);
        input.put("isThere", step != PushStep.CREATE);
        JsonNode item;
        try {
            item = map(target.upsert().record(), input);
        } catch (InvalidValue odd) {
            return PushVerdict.still(push, PushStep.UNMAPPABLE, "upsert.record " + odd.reason(), Map.of());
        }
        Map<String, Difference> differences = differences(believed, desired);
        if (step != PushStep.CREATE
                && !push.forced()
                && !isToBeSubscribed(believed)
                && (before == null || before.mapping().equals(target.mapping()))
                && item.equals(itemOf(subject, believed, desired, externalId, key))) {
            return PushVerdict.none(push, "has it already");
        }
        Namesake other = subject.namesake();
        if (other != null && !push.forced()) {
            return PushVerdict.still(
                    push, other.isTold() ? PushStep.HOLD : PushStep.WAIT, shared(push, other), Map.of());
        }
        return new PushVerdict(
                push,
                step,
                step == PushStep.CREATE ? "is not there" : reason(differences),
                differences,
                input,
                item,
                next(subject, believed, desired),
                key,
                externalId);
    }

    private static String shared(Push push, Namesake other) {
        String name = Ids.format(other.goldenId());
        return other.isTold()
                ? "has the same address as " + name + ", who is " + push.target()
                        + "'s record of it, and only one can be. Nothing is lost: it is told when either gets another address."
                        + " Where this one should stand there instead: ./muster push-again " + push.target()
                        + " --record " + Ids.format(push.goldenId()) + " --force"
                : "has the same address as " + name + ", of whom " + push.target() + " is told first";
    }

    /** Whether the target does not know of the consent: that may be all there is to tell. */
    private boolean isToBeSubscribed(Map<String, Object> believed) {
        String consent = target.consent();
        return consent != null && !PushPlan.OPTED_IN.equals(believed.get(consent));
    }

    private static String reason(Map<String, Difference> differences) {
        return differences.isEmpty() ? "segments, values or the mapping changed" : "differs in " + differences.keySet();
    }

    /** What the mapping makes of what the target is believed to have; missing where it makes nothing of it. */
    private JsonNode itemOf(
            Subject subject,
            Map<String, Object> believed,
            Map<String, Object> desired,
            @Nullable String externalId,
            @Nullable String key) {
        Map<String, Object> there = new TreeMap<>(desired);
        for (String field : target.fields()) {
            Object value = believed.get(field);
            Object wanted = desired.get(field);
            if (value == null) {
                there.remove(field);
            } else if (!same(value, wanted)) {
                there.put(field, value);
            }
        }
        Pushed before = subject.push().pushed();
        ObjectNode input = input(
                subject.golden().record(), there, before == null ? noExtras() : object(before.extras()), externalId);
        input.put("key", key);
        input.put("oldKey", subject.push().key());
        input.put("isThere", true);
        try {
            return map(target.upsert().record(), input);
        } catch (InvalidValue odd) {
            return MissingNode.getInstance();
        }
    }

    private ObjectNode noExtras() {
        ObjectNode none = JSON.createObjectNode();
        if (!target.segments().isEmpty()) {
            none.putArray("segments");
            none.putArray("segmentTags");
        }
        if (!target.values().isEmpty()) {
            none.putObject("values");
        }
        return none;
    }

    private PushVerdict withdrawal(
            Subject subject, Map<String, Object> believed, @Nullable String externalId, @Nullable Object consent) {
        return goodbye(
                subject,
                PushStep.WITHDRAW,
                target.withdraw(),
                believed,
                externalId,
                target.consent() + " is " + consent,
                Presence.WITHDRAWN);
    }

    private PushVerdict removal(
            Subject subject,
            Map<String, Object> believed,
            @Nullable String externalId,
            Presence presence,
            boolean isAlive) {
        Push push = subject.push();
        Pushed before = push.pushed();
        String why = isAlive
                ? "is not meant by the filter"
                : subject.golden().record().mergedInto() != null ? "was merged into another" : "was removed";
        // Whom we did not put there is not ours to take off.
        if (!target.archives() || before == null || presence != Presence.PRESENT) {
            return PushVerdict.none(push, why);
        }
        Heir heir = subject.heir();
        if (heir != null
                && ((externalId != null && heir.externalIds().contains(externalId))
                        || (push.key() != null && heir.keys().contains(push.key())))) {
            return PushVerdict.none(push, why + ", who is known there by the same name");
        }
        return goodbye(subject, PushStep.REMOVE, target.remove(), believed, externalId, why, Presence.REMOVED);
    }

    /** Speaks of the record as the target knows it. */
    private PushVerdict goodbye(
            Subject subject,
            PushStep step,
            @Nullable PushAction action,
            Map<String, Object> believed,
            @Nullable String externalId,
            String why,
            Presence presence) {
        Push push = subject.push();
        GoldenRecord golden = subject.golden().record();
        Map<String, Object> known = new TreeMap<>(golden.values());
        known.putAll(believed);
        String key = push.key() == null ? key(golden, known, externalId) : push.key();
        ObjectNode input = input(golden, known, subject.extras(), externalId);
        input.put("key", key);
        Map<String, Object> told = new TreeMap<>(believed);
        String consent = target.consent();
        if (consent != null && step == PushStep.WITHDRAW) {
            told.put(consent, OPTED_OUT);
        }
        try {
            return new PushVerdict(
                    push,
                    step,
                    why,
                    Map.of(),
                    input,
                    map(action == null ? null : action.record(), input),
                    Pushed.of(presence, told, Pushed.NO_EXTRAS, target.mapping()),
                    key,
                    externalId);
        } catch (InvalidValue odd) {
            return PushVerdict.still(push, PushStep.UNMAPPABLE, step.id() + ".record " + odd.reason(), Map.of());
        }
    }

    // --- what the target has

    /** The target's own record of this person: the one it answered with, else the first that lives. */
    private @Nullable SourceRecord own(Subject subject) {
        SourceRecord found = null;
        for (SourceRecord source : subject.golden().sources()) {
            if (!source.key().platform().equals(target.platform())
                    || source.key().entity() != target.entity()) {
                continue;
            }
            if (source.key().externalId().equals(subject.push().externalId())) {
                return source;
            }
            if (found == null || (found.removed() && !source.removed())) {
                found = source;
            }
        }
        return found;
    }

    private Map<String, Object> believed(Push push, @Nullable SourceRecord own) {
        Pushed pushed = push.pushed();
        Map<String, Object> believed = new TreeMap<>();
        if (pushed != null && pushed.presence() != Presence.REMOVED) {
            believed.putAll(pushed.fields());
        }
        if (own != null && !own.removed()) {
            for (Map.Entry<String, Observation> field : own.fields().entrySet()) {
                String name = field.getKey();
                boolean isWatched = target.fields().contains(name) || name.equals(target.consent());
                boolean isLater = pushed == null || field.getValue().asOf().isAfter(push.pushedAt());
                if (isWatched
                        && (isLater || !believed.containsKey(name))
                        && (pushed == null
                                || !pushed.says(name, field.getValue().value()))) {
                    believed.put(name, field.getValue().value());
                }
            }
        }
        return believed;
    }

    /**
     * Whether the target's value is its own word, said after ours. Of a record that we never told of, it is theirs as long as
     * nobody said what the golden record holds after they had said theirs.
     */
    private static boolean isTheirs(Subject subject, @Nullable SourceRecord own, String field, @Nullable Object here) {
        Push push = subject.push();
        Observation said = own == null ? null : own.fields().get(field);
        if (said == null) {
            return false;
        }
        Pushed pushed = push.pushed();
        if (pushed != null) {
            return said.asOf().isAfter(push.pushedAt()) && !pushed.says(field, said.value());
        }
        for (SourceRecord source : subject.golden().sources()) {
            Observation other = source.fields().get(field);
            if (other != null
                    && !source.removed()
                    && same(other.value(), here)
                    && other.observedAt().isAfter(said.observedAt())) {
                return false;
            }
        }
        return !subject.golden().overrides().containsKey(field);
    }

    private Presence presence(Push push, @Nullable SourceRecord own) {
        Pushed pushed = push.pushed();
        Presence presence = pushed == null ? Presence.REMOVED : pushed.presence();
        if (own == null) {
            return presence;
        }
        Instant said = own.tombstone().asOf();
        if (pushed == null || said.isAfter(push.pushedAt())) {
            if (own.removed()) {
                return Presence.REMOVED;
            }
            if (presence == Presence.WITHDRAWN) {
                return hasReturned(push, own) ? Presence.PRESENT : Presence.WITHDRAWN;
            }
            return Presence.PRESENT;
        }
        return presence;
    }

    /** Whether the target says, later than we wrote, that they subscribed again. */
    private boolean hasReturned(Push push, SourceRecord own) {
        String consent = target.consent();
        Observation said = consent == null ? null : own.fields().get(consent);
        return said != null
                && PushPlan.OPTED_IN.equals(said.value())
                && said.asOf().isAfter(push.pushedAt());
    }

    /**
     * The ledger's entry when these values have been told. A target may make something else of our words without saying so in
     * its answer: what it has in their place when they are told a third time is taken for that, and no change of theirs.
     */
    private Pushed next(Subject subject, Map<String, Object> believed, Map<String, Object> desired) {
        Pushed before = subject.push().pushed();
        Map<String, Object> values = subject.golden().record().values();
        Map<String, Object> answered = new TreeMap<>();
        Map<String, Object> bounced = new TreeMap<>();
        Map<String, Object> yielded = new TreeMap<>();
        for (String field : target.fields()) {
            Object wanted = desired.get(field);
            Object golden = values.get(field);
            if (golden != null && wanted != null && !same(golden, wanted)) {
                yielded.put(field, golden);
            }
            Object ours = before == null ? null : before.fields().get(field);
            if (before == null || ours == null || !same(ours, wanted) || field.equals(target.consent())) {
                continue;
            }
            Object theirs = believed.get(field);
            Object known = before.answered().get(field);
            if (theirs != null && !same(ours, theirs)) {
                (same(theirs, before.bounced().get(field)) ? answered : bounced).put(field, theirs);
            } else if (known != null) {
                answered.put(field, known);
            }
        }
        return new Pushed(
                Presence.PRESENT,
                told(desired),
                answered,
                bounced,
                yielded,
                before == null
                        ? Map.of()
                        : before.formerFor(desired, subject.push().pushedAt()),
                subject.extras().toString(),
                target.mapping());
    }

    // --- the mapping

    private Map<String, Object> told(Map<String, Object> desired) {
        Map<String, Object> told = new TreeMap<>();
        desired.forEach((field, value) -> {
            if (target.fields().contains(field) || field.equals(target.consent())) {
                told.put(field, value);
            }
        });
        return told;
    }

    private Map<String, Difference> differences(Map<String, Object> believed, Map<String, Object> desired) {
        Map<String, Difference> differences = new TreeMap<>();
        for (String field : target.fields()) {
            Object there = believed.get(field);
            Object here = desired.get(field);
            if (there == null ? here != null : !same(there, here)) {
                differences.put(field, new Difference(there, here));
            }
        }
        return differences;
    }

    private static boolean same(Object a, @Nullable Object b) {
        return b != null && SourceRecord.sameMeaning(a, b);
    }

    private boolean isMeant(ObjectNode input) throws InvalidValue {
        JqSource filter = target.filter();
        if (filter == null) {
            return true;
        }
        JsonNode result = filter.calculate(input);
        return !result.isMissingNode() && !result.isNull() && (!result.isBoolean() || result.booleanValue());
    }

    private @Nullable String key(GoldenRecord golden, Map<String, Object> values, @Nullable String externalId) {
        return switch (target.key()) {
            case "externalId" -> externalId == null ? Ids.format(golden.id()) : externalId;
            case HUB_ID -> Ids.format(golden.id());
            default -> text(values.get(target.key()));
        };
    }

    private static @Nullable String text(@Nullable Object value) {
        return value == null ? null : value.toString();
    }

    private ObjectNode input(
            GoldenRecord golden, Map<String, Object> values, JsonNode extras, @Nullable String externalId) {
        ObjectNode input = object(ValuesJson.write(values));
        input.put("id", Ids.format(golden.id()));
        input.put("organization", golden.organization());
        input.put("externalId", externalId);
        input.setAll((ObjectNode) extras.deepCopy());
        ObjectNode account = input.putObject("settings");
        settings.forEach(account::put);
        return input;
    }

    private static ObjectNode object(String json) {
        try {
            return (ObjectNode) JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JsonNode map(@Nullable JqSource record, ObjectNode input) throws InvalidValue {
        if (record == null) {
            return input;
        }
        JsonNode item = record.calculate(input);
        if (item.isMissingNode() || item.isNull()) {
            throw new InvalidValue("made nothing of it");
        }
        return item;
    }
}
