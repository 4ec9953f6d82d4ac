package dev.muster.meter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.db.HandClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What is counted in memory. */
class TrafficTest {
    private final HandClock clock = new HandClock();
    private final Traffic traffic = new Traffic(clock);

    private List<Traffic.Addition> written() {
        List<Traffic.Addition> written = new ArrayList<>();
        traffic.write(written::addAll);
        return written;
    }

    @Test
    void nothingIsLostOrCountedTwiceBesideWriting() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Future<?>> counting = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
            counting.add(threads.submit(() -> {
                for (int i = 0; i < 50_000; i++) {
                    traffic.count("north", "patreon", TrafficCount.ACCEPTED, 1);
                }
            }));
        }
        long sum = 0;
        while (!counting.stream().allMatch(Future::isDone)) {
            sum += sum(written());
        }
        for (Future<?> one : counting) {
            one.get();
        }
        threads.shutdown();

        assertThat(sum + sum(written())).isEqualTo(200_000);
    }

    private static long sum(List<Traffic.Addition> additions) {
        return additions.stream()
                .mapToLong(addition -> addition.counts().get(TrafficCount.ACCEPTED))
                .sum();
    }

    @Test
    void aWriterThatFailsIsAskedAgain() {
        traffic.count("north", "patreon", TrafficCount.ACCEPTED, 3);
        assertThatThrownBy(() -> traffic.write(additions -> {
                    throw new IllegalStateException("away");
                }))
                .hasMessage("away");

        assertThat(sum(written())).isEqualTo(3);
        assertThat(written()).isEmpty();
    }

    @Test
    void accountsBeyondTheLimitCountTogether() {
        for (int i = 0; i < Traffic.ROWS_MAX + 500; i++) {
            traffic.count("organization-" + i, "patreon", TrafficCount.ACCEPTED, 1);
        }

        assertThat(traffic.rows()).isEqualTo(Traffic.ROWS_MAX + 1);
        List<Traffic.Addition> written = written();
        assertThat(sum(written)).isEqualTo(Traffic.ROWS_MAX + 500);
        assertThat(written.stream().filter(row -> row.organization().equals(Traffic.OTHER)))
                .singleElement()
                .satisfies(row ->
                        assertThat(row.counts().get(TrafficCount.ACCEPTED)).isEqualTo(500));
    }

    @Test
    void minutesThatAreWrittenLeaveTheMemory() {
        traffic.count("north", "patreon", TrafficCount.ACCEPTED, 1);
        written();
        clock.advance(Duration.ofMinutes(5));
        written();

        assertThat(traffic.rows()).isZero();
    }

    @Test
    void minutesThatNobodyTakesStayWithinTheLimit() {
        for (int i = 0; i < Traffic.ROWS_MAX * 3; i++) {
            traffic.count("north", "patreon", TrafficCount.ACCEPTED, 1);
            clock.advance(Duration.ofMinutes(1));
        }

        assertThat(traffic.rows()).isEqualTo(Traffic.ROWS_MAX + Traffic.OTHERS_MAX);
    }

    @Test
    void latenciesAreReadFromTheirBuckets() {
        for (int i = 1; i <= 100; i++) {
            traffic.ended("north", "patreon", TrafficCount.SUCCESS, Duration.ofMillis(i * 10));
        }
        traffic.ended("north", "patreon", TrafficCount.DEAD, Duration.ofMillis(-3));
        TrafficCounts counts = written().get(0).counts();

        assertThat(counts.ended()).isEqualTo(101);
        assertThat(counts.latencyMean()).contains(Duration.ofMillis(500));
        assertThat(counts.latency(0.5).orElseThrow()).isBetween(Duration.ofMillis(480), Duration.ofMillis(520));
        assertThat(counts.latency(0.95).orElseThrow()).isBetween(Duration.ofMillis(900), Duration.ofMillis(1000));
        assertThat(counts.latency(1)).contains(Duration.ofSeconds(1));
        assertThat(TrafficCounts.NONE.latency(0.5)).isEmpty();
    }

    @Test
    void latenciesBeyondTheLastEdgeAreAtLeastThat() {
        traffic.ended("north", "patreon", TrafficCount.SUCCESS, Duration.ofDays(2));

        assertThat(written().get(0).counts().latency(0.99)).contains(Duration.ofMinutes(30));
        assertThat(TrafficCounts.of(Map.of(TrafficCount.LATENCY_5, 10L)).latency(0.5))
                .isPresent();
    }
}
