package dev.muster.golden;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.decide.Decided;
import dev.muster.decide.GoldenState;
import dev.muster.decide.Observation;
import dev.muster.decide.Provenance;
import dev.muster.decide.ProvenanceCodec;
import dev.muster.decide.SourceRecord;
import dev.muster.decide.Winner;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which accounts have to look at a golden record again after one batch. Their rows are written with it. */
final class DuePushes {
    private final PushPlan plan;
    private final SourceAccounts accounts;
    private final GoldenRows rows;
    private final Set<RecordKey> changed;

    /** @param changed the source records of which the batch has news */
    DuePushes(PushPlan plan, SourceAccounts accounts, GoldenRows rows, Set<RecordKey> changed) {
        this.plan = plan;
        this.accounts = accounts;
        this.rows = rows;
        this.changed = changed;
    }

    /** An account is told of a field unless it said so itself: which statements share a batch does not matter. */
    void changed(
            GoldenRecord record,
            Set<String> changedFields,
            boolean cameOrWent,
            List<SourceRecord> own,
            GoldenState state,
            @Nullable String oldProvenance) {
        for (PushPlan.Target target : plan.targets()) {
            if (target.entity() != record.entity()) {
                continue;
            }
            for (String integration : plan.accounts().of(target, record.organization())) {
                AccountIds account = accounts.of(record.organization(), target.platform(), integration);
                List<SourceRecord> theirs = own.stream()
                        .filter(source -> source.key().platform().equals(target.platform())
                                && account.holds(source.key().externalId()))
                        .toList();
                boolean due = cameOrWent;
                boolean urgent = false;
                Instant heard = null;
                for (String field : changedFields) {
                    if (!target.watches(field)) {
                        continue;
                    }
                    boolean isTheirs = state.fields().get(field) == null
                            ? gave(target.platform(), account, field, oldProvenance)
                            : hold(theirs, field, state.fields().get(field));
                    if (isTheirs) {
                        heard = earlier(heard, saidAt(field, theirs));
                    } else {
                        due = true;
                        urgent |= field.equals(target.consent())
                                && !PushPlan.OPTED_IN.equals(record.values().get(field));
                    }
                }
                if (due) {
                    rows.push(new GoldenRows.Push(record.id(), target, integration, record.organization(), urgent));
                } else if (heard != null) {
                    rows.pushOverwritten(record.id(), target, integration, heard);
                }
            }
        }
    }

    /** One place in the outbox for each account. */
    private void push(PushPlan.Target target, long goldenId, String organization, boolean urgent) {
        for (String integration : plan.accounts().of(target, organization)) {
            rows.push(new GoldenRows.Push(goldenId, target, integration, organization, urgent));
        }
    }

    /** What a platform says now, and the golden record does not: it may have to be told again. */
    void contradicted(long goldenId, List<SourceRecord> own, GoldenState state, String organization) {
        for (PushPlan.Target target : plan.targets()) {
            for (SourceRecord source : own) {
                if (source.key().platform().equals(target.platform())
                        && source.key().entity() == target.entity()
                        && changed.contains(source.key())
                        && contradicts(source, target, state.values())) {
                    push(target, goldenId, organization, false);
                    break;
                }
            }
        }
    }

    private static boolean contradicts(SourceRecord source, PushPlan.Target target, Map<String, Object> values) {
        for (String field : target.fields()) {
            Object value = values.get(field);
            if (value != null && source.told().containsKey(field) && !source.holds(field, value)) {
                return true;
            }
        }
        return false;
    }

    /** Segments and totals of a member follow from what else is known of the person. */
    void related(Entity entity, String organization, long goldenId) {
        for (PushPlan.Target target : plan.targets()) {
            if (target.entity() == entity) {
                push(target, goldenId, organization, false);
            }
        }
    }

    /** The member of a membership or a gift is found when the sources are written: by then it is known whose it is. */
    void noteMember(List<SourceRecord> own) {
        for (PushPlan.Target target : plan.targets()) {
            if (!target.related() || target.entity() != Entity.MEMBER) {
                continue;
            }
            for (SourceRecord source : own) {
                Observation member = source.fields().get("member");
                if (member != null && changed.contains(source.key())) {
                    String organization = source.key().organization();
                    for (String integration : plan.accounts().of(target, organization)) {
                        rows.pushMember(
                                target,
                                integration,
                                organization,
                                member.value().toString());
                    }
                }
            }
        }
    }

    private static Instant earlier(@Nullable Instant a, Instant b) {
        return a == null || b.isBefore(a) ? b : a;
    }

    /** Of which time the account's word is. */
    private static Instant saidAt(String field, List<SourceRecord> theirs) {
        Instant latest = Instant.EPOCH;
        for (SourceRecord source : theirs) {
            Observation said = source.fields().get(field);
            if (said != null && said.asOf().isAfter(latest)) {
                latest = said.asOf();
            }
        }
        return latest;
    }

    /** Who took a value away that nobody gives any more is who gave it. */
    private static boolean gave(String platform, AccountIds account, String field, @Nullable String oldProvenance) {
        Provenance was = oldProvenance == null
                ? null
                : ProvenanceCodec.decode(oldProvenance).get(field);
        Winner winner = was == null ? null : was.winner();
        return winner != null && winner.platform().equals(platform) && account.holds(winner.externalId());
    }

    /** A union is more than what its winner said, so the value itself is looked for. */
    private static boolean hold(List<SourceRecord> theirs, String field, Decided decided) {
        return theirs.stream().anyMatch(source -> source.holds(field, decided.value()));
    }
}
