package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.audit.AuditEntry;
import dev.muster.audit.AuditTrail;
import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import dev.muster.delivery.Problem;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.pull.RunKind;
import dev.muster.pull.RunStore;
import dev.muster.pull.StreamControl;
import dev.muster.pull.StreamControl.Which;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code /api/sync}: the streams, their runs, and what people may do with them. */
public final class SyncResource implements AdminResource {
    private static final String RUN =
            "r.organization, r.platform, r.integration, r.stream, r.kind, r.state, r.since, r.started_at, r.ended_at, r.pages,"
                    + " r.applied, r.items, r.created, r.changed, r.unchanged, r.refused, r.conflicts, r.calls, r.bytes,"
                    + " r.total, r.quota_used, r.error";

    private final StreamControl control;
    private final Clock clock;
    private final AuditTrail trail;
    private final Listing runs;

    public SyncResource(Database database, StreamControl control, Clock clock, AuditTrail trail) {
        this.control = control;
        this.clock = clock;
        this.trail = trail;
        this.runs = new Listing(database, RUN, "sync_runs r", "r", "id", Rows::run);
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of(
                "listRuns", this::history,
                "readRun", this::status,
                "listStreams", this::streams,
                "startRuns", this::start,
                "stopRuns", this::stop,
                "readOneRecord", this::manual);
    }

    private HttpAnswer history(ApiCall call) {
        return Page.answer(runs.list(
                call.page(), null, call.filters("organization", "platform", "integration", "stream", "kind", "state")));
    }

    private HttpAnswer status(ApiCall call) {
        long id = call.id();
        ObjectNode run = call.seen(runs.find(id), "run");
        long total = run.path("total").asLong(-1);
        long read = run.path("read").asLong();
        boolean running = run.path("endedAt").isNull();
        long unapplied = run.path("pages").asLong() - run.path("pagesApplied").asLong();
        RunStore.Lost lost = running || unapplied <= 0 ? new RunStore.Lost(0, 0, 0) : control.lost(id);
        run.put("pagesDead", lost.dead()).put("pagesIgnored", lost.ignored()).put("pagesHeld", lost.held());
        if (running && total > 0 && read > 0) {
            long elapsed = clock.millis()
                    - Instant.parse(run.path("startedAt").asText()).toEpochMilli();
            run.put("progress", Math.min(1.0, (double) read / total));
            run.put("remainingMillis", Math.max(0, elapsed * (total - read) / read));
        }
        return HttpAnswer.ok(run);
    }

    private HttpAnswer streams(ApiCall call) {
        ObjectNode node = Rows.JSON.createObjectNode();
        ArrayNode items = node.putArray("items");
        Which which = new Which(
                call.text("organization"), call.text("platform", ""), call.text("integration"), call.text("stream"));
        for (StreamControl.StreamStatus stream : control.streams(which)) {
            ObjectNode item = items.addObject();
            item.put("organization", stream.organization()).put("platform", stream.platform());
            item.put("integration", stream.integration()).put("stream", stream.stream());
            item.put("state", stream.state()).put("highWater", stream.highWater());
            item.put("nextRunAt", text(stream.nextRunAt())).put("fullAt", text(stream.fullAt()));
            Long run = stream.runId();
            item.put("runId", run == null ? null : Ids.format(run));
        }
        return HttpAnswer.ok(node);
    }

    private HttpAnswer start(ApiCall call) {
        RunKind kind = RunKind.of(call.said("mode", "incremental")).orElseThrow();
        if (kind != RunKind.BACKFILL && call.body().has("from")) {
            throw Page.bad("from is for mode backfill only");
        }
        Instant from = kind == RunKind.BACKFILL ? from(call.said("from", "")) : null;
        List<StreamControl.Started> started = control.start(
                which(call),
                kind,
                from,
                (connection, one) -> trail.record(
                        connection,
                        act(call, one.organization(), "sync.start", one.integration(), one.stream())
                                .changing(Map.of(
                                        "mode", kind.id(), "run", Ids.format(one.runId()), "new", one.isNew()))));
        if (started.isEmpty()) {
            throw new Refusal(
                    FailureCode.NOT_FOUND,
                    404,
                    "There is no such stream that can be read so: look at GET /api/sync/streams?platform=…, and whether the"
                            + " integration has a credential and the settings that the stream needs"
                            + (kind == RunKind.FULL ? "" : "; a stream without incremental takes mode full only"));
        }
        ObjectNode node = Rows.JSON.createObjectNode();
        ArrayNode items = node.putArray("runs");
        for (StreamControl.Started one : started) {
            ObjectNode item = items.addObject();
            item.put("id", Ids.format(one.runId())).put("organization", one.organization());
            item.put("integration", one.integration()).put("stream", one.stream());
            item.put("started", one.isNew());
        }
        return HttpAnswer.json(202, node.toString());
    }

    private static Instant from(String text) {
        try {
            return text.indexOf('T') < 0
                    ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                    : Instant.parse(text);
        } catch (DateTimeException e) {
            throw Page.bad(
                    "from is '" + Problem.clip(text) + "': write a date such as 2026-01-31, or 2026-01-31T00:00:00Z");
        }
    }

    private HttpAnswer stop(ApiCall call) {
        int stopped = control.stop(which(call));
        String organization = call.said("organization", AuditEntry.HUB);
        trail.record(act(call, organization, "sync.stop", call.said("integration", "*"), call.said("stream", "*"))
                .changing(Map.of("stopped", stopped)));
        return HttpAnswer.ok(Rows.JSON.createObjectNode().put("stopped", stopped));
    }

    private static AuditEntry act(ApiCall call, String organization, String action, String integration, String stream) {
        String subject = call.said("platform", "") + '/' + integration + '/' + stream;
        return call.act(organization, action, "stream", subject);
    }

    private HttpAnswer manual(ApiCall call) {
        long run = control.readOne(
                        call.said("organization"),
                        call.said("platform", ""),
                        call.said("integration", "default"),
                        call.said("stream", ""),
                        call.said("id", ""))
                .orElseThrow(() -> new Refusal(
                        FailureCode.NOT_FOUND,
                        404,
                        "There is no such integration, or its stream cannot read one record: that needs one.path in the"
                                + " platform's file"));
        String organization =
                runs.find(run).map(row -> row.path("organization").asText()).orElse(AuditEntry.HUB);
        trail.record(
                act(call, organization, "sync.read_one", call.said("integration", "default"), call.said("stream", ""))
                        .changing(Map.of("run", Ids.format(run))));
        return HttpAnswer.json(
                202, Rows.JSON.createObjectNode().put("id", Ids.format(run)).toString());
    }

    private static Which which(ApiCall call) {
        return new Which(
                call.said("organization"), call.said("platform", ""), call.said("integration"), call.said("stream"));
    }

    private static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : time.toString();
    }
}
