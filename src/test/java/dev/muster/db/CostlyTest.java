package dev.muster.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CostlyTest {
    private final HandClock clock = new HandClock();
    private final AtomicInteger counts = new AtomicInteger();

    @Test
    void whatTakesNoTimeIsCountedEachTime() {
        Costly<Integer> costly = new Costly<>(clock, Costly.A_TENTH, Duration.ofSeconds(10), counts::incrementAndGet);

        assertThat(costly.get()).isEqualTo(1);
        assertThat(costly.get()).isEqualTo(2);
    }

    @Test
    void whatTookLongIsNotCountedAgainBeforeSomeTimesAsLong() {
        Costly<Integer> costly = new Costly<>(clock, Costly.A_TENTH, Duration.ofSeconds(10), () -> {
            clock.advance(Duration.ofMillis(100));
            return counts.incrementAndGet();
        });
        assertThat(costly.get()).isEqualTo(1);

        clock.advance(Duration.ofMillis(899));
        assertThat(costly.get()).isEqualTo(1);
        clock.advance(Duration.ofMillis(1));
        assertThat(costly.get()).isEqualTo(2);
    }

    @Test
    void noCountBecomesOlderThanIsSaid() {
        Costly<Integer> costly = new Costly<>(clock, Costly.A_TENTH, Duration.ofSeconds(10), () -> {
            clock.advance(Duration.ofMinutes(1));
            return counts.incrementAndGet();
        });
        costly.get();
        clock.advance(Duration.ofSeconds(10));

        assertThat(costly.get()).isEqualTo(2);
    }

    @Test
    void whileOneCountsOthersAreToldTheLastCount() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Costly<Integer> costly = new Costly<>(clock, Costly.A_TENTH, Duration.ofSeconds(10), () -> {
            if (counts.get() == 1) {
                begun.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            return counts.incrementAndGet();
        });
        costly.get();
        Thread counting = new Thread(costly::get);
        counting.start();
        assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();

        assertThat(costly.get()).isEqualTo(1);

        goOn.countDown();
        counting.join();
        assertThat(counts).hasValue(2);
    }
}
