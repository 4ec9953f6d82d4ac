package dev.muster.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
    private final Listing runs;

    public SyncResource(Database database, StreamControl control, Clock clock) {
        this.control = control;
        this.clock = clock;
        this.runs = new Listing(database, RUN, "sync_runs r", "r.id", Rows::run);
    }

    @Override
    public String name() {
        return "sync";
    }

    @Override
    public HttpAnswer answer(AdminRequest request, List<String> rest) {
        if (rest.isEmpty()) {
            return history(request);
        }
        String what = rest.get(0);
        boolean single = rest.size() == 1;
        return switch (what) {
            case "history" -> {
                request.allow(single, "GET");
                yield history(request);
            }
            case "status" -> status(request, rest);
            case "streams" -> {
                request.allow(single, "GET");
                yield streams(request);
            }
            case "start" -> {
                request.allow(single, "POST");
                yield start(request);
            }
            case "stop" -> {
                request.allow(single, "POST");
                yield stop(request);
            }
            case "manual" -> {
                request.allow(single, "POST");
                yield manual(request);
            }
            default -> throw request.unknown();
        };
    }

    private HttpAnswer history(AdminRequest request) {
        request.allow(true, "GET");
        request.only("organization", "platform", "integration", "stream", "kind", "state", "cursor", "limit");
        Map<String, Object> filters =
                request.filters("organization", "platform", "integration", "stream", "kind", "state");
        Page.Part<ObjectNode> part = runs.list(Page.of(request.query()), null, filters);
        return HttpAnswer.ok(Page.answer(part));
    }

    private HttpAnswer status(AdminRequest request, List<String> rest) {
        request.allow(rest.size() == 2, "GET");
        request.only();
        long id = Page.id(rest.get(1), "The run's id");
        ObjectNode run = runs.find(id)
                .orElseThrow(() -> new Refusal(
                        FailureCode.NOT_FOUND, 404, "There is no run " + Problem.clip(rest.get(1)) + " (any more)"));
        long total = run.path("total").asLong(-1);
        long read = run.path("read").asLong();
        boolean running = run.path("endedAt").isNull();
        long unapplied = run.path("pages").asLong() - run.path("pagesApplied").asLong();
        RunStore.Lost lost = running || unapplied <= 0 ? new RunStore.Lost(0, 0) : control.lost(id);
        run.put("pagesDead", lost.dead()).put("pagesIgnored", lost.ignored());
        if (running && total > 0 && read > 0) {
            long elapsed = clock.millis()
                    - Instant.parse(run.path("startedAt").asText()).toEpochMilli();
            run.put("progress", Math.min(1.0, (double) read / total));
            run.put("remainingMillis", Math.max(0, elapsed * (total - read) / read));
        }
        return HttpAnswer.ok(run);
    }

    private HttpAnswer streams(AdminRequest request) {
        request.only("organization", "platform", "integration", "stream");
        String platform = request.query().get("platform");
        if (platform == null) {
            throw Page.bad("The parameter 'platform' is missing");
        }
        ObjectNode node = Rows.JSON.createObjectNode();
        ArrayNode items = node.putArray("items");
        Which which = new Which(
                request.query().get("organization"),
                platform,
                request.query().get("integration"),
                request.query().get("stream"));
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

    private HttpAnswer start(AdminRequest request) {
        ObjectNode body = request.json("organization", "platform", "integration", "stream", "mode", "from");
        String mode = body.path("mode").asText("incremental");
        RunKind kind = RunKind.of(mode)
                .filter(one -> one != RunKind.ONE)
                .orElseThrow(
                        () -> Page.bad("mode is '" + Problem.clip(mode) + "': write incremental, full or backfill"));
        Instant from = kind == RunKind.BACKFILL ? from(body) : null;
        if (kind != RunKind.BACKFILL && body.has("from")) {
            throw Page.bad("from is for mode backfill only");
        }
        List<StreamControl.Started> started = control.start(which(body), kind, from);
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

    private static Instant from(JsonNode body) {
        String text = body.path("from").asText("");
        try {
            return text.indexOf('T') < 0
                    ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                    : Instant.parse(text);
        } catch (DateTimeException e) {
            throw Page.bad(
                    "from is '" + Problem.clip(text) + "': write a date such as 2026-01-31, or 2026-01-31T00:00:00Z");
        }
    }

    private HttpAnswer stop(AdminRequest request) {
        int stopped = control.stop(which(request.json("organization", "platform", "integration", "stream")));
        return HttpAnswer.ok(Rows.JSON.createObjectNode().put("stopped", stopped));
    }

    private HttpAnswer manual(AdminRequest request) {
        ObjectNode body = request.json("platform", "integration", "stream", "id");
        long run = control.readOne(
                        required(body, "platform"),
                        body.path("integration").asText("default"),
                        required(body, "stream"),
                        required(body, "id"))
                .orElseThrow(() -> new Refusal(
                        FailureCode.NOT_FOUND,
                        404,
                        "There is no such integration, or its stream cannot read one record: that needs one.path in the"
                                + " platform's file"));
        return HttpAnswer.json(
                202, Rows.JSON.createObjectNode().put("id", Ids.format(run)).toString());
    }

    private static Which which(JsonNode body) {
        return new Which(
                optional(body, "organization"),
                required(body, "platform"),
                optional(body, "integration"),
                optional(body, "stream"));
    }

    private static @Nullable String optional(JsonNode body, String key) {
        String text = body.path(key).asText("");
        return text.isEmpty() ? null : text;
    }

    private static String required(JsonNode body, String key) {
        String text = body.path(key).asText("");
        if (text.isBlank()) {
            throw Page.bad("The key '" + key + "' is missing");
        }
        return text;
    }

    private static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : time.toString();
    }
}
