package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.delivery.HttpAnswer;
import dev.muster.delivery.Problem;
import dev.muster.meter.TrafficCount;
import dev.muster.meter.TrafficCounts;
import dev.muster.meter.TrafficSeries;
import dev.muster.meter.TrafficSpan;
import dev.muster.meter.TrafficStore;
import dev.muster.meter.TrafficStore.Scope;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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
    public String name() {
        return "traffic";
    }

    @Override
    public HttpAnswer answer(AdminRequest request, List<String> rest) {
        request.allow(rest.isEmpty(), "GET");
        request.only("from", "to", "organization", "platform", "buckets");
        Instant to = time(request, "to", clock.instant());
        TrafficSpan span = span(time(request, "from", to.minus(SPAN)), to);
        Scope scope =
                new Scope(request.query().get("organization"), request.query().get("platform"));
        return HttpAnswer.ok(answer(span, buckets(request.query().get("buckets")), scope));
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

    private static Instant time(AdminRequest request, String name, Instant otherwise) {
        String text = request.query().get(name);
        if (text == null) {
            return otherwise;
        }
        try {
            Instant time = Instant.parse(text);
            if (time.isAfter(Instant.EPOCH) && time.isBefore(Instant.parse("2200-01-01T00:00:00Z"))) {
                return time;
            }
        } catch (DateTimeException e) {
            // said below
        }
        throw Page.bad("The parameter '" + name + "' is '" + Problem.clip(text)
                + "': write a time such as 2026-11-21T13:00:00Z");
    }

    private static int buckets(@Nullable String text) {
        if (text == null) {
            return 0;
        }
        try {
            int buckets = Integer.parseInt(text);
            if (buckets >= 1 && buckets <= TrafficStore.BUCKETS_MAX) {
                return buckets;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw Page.bad("The parameter 'buckets' is '" + Problem.clip(text) + "': write a number from 1 to "
                + TrafficStore.BUCKETS_MAX);
    }
}
