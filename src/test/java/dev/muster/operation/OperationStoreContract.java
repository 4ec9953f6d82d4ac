package dev.muster.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.muster.db.Database;
import dev.muster.db.StoreContract;
import dev.muster.delivery.Delivery;
import dev.muster.delivery.DeliveryStore;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.meter.Backlog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the durable queue promises, whichever database it stands on. */
abstract class OperationStoreContract extends StoreContract {
    private static final Duration LEASE = Duration.ofSeconds(30);

    private OperationStore store;
    private DeadLetterStore deadLetters;

    @BeforeEach
    final void openStore() {
        store = hub("hub-a");
        deadLetters = new DeadLetterStore(database, clock, 3);
    }

    private OperationStore hub(String name) {
        return new OperationStore(database, ids, clock, name);
    }

    private long arrived(String platform, @Nullable String record) {
        return arrived(platform, record, Duration.ZERO);
    }

    /** Stores a delivery; answers its operation's id. */
    private long arrived(String platform, @Nullable String record, Duration settle) {
        long id = ids.next();
        Delivery delivery = new Delivery(
                id, "default", platform, "default", clock.instant(), headers(), new byte[] {'x'}, "kind", record);
        try (DeliveryStore deliveries = new DeliveryStore(database, ids, meters, 10, 10)) {
            deliveries
                    .append(new DeliveryStore.Arrival(delivery, List.of(), settle))
                    .join();
        }
        return Long.parseLong(column("SELECT id FROM sync_operations WHERE delivery_id = " + id)
                .get(0));
    }

    /** Makes operations in bulk, of any lane, all of which may be worked on. */
    private void waiting(int count, OperationType type, int rank) {
        long delivery = ids.next();
        update(
                "INSERT INTO deliveries (id, organization, platform, integration, received_at, kind, record_key, headers,"
                        + " body) VALUES (?, 'default', 'patreon', 'default', 0, 'kind', NULL, '{}', ?)",
                delivery,
                new byte[] {'x'});
        for (int i = 0; i < count; i++) {
            update(
                    "INSERT INTO sync_operations (id, organization, platform, integration, type, status, rank, attempts,"
                            + " not_before, delivery_id, kind, record_key, created_at)"
                            + " VALUES (?, 'default', 'patreon', 'default', ?, 0, ?, 0, 0, ?, 'kind', NULL, 0)",
                    ids.next(),
                    type.ordinal(),
                    rank,
                    delivery);
        }
    }

    private long status(OperationStatus status) {
        return count("sync_operations WHERE status = " + status.ordinal());
    }

    private static List<Long> idsOf(List<Operation> operations) {
        return operations.stream().map(Operation::id).toList();
    }

    // --- claims

    @Test
    void claimedOperationBringsItsDelivery() {
        long id = arrived("patreon", "1");

        List<Operation> claimed = store.claim("patreon", 10);

        assertThat(claimed).hasSize(1);
        Operation operation = claimed.get(0);
        assertThat(operation.id()).isEqualTo(id);
        assertThat(operation.attempts()).isZero();
        assertThat(operation.type()).isEqualTo(OperationType.WEBHOOK);
        assertThat(operation.delivery().recordKey()).isEqualTo("1");
        assertThat(operation.delivery().body()).containsExactly('x');
        assertThat(operation.delivery().headers()).isEqualTo(headers());
        assertThat(store.claim("patreon", 10)).isEmpty();
    }

    @Test
    void claimIsForOnePlatformOnly() {
        arrived("patreon", "1");

        assertThat(store.claim("klaviyo", 10)).isEmpty();
    }

    @Test
    void recordsAreClaimedInTheOrderOfTheirArrival() {
        List<Long> arrived = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            arrived.add(arrived("patreon", "1"));
        }

        assertThat(idsOf(store.claim("patreon", 12))).isEqualTo(arrived.subList(0, 12));
        assertThat(idsOf(store.claim("patreon", 12))).isEqualTo(arrived.subList(12, 20));
    }

    @Test
    void webhooksComeBeforeManualWorkBeforeBulkAndFirstTriesBeforeRetries() {
        for (OperationType type : OperationType.values()) {
            waiting(1, type, 1);
            waiting(1, type, 0);
        }
        List<String> order = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Operation next = store.claim("patreon", 1).get(0);
            order.add(next.type() + " "
                    + column("SELECT rank FROM sync_operations WHERE id = " + next.id())
                            .get(0));
        }

        assertThat(order)
                .containsExactly("WEBHOOK 0", "WEBHOOK 1", "MANUAL 0", "MANUAL 1", "BULK_SYNC 0", "BULK_SYNC 1");
    }

    @Test
    void noLaneStarvesBehindAFloodOfWebhooks() {
        waiting(200, OperationType.WEBHOOK, 0);
        waiting(50, OperationType.MANUAL, 0);
        waiting(50, OperationType.BULK_SYNC, 1);

        List<Operation> claimed = store.claim("patreon", 100);

        assertThat(claimed).hasSize(100);
        assertThat(claimed.stream().filter(one -> one.type() == OperationType.WEBHOOK))
                .hasSize(80);
        assertThat(claimed.stream().filter(one -> one.type() == OperationType.MANUAL))
                .hasSize(10);
        assertThat(claimed.stream().filter(one -> one.type() == OperationType.BULK_SYNC))
                .hasSize(10);
    }

    @Test
    void noLaneStarvesWhereClaimsAreSmall() {
        waiting(60, OperationType.WEBHOOK, 0);
        waiting(1, OperationType.BULK_SYNC, 1);
        int webhooksBefore = 0;
        while (store.claim("patreon", 1).get(0).type() == OperationType.WEBHOOK) {
            webhooksBefore++;
        }

        assertThat(webhooksBefore).isBetween(1, 50);
    }

    @Test
    void whatOneLaneLeavesTheOthersUse() {
        waiting(5, OperationType.WEBHOOK, 0);
        waiting(300, OperationType.BULK_SYNC, 0);
        waiting(20, OperationType.WEBHOOK, 1);

        List<Operation> claimed = store.claim("patreon", 100);

        assertThat(new HashSet<>(idsOf(claimed))).hasSize(100);
        assertThat(claimed.stream().filter(one -> one.type() == OperationType.WEBHOOK))
                .hasSize(25);
    }

    @Test
    void manyWorkersNeverClaimTheSame() throws Exception {
        waiting(500, OperationType.WEBHOOK, 0);
        ExecutorService threads = Executors.newFixedThreadPool(6);
        try {
            CountDownLatch start = new CountDownLatch(1);
            List<Future<List<Long>>> workers = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                OperationStore hub = hub("hub-" + i % 3);
                workers.add(threads.submit(() -> {
                    start.await();
                    List<Long> mine = new ArrayList<>();
                    List<Operation> claimed;
                    do {
                        claimed = hub.claim("patreon", 17);
                        mine.addAll(idsOf(claimed));
                    } while (!claimed.isEmpty());
                    return mine;
                }));
            }
            start.countDown();
            List<Long> all = new ArrayList<>();
            for (Future<List<Long>> worker : workers) {
                all.addAll(worker.get(60, TimeUnit.SECONDS));
            }
            assertThat(all).hasSize(500).doesNotHaveDuplicates();
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void recordUnderWayInOneHubIsNotClaimedByAnother() {
        assumeThat(database.dialect()).as("SQLite has one hub only").isEqualTo(Database.Dialect.POSTGRESQL);
        arrived("patreon", "1");
        Operation first = store.claim("patreon", 10).get(0);
        long second = arrived("patreon", "1");
        long other = arrived("patreon", "2");
        OperationStore hubB = hub("hub-b");

        assertThat(idsOf(hubB.claim("patreon", 10))).containsExactly(other);
        store.ignore(first, "done");
        assertThat(idsOf(hubB.claim("patreon", 10))).containsExactly(second);
    }

    @Test
    void ownRecordsUnderWayDoNotHoldUpTheirHub() {
        arrived("patreon", "1");
        store.claim("patreon", 10);
        long second = arrived("patreon", "1");

        assertThat(idsOf(store.claim("patreon", 10))).containsExactly(second);
    }

    @Test
    void settlingOperationIsClaimedWhenItsWindowIsOver() {
        long id = arrived("eventbrite", "url", Duration.ofSeconds(2));

        assertThat(store.claim("eventbrite", 10)).isEmpty();
        clock.advance(Duration.ofMillis(1_999));
        assertThat(store.claim("eventbrite", 10)).isEmpty();
        clock.advance(Duration.ofMillis(1));
        assertThat(idsOf(store.claim("eventbrite", 10))).containsExactly(id);
    }

    @Test
    void burstIsClaimedWithItsFirstPointer() {
        Duration settle = Duration.ofSeconds(2);
        long first = arrived("eventbrite", "url", settle);
        clock.advance(Duration.ofMillis(1_500));
        long second = arrived("eventbrite", "url", settle);
        long other = arrived("eventbrite", "other", settle);
        clock.advance(Duration.ofMillis(500));

        assertThat(idsOf(store.claim("eventbrite", 10, settle))).containsExactly(first, second);
        clock.advance(Duration.ofMillis(1_500));
        assertThat(idsOf(store.claim("eventbrite", 10, settle))).containsExactly(other);
    }

    // --- back into the queue

    @Test
    void releasedOperationYieldsToFirstTriesAndKeepsItsAttempts() {
        long first = arrived("patreon", "1");
        Operation operation = store.claim("patreon", 10).get(0);
        store.release(operation, Duration.ofSeconds(10), false);
        assertThat(store.claim("patreon", 10)).isEmpty();

        clock.advance(Duration.ofSeconds(10));
        long second = arrived("patreon", "2");

        assertThat(idsOf(store.claim("patreon", 1))).containsExactly(second);
        Operation again = store.claim("patreon", 1).get(0);
        assertThat(again.id()).isEqualTo(first);
        assertThat(again.attempts()).isZero();
    }

    @Test
    void releaseAfterAnAttemptCountsIt() {
        arrived("patreon", "1");
        store.release(store.claim("patreon", 10).get(0), Duration.ZERO, true);

        assertThat(store.claim("patreon", 10).get(0).attempts()).isEqualTo(1);
    }

    // --- order per record

    @Test
    void laterOperationDoesNotOvertakeOneOfItsRecordThatWasPutOff() {
        long first = arrived("patreon", "1");
        store.release(store.claim("patreon", 10).get(0), Duration.ofSeconds(10), false);
        clock.advance(Duration.ofMillis(1));
        long second = arrived("patreon", "1");
        long other = arrived("patreon", "2");

        assertThat(idsOf(store.claim("patreon", 10))).containsExactly(other);
        clock.advance(Duration.ofSeconds(9));
        assertThat(store.claim("patreon", 10)).isEmpty();
        clock.advance(Duration.ofSeconds(1));
        assertThat(idsOf(store.claim("patreon", 1))).containsExactly(first);
        assertThat(idsOf(store.claim("patreon", 1))).containsExactly(second);
    }

    @Test
    void whatStandsBehindIsNotInTheWayOfOtherRecords() {
        arrived("patreon", "1");
        store.release(store.claim("patreon", 10).get(0), Duration.ofSeconds(10), true);
        for (int i = 0; i < 30; i++) {
            arrived("patreon", "1");
        }
        long other = arrived("patreon", "2");

        assertThat(idsOf(store.claim("patreon", 10))).containsExactly(other);
    }

    @Test
    void recordOfAnotherIntegrationIsAnother() {
        arrived("patreon", "1");
        store.release(store.claim("patreon", 10).get(0), Duration.ofSeconds(10), true);
        long same = arrived("patreon", "1");
        update("UPDATE sync_operations SET integration = 'second' WHERE id = ?", same);

        assertThat(idsOf(store.claim("patreon", 10))).containsExactly(same);
    }

    @Test
    void operationsWithoutARecordHoldUpNothing() {
        arrived("patreon", null);
        store.release(store.claim("patreon", 10).get(0), Duration.ofSeconds(10), true);
        long second = arrived("patreon", null);

        assertThat(idsOf(store.claim("patreon", 10))).containsExactly(second);
    }

    @Test
    void orderHoldsHoweverOftenAndInWhateverOrderOperationsArePutOff() {
        List<Long> arrived = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            clock.advance(Duration.ofMillis(1));
            arrived.add(arrived("patreon", "1"));
        }
        Random random = new Random(7);
        List<Long> ended = new ArrayList<>();
        for (int round = 0; ended.size() < 6; round++) {
            assertThat(round).as("rounds").isLessThan(1_000);
            List<Operation> claimed = store.claim("patreon", 1 + random.nextInt(3));
            boolean putOff = false;
            for (Operation operation : claimed) {
                // As a flow does: what waits behind an operation that goes back goes back with it.
                putOff |= random.nextInt(3) > 0;
                if (putOff) {
                    store.release(operation, Duration.ofMillis(random.nextInt(3)), random.nextBoolean());
                } else {
                    store.ignore(operation, "done");
                    ended.add(operation.id());
                }
            }
            clock.advance(Duration.ofMillis(random.nextInt(3)));
            if (random.nextInt(4) == 0) {
                store.resume();
            }
        }

        assertThat(ended).isEqualTo(arrived);
    }

    @Test
    void releaseWithoutPauseOrAttemptGivesBackTheOldPlace() {
        long first = arrived("patreon", "1");
        clock.advance(Duration.ofMillis(1));
        long second = arrived("patreon", "2");
        store.release(store.claim("patreon", 1).get(0), Duration.ZERO, false);

        assertThat(idsOf(store.claim("patreon", 1))).containsExactly(first);
        assertThat(idsOf(store.claim("patreon", 1))).containsExactly(second);
    }

    @Test
    void coalescedOperationsShareTheirEnd() {
        arrived("eventbrite", "url");
        arrived("eventbrite", "url");
        arrived("eventbrite", "url");
        List<Operation> claimed = store.claim("eventbrite", 10);
        Operation one = new Operation(
                claimed.get(2).id(),
                OperationType.WEBHOOK,
                0,
                claimed.get(2).delivery(),
                List.of(claimed.get(0).id(), claimed.get(1).id()));

        store.release(one, Duration.ZERO, true);
        assertThat(store.claim("eventbrite", 10)).hasSize(3).allMatch(operation -> operation.attempts() == 1);
        deadLetters.bury(one, letter("broken"));
        assertThat(status(OperationStatus.DEAD)).isEqualTo(3);
        assertThat(count("dead_letters")).isEqualTo(3);
    }

    @Test
    void endedOperationIsNotReleased() {
        arrived("patreon", "1");
        Operation operation = store.claim("patreon", 10).get(0);
        store.ignore(operation, "of no use");
        store.release(operation, Duration.ZERO, true);

        assertThat(store.claim("patreon", 10)).isEmpty();
        assertThat(rows("SELECT status, attempts, error, processed_at FROM sync_operations"))
                .containsExactly(List.of("3", "1", "of no use", String.valueOf(clock.millis())));
    }

    // --- dead letters

    private static DeadLetter letter(String why) {
        return DeadLetter.of(new Defect(FailureCode.MAPPING_FAILED, why), 5);
    }

    @Test
    void deadLetterKeepsItsCauseAndIsReplayedOnDemand() {
        long id = arrived("patreon", "1");
        deadLetters.bury(store.claim("patreon", 10).get(0), letter("the cause"));

        assertThat(store.claim("patreon", 10)).isEmpty();
        assertThat(deadLetters.count()).containsEntry("patreon", 1L);
        assertThat(rows("SELECT operation_id, code, cause, attempts FROM dead_letters"))
                .containsExactly(List.of(String.valueOf(id), "mapping-failed", "the cause", "5"));
        assertThat(column("SELECT stack FROM dead_letters").get(0)).contains("Defect");
        assertThat(column("SELECT digest FROM dead_letters").get(0)).hasSize(12);

        assertThat(replayed(id)).isOne();
        assertThat(replayed(id)).isZero();
        assertThat(deadLetters.count()).isEmpty();
        Operation again = store.claim("patreon", 10).get(0);
        assertThat(again.id()).isEqualTo(id);
        assertThat(again.attempts()).isZero();
        assertThat(again.forced()).isFalse();

        deadLetters.bury(again, letter("the cause"));
        replayed(id, true);
        assertThat(store.claim("patreon", 10).get(0).forced()).isTrue();
    }

    private long buried(String platform, DeadLetter why) {
        long id = arrived(platform, null);
        deadLetters.bury(store.claim(platform, 10).get(0), why);
        return id;
    }

    @Test
    void deadLettersAreGroupedByTheirCauseTheLargestGroupFirst() {
        DeadLetter broken = letter("broken");
        DeadLetter lost = DeadLetter.of(new Defect(FailureCode.NOT_FOUND, "lost"), 5);
        buried("patreon", broken);
        buried("patreon", lost);
        buried("eventbrite", broken);
        buried("patreon", broken);
        replayed(buried("patreon", broken));

        assertThat(deadLetters.groups(null, null))
                .extracting(DeadLetterStore.Group::platform, DeadLetterStore.Group::cause, DeadLetterStore.Group::count)
                .containsExactly(
                        tuple("patreon", "broken", 2L),
                        tuple("eventbrite", "broken", 1L),
                        tuple("patreon", "lost", 1L));
        assertThat(deadLetters.groups("default", "eventbrite")).hasSize(1);
        assertThat(deadLetters.groups("other", null)).isEmpty();
    }

    @Test
    void replayOfWhatIsNoDeadLetterDoesNothing() {
        long id = arrived("patreon", "1");

        assertThat(replayed(id)).isZero();
        assertThat(replayed(ids.next())).isZero();
    }

    @Test
    void deadLettersAreRedrivenDailyForAStatedNumberOfDays() {
        arrived("patreon", "1");
        deadLetters.bury(store.claim("patreon", 10).get(0), letter("still broken"));
        int redriven = 0;
        for (int hour = 0; hour < 24 * 10; hour++) {
            clock.advance(Duration.ofHours(1));
            if (deadLetters.redriveDue() == 1) {
                redriven++;
                assertThat(hour).isGreaterThanOrEqualTo(23);
                deadLetters.bury(store.claim("patreon", 10).get(0), letter("still broken"));
            }
        }

        assertThat(redriven).isEqualTo(3);
        assertThat(rows("SELECT redrives, redrive_at FROM dead_letters")).containsExactly(List.of("3", "-"));
        assertThat(status(OperationStatus.DEAD)).isEqualTo(1);
    }

    @Test
    void redriveLeavesWhatWasReplayedMeanwhile() {
        long id = arrived("patreon", "1");
        deadLetters.bury(store.claim("patreon", 10).get(0), letter("broken"));
        replayed(id);
        store.ignore(store.claim("patreon", 10).get(0), "done");
        clock.advance(Duration.ofDays(2));

        assertThat(deadLetters.redriveDue()).isZero();
        assertThat(status(OperationStatus.IGNORED)).isEqualTo(1);
    }

    @Test
    void storedDeliveryIsQueuedOnceMoreAsManualWork() {
        arrived("patreon", "1");
        Operation first = store.claim("patreon", 10).get(0);
        store.ignore(first, "of no use");

        long again = requeued(first.delivery().id()).orElseThrow();

        Operation operation = store.claim("patreon", 10).get(0);
        assertThat(operation.id()).isEqualTo(again);
        assertThat(operation.type()).isEqualTo(OperationType.MANUAL);
        assertThat(operation.delivery().id()).isEqualTo(first.delivery().id());
        assertThat(requeued(ids.next())).isEmpty();
    }

    // --- crashes

    @Test
    void hubTakesUpAtOnceWhatItWasDoingWhenItEnded() {
        long mine = arrived("patreon", "1");
        store.claim("patreon", 10);
        long others = arrived("patreon", "2");
        hub("hub-b").claim("patreon", 10);

        OperationStore restarted = hub("hub-a");
        assertThat(restarted.resume()).isEqualTo(1);
        assertThat(idsOf(restarted.claim("patreon", 10))).containsExactly(mine).doesNotContain(others);
    }

    @Test
    void claimsOfALostHubReturn() {
        OperationStore lost = hub("hub-b");
        lost.beat(LEASE);
        long id = arrived("patreon", "1");
        lost.claim("patreon", 10);

        clock.advance(LEASE);
        assertThat(store.beat(LEASE)).isZero();
        clock.advance(Duration.ofMillis(1));
        assertThat(store.beat(LEASE)).isEqualTo(1);
        assertThat(idsOf(store.claim("patreon", 10))).containsExactly(id);
        assertThat(column("SELECT owner FROM hubs")).containsExactly("hub-a");
    }

    @Test
    void claimsOfAHubThatDiedBeforeItsFirstHeartbeatReturn() {
        OperationStore lost = hub("hub-b");
        lost.resume();
        long id = arrived("patreon", "1");
        lost.claim("patreon", 10);
        clock.advance(LEASE.plusMillis(1));

        assertThat(store.beat(LEASE)).isEqualTo(1);
        assertThat(idsOf(store.claim("patreon", 10))).containsExactly(id);
    }

    @Test
    void livingHubKeepsItsClaims() {
        OperationStore other = hub("hub-b");
        arrived("patreon", "1");
        other.claim("patreon", 10);
        for (int i = 0; i < 5; i++) {
            other.beat(LEASE);
            clock.advance(Duration.ofSeconds(20));
            assertThat(store.beat(LEASE)).isZero();
        }
        assertThat(status(OperationStatus.PROCESSING)).isEqualTo(1);
    }

    // --- figures

    @Test
    void backlogSaysHowManyWaitAndSinceWhen() {
        arrived("patreon", "1");
        clock.advance(Duration.ofSeconds(5));
        arrived("patreon", "2");
        arrived("klaviyo", "3");
        store.claim("klaviyo", 1);

        assertThat(store.backlog()).containsOnlyKeys("patreon");
        Backlog backlog = store.backlog().get("patreon");
        assertThat(backlog.depth()).isEqualTo(2);
        assertThat(backlog.oldestAt()).isEqualTo(clock.instant().minusSeconds(5));
    }

    @Test
    void statusesOfTheDatabaseAreThoseOfTheProgram() {
        Set<String> ordinals = new HashSet<>();
        for (OperationStatus status : OperationStatus.values()) {
            ordinals.add(status.ordinal() + " " + status.id());
        }
        assertThat(ordinals)
                .contains("0 pending", "1 processing", "2 success", "3 ignored", "4 conflict", "5 failed", "6 dead");
    }

    private int replayed(long operation) {
        return replayed(operation, false);
    }

    private int replayed(long operation, boolean force) {
        return database.write(connection -> deadLetters.replay(connection, List.of(operation), force));
    }

    private Optional<Long> requeued(long delivery) {
        return database.write(connection -> store.requeue(connection, delivery, false));
    }
}
