package dev.muster.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.delivery.HttpAnswer;
import dev.muster.meter.TrafficCount;
import dev.muster.meter.TrafficCounts;
import dev.muster.meter.TrafficSeries;
import dev.muster.meter.TrafficSpan;
import dev.muster.meter.TrafficStore;
import dev.muster.meter.TrafficStore.Scope;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code GET /api/traffic}: what happened, by platform, over a span of time; with {@code buckets}, for a chart. */
public final class TrafficResource implements AdminResource {
    private static final Duration SPAN = Duration.ofDays(1);
    private static final Duration SPAN_MAX = Duration.ofDays(400);

    private final TrafficStore store;
    private final Clock clock;

    public TrafficResource(TrafficStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    @Override
    public Map<String, ApiHandler> handlers() {
        return Map.of("readTraffic", this::read);
    }

    private HttpAnswer read(ApiCall call) {
        Instant to = time(call, "to", clock.instant());
        TrafficSpan span = span(time(call, "from", to.minus(SPAN)), to);
        JsonNode buckets = call.query().get("buckets");
        Scope scope = new Scope(call.text("organization"), call.text("platform"));
        return HttpAnswer.ok(answer(span, buckets == null ? 0 : buckets.asInt(), scope));
    }

    /**
     * The answer.
     *
     * @param buckets 0 for sums alone, up to {@value TrafficStore#BUCKETS_MAX} for a series too
     */
    public ObjectNode answer(TrafficSpan span, int buckets, Scope scope) {
        ObjectNode answer = Rows.JSON
                .createObjectNode()
                .put("from", span.from().toString())
                .put("to", span.to().toString());
        ArrayNode platforms = answer.putArray("platforms");
        store.sums(span, scope)
                .forEach((platform, counts) ->
                        platforms.addObject().put("platform", platform).setAll(json(counts)));
        if (buckets > 0) {
            TrafficSeries series = store.series(span, buckets, scope);
            ObjectNode over = answer.putObject("series")
                    .put("from", series.from().toString())
                    .put("stepSeconds", series.step().toSeconds());
            ObjectNode lines = over.putObject("platforms");
            series.platforms().forEach((platform, line) -> {
                ArrayNode points = lines.putArray(platform);
                line.forEach(counts -> points.add(json(counts)));
            });
        }
        return answer;
    }

    /** Counts as answers show them. */
    static ObjectNode json(TrafficCounts counts) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.put("accepted", counts.get(TrafficCount.ACCEPTED)).put("duplicates", counts.get(TrafficCount.DUPLICATE));
        node.putObject("refused")
                .put("signature", counts.get(TrafficCount.REFUSED_SIGNATURE))
                .put("replayWindow", counts.get(TrafficCount.REFUSED_REPLAY_WINDOW))
                .put("rateLimit", counts.get(TrafficCount.REFUSED_RATE_LIMIT))
                .put("other", counts.get(TrafficCount.REFUSED_OTHER));
        node.putObject("operations")
                .put("success", counts.get(TrafficCount.SUCCESS))
                .put("ignored", counts.get(TrafficCount.IGNORED))
                .put("conflict", counts.get(TrafficCount.CONFLICT))
                .put("failed", counts.get(TrafficCount.FAILED))
                .put("dead", counts.get(TrafficCount.DEAD));
        node.putObject("pushes")
                .put("settled", counts.get(TrafficCount.PUSH_SETTLED))
                .put("due", counts.get(TrafficCount.PUSH_DUE))
                .put("failed", counts.get(TrafficCount.PUSH_FAILED))
                .put("held", counts.get(TrafficCount.PUSH_HELD));
        node.putObject("calls")
                .put("ok", counts.get(TrafficCount.CALL_OK))
                .put("failed", counts.get(TrafficCount.CALL_FAILED))
                .put("throttled", counts.get(TrafficCount.CALL_THROTTLED));
        node.putObject("latencyMillis")
                .put("mean", millis(counts.latencyMean().orElse(null)))
                .put("p50", millis(counts.latency(0.5).orElse(null)))
                .put("p95", millis(counts.latency(0.95).orElse(null)))
                .put("p99", millis(counts.latency(0.99).orElse(null)));
        return node;
    }

    private static @Nullable Long millis(@Nullable Duration latency) {
        return latency == null ? null : latency.toMillis();
    }

    private static TrafficSpan span(Instant from, Instant to) {
        if (!from.isBefore(to) || Duration.between(from, to).compareTo(SPAN_MAX) > 0) {
            throw Page.bad("The span has to be longer than nothing and at most " + SPAN_MAX.toDays()
                    + " days: write 'from' before 'to'");
        }
        return new TrafficSpan(from, to);
    }

    private static Instant time(ApiCall call, String name, Instant otherwise) {
        String text = call.text(name);
        return text == null ? otherwise : OffsetDateTime.parse(text).toInstant();
    }
}
