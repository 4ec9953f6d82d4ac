package dev.muster.meter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.db.StoreContract;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.meter.TrafficStore.Account;
import dev.muster.meter.TrafficStore.Scope;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What was counted can be read again over any span, on both stores. */
abstract class TrafficStoreContract extends StoreContract {
    private static final Duration HOUR = Duration.ofHours(1);

    private Traffic traffic;
    private TrafficStore store;

    @BeforeEach
    void hub() {
        traffic = new Traffic(clock);
        store = store(traffic);
    }

    private TrafficStore store(Traffic of) {
        return new TrafficStore(
                database, of, clock, new TrafficStore.Settings(Duration.ofDays(7), Duration.ofDays(400)));
    }

    private Map<String, TrafficCounts> lastHour() {
        return store.sums(TrafficSpan.last(HOUR, clock.instant().plusSeconds(60)), Scope.ALL);
    }

    private static TrafficCounts accepted(long count) {
        return TrafficCounts.of(Map.of(TrafficCount.ACCEPTED, count));
    }

    @Test
    void whatWasWrittenIsAddedToWhatIsThere() {
        traffic.count("north", "patreon", TrafficCount.ACCEPTED, 2);
        store.write();
        traffic.count("north", "patreon", TrafficCount.ACCEPTED, 3);
        store.write();
        store.write();

        assertThat(lastHour()).isEqualTo(Map.of("patreon", accepted(5)));
    }

    @Test
    void severalHubsCountTogether() {
        Traffic other = new Traffic(clock);
        traffic.count("north", "patreon", TrafficCount.ACCEPTED, 2);
        other.count("north", "patreon", TrafficCount.ACCEPTED, 40);
        store.write();
        store(other).write();

        assertThat(lastHour()).isEqualTo(Map.of("patreon", accepted(42)));
    }

    @Test
    void eachCountHasItsColumn() {
        for (TrafficCount count : TrafficCount.values()) {
            traffic.count("north", "patreon", count, count.ordinal() + 1);
        }
        store.write();

        TrafficCounts counts = lastHour().get("patreon");
        for (TrafficCount count : TrafficCount.values()) {
            assertThat(counts.get(count)).as(count.column()).isEqualTo(count.ordinal() + 1);
        }
    }

    @Test
    void anOrganizationSeesOnlyItsOwn() {
        traffic.count("north", "patreon", TrafficCount.ACCEPTED, 1);
        traffic.count("North", "patreon", TrafficCount.ACCEPTED, 2);
        traffic.count("n%", "hubspot", TrafficCount.ACCEPTED, 4);
        traffic.count(Traffic.NOBODY, "door", TrafficCount.REFUSED_OTHER, 8);
        store.write();

        TrafficSpan span = TrafficSpan.last(HOUR, clock.instant().plusSeconds(60));
        assertThat(store.accounts(span, new Scope("north", null)))
                .containsExactly(new Account("north", "patreon", accepted(1)));
        assertThat(store.accounts(span, new Scope("n%", null)))
                .containsExactly(new Account("n%", "hubspot", accepted(4)));
        assertThat(store.sums(span, new Scope(null, "patreon"))).isEqualTo(Map.of("patreon", accepted(3)));
        assertThat(store.accounts(span, Scope.ALL)).hasSize(4);
    }

    @Test
    void anySpanHoldsTheSameTraffic() {
        // 13:00
        Instant start = clock.instant();
        for (int i = 0; i < 30; i++) {
            traffic.count("north", "patreon", TrafficCount.ACCEPTED, 1);
            store.write();
            clock.advance(Duration.ofMinutes(7));
        }

        for (Duration length : List.of(Duration.ofHours(4), Duration.ofHours(30), Duration.ofDays(20))) {
            TrafficSpan span = new TrafficSpan(start, start.plus(length));
            assertThat(store.sums(span, Scope.ALL)).as("over %s", length).isEqualTo(Map.of("patreon", accepted(30)));
            for (int buckets : List.of(1, 7, 48, TrafficStore.BUCKETS_MAX)) {
                TrafficSeries series = store.series(span, buckets, Scope.ALL);
                List<TrafficCounts> counts = series.platforms().get("patreon");
                assertThat(counts).hasSizeLessThanOrEqualTo(buckets);
                assertThat(counts.stream().reduce(TrafficCounts.NONE, TrafficCounts::plus))
                        .isEqualTo(accepted(30));
                assertThat(series.from().plus(series.step().multipliedBy(counts.size())))
                        .isAfterOrEqualTo(start.plus(length));
            }
        }
    }

    @Test
    void aSeriesTellsWhen() {
        Instant start = clock.instant();
        traffic.count("north", "patreon", TrafficCount.ACCEPTED, 1);
        clock.advance(Duration.ofMinutes(59));
        traffic.count("north", "patreon", TrafficCount.ACCEPTED, 2);
        clock.advance(Duration.ofMinutes(1));
        traffic.count("north", "patreon", TrafficCount.ACCEPTED, 4);
        store.write();

        TrafficSeries series = store.series(new TrafficSpan(start, start.plus(HOUR)), 4, Scope.ALL);

        assertThat(series)
                .isEqualTo(new TrafficSeries(
                        start,
                        Duration.ofMinutes(15),
                        Map.of("patreon", List.of(accepted(1), TrafficCounts.NONE, TrafficCounts.NONE, accepted(2)))));
    }

    @Test
    void whatTheStoreDidNotTakeIsWrittenLater() throws Exception {
        traffic.count("north", "patreon", TrafficCount.ACCEPTED, 5);
        whileRefusing("traffic", "platform", "patreon", () -> assertThatThrownBy(store::write)
                .isInstanceOf(Transient.class));
        clock.advance(Duration.ofMinutes(10));
        traffic.count("north", "patreon", TrafficCount.ACCEPTED, 1);
        store.write();

        TrafficSpan then =
                TrafficSpan.last(Duration.ofMinutes(5), clock.instant().minusSeconds(300));
        assertThat(store.sums(then, Scope.ALL)).isEqualTo(Map.of("patreon", accepted(5)));
        assertThat(lastHour()).isEqualTo(Map.of("patreon", accepted(6)));
    }

    @Test
    void minutesAreForgottenBeforeHours() {
        traffic.count("north", "patreon", TrafficCount.ACCEPTED, 5);
        store.write();
        clock.advance(Duration.ofDays(8));
        traffic.count("north", "patreon", TrafficCount.ACCEPTED, 1);
        store.write();
        store.forget();

        assertThat(column("SELECT accepted FROM traffic WHERE minutes = 1")).containsExactly("1");
        assertThat(column("SELECT accepted FROM traffic WHERE minutes = 10")).containsExactly("1");
        assertThat(column("SELECT accepted FROM traffic WHERE minutes = 60 ORDER BY at"))
                .containsExactly("5", "1");
        clock.advance(Duration.ofDays(393));
        store.forget();
        assertThat(column("SELECT accepted FROM traffic")).containsExactly("1");
    }

    @Test
    void aStopWritesWhatWasCountedLast() {
        meters(traffic).accepted("north", "patreon");
        store.close();

        assertThat(lastHour()).isEqualTo(Map.of("patreon", accepted(1)));
    }

    @Test
    void whatTheMetersCountIsTraffic() {
        Meters counting = meters(traffic);
        counting.accepted("north", "patreon");
        counting.duplicate("north", "patreon");
        counting.refused("north", "patreon", FailureCode.SIGNATURE_WRONG);
        counting.refused("north", "patreon", FailureCode.REPLAY_WINDOW);
        counting.refused("north", "patreon", FailureCode.RATE_LIMITED);
        counting.refused("north", "patreon", FailureCode.STORE_UNAVAILABLE);
        counting.ended("north", "patreon", "dead", Duration.ofMillis(40));
        counting.pushed("north", "patreon", "held", 3);
        counting.called("north", "patreon", Meters.CallResult.THROTTLED);
        store.write();

        assertThat(lastHour())
                .isEqualTo(Map.of(
                        "patreon",
                        TrafficCounts.of(Map.ofEntries(
                                Map.entry(TrafficCount.ACCEPTED, 1L),
                                Map.entry(TrafficCount.DUPLICATE, 1L),
                                Map.entry(TrafficCount.REFUSED_SIGNATURE, 1L),
                                Map.entry(TrafficCount.REFUSED_REPLAY_WINDOW, 1L),
                                Map.entry(TrafficCount.REFUSED_RATE_LIMIT, 1L),
                                Map.entry(TrafficCount.REFUSED_OTHER, 1L),
                                Map.entry(TrafficCount.DEAD, 1L),
                                Map.entry(TrafficCount.LATENCY_MILLIS, 40L),
                                Map.entry(TrafficCount.LATENCY_50, 1L),
                                Map.entry(TrafficCount.PUSH_HELD, 3L),
                                Map.entry(TrafficCount.CALL_THROTTLED, 1L)))));
    }

    private static Meters meters(Traffic traffic) {
        return new Meters(new SimpleMeterRegistry(), traffic);
    }
}
