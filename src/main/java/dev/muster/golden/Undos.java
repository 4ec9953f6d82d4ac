package dev.muster.golden;

import dev.muster.audit.AuditEntry;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.decide.SourceRecord;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes back what an operation, a run or everything that a platform sent in a time made of source records, field by field where
 * nobody wrote since; golden records follow from them. A preview changes nothing. What is done is done in batches that other
 * decisions go between, goes on after a crash, and can be taken back itself.
 */
public final class Undos {
    private static final Logger LOG = LoggerFactory.getLogger(Undos.class);

    /** The most changes that a preview looks at. */
    public static final int PREVIEW_MAX = 30_000;

    /** Changes of source records in one transaction. */
    static final int BATCH = 250;

    private static final int PREVIEW_BATCH = 2_000;
    private static final Duration SLICE = Duration.ofSeconds(2);

    private final Heart heart;
    private final Database database;
    private final Ids ids;
    private final Clock clock;
    private final UndoStore undos;
    private final SourceChangeStore changes;
    private final int days;

    /** @param days how long it is remembered what source records were */
    public Undos(Heart heart, int days) {
        this.heart = heart;
        this.database = heart.database();
        this.ids = heart.ids();
        this.clock = heart.clock();
        this.undos = new UndoStore(database);
        this.changes = new SourceChangeStore(database);
        this.days = days;
    }

    // --- what is meant ------------------------------------------------------------------------------------------

    /** @throws Refusal 404 where there is no such operation, or none that they may see */
    public UndoScope operation(long id, ByWhom who) {
        return seen(undos.operation(id), "operation", id, who);
    }

    /** @throws Refusal 404 where there is no such run (any more), or none that they may see */
    public UndoScope run(long id, ByWhom who) {
        return seen(undos.run(id), "run", id, who);
    }

    /**
     * @param integration only what came by this account; null for all
     * @throws Refusal 400 where the window is empty, 404 where they may not see the organization
     */
    public UndoScope window(
            String organization,
            String platform,
            @Nullable String integration,
            Instant from,
            Instant until,
            ByWhom who) {
        if (!who.sees(organization)) {
            throw new Refusal(FailureCode.NOT_FOUND, 404, "There is no organization " + organization);
        }
        if (!from.isBefore(until)) {
            throw new Refusal(FailureCode.BAD_REQUEST, 400, "from is " + from + ", not before until, " + until);
        }
        return new UndoScope(
                UndoScope.Kind.WINDOW,
                organization,
                platform,
                integration,
                Ids.at(from),
                Math.max(0, Ids.at(until) - 1),
                null);
    }

    /**
     * What another undo changed.
     *
     * @throws Refusal 404 where there is none, 409 where it is under way, was undone itself, or undid an undo
     */
    public UndoScope undo(long id, ByWhom who) {
        Undo undo = find(id, who);
        if (undo.scope().kind() == UndoScope.Kind.UNDO) {
            throw refused(id, "put back what another one took away: undo once more what that was about");
        }
        if (undo.endedAt() == null) {
            throw refused(id, "is under way: wait for its end");
        }
        Long by = undo.undoneBy();
        if (by != null) {
            throw refused(id, "was undone by " + Ids.format(by) + " already");
        }
        return UndoStore.of(undo);
    }

    private static Refusal refused(long id, String why) {
        return new Refusal(FailureCode.CONFLICTING_STATE, 409, "The undo " + Ids.format(id) + " " + why);
    }

    private static UndoScope seen(Optional<UndoScope> scope, String what, long id, ByWhom who) {
        return scope.filter(found -> who.sees(found.organization()))
                .orElseThrow(
                        () -> new Refusal(FailureCode.NOT_FOUND, 404, "There is no " + what + " " + Ids.format(id)));
    }

    // --- looking ------------------------------------------------------------------------------------------------

    /**
     * What it would change. It holds all that it looked at.
     *
     * @param offset the first of the differences that are shown
     * @param limit the most that are shown
     */
    public UndoPreview preview(UndoScope scope, int offset, int limit) {
        return database.readAtOneMoment(connection -> {
            UndoWork work = new UndoWork(scope.restores());
            SourceStore sources = new SourceStore(connection, database);
            SourceChangeStore.Position position = SourceChangeStore.Position.END;
            long looked = 0;
            boolean isComplete = false;
            while (!isComplete && looked < PREVIEW_MAX) {
                List<SourceChangeStore.Row> rows = changes.before(connection, scope, position, PREVIEW_BATCH);
                Map<RecordKey, SourceRecord> found = new HashMap<>();
                sources.byKeys(work.unknown(rows), found);
                work.know(found);
                work.takeBack(rows);
                looked += rows.size();
                isComplete = rows.size() < PREVIEW_BATCH;
                if (!rows.isEmpty()) {
                    position = rows.get(rows.size() - 1).position();
                }
            }
            work.settle();
            return work.preview(looked, isComplete, offset, limit);
        });
    }

    /** Newest first. */
    public List<Undo> list(@Nullable String organization, long before, int limit) {
        return undos.list(organization, before, limit);
    }

    /** @throws Refusal 404 where there is none, or none that they may see */
    public Undo find(long id, ByWhom who) {
        return database.read(connection -> undos.find(connection, id))
                .map(UndoStore.Stored::undo)
                .filter(undo -> who.sees(undo.scope().organization()))
                .orElseThrow(() -> new Refusal(FailureCode.NOT_FOUND, 404, "There is no undo " + Ids.format(id)));
    }

    // --- doing --------------------------------------------------------------------------------------------------

    /** Begins; {@link #work} does it. */
    public Undo begin(UndoScope scope, ByWhom who) {
        Instant now = clock.instant();
        UndoScope bounded = scope.lastId() == Long.MAX_VALUE
                ? new UndoScope(
                        scope.kind(),
                        scope.organization(),
                        scope.platform(),
                        scope.integration(),
                        scope.firstId(),
                        ids.next(),
                        scope.runId())
                : scope;
        long total = database.read(connection -> changes.count(connection, bounded));
        Undo undo = database.write(connection -> {
            Undo begun =
                    new Undo(ids.next(), bounded, who.name(), who.reason(), total, 0, 0, 0, 0, null, now, now, null);
            Long undone = bounded.runId();
            if (bounded.restores() && undone != null && !undos.undoneBy(connection, undone, begun.id())) {
                throw refused(undone, "was undone already, or is under way");
            }
            undos.insert(connection, begun);
            heart.trail()
                    .record(
                            connection,
                            new AuditEntry(
                                    ids.next(),
                                    bounded.organization(),
                                    who.name(),
                                    "undo",
                                    "",
                                    null,
                                    bounded.platform(),
                                    begun.id(),
                                    who.reason(),
                                    ValuesJson.write(told(bounded))));
            return begun;
        });
        LOG.info(
                "Undo {} of {} changes by {} in {} begins for {}",
                Ids.format(undo.id()),
                undo.total(),
                scope.platform(),
                scope.organization(),
                who.name());
        return undo;
    }

    private static Map<String, Object> told(UndoScope scope) {
        Map<String, Object> told = new HashMap<>();
        told.put("kind", scope.kind().id());
        told.put("platform", scope.platform());
        told.put("first", Ids.format(scope.firstId()));
        told.put("last", Ids.format(scope.lastId()));
        if (scope.integration() != null) {
            told.put("integration", scope.integration());
        }
        if (scope.runId() != null) {
            told.put("of", Ids.format(scope.runId()));
        }
        return told;
    }

    /**
     * Goes on with what is under way, for a moment: batch by batch, each a transaction of its own.
     *
     * @return whether something is left
     */
    public boolean work() {
        Instant until = clock.instant().plus(SLICE);
        Optional<Long> next = undos.underWay();
        while (next.isPresent()) {
            long id = next.get();
            Undo undo = database.read(connection -> undos.find(connection, id))
                    .orElseThrow()
                    .undo();
            if (!goOn(undo)) {
                LOG.info("Undo {} is done", Ids.format(id));
                next = undos.underWay();
            } else if (!clock.instant().isBefore(until)) {
                return true;
            }
        }
        return false;
    }

    /** One batch. */
    boolean goOn(Undo undo) {
        return Decider.decide(database, new UndoBatch(heart, undos, undo, BATCH));
    }

    /** Forgets what source records were longer ago than is kept. Answers how many changes. */
    public int sweep() {
        return changes.forget(Ids.at(clock.instant().minus(Duration.ofDays(days))));
    }
}
