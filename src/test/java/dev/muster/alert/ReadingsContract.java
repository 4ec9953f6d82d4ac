package dev.muster.alert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.credential.CredentialUpkeep;
import dev.muster.db.StoreContract;
import dev.muster.meter.Backlog;
import dev.muster.meter.Traffic;
import dev.muster.meter.TrafficCount;
import dev.muster.meter.TrafficStore;
import dev.muster.quota.Breakers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is measured for the rules, on both stores. */
abstract class ReadingsContract extends StoreContract {
    private static final Duration WINDOW = Duration.ofMinutes(10);

    private Traffic traffic;
    private TrafficStore store;
    private final Breakers breakers = new Breakers(System::nanoTime);

    @BeforeEach
    void hub() {
        traffic = new Traffic(clock);
        store = new TrafficStore(
                database, traffic, clock, new TrafficStore.Settings(Duration.ofDays(7), Duration.ofDays(400)));
        breakers.force("patreon", "north", false);
    }

    private Readings readings(@Nullable Path backups) {
        return new Readings(
                store,
                new Readings.Sources(
                        () -> Map.of("patreon", new Backlog(3, clock.instant().minusSeconds(90))),
                        () -> Map.of("north", 51L),
                        () -> List.of(new CredentialUpkeep.Refused("north", "patreon", 2)),
                        breakers,
                        () -> 700,
                        new Backups(backups)));
    }

    private List<Reading> measured(Measure measure, @Nullable Path backups) {
        store.write();
        Rule rule = new Rule(
                "a",
                measure,
                false,
                1,
                1,
                measure.isWindowed() ? WINDOW : Duration.ZERO,
                Duration.ZERO,
                Severity.PAGE,
                Set.of(),
                Set.of(),
                Duration.ZERO,
                Duration.ZERO);
        List<Reading> readings = readings(backups).of(List.of(rule, rule), clock.instant());
        assertThat(readings).allMatch(rule::concerns);
        return readings;
    }

    private @Nullable Double value(Measure measure) {
        List<Reading> readings = measured(measure, null);
        assertThat(readings).hasSize(1);
        return readings.get(0).value();
    }

    private void count(TrafficCount what, long many) {
        traffic.count("north", "patreon", what, many);
    }

    @Test
    void whatIsCountedIsOfTheWindow() {
        count(TrafficCount.DEAD, 4);
        clock.advance(Duration.ofMinutes(20));
        count(TrafficCount.DEAD, 1);
        count(TrafficCount.FAILED, 2);
        count(TrafficCount.REFUSED_OTHER, 4);
        count(TrafficCount.REFUSED_SIGNATURE, 8);
        count(TrafficCount.REFUSED_REPLAY_WINDOW, 16);
        count(TrafficCount.PUSH_FAILED, 32);
        traffic.count(Traffic.NOBODY, "unknown", TrafficCount.REFUSED_OTHER, 100);
        clock.advance(Duration.ofMinutes(9));

        assertThat(value(Measure.DEAD_LETTERS)).isEqualTo(1);
        assertThat(value(Measure.FAILED_WEBHOOKS)).isEqualTo(7);
        assertThat(value(Measure.SIGNATURE_FAILURES)).isEqualTo(24);
        assertThat(value(Measure.FAILED_PUSHES)).isEqualTo(32);
    }

    @Test
    void whatIsAsOfNowIsAsked() {
        assertThat(measured(Measure.QUEUE_AGE, null))
                .containsExactly(new Reading(Measure.QUEUE_AGE, Duration.ZERO, "", "patreon", 90.0));
        assertThat(measured(Measure.CONFLICT_QUEUE, null))
                .containsExactly(new Reading(Measure.CONFLICT_QUEUE, Duration.ZERO, "north", "", 51.0));
        assertThat(measured(Measure.CREDENTIAL_REFUSED, null))
                .containsExactly(new Reading(Measure.CREDENTIAL_REFUSED, Duration.ZERO, "north", "patreon", 2.0));
        assertThat(measured(Measure.DISK_FREE, null))
                .containsExactly(new Reading(Measure.DISK_FREE, Duration.ZERO, "", "", 700.0));
    }

    @Test
    void aPlatformThatAnswersIsNotDown() {
        count(TrafficCount.CALL_OK, 1);
        count(TrafficCount.CALL_FAILED, 9);

        assertThat(value(Measure.PLATFORM_DOWN)).isZero();
    }

    @Test
    void aPlatformWhoseCallsAllFailIsDown() {
        count(TrafficCount.CALL_FAILED, 1);

        assertThat(value(Measure.PLATFORM_DOWN)).isEqualTo(1);
    }

    @Test
    void aPlatformWithAnOpenBreakerIsDown() {
        count(TrafficCount.CALL_OK, 1);
        breakers.force("patreon", "north", true);

        assertThat(value(Measure.PLATFORM_DOWN)).isEqualTo(1);
    }

    @Test
    void aPlatformThatWentQuietAfterSteadyTrafficIsDown() {
        for (int i = 0; i < 3; i++) {
            count(TrafficCount.ACCEPTED, 1);
            clock.advance(WINDOW);
        }
        clock.advance(Duration.ofMinutes(1));
        assertThat(value(Measure.PLATFORM_DOWN)).isEqualTo(1);
        // that nothing came for longer is no proof that it is well again
        clock.advance(Duration.ofHours(10));
        assertThat(value(Measure.PLATFORM_DOWN)).isNull();
        count(TrafficCount.DUPLICATE, 1);
        assertThat(value(Measure.PLATFORM_DOWN)).isZero();
    }

    @Test
    void aPlatformThatIsQuietNowAndThenIsNotDown() {
        count(TrafficCount.ACCEPTED, 1);
        clock.advance(WINDOW.multipliedBy(2));
        count(TrafficCount.ACCEPTED, 1);
        clock.advance(WINDOW);
        clock.advance(Duration.ofMinutes(1));

        assertThat(value(Measure.PLATFORM_DOWN)).isNull();
    }

    @Test
    void backupsAreAsOldAsTheNewest(@TempDir Path folder) throws Exception {
        for (int hours : List.of(50, 30, 90)) {
            Path file = Files.createFile(folder.resolve("backup-" + hours));
            Files.setLastModifiedTime(file, FileTime.from(clock.instant().minus(Duration.ofHours(hours))));
        }

        assertThat(measured(Measure.BACKUP_AGE, folder))
                .containsExactly(new Reading(Measure.BACKUP_AGE, Duration.ZERO, "", "", 30.0));
    }

    @Test
    void withoutADirectoryNothingIsSaidOfBackups() {
        assertThat(measured(Measure.BACKUP_AGE, null)).isEmpty();
    }

    @Test
    void anEmptyDirectoryIsAVeryOldBackup(@TempDir Path folder) {
        assertThat(measured(Measure.BACKUP_AGE, folder.resolve("missing"))
                        .get(0)
                        .value())
                .isGreaterThan(10_000);
        assertThat(measured(Measure.BACKUP_AGE, folder).get(0).value()).isGreaterThan(10_000);
    }
}
