package dev.muster.golden;

import dev.muster.canonical.RecordKey;
import dev.muster.db.RowStatement;
import dev.muster.decide.SourceChange;
import dev.muster.decide.SourceCodec;
import dev.muster.decide.SourceRecord;
import dev.muster.delivery.Delivery;
import dev.muster.operation.Operation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the source records of one transaction were before it, by which it can be taken back. */
final class SourceHistory {
    /** An operation that is worked on twice changes something the first time. */
    static final RowStatement INSERT = RowStatement.of("""
            INSERT INTO source_changes (organization, platform, operation_id, entity, external_id, integration, delivery_id,
                                        run_id, body)
            SELECT r.organization, r.platform, r.operation_id, r.entity, r.external_id, r.integration, r.delivery_id,
                   r.run_id, r.body
            FROM {organization text, platform text, operation_id bigint, entity text, external_id text, integration text,
                  delivery_id bigint, run_id bigint, body text} r WHERE true
            ON CONFLICT DO NOTHING""");

    private final Map<Place, Span> spans = new LinkedHashMap<>();

    private record Place(long operationId, RecordKey key) {}

    /** One record from before an operation until after it. */
    private record Span(Origin origin, SourceRecord before, SourceRecord after) {}

    /**
     * By what a source record is changed.
     *
     * @param deliveryId 0 for an undo
     * @param runId the run that pulled it, or the undo; null for none
     */
    record Origin(
            long operationId,
            String integration,
            long deliveryId,
            @Nullable Long runId) {
        static Origin of(Operation operation) {
            String run = operation.delivery().headers().get(Delivery.RUN);
            return new Origin(
                    operation.id(),
                    operation.integration(),
                    operation.delivery().id(),
                    run == null ? null : Long.valueOf(run));
        }
    }

    void heard(Operation operation, SourceRecord before, SourceRecord after) {
        changed(Origin.of(operation), before, after);
    }

    /** An operation may speak of a record several times: what counts is what that was before all of them. */
    void changed(Origin origin, SourceRecord before, SourceRecord after) {
        spans.merge(
                new Place(origin.operationId(), after.key()),
                new Span(origin, before, after),
                (first, next) -> new Span(first.origin(), first.before(), next.after()));
    }

    /** Whose golden records a source was removed of that was there before. */
    Set<BrakeWatch.ChangedRecord> removed(Matter matter) {
        Set<BrakeWatch.ChangedRecord> removed = new HashSet<>();
        for (Span span : spans.values()) {
            RecordKey key = span.after().key();
            long goldenId = span.before().goldenId();
            if (goldenId != SourceRecord.NO_GOLDEN_ID
                    && span.after().removed()
                    && !span.before().removed()) {
                removed.add(new BrakeWatch.ChangedRecord(
                        span.origin().operationId(),
                        key.entity(),
                        matter.source(key).goldenId()));
            }
        }
        return removed;
    }

    List<@Nullable Object[]> rows() {
        List<@Nullable Object[]> rows = new ArrayList<>(spans.size());
        for (Span span : spans.values()) {
            SourceChange change = SourceChange.between(span.before(), span.after());
            if (!change.isNothing(span.after())) {
                RecordKey key = span.after().key();
                Origin origin = span.origin();
                rows.add(new @Nullable Object[] {
                    key.organization(),
                    key.platform(),
                    origin.operationId(),
                    key.entity().id(),
                    key.externalId(),
                    origin.integration(),
                    origin.deliveryId(),
                    origin.runId(),
                    SourceCodec.encode(change)
                });
            }
        }
        return rows;
    }
}
