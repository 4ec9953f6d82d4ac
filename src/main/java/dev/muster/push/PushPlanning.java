package dev.muster.push;

import dev.muster.db.Ids;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.golden.AccountIds;
import dev.muster.golden.Roll;
import dev.muster.platform.Integration;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What would be pushed, before it is; and the asking for it. */
public final class PushPlanning {
    private static final int ENQUEUE_MAX = 5_000;

    private final PushTargets targets;
    private final PushStore store;
    private final PushSubjects subjects;
    private final Roll roll;

    public PushPlanning(PushTargets targets, PushStore store, Roll roll, Supplier<Segments> segments) {
        this.targets = targets;
        this.store = store;
        this.roll = roll;
        this.subjects = new PushSubjects(roll, store, segments);
    }

    /**
     * What would be done about one record.
     *
     * @param step such as {@code create}, {@code update}, {@code withdraw}, {@code remove}, {@code none}
     * @param differences field to what the target is believed to have, and what it should have; either can be null
     */
    public record Planned(
            String goldenId,
            String integration,
            String step,
            String reason,
            @Nullable String externalId,
            Map<String, Change> differences) {}

    /** A field before and after. */
    public record Change(@Nullable Object there, @Nullable Object here) {}

    /** @param before where the next part begins; null where this was the last */
    public record Part(List<Planned> items, @Nullable Long before) {}

    /** What was made due; {@code before} is where to go on, null where all are. */
    public record Enqueued(int records, @Nullable Long before) {}

    /**
     * One part of what a target would be told, newest records first; nothing is changed.
     *
     * @param integration one account; null for all that the organization opened for pushes
     * @param isWhole whether records that need nothing are listed too
     * @throws Refusal 404 where there is no such target, or no account that it is pushed to
     */
    public Part plan(
            String target, String organization, @Nullable String integration, boolean isWhole, long before, int limit) {
        PushTarget known = find(target);
        List<Integration> accounts = accounts(known, organization, integration);
        Roll.IdPage page = roll.ids(known.entity(), organization, before, limit);
        List<Planned> planned = new ArrayList<>();
        for (Integration account : accounts) {
            PushStore.Lane lane = new PushStore.Lane(target, account.id());
            Map<Long, Push> rows = store.rows(lane, page.ids());
            Map<Long, Push> pushes = new LinkedHashMap<>();
            page.ids()
                    .forEach(id ->
                            pushes.put(id, rows.getOrDefault(id, Push.never(id, target, account.id(), organization))));
            AccountIds ids = roll.accountIds(organization, known.platform(), account.id());
            PushJudge judge = new PushJudge(
                    known, account.settings(), ids, roll.survivorship().seal());
            for (PushJudge.Subject subject : subjects.of(known, lane, ids, pushes)) {
                PushVerdict verdict = judge.judge(subject);
                if (isWhole || verdict.step() != PushStep.NONE) {
                    planned.add(planned(verdict));
                }
            }
        }
        return new Part(planned, page.before());
    }

    private static Planned planned(PushVerdict verdict) {
        Map<String, Change> differences = new LinkedHashMap<>();
        verdict.differences().forEach((field, one) -> differences.put(field, new Change(one.there(), one.here())));
        return new Planned(
                Ids.format(verdict.push().goldenId()),
                verdict.push().integration(),
                verdict.step().id(),
                verdict.reason(),
                verdict.externalId(),
                differences);
    }

    /**
     * Makes records of an organization due, newest first, up to a bound; what a target has already costs no call.
     *
     * @param before where to begin: {@link Long#MAX_VALUE}, or what the last part answered
     * @throws Refusal as {@link #plan}
     */
    public Enqueued enqueue(String target, String organization, @Nullable String integration, long before) {
        PushTarget known = find(target);
        List<Integration> accounts = accounts(known, organization, integration);
        Roll.IdPage page = roll.ids(known.entity(), organization, before, ENQUEUE_MAX);
        accounts.forEach(account -> store.enqueue(known, account.id(), organization, page.ids()));
        return new Enqueued(page.ids().size() * accounts.size(), page.before());
    }

    /**
     * Makes one row due again.
     *
     * @param forced whether the golden record's values are sent whatever the target has
     * @throws Refusal 404 where there is no such row
     */
    public void replay(Connection connection, long goldenId, String target, String integration, boolean forced)
            throws SQLException {
        if (!store.replay(connection, goldenId, new PushStore.Lane(target, integration), forced)) {
            throw new Refusal(
                    FailureCode.NOT_FOUND,
                    404,
                    "There is no push of " + Ids.format(goldenId) + " to " + target + " of the integration "
                            + integration);
        }
    }

    /**
     * Takes a person's word about one field of a push that is held. When something was said of each, the push is due.
     *
     * @param choice {@code keep_current}: the golden record's value is pushed; {@code accept_incoming}: the target's is let be,
     *     until one of the two changes again
     * @return whether the push is due now; else other fields of it wait
     * @throws Refusal 400 where the choice is none, 404 where no such push is held by this field, 409 where it changed at this
     *     moment
     */
    public boolean resolve(
            Connection connection, long goldenId, String target, String integration, String field, String choice)
            throws SQLException {
        Contested.Choice chosen = Contested.Choice.of(choice)
                .orElseThrow(() -> new Refusal(
                        FailureCode.BAD_REQUEST,
                        400,
                        "'choice' is none: write keep_current (the golden record's value is pushed) or accept_incoming (the"
                                + " target's is let be)"));
        return switch (store.choose(connection, goldenId, new PushStore.Lane(target, integration), field, chosen)) {
            case DUE -> true;
            case HELD -> false;
            case NOT_ASKED ->
                throw new Refusal(
                        FailureCode.NOT_FOUND,
                        404,
                        "No push of " + Ids.format(goldenId) + " to " + target + " of the integration " + integration
                                + " is held by " + field + " (any more)");
            case CHANGED ->
                throw new Refusal(
                        FailureCode.CONFLICTING_STATE,
                        409,
                        "The push of " + Ids.format(goldenId) + " to " + target
                                + " changed at this moment: look at it once more");
        };
    }

    private PushTarget find(String name) {
        return targets.find(name)
                .orElseThrow(() -> new Refusal(
                        FailureCode.NOT_FOUND,
                        404,
                        "There is no push target '" + name + "'; there are "
                                + targets.all().stream().map(PushTarget::name).toList()));
    }

    private List<Integration> accounts(PushTarget target, String organization, @Nullable String integration) {
        List<Integration> accounts = new ArrayList<>();
        for (String id : targets.accounts(target.name(), organization)) {
            if (integration == null || integration.equals(id)) {
                targets.account(target, id).ifPresent(accounts::add);
            }
        }
        if (accounts.isEmpty()) {
            throw new Refusal(
                    FailureCode.NOT_FOUND,
                    404,
                    "The organization '" + organization + "' has no integration of " + target.platform()
                            + (integration == null ? "" : " named " + integration)
                            + " whose setting 'push' is on or names " + target.name());
        }
        return accounts;
    }
}
