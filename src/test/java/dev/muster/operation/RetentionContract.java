package dev.muster.operation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.db.Ids;
import dev.muster.db.StoreContract;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is purged by its age and what stays, on either database. */
abstract class RetentionContract extends StoreContract {
    private static final Duration KEPT = Duration.ofDays(90);

    private Retention retention() {
        return new Retention(database, clock, KEPT, meters);
    }

    /** A delivery of so many days ago, and its operation. */
    private long delivered(int days, int place, OperationStatus status) {
        long id = Ids.at(clock.instant().minus(Duration.ofDays(days))) + 2L * place;
        update(
                "INSERT INTO deliveries (id, organization, platform, integration, received_at, headers, body)"
                        + " VALUES (?, 'default', 'patreon', 'default', 0, '{}', ?)",
                id,
                new byte[] {'x'});
        update("INSERT INTO delivery_ids (scope, unique_id, delivery_id) VALUES ('patreon', ?, ?)", "u" + id, id);
        operation(id + 1, id, status);
        return id;
    }

    private void operation(long id, long delivery, OperationStatus status) {
        update(
                "INSERT INTO sync_operations (id, organization, platform, integration, type, status, rank, attempts,"
                        + " not_before, delivery_id, created_at) VALUES (?, 'default', 'patreon', 'default', 0, ?, 0, 0, 0, ?, 0)",
                id,
                status.ordinal(),
                delivery);
    }

    private List<Long> kept() {
        return column("SELECT id FROM deliveries ORDER BY id").stream()
                .map(Long::valueOf)
                .toList();
    }

    @Test
    void whatIsOlderThanItIsKeptGoesWithItsOperation() {
        delivered(100, 1, OperationStatus.SUCCESS);
        delivered(91, 2, OperationStatus.IGNORED);
        long young = delivered(89, 3, OperationStatus.SUCCESS);

        assertThat(retention().purge()).isEqualTo(2);

        assertThat(kept()).containsExactly(young);
        assertThat(column("SELECT delivery_id FROM sync_operations")).containsExactly(String.valueOf(young));
        assertThat(column("SELECT delivery_id FROM delivery_ids")).containsExactly(String.valueOf(young));
    }

    @Test
    void whatWaitsOrIsDeadStaysHoweverOld() {
        List<Long> staying = List.of(
                delivered(400, 1, OperationStatus.PENDING),
                delivered(400, 2, OperationStatus.PROCESSING),
                delivered(400, 3, OperationStatus.FAILED),
                delivered(400, 4, OperationStatus.DEAD));
        delivered(400, 5, OperationStatus.CONFLICT);

        assertThat(retention().purge()).isEqualTo(1);

        assertThat(kept()).containsExactlyElementsOf(staying);
        assertThat(count("sync_operations")).isEqualTo(4);
    }

    @Test
    void whatWasQueuedOnceMoreStaysUntilThatIsDone() {
        long replayed = delivered(400, 1, OperationStatus.SUCCESS);
        operation(Ids.at(clock.instant()), replayed, OperationStatus.PENDING);
        long dead = delivered(400, 2, OperationStatus.SUCCESS);
        operation(Ids.at(clock.instant()) + 1, dead, OperationStatus.DEAD);

        assertThat(retention().purge()).isZero();

        assertThat(kept()).containsExactly(replayed, dead);
    }

    @Test
    void moreThanOnePartGoes() {
        IntStream.range(0, 1_201).forEach(place -> delivered(400, place, OperationStatus.SUCCESS));

        assertThat(retention().purge()).isEqualTo(1_201);
        assertThat(count("deliveries")).isZero();
        assertThat(count("sync_operations")).isZero();
        assertThat(count("delivery_ids")).isZero();
    }

    @Test
    void idsByWhichRepetitionsAreKnownAreKeptLongerThanDeliveries() {
        delivered(30, 1, OperationStatus.SUCCESS);
        delivered(36, 2, OperationStatus.SUCCESS);

        new Retention(database, clock, Duration.ofDays(7), meters).purge();

        assertThat(count("deliveries")).isZero();
        assertThat(count("delivery_ids")).isEqualTo(1);
    }

    @Test
    void zeroDaysIsForEver() {
        delivered(4_000, 1, OperationStatus.SUCCESS);
        Retention forEver = new Retention(database, clock, Duration.ZERO, meters);

        assertThat(forEver.purge()).isZero();
        assertThat(forEver.isPast(1)).isFalse();
        assertThat(retention().isPast(1)).isTrue();
    }
}
