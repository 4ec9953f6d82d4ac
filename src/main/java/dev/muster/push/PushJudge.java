package dev.muster.push;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.db.Ids;
import dev.muster.decide.Observation;
import dev.muster.decide.SourceRecord;
import dev.muster.golden.AccountIds;
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
    private final AccountIds account;

    /**
     * @param settings of the account
     * @param account which source records are the account's own
     */
    PushJudge(PushTarget target, Map<String, String> settings, AccountIds account) {
        this.target = target;
        this.settings = settings;
        this.account = account;
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
                : own == null ? null : account.external(own.key().externalId());
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
        boolean isPresent = presence == Presence.PRESENT || push.mayBeThere();
        if (!isAllowed && golden.mergedInto() == null && isPresent && !saidNoThere) {
            boolean isTheirNo = OPTED_OUT.equals(values.get(consent));
            if (isTheirNo || push.isOurs() || push.mayBeThere()) {
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
        Contest contest = Contest.of(target, subject, own, believed, values);
        if (!contest.isDecided()) {
            return PushVerdict.still(push, PushStep.HOLD, contest.reason(), contest.contested());
        }
        String there = push.key() == null ? text(believed.get(target.key())) : push.key();
        // A record of the platform's own, which was never told the hub's id, is not found by it. That a push was
        // tried in vain has told nobody.
        boolean isUnmarked =
                push.pushed() == null && externalId != null && target.key().equals(HUB_ID);
        boolean isMoved = target.move() != null
                && key != null
                && (isUnmarked || there != null && !SourceRecord.sameMeaning(key, there));
        PushVerdict verdict = change(
                subject, isMoved ? PushStep.MOVE : PushStep.UPDATE, believed, contest.desired(), externalId, key);
        // what a person let be is known in the ledger, though nothing is told
        return verdict.step() == PushStep.NONE && contest.isAccepted()
                ? verdict.knowing(next(subject, believed, contest.desired()))
                : verdict;
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
                // what got no answer may have arrived: then the target has neither this nor what it had
                && push.sending() == null
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
            } else if (!Contested.same(value, wanted)) {
                there.put(field, value);
            }
        }
        Pushed before = subject.push().pushed();
        ObjectNode extras = before == null ? noExtras() : ValuesJson.tree(before.extras());
        if (!target.segments().isEmpty()) {
            SegmentTags.markStale(extras, SegmentTags.all(subject.extras()));
        }
        ObjectNode input = input(subject.golden().record(), there, extras, externalId);
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
            none.putArray(SegmentTags.HOLDING);
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
        String why = isAlive
                ? "is not meant by the filter"
                : subject.golden().record().mergedInto() != null ? "was merged into another" : "was removed";
        // Whom we did not put there is not ours to take off.
        boolean isOurs = push.isOurs() && presence == Presence.PRESENT || push.mayBeThere();
        if (!target.archives() || !isOurs) {
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

    /** The account's own record of this person: the one it answered with, else the first that lives. */
    private @Nullable SourceRecord own(Subject subject) {
        SourceRecord found = null;
        for (SourceRecord source : subject.golden().sources()) {
            if (!source.key().platform().equals(target.platform())
                    || source.key().entity() != target.entity()
                    || !account.holds(source.key().externalId())) {
                continue;
            }
            if (account.external(source.key().externalId())
                    .equals(subject.push().externalId())) {
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
            for (Map.Entry<String, Observation> field : own.told().entrySet()) {
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
            if (golden != null && wanted != null && !Contested.same(golden, wanted)) {
                yielded.put(field, golden);
            }
            Object ours = before == null ? null : before.fields().get(field);
            if (before == null || ours == null || !Contested.same(ours, wanted) || field.equals(target.consent())) {
                continue;
            }
            Object theirs = believed.get(field);
            Object known = before.answered().get(field);
            if (theirs != null && !Contested.same(ours, theirs)) {
                (Contested.same(theirs, before.bounced().get(field)) ? answered : bounced).put(field, theirs);
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
                SegmentTags.forLedger(subject.extras(), subject.push()),
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
            if (there == null ? here != null : !Contested.same(there, here)) {
                differences.put(field, new Difference(there, here));
            }
        }
        return differences;
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
        ObjectNode input = ValuesJson.tree(values);
        input.put("id", Ids.format(golden.id()));
        input.put("organization", golden.organization());
        input.put("externalId", externalId);
        input.setAll((ObjectNode) extras.deepCopy());
        ObjectNode account = input.putObject("settings");
        settings.forEach(account::put);
        return input;
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
