package dev.muster.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.db.HandClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LockoutTest {
    private final HandClock clock = new HandClock();
    private final Lockout lockout = new Lockout(clock);

    @Test
    void eachFurtherFailureDoublesThePauseUpToItsEnd() {
        List<Long> seconds = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Duration pause = lockout.failed("here");
            assertThat(lockout.waitFor("here")).isEqualTo(pause);
            seconds.add(pause.toSeconds());
            clock.advance(pause);
            assertThat(lockout.waitFor("here")).isZero();
        }

        assertThat(seconds)
                .startsWith(0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 5L, 10L, 20L, 40L, 80L, 160L, 320L, 640L, 900L);
        assertThat(seconds).endsWith(900L);
        assertThat(lockout.waitFor("elsewhere")).isZero();
    }

    @Test
    void afterAnHourWithoutAFailureAllIsForgotten() {
        for (int i = 0; i < Lockout.FREE; i++) {
            lockout.failed("here");
        }
        clock.advance(Lockout.FORGOTTEN.plusSeconds(1));

        assertThat(lockout.failed("here")).isZero();
    }

    @Test
    void manySourcesDoNotFillTheMemory() {
        for (int i = 0; i < 25_000; i++) {
            lockout.failed("source " + i);
        }

        assertThat(lockout.sources()).isEqualTo(10_000);
    }
}
