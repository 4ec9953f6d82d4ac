package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.demo.PlatformSettings;
import dev.muster.demo.SimulatedEventbrite;
import dev.muster.demo.SimulatedPatreon;
import dev.muster.demo.SimulatedWorld;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An open circuit breaker puts work off without counting an attempt, and concerns its own platform only. */
class BreakerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int SUCCESS = 2;

    @TempDir
    Path folder;

    @Test
    void openBreakerPutsOffWithoutAnAttemptWhileOtherPlatformsGoOn() throws Exception {
        FlowHub.Setting setting = FlowHub.in(folder)
                .with("MAX_RETRY_ATTEMPTS", "8")
                .with("MUSTER_RETRY_PAUSE_MS", "200")
                .with("MUSTER_BREAKER_PAUSE_MS", "200");
        SimulatedWorld world = new SimulatedWorld(5, Clock.systemUTC());
        PlatformSettings calm = PlatformSettings.calm(setting.address());
        try (SimulatedPatreon patreon = new SimulatedPatreon(world, calm);
                SimulatedEventbrite eventbrite = new SimulatedEventbrite(world, calm);
                FlowHub hub = setting.with(patreon.environment())
                        .with(eventbrite.environment())
                        .start()) {
            patreon.down();
            for (int i = 0; i < 15; i++) {
                patreon.follow(world.person(i));
            }
            // Returned to the queue although it was claimed: only an open breaker does that here.
            await().atMost(PATIENCE)
                    .until(() -> !hub.column("SELECT id FROM sync_operations WHERE platform = 'patreon' AND status = 0"
                                    + " AND rank = 1")
                            .isEmpty());
            assertThat(hub.column("SELECT MAX(attempts) FROM sync_operations WHERE status = 0"))
                    .containsExactly("0");

            eventbrite.publish(eventbrite.occasionIds().get(0));
            await().atMost(PATIENCE).until(() -> hub.operations("eventbrite", SUCCESS) == 2);
            assertThat(hub.operations("patreon", SUCCESS)).isZero();

            patreon.healthy();
            await().atMost(PATIENCE).until(() -> hub.operations("patreon", SUCCESS) == 15);
            assertThat(hub.column("SELECT COUNT(*) FROM dead_letters")).containsExactly("0");
        }
    }
}
