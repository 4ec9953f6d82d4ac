package dev.muster.golden;

import static java.util.Objects.requireNonNull;

import dev.muster.audit.AuditTrail;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.decide.SourceRecord;
import dev.muster.decide.Survivorship;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A part of an undo before the decider: some changes are taken back, the latest first, and decided about like any batch of
 * statements; how far it is, is written with them.
 */
final class UndoBatch implements Decider.Work<Boolean> {
    private final Database database;
    private final Ids ids;
    private final AuditTrail trail;
    private final Instant now;
    private final Survivorship survivorship;
    private final PushPlan pushPlan;
    private final UndoStore undos;
    private final Undo undo;
    private final int limit;
    private final Matter matter;
    private @Nullable Open open;

    UndoBatch(
            Database database,
            Ids ids,
            AuditTrail trail,
            Instant now,
            Survivorship survivorship,
            PushPlan pushPlan,
            UndoStore undos,
            Undo undo,
            int limit) {
        this.database = database;
        this.ids = ids;
        this.trail = trail;
        this.now = now;
        this.survivorship = survivorship;
        this.pushPlan = pushPlan;
        this.undos = undos;
        this.undo = undo;
        this.limit = limit;
        this.matter = new Matter(new Cause(undo.scope().organization(), undo.madeBy(), null, undo.reason()));
    }

    /** What was read; without rows the undo is done. */
    private record Open(
            Resolution resolution, UndoWork work, List<SourceChangeStore.Row> rows, SourceChangeStore.Position from) {}

    @Override
    public void read(Connection connection) throws SQLException {
        UndoScope scope = undo.scope();
        GoldenReads reads = new GoldenReads(connection, database);
        reads.lock(Set.of(scope.organization()));
        // under the lock: another hub may be at the same undo
        UndoStore.Stored stored = undos.find(connection, undo.id()).orElseThrow();
        List<SourceChangeStore.Row> rows = stored.undo().endedAt() == null
                ? new SourceChangeStore(database).before(connection, scope, stored.position(), limit)
                : List.of();
        SourceAccounts accounts = new SourceAccounts();
        accounts.read(connection, database, Set.of(scope.organization()));
        SourceStore sources = new SourceStore(connection, database);
        UndoWork work = new UndoWork(scope.restores());
        Map<RecordKey, SourceRecord> known = new HashMap<>();
        sources.byKeys(work.unknown(rows), known);
        work.know(known);
        work.takeBack(rows);
        work.settle();
        matter.known.putAll(known);
        change(work);
        SpokenRows words = new SpokenRows(database, now);
        Identification identification =
                new Identification(matter, sources, new RulingStore(connection, database), ids::next, words);
        Resolution resolution = new Resolution(
                matter,
                identification,
                survivorship,
                pushPlan,
                accounts,
                new GoldenRows(database, ids, trail, now),
                words,
                ids::next,
                now);
        identification.identify();
        resolution.read(sources, reads);
        open = new Open(resolution, work, rows, stored.position());
    }

    private void change(UndoWork work) {
        Cause cause = requireNonNull(matter.act());
        SourceHistory.Origin origin = new SourceHistory.Origin(ids.next(), "", 0, undo.id());
        for (Map.Entry<RecordKey, SourceRecord> entry : work.changed().entrySet()) {
            RecordKey key = entry.getKey();
            SourceRecord before = entry.getValue();
            SourceRecord after = work.after(key);
            matter.known.put(key, after);
            matter.changed.put(key, cause);
            matter.history.changed(origin, before, after);
            for (String email : before.emails()) {
                if (!after.emails().contains(email)) {
                    matter.goneEmails.add(new SourceStore.EmailSeen(key, email));
                }
            }
            for (String email : after.emails()) {
                if (!before.emails().contains(email)) {
                    matter.newEmails.add(new SourceStore.EmailSeen(key, email));
                }
            }
            if (key.entity() == Entity.MEMBER) {
                matter.people.add(key);
                // who was one person with somebody by what is taken back may be another one
                matter.parting.add(before.goldenId());
            }
        }
    }

    private Open open() {
        return requireNonNull(open);
    }

    @Override
    public void decide() {
        open().resolution().decide();
    }

    /** @return whether the undo goes on */
    @Override
    public Boolean write(Connection connection) throws SQLException {
        Open done = open();
        List<SourceChangeStore.Row> rows = done.rows();
        done.resolution().write(connection, new SourceStore(connection, database));
        boolean isEnd = rows.size() < limit;
        long skipped = done.work().differences().stream()
                .filter(one -> one.writtenBy() != null)
                .count();
        undos.advance(
                connection,
                undo.id(),
                rows.isEmpty() ? done.from() : rows.get(rows.size() - 1).position(),
                rows.size(),
                done.work().changed().size(),
                done.work().differences().size() - skipped,
                skipped,
                now,
                isEnd);
        return !isEnd;
    }
}
