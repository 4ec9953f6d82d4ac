package dev.muster.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CostlyTest {
    private final HandClock clock = new HandClock();
    private final AtomicInteger counts = new AtomicInteger();

    @Test
    void whatTakesNoTimeIsCountedEachTime() {
        Costly<Integer> costly = new Costly<>(clock, Costly.A_TENTH, counts::incrementAndGet);

        assertThat(costly.get()).isEqualTo(1);
        assertThat(costly.get()).isEqualTo(2);
    }

    @Test
    void whatTookLongIsNotCountedAgainBeforeSomeTimesAsLong() {
        Costly<Integer> costly = new Costly<>(clock, Costly.A_TENTH, () -> {
            clock.advance(Duration.ofMillis(100));
            return counts.incrementAndGet();
        });
        assertThat(costly.get()).isEqualTo(1);

        clock.advance(Duration.ofMillis(899));
        assertThat(costly.get()).isEqualTo(1);
        clock.advance(Duration.ofMillis(1));
        assertThat(costly.get()).isEqualTo(2);
    }
}
