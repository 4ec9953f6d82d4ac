package dev.muster.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.db.Database;
import dev.muster.db.StoreContract;
import dev.muster.delivery.DeliveryStore.Arrival;
import dev.muster.delivery.DeliveryStore.Receipt;
import dev.muster.failure.Failure;
import dev.muster.failure.FailureCode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a store of deliveries promises, whichever database it stands on. */
abstract class DeliveryStoreContract extends StoreContract {
    private DeliveryStore store;

    @BeforeEach
    final void openStore() {
        store = new DeliveryStore(database, ids, meters, 1_000, 100);
    }

    @AfterEach
    final void closeStore() {
        store.close();
    }

    private Delivery delivery(String platform, String integration, String record, String body) {
        return new Delivery(
                ids.next(),
                "default",
                platform,
                integration,
                clock.instant(),
                headers(),
                body.getBytes(StandardCharsets.UTF_8),
                "members:update",
                record);
    }

    private Arrival arrival(String body, String... uniqueIds) {
        return new Arrival(delivery("patreon", "default", "1", body), List.of(uniqueIds), Duration.ZERO);
    }

    private static Receipt stored(CompletableFuture<Receipt> receipt) throws Exception {
        return receipt.get(20, TimeUnit.SECONDS);
    }

    /** Holds the writer of a store after a commit, until the latch opens. */
    private void hold(DeliveryStore held, CountDownLatch go) throws Exception {
        AtomicBoolean holding = new AtomicBoolean();
        while (!holding.get()) {
            CountDownLatch ran = new CountDownLatch(1);
            // Whoever completes the future runs this: the writer, unless it was faster than we are.
            CompletableFuture<Void> ignored = held.append(arrival("hold")).thenAccept(receipt -> {
                boolean writer = Thread.currentThread().getName().startsWith("accept");
                holding.set(writer);
                ran.countDown();
                if (writer) {
                    awaitQuietly(go);
                }
            });
            assertThat(ran.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(ignored).isNotCompletedExceptionally();
        }
    }

    /** What is appended while the writer is held becomes one batch. */
    private List<CompletableFuture<Receipt>> inOneBatch(List<Arrival> arrivals) throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        hold(store, go);
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
        arrivals.forEach(arrival -> receipts.add(store.append(arrival)));
        assertThat(store.waiting()).isEqualTo(arrivals.size());
        go.countDown();
        return receipts;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void acknowledgedMeansReadableByANewConnection() throws Exception {
        Arrival arrival = arrival("{\"name\":\"Ærø 桜\"}");
        Receipt receipt = stored(store.append(arrival));

        assertThat(receipt).isEqualTo(new Receipt(arrival.delivery().id(), false));
        try (Database other = reopened()) {
            assertThat(rows(
                            other,
                            "SELECT id, organization, platform, integration, kind, record_key, body FROM deliveries"))
                    .containsExactly(List.of(
                            String.valueOf(receipt.deliveryId()),
                            "default",
                            "patreon",
                            "default",
                            "members:update",
                            "1",
                            "{\"name\":\"Ærø 桜\"}"));
            assertThat(rows(other, "SELECT delivery_id, status, type, rank, attempts FROM sync_operations"))
                    .containsExactly(List.of(String.valueOf(receipt.deliveryId()), "0", "0", "0", "0"));
        }
    }

    @Test
    void equalBytesAreNoDuplicates() throws Exception {
        assertThat(stored(store.append(arrival("same"))).duplicate()).isFalse();
        assertThat(stored(store.append(arrival("same"))).duplicate()).isFalse();

        assertThat(count("deliveries")).isEqualTo(2);
        assertThat(count("sync_operations")).isEqualTo(2);
    }

    @Test
    void uniqueIdSeenBeforeIsADuplicateOfTheFirst() throws Exception {
        Receipt first = stored(store.append(arrival("one", "a", "b")));
        Receipt again = stored(store.append(arrival("other bytes", "b", "a")));

        assertThat(again).isEqualTo(new Receipt(first.deliveryId(), true));
        assertThat(count("deliveries")).isEqualTo(1);
        assertThat(count("sync_operations")).isEqualTo(1);
    }

    @Test
    void partlyNewIdsAreStored() throws Exception {
        stored(store.append(arrival("one", "a", "b")));
        Receipt partlyNew = stored(store.append(arrival("two", "b", "c")));

        assertThat(partlyNew.duplicate()).isFalse();
        assertThat(stored(store.append(arrival("three", "c")))).isEqualTo(new Receipt(partlyNew.deliveryId(), true));
        assertThat(count("deliveries")).isEqualTo(2);
    }

    @Test
    void uniqueIdsHoldWithinOneIntegrationOnly() throws Exception {
        stored(store.append(new Arrival(delivery("klaviyo", "default", "1", "x"), List.of("a"), Duration.ZERO)));
        Receipt elsewhere =
                stored(store.append(new Arrival(delivery("klaviyo", "shop", "1", "x"), List.of("a"), Duration.ZERO)));

        assertThat(elsewhere.duplicate()).isFalse();
    }

    @Test
    void oneIdTwiceInOneBatchIsStoredOnce() throws Exception {
        List<CompletableFuture<Receipt>> receipts =
                inOneBatch(List.of(arrival("one", "a"), arrival("two", "a"), arrival("three", "a", "a", "new")));

        Receipt first = stored(receipts.get(0));
        assertThat(first.duplicate()).isFalse();
        assertThat(stored(receipts.get(1))).isEqualTo(new Receipt(first.deliveryId(), true));
        assertThat(stored(receipts.get(2)).duplicate()).isFalse();
        assertThat(column("SELECT body FROM deliveries"))
                .contains("one", "three")
                .doesNotContain("two");
    }

    @Test
    void poisonedDeliveryFailsAloneInItsBatch() throws Exception {
        whileRefusing("deliveries", "record_key", "poison", () -> {
            List<Arrival> arrivals = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                String record = i == 5 ? "poison" : "good";
                arrivals.add(
                        new Arrival(delivery("patreon", "default", record, "n" + i), List.of("id" + i), Duration.ZERO));
            }
            List<CompletableFuture<Receipt>> receipts = inOneBatch(arrivals);
            for (int i = 0; i < 9; i++) {
                CompletableFuture<Receipt> receipt = receipts.get(i);
                if (i == 5) {
                    assertThatThrownBy(() -> stored(receipt)).hasRootCauseInstanceOf(java.sql.SQLException.class);
                } else {
                    assertThat(stored(receipt).duplicate()).isFalse();
                }
            }
        });
        assertThat(count("deliveries WHERE record_key = 'good'")).isEqualTo(8);
        assertThat(count("deliveries WHERE record_key = 'poison'")).isZero();
        assertThat(count("sync_operations WHERE record_key = 'good'")).isEqualTo(8);
        assertThat(count("sync_operations WHERE record_key = 'poison'")).isZero();
        assertThat(count("delivery_ids")).isEqualTo(8);
    }

    @Test
    void fullQueueRefusesAtOnce() throws Exception {
        try (DeliveryStore small = new DeliveryStore(database, ids, meters, 2, 1)) {
            CountDownLatch go = new CountDownLatch(1);
            hold(small, go);
            List<CompletableFuture<Receipt>> waiting = List.of(small.append(arrival("1")), small.append(arrival("2")));
            CompletableFuture<Receipt> tooMany = small.append(arrival("3"));

            assertThat(tooMany).isCompletedExceptionally();
            assertThatThrownBy(tooMany::join).cause().isInstanceOfSatisfying(Failure.class, refused -> assertThat(
                            refused.code())
                    .isEqualTo(FailureCode.OVERLOADED));
            go.countDown();
            for (CompletableFuture<Receipt> receipt : waiting) {
                assertThat(stored(receipt).duplicate()).isFalse();
            }
        }
        assertThat(column("SELECT body FROM deliveries")).contains("1", "2").doesNotContain("3");
    }

    @Test
    void whatWaitsAtTheEndIsWrittenAndWhatComesLaterIsRefused() throws Exception {
        List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            receipts.add(store.append(arrival("n" + i)));
        }
        store.close();
        for (CompletableFuture<Receipt> receipt : receipts) {
            assertThat(stored(receipt).duplicate()).isFalse();
        }
        assertThat(count("deliveries")).isEqualTo(300);
        assertThat(store.append(arrival("late"))).isCompletedExceptionally();
    }

    @Test
    void settledOperationWaitsItsWindow() throws Exception {
        stored(store.append(
                new Arrival(delivery("eventbrite", "default", "u", "x"), List.of(), Duration.ofSeconds(2))));

        assertThat(column("SELECT not_before - created_at FROM sync_operations"))
                .containsExactly("2000");
    }

    @Test
    void charactersThatADatabaseCannotHoldAreNoReasonToRefuse() throws Exception {
        Receipt first = stored(store.append(new Arrival(
                delivery("patreon", "default", "nul\u0000key", "x\u0000y"), List.of("nul\u0000id"), Duration.ZERO)));
        Receipt again = stored(store.append(new Arrival(
                delivery("patreon", "default", "nul\u0000key", "x\u0000y"), List.of("nul\u0000id"), Duration.ZERO)));

        assertThat(first.duplicate()).isFalse();
        assertThat(again).isEqualTo(new Receipt(first.deliveryId(), true));
        assertThat(column("SELECT body FROM deliveries")).containsExactly("x\u0000y");
    }
}
