package dev.muster.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.muster.db.Database.Dialect;
import dev.muster.failure.Refusal;
import dev.muster.normalize.NormalizedOperation;
import dev.muster.operation.OperationStatus;
import dev.muster.platform.BrakeSettings;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a brake promises, whichever database it stands on. */
abstract class BrakeContract extends HeartContract {
    private static final ByWhom EVE = new ByWhom("eve", "an empty list", null);
    private static final int PEOPLE = 50;

    private BrakeSettings settings;
    private List<String> arrived;
    private Brakes brakes;

    @BeforeEach
    final void begin() {
        settings = new BrakeSettings(0.2, Duration.ofHours(1), 3, true, true);
        arrived = new ArrayList<>();
        brakes = new Brakes(database, ids, clock, trail, arrived::add);
        List<NormalizedOperation> everybody = new ArrayList<>();
        for (int i = 0; i < PEOPLE; i++) {
            everybody.add(said(member("patreon", "m" + i, 1, "email", "m" + i + "@example.com", "city", "Bergen")));
        }
        braked(everybody);
    }

    private List<OperationStatus> braked(List<NormalizedOperation> batch) {
        return apply(batch, operation -> settings);
    }

    private NormalizedOperation gone(int person) {
        return said(removed("patreon", "m" + person, 2));
    }

    /** Says that everybody is gone, two at a time; answers how many were applied. */
    private int everybodyIsGone() {
        int applied = 0;
        for (int i = 0; i < PEOPLE; i += 2) {
            for (OperationStatus status : braked(List.of(gone(i), gone(i + 1)))) {
                applied += status == OperationStatus.SUCCESS ? 1 : 0;
            }
        }
        return applied;
    }

    private long living() {
        return Long.parseLong(
                column("SELECT COUNT(*) FROM members WHERE deleted_at IS NULL").get(0));
    }

    private List<String> held() {
        return column("SELECT COUNT(*) FROM sync_operations WHERE status = 7");
    }

    @Test
    void whoRemovesMoreThanTheShareIsStoppedAfterOneBatchMore() {
        assertThat(everybodyIsGone()).isEqualTo(12);

        assertThat(living()).isEqualTo(PEOPLE - 12);
        assertThat(held()).containsExactly(String.valueOf(PEOPLE - 12));
        BrakeCase stopped = brakes.list(null, true, Long.MAX_VALUE, 10).get(0);
        assertThat(stopped.state()).isEqualTo("held");
        assertThat(stopped.changed()).isEqualTo(12);
        assertThat(stopped.allowed()).isEqualTo(10);
        assertThat(stopped.held()).isEqualTo(PEOPLE - 12);
        assertThat(brakes.list("acme", true, Long.MAX_VALUE, 10)).isEmpty();
        assertThat(column("SELECT error FROM sync_operations WHERE status = 7 ORDER BY id DESC LIMIT 1")
                        .get(0))
                .contains("patreon/default of default");
    }

    @Test
    void whatIsHeldIsAnsweredSoAndNotCountedAsEnded() {
        everybodyIsGone();

        try (GoldenStore golden = store(10, operation -> settings)) {
            assertThat(golden.apply(gone(PEOPLE - 1)).join()).isEqualTo(OperationStatus.HELD);
        }
    }

    @Test
    void whatIsApprovedGoesOnAndIsNotStoppedAgainForAWindow() {
        everybodyIsGone();
        BrakeCase stopped = brakes.list(null, true, Long.MAX_VALUE, 10).get(0);

        BrakeCase approved = brakes.approve(stopped.id(), EVE);

        assertThat(approved.state()).isEqualTo("approved");
        assertThat(held()).containsExactly("0");
        assertThat(column("SELECT COUNT(*) FROM sync_operations WHERE status = 0"))
                .containsExactly(String.valueOf(PEOPLE - 12));
        assertThat(arrived).containsExactly("patreon");
        assertThat(everybodyIsGone()).isEqualTo(PEOPLE);
        assertThat(living()).isZero();
        assertThatThrownBy(() -> brakes.reject(stopped.id(), EVE)).isInstanceOf(Refusal.class);

        clock.advance(Duration.ofHours(2));
        brakes.work();
        assertThat(brakes.list(null, true, Long.MAX_VALUE, 10)).isEmpty();
        assertThat(brakes.list(null, false, Long.MAX_VALUE, 10)).hasSize(1);
        assertThat(column("SELECT action FROM audit_log WHERE actor = 'eve'")).containsExactly("brake_approved");
    }

    @Test
    void whatIsRejectedIsIgnoredWithTheReasonAndTheNextIsHeldAgain() {
        everybodyIsGone();
        BrakeCase stopped = brakes.list(null, true, Long.MAX_VALUE, 10).get(0);

        brakes.reject(stopped.id(), EVE);

        assertThat(held()).containsExactly("0");
        assertThat(column("SELECT DISTINCT error FROM sync_operations WHERE status = 3")
                        .get(0))
                .contains("eve")
                .contains("an empty list");
        assertThat(living()).isEqualTo(PEOPLE - 12);
        assertThat(braked(List.of(gone(PEOPLE - 1)))).containsExactly(OperationStatus.HELD);

        clock.advance(Duration.ofHours(2));
        brakes.reject(brakes.list(null, true, Long.MAX_VALUE, 10).get(0).id(), EVE);
        assertThat(braked(List.of(gone(PEOPLE - 1)))).containsExactly(OperationStatus.SUCCESS);
    }

    @Test
    void whatADecisionUnderWayHoldsWhileItIsRejectedIsIgnoredToo() throws Exception {
        everybodyIsGone();
        BrakeCase stopped = brakes.list(null, true, Long.MAX_VALUE, 10).get(0);
        NormalizedOperation late = gone(PEOPLE - 1);
        ExecutorService somebody = Executors.newSingleThreadExecutor();
        try {
            Future<BrakeCase> rejecting = Decider.decide(database, new Decider.Work<Future<BrakeCase>>() {
                private Future<BrakeCase> rejection;

                @Override
                public void read(Connection connection) throws SQLException {
                    if (database.dialect() != Dialect.SQLITE) {
                        new GoldenReads(connection, database).lock(Set.of("default"));
                    }
                }

                @Override
                public void decide() {
                    rejection = somebody.submit(() -> brakes.reject(stopped.id(), EVE));
                    await().until(() -> held().equals(List.of("0")));
                }

                @Override
                public Future<BrakeCase> write(Connection connection) throws SQLException {
                    try (PreparedStatement hold =
                            connection.prepareStatement("UPDATE sync_operations SET status = 7 WHERE id = ?")) {
                        hold.setLong(1, late.operation().id());
                        assertThat(hold.executeUpdate()).isOne();
                    }
                    return rejection;
                }
            });
            rejecting.get();
        } finally {
            somebody.shutdownNow();
        }

        assertThat(held()).containsExactly("0");
        assertThat(brakes.list(null, true, Long.MAX_VALUE, 10)).isEmpty();
    }

    @Test
    void changesCountWhereTheSettingSaysSo() {
        List<NormalizedOperation> moved = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            moved.add(said(member("patreon", "m" + i, 3, "city", "Oslo")));
        }
        assertThat(braked(moved)).containsOnly(OperationStatus.SUCCESS);
        assertThat(braked(List.of(gone(1)))).containsExactly(OperationStatus.SUCCESS);

        settings = new BrakeSettings(0.2, Duration.ofHours(1), 3, false, true);
        for (int i = 0; i < 20; i++) {
            moved.set(i, said(member("patreon", "m" + i, 4, "city", "Rome")));
        }
        assertThat(braked(moved)).containsOnly(OperationStatus.SUCCESS);
        assertThat(braked(List.of(said(member("patreon", "m1", 5, "city", "Paris")))))
                .containsExactly(OperationStatus.HELD);
    }

    @Test
    void newPeopleNeverStopAnybody() {
        settings = new BrakeSettings(0.2, Duration.ofHours(1), 1, false, true);
        List<NormalizedOperation> fresh = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            fresh.add(said(member("patreon", "n" + i, 1, "email", "n" + i + "@example.com")));
        }
        braked(fresh);

        assertThat(braked(List.of(said(member("patreon", "z", 1, "email", "z@example.com")))))
                .containsExactly(OperationStatus.SUCCESS);
    }

    @Test
    void othersGoOn() {
        everybodyIsGone();

        assertThat(braked(List.of(
                        said(member("klaviyo", "1", 1, "email", "k@example.com")),
                        said(member("patreon", "new", 1, "email", "p@example.com")))))
                .containsExactly(OperationStatus.SUCCESS, OperationStatus.HELD);
    }

    @Test
    void countsThatNoWindowReachesAreForgotten() {
        everybodyIsGone();
        brakes.sweep();
        assertThat(count("brake_counts")).isPositive();

        new Brakes(database, ids, Clock.offset(clock, Duration.ofDays(9)), trail, arrived::add).sweep();
        assertThat(count("brake_counts")).isZero();
    }
}
