package dev.muster.golden;

import static java.util.Objects.requireNonNull;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.decide.SourceRecord;
import java.sql.Connection;
import java.sql.SQLException;
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
    private final Heart heart;
    private final UndoStore undos;
    private final Undo undo;
    private final int limit;
    private final Matter matter;
    private final Decision decision;
    private @Nullable Read read;

    UndoBatch(Heart heart, UndoStore undos, Undo undo, int limit) {
        this.heart = heart;
        this.undos = undos;
        this.undo = undo;
        this.limit = limit;
        this.matter = new Matter(new Cause(undo.scope().organization(), undo.madeBy(), null, undo.reason()));
        this.decision = new Decision(heart, matter);
    }

    /** What was read; without rows the undo is done. */
    private record Read(UndoWork work, List<SourceChangeStore.Row> rows, SourceChangeStore.Position from) {}

    @Override
    public void read(Connection connection) throws SQLException {
        UndoScope scope = undo.scope();
        decision.open(connection, Set.of(scope.organization()));
        // under the lock: another hub may be at the same undo
        UndoStore.Stored stored = undos.find(connection, undo.id()).orElseThrow();
        List<SourceChangeStore.Row> rows = stored.undo().endedAt() == null
                ? new SourceChangeStore(heart.database()).before(connection, scope, stored.position(), limit)
                : List.of();
        UndoWork work = new UndoWork(scope.restores());
        Map<RecordKey, SourceRecord> known = new HashMap<>();
        decision.sources().byKeys(work.unknown(rows), known);
        work.know(known);
        work.takeBack(rows);
        work.settle();
        matter.known.putAll(known);
        change(work);
        decision.identify();
        decision.read();
        read = new Read(work, rows, stored.position());
    }

    private void change(UndoWork work) {
        Cause cause = requireNonNull(matter.act());
        SourceHistory.Origin origin = new SourceHistory.Origin(heart.ids().next(), "", 0, undo.id());
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

    private Read read() {
        return requireNonNull(read);
    }

    @Override
    public void decide() {
        decision.decide();
    }

    /** @return whether the undo goes on */
    @Override
    public Boolean write(Connection connection) throws SQLException {
        Read done = read();
        List<SourceChangeStore.Row> rows = done.rows();
        decision.write(connection);
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
                decision.now(),
                isEnd);
        return !isEnd;
    }
}
