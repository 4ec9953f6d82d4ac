package dev.muster.push;

import dev.muster.decide.Observation;
import dev.muster.decide.SourceRecord;
import dev.muster.golden.AccountIds;
import dev.muster.golden.GoldenRecord;
import dev.muster.golden.Pushed;
import dev.muster.golden.Roll;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who shares an address with whom. Two people of one household are two golden records, but where an address is one record,
 * the second would be refused, or written over the first. Whoever is there already keeps it; else the older golden record.
 */
final class Namesakes {
    private final PushTarget target;
    private final AccountIds account;
    private final Map<Long, Push> rows;
    private final Map<Long, PushStatus> untold;
    private final Map<Long, Roll.Entry> people = new HashMap<>();

    private Namesakes(
            PushTarget target,
            AccountIds account,
            Map<Long, Push> rows,
            Map<Long, PushStatus> untold,
            List<Roll.Entry> people) {
        this.target = target;
        this.account = account;
        this.rows = rows;
        this.untold = untold;
        people.forEach(one -> this.people.put(one.record().id(), one));
    }

    /** By golden id, for those only who have to give way; reads no more than one index where no address is shared. */
    static Map<Long, PushJudge.Namesake> of(
            PushTarget target,
            PushStore.Lane lane,
            AccountIds account,
            List<Roll.Entry> entries,
            Roll roll,
            PushStore store) {
        if (!target.isOnePerEmail() || entries.isEmpty()) {
            return Map.of();
        }
        Set<String> emails = new TreeSet<>();
        entries.forEach(entry -> {
            String email = email(entry.record());
            if (email != null) {
                emails.add(email);
            }
        });
        Map<String, List<Long>> sharing = roll.membersOf(entries.get(0).record().organization(), emails);
        sharing.values().removeIf(ids -> ids.size() < 2);
        if (sharing.isEmpty()) {
            return Map.of();
        }
        List<Long> ids = new ArrayList<>();
        sharing.values().forEach(ids::addAll);
        Namesakes namesakes = new Namesakes(
                target, account, store.rows(lane, ids), store.untold(lane, ids), roll.find(target.entity(), ids));
        Map<Long, PushJudge.Namesake> found = new HashMap<>();
        for (Roll.Entry entry : entries) {
            String email = email(entry.record());
            long id = entry.record().id();
            PushJudge.Namesake other = namesakes.before(id, email, sharing.getOrDefault(email, List.of()));
            if (other != null) {
                found.put(id, other);
            }
        }
        return found;
    }

    private PushJudge.@Nullable Namesake before(long id, @Nullable String email, List<Long> sharing) {
        boolean isThere = isThere(id, email);
        PushJudge.Namesake first = null;
        for (long other : sharing) {
            if (other != id && isThere(other, email) && (!isThere || other < id)) {
                return new PushJudge.Namesake(other, true);
            }
            if (other != id && !isThere && (isBeingTold(other, email) || (other < id && isToBeTold(other)))) {
                first = new PushJudge.Namesake(other, false);
            }
        }
        return first;
    }

    /** Whether the target knows somebody by this address: because we said so, or of itself. */
    private boolean isThere(long id, @Nullable String email) {
        Push row = rows.get(id);
        Pushed pushed = row == null ? null : row.pushed();
        if (row != null && pushed != null) {
            return pushed.presence() != Pushed.Presence.REMOVED
                    && (Objects.equals(email, row.key())
                            || Objects.equals(email, pushed.fields().get(PushTarget.EMAIL)));
        }
        Roll.Entry person = people.get(id);
        if (person != null) {
            for (SourceRecord source : person.sources()) {
                Observation said = source.fields().get(PushTarget.EMAIL);
                if (source.key().platform().equals(target.platform())
                        && source.key().entity() == target.entity()
                        && account.holds(source.key().externalId())
                        && !source.removed()
                        && said != null
                        && said.value().equals(email)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean isBeingTold(long id, @Nullable String email) {
        Push row = rows.get(id);
        Pushed sending = row == null ? null : row.sending();
        return sending != null && Objects.equals(email, sending.fields().get(PushTarget.EMAIL));
    }

    private boolean isToBeTold(long id) {
        PushStatus status = untold.get(id);
        return status == PushStatus.DUE || status == PushStatus.PROCESSING;
    }

    /** The address of somebody who is on the roll; null for whoever was merged away or removed. */
    private static @Nullable String email(GoldenRecord record) {
        Object email = record.values().get(PushTarget.EMAIL);
        boolean isAlive = record.deletedAt() == null && record.mergedInto() == null;
        return isAlive && email != null ? email.toString() : null;
    }

    /** The address that somebody will not have at the target any more when this has been done; null where none gets free. */
    static @Nullable String freed(PushVerdict verdict, GoldenRecord golden) {
        PushVerdict.Difference email = verdict.differences().get(PushTarget.EMAIL);
        if (email != null) {
            return email.there() == null ? null : email.there().toString();
        }
        Pushed pushed = verdict.push().pushed();
        boolean isGone = verdict.step() == PushStep.REMOVE || email(golden) == null;
        Object told = pushed == null || !isGone ? null : pushed.fields().get(PushTarget.EMAIL);
        return told == null ? null : told.toString();
    }
}
