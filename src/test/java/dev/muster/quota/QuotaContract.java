package dev.muster.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.call.CallPriority;
import dev.muster.db.Database;
import dev.muster.db.StoreContract;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.quota.QuotaSettings.Window;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds of every quota, with one hub or several, on both stores. */
abstract class QuotaContract extends StoreContract {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private Database second;

    @BeforeEach
    void openSecond() {
        second = reopened();
    }

    @AfterEach
    void closeSecond() {
        second.close();
    }

    private static QuotaSettings settings(int concurrent, int reserve, Window... windows) {
        return settings(concurrent, reserve, false, null, windows);
    }

    private static QuotaSettings settings(
            int concurrent, int reserve, boolean shared, QuotaSettings.Signs signs, Window... windows) {
        return new QuotaSettings(
                List.of(windows),
                concurrent,
                reserve,
                shared,
                signs,
                Duration.ofSeconds(5),
                Duration.ofMillis(20),
                BreakerSettings.USUAL);
    }

    private void many(
            Traffic traffic, Quotas hub, QuotaSettings settings, String flow, CallPriority priority, int count) {
        for (int i = 0; i < count; i++) {
            traffic.call(hub, settings, Traffic.request("o", "i", flow, priority));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void noMovingWindowHoldsMoreThanItsLimitHoweverCallsComeToTwoHubs(long seed) {
        Random random = new Random(seed);
        Window[] windows = {
            new Window(1 + random.nextInt(60), SECOND),
            new Window(1 + random.nextInt(200), Duration.ofSeconds(2 + random.nextInt(20)))
        };
        QuotaSettings settings = settings(1 + random.nextInt(12), random.nextInt(40), windows);
        Traffic traffic = new Traffic(clock, seed);
        traffic.wayMillis = 1 + random.nextInt(400);
        List<Quotas> hubs = List.of(traffic.hub(database, "a"), traffic.hub(second, "b"));
        for (int i = 0; i < 400; i++) {
            Quotas hub = hubs.get(random.nextInt(2));
            CallPriority priority = random.nextInt(4) == 0 ? CallPriority.PROMPT : CallPriority.BULK;
            int burst = random.nextInt(10) == 0 ? 30 : 1;
            traffic.later(() -> many(traffic, hub, settings, "f", priority, burst), random.nextInt(30_000));
        }
        traffic.run(Duration.ofSeconds(60));

        assertThat(traffic.calls).isNotEmpty();
        for (Window window : windows) {
            assertThat(traffic.mostIn(window.per())).as("in %s", window).isLessThanOrEqualTo(window.calls());
        }
        assertThat(traffic.mostUnderWay).isLessThanOrEqualTo(settings.concurrent());
    }

    @Test
    void nearlyAllThatIsAllowedIsUsedWhenThereIsWork() {
        QuotaSettings settings = settings(10, 0, new Window(75, SECOND), new Window(700, MINUTE));
        Traffic traffic = new Traffic(clock, 5);
        many(traffic, traffic.hub(database, "a"), settings, "push", CallPriority.BULK, 4_000);
        traffic.run(Duration.ofMinutes(3));

        assertThat(traffic.mostIn(SECOND)).isLessThanOrEqualTo(75);
        assertThat(traffic.mostIn(MINUTE)).isLessThanOrEqualTo(700);
        assertThat(traffic.calls.size()).isGreaterThanOrEqualTo((int) (3 * 700 * 0.95));
    }

    @Test
    void twoHubsTogetherUseNearlyAllOfAShortWindow() {
        QuotaSettings settings = settings(10, 0, new Window(50, SECOND));
        Traffic traffic = new Traffic(clock, 6);
        traffic.wayMillis = 5;
        many(traffic, traffic.hub(database, "a"), settings, "push", CallPriority.BULK, 3_000);
        many(traffic, traffic.hub(second, "b"), settings, "push", CallPriority.BULK, 3_000);
        traffic.run(Duration.ofSeconds(40));

        assertThat(traffic.mostIn(SECOND)).isLessThanOrEqualTo(50);
        assertThat(traffic.mostUnderWay).isLessThanOrEqualTo(10);
        assertThat(traffic.calls.size()).isGreaterThanOrEqualTo((int) (40 * 50 * 0.95));
    }

    @Test
    void noSlotWaitsForTheStore() {
        QuotaSettings settings = settings(10, 0, new Window(100_000, SECOND));
        Traffic traffic = new Traffic(clock, 6);
        traffic.settleMillis = 80;
        Quotas hub = traffic.hub(database, "a");
        for (int i = 0; i < 16; i++) {
            traffic.callAgainAndAgain(hub, settings, Traffic.request("o", "i", "push", CallPriority.BULK), 1_000);
        }
        traffic.run(Duration.ofSeconds(3));
        int before = traffic.calls.size();
        traffic.run(Duration.ofSeconds(50));

        assertThat(traffic.calls.size() - before).isGreaterThanOrEqualTo(495);
    }

    @Test
    void whatADeadHubUsedIsNotForgotten() {
        QuotaSettings settings = settings(10, 0, new Window(100, Duration.ofHours(1)));
        Traffic traffic = new Traffic(clock, 7);
        many(traffic, traffic.hub(database, "dead"), settings, "pull", CallPriority.BULK, 60);
        traffic.run(Duration.ofSeconds(2));
        Traffic after = new Traffic(clock, 8);
        Quotas next = after.hub(database, "next");
        many(after, next, settings, "pull", CallPriority.BULK, 200);
        after.run(Duration.ofMinutes(58));

        assertThat(traffic.calls).hasSize(60);
        assertThat(after.calls.size()).isBetween(30, 40);
        // the others were put off, and come again
        after.run(Duration.ofMinutes(4));
        many(after, next, settings, "pull", CallPriority.BULK, 160);
        after.run(Duration.ofMinutes(10));
        assertThat(after.calls.size()).isGreaterThan(95);
    }

    @Test
    void slotsOfADeadHubReturn() {
        QuotaSettings settings = settings(4, 0);
        Traffic dead = new Traffic(clock, 9);
        dead.wayMillis = 1_000_000;
        many(dead, dead.hub(database, "dead"), settings, "pull", CallPriority.BULK, 10);
        dead.run(Duration.ofSeconds(1));
        Traffic after = new Traffic(clock, 10);
        many(after, after.hub(database, "next"), settings, "pull", CallPriority.BULK, 10);
        after.run(Duration.ofSeconds(10));
        assertThat(after.calls).isEmpty();

        after.run(Duration.ofSeconds(20));
        assertThat(after.calls).hasSize(10);
    }

    @Test
    void hubThatIsStartedAgainHasTheSlotsOfTheOneThatDiedAtOnce() {
        QuotaSettings settings = settings(4, 0, new Window(100, Duration.ofHours(1)));
        Traffic dead = new Traffic(clock, 9);
        dead.wayMillis = 1_000_000;
        many(dead, dead.hub(database, "one"), settings, "pull", CallPriority.BULK, 10);
        dead.run(Duration.ofSeconds(1));
        assertThat(dead.mostUnderWay).isEqualTo(4);

        Traffic after = new Traffic(clock, 10);
        many(after, after.again(database, "one"), settings, "pull", CallPriority.BULK, 100);
        after.run(Duration.ofSeconds(1));
        assertThat(after.calls).isNotEmpty();
        after.run(Duration.ofMinutes(20));
        assertThat(dead.mostUnderWay + after.calls.size())
                .as("what it used of the hour stays used")
                .isBetween(90, 100);
    }

    @Test
    void anotherHubsSlotsAreNotFreedByWhoeverStarts() {
        QuotaSettings settings = settings(4, 0);
        Traffic one = new Traffic(clock, 9);
        one.wayMillis = 1_000_000;
        many(one, one.hub(database, "one"), settings, "pull", CallPriority.BULK, 10);
        one.run(Duration.ofSeconds(1));

        Traffic after = new Traffic(clock, 10);
        many(after, after.again(database, "on"), settings, "pull", CallPriority.BULK, 10);
        after.run(Duration.ofSeconds(10));
        assertThat(after.calls).isEmpty();
    }

    @Test
    void promptCallsHaveTheReserveThatBulkCannotUse() {
        QuotaSettings settings = settings(10, 20, new Window(50, MINUTE));
        Traffic traffic = new Traffic(clock, 11);
        Quotas hub = traffic.hub(database, "a");
        many(traffic, hub, settings, "push", CallPriority.BULK, 500);
        traffic.run(Duration.ofSeconds(20));
        assertThat(traffic.calls).hasSize(40);

        many(traffic, hub, settings, "webhook", CallPriority.PROMPT, 5);
        traffic.run(Duration.ofMillis(200));
        assertThat(traffic.calls.subList(40, traffic.calls.size()))
                .hasSize(5)
                .allMatch(call -> call.priority() == CallPriority.PROMPT);
    }

    @Test
    void accountsOfOnePlatformTakeTurnsForTheSeatsOfAHub() {
        QuotaSettings settings = settings(10, 0, new Window(100_000, SECOND));
        Traffic traffic = new Traffic(clock, 13);
        Quotas hub = traffic.hub(database, "a", 2);
        for (int i = 0; i < 1_000; i++) {
            traffic.call(hub, settings, Traffic.request("large", "l", "push:x", CallPriority.BULK));
        }
        traffic.run(Duration.ofMillis(100));
        int before = traffic.calls.size();
        for (int i = 0; i < 20; i++) {
            traffic.call(hub, settings, Traffic.request("small", "s", "pull:y", CallPriority.BULK));
        }
        traffic.run(Duration.ofSeconds(5));

        assertThat(before).isPositive();
        assertThat(traffic.calls.subList(before, before + 44).stream()
                        .filter(call -> call.organization().equals("small")))
                .hasSizeGreaterThanOrEqualTo(19);
    }

    @Test
    void organizationsAndFlowsTakeTurns() {
        QuotaSettings settings = settings(1, 0, true, null, new Window(20, SECOND));
        Traffic traffic = new Traffic(clock, 12);
        Quotas hub = traffic.hub(database, "a");
        for (int i = 0; i < 1_000; i++) {
            traffic.call(hub, settings, Traffic.request("large", "l", "push:x", CallPriority.BULK));
        }
        for (int i = 0; i < 20; i++) {
            traffic.call(hub, settings, Traffic.request("large", "l", "pull:y", CallPriority.BULK));
            traffic.call(hub, settings, Traffic.request("small", "s", "pull:y", CallPriority.BULK));
        }
        traffic.run(Duration.ofSeconds(5));

        List<Traffic.Call> first = traffic.calls.subList(0, 40);
        assertThat(first.stream().filter(call -> call.organization().equals("small")))
                .hasSizeBetween(19, 20);
        assertThat(first.stream()
                        .filter(call -> call.organization().equals("large")
                                && call.flow().equals("pull:y")))
                .hasSizeBetween(9, 11);
    }

    @Test
    void tooManyCallsPauseTheWholeCredentialOnAllHubs() {
        QuotaSettings settings = settings(2, 0, new Window(50, SECOND));
        Traffic traffic = new Traffic(clock, 13);
        long start = clock.millis();
        traffic.platform = call -> call.arrivedAt() < start + 500
                ? traffic.answer(429, Map.of("Retry-After", "30"))
                : traffic.answer(200, Map.of());
        many(traffic, traffic.hub(database, "a"), settings, "push", CallPriority.BULK, 100);
        many(traffic, traffic.hub(second, "b"), settings, "push", CallPriority.BULK, 100);
        traffic.run(Duration.ofSeconds(29));
        int before = traffic.calls.size();
        assertThat(before).isBetween(1, 8);

        traffic.run(Duration.ofSeconds(20));
        assertThat(traffic.calls).hasSize(200);
    }

    @Test
    void whoeverWouldWaitLongerThanAMinuteIsPutOff() {
        QuotaSettings settings = settings(2, 0, new Window(50, SECOND));
        Traffic traffic = new Traffic(clock, 18);
        traffic.platform = call -> traffic.answer(429, Map.of("Retry-After", "600"));
        Quotas hub = traffic.hub(database, "a");
        List<CompletableFuture<Turn>> turns = new ArrayList<>();
        many(traffic, hub, settings, "push", CallPriority.BULK, 2);
        for (int i = 0; i < 10; i++) {
            turns.add(hub.turn(Traffic.request("o", "i", "push", CallPriority.BULK), settings));
        }
        traffic.run(Duration.ofSeconds(5));
        turns.add(hub.turn(Traffic.request("o", "i", "push", CallPriority.PROMPT), settings));

        assertThat(turns).allSatisfy(turn -> assertThat(turn)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingCause()
                .isInstanceOfSatisfying(Transient.class, failure -> {
                    assertThat(failure.code()).isEqualTo(FailureCode.PUT_OFF);
                    assertThat(failure.retryAfter()).isBetween(Duration.ofSeconds(590), Duration.ofSeconds(600));
                }));
        assertThat(hub.usage("p", "i", settings).waiting()).isZero();
    }

    @Test
    void theLedgerOfACredentialThatIsNotCalledAgainIsForgotten() {
        QuotaSettings settings = settings(2, 0, new Window(50, SECOND));
        Traffic traffic = new Traffic(clock, 19);
        Quotas hub = traffic.hub(database, "a");
        many(traffic, hub, settings, "push", CallPriority.BULK, 20);
        traffic.run(Duration.ofSeconds(10));
        assertThat(count("quota_spent")).isPositive();

        clock.advance(Duration.ofDays(34));
        hub.sweep();
        assertThat(count("quota_keys")).isEqualTo(1);
        clock.advance(Duration.ofDays(2));
        hub.sweep();

        assertThat(count("quota_spent") + count("quota_leases") + count("quota_keys"))
                .isZero();
    }

    @Test
    void pausesGrowWhereThePlatformDoesNotSayHowLong() {
        QuotaSettings settings = settings(1, 0, new Window(50, SECOND));
        Traffic traffic = new Traffic(clock, 14);
        traffic.platform = call -> traffic.answer(429, Map.of());
        many(traffic, traffic.hub(database, "a"), settings, "push", CallPriority.BULK, 100);
        traffic.run(Duration.ofSeconds(60));

        List<Long> gaps = new ArrayList<>();
        for (int i = 1; i < traffic.calls.size(); i++) {
            gaps.add(Math.round(
                    (traffic.calls.get(i).arrivedAt() - traffic.calls.get(i - 1).arrivedAt()) / 1000.0));
        }
        assertThat(gaps).containsExactly(5L, 10L, 20L);
    }

    @Test
    void platformThatCountsMoreThanWeIsBelieved() {
        QuotaSettings.Signs signs =
                new QuotaSettings.Signs("X-Limit", "X-Remaining", "X-Reset", QuotaSettings.Unit.SECONDS);
        QuotaSettings settings = settings(1, 0, false, signs, new Window(100, MINUTE));
        Traffic traffic = new Traffic(clock, 15);
        // Somebody else has used 70 of it.
        traffic.platform = call -> traffic.answer(
                200,
                Map.of(
                        "X-Limit",
                        "100",
                        "X-Remaining",
                        String.valueOf(Math.max(0, 30 - traffic.calls.size())),
                        "X-Reset",
                        "40"));
        many(traffic, traffic.hub(database, "a"), settings, "push", CallPriority.BULK, 500);
        traffic.run(Duration.ofSeconds(35));

        assertThat(traffic.calls.size()).isBetween(28, 30);
    }

    @Test
    void stoppingEndsWaitingAtOnce() {
        QuotaSettings settings = settings(1, 0, new Window(1, MINUTE));
        Traffic traffic = new Traffic(clock, 16);
        Quotas hub = traffic.hub(database, "a");
        many(traffic, hub, settings, "push", CallPriority.BULK, 1);
        CompletableFuture<Turn> waits = hub.turn(Traffic.request("o", "i", "push", CallPriority.BULK), settings);
        traffic.run(SECOND);
        assertThat(waits).isNotDone();

        hub.stop();
        assertThat(waits).isCompletedExceptionally();
        assertThat(hub.turn(Traffic.request("o", "i", "push", CallPriority.BULK), settings))
                .isCompletedExceptionally();
    }

    @Test
    void turnThatWasNotUsedIsAnothers() {
        QuotaSettings settings = settings(5, 0, new Window(1, MINUTE));
        Traffic traffic = new Traffic(clock, 17);
        Quotas hub = traffic.hub(database, "a");
        CompletableFuture<Turn> first = hub.turn(Traffic.request("o", "i", "push", CallPriority.BULK), settings);
        CompletableFuture<Turn> next = hub.turn(Traffic.request("o", "i", "push", CallPriority.BULK), settings);
        traffic.run(SECOND);
        assertThat(first).isCompleted();
        assertThat(next).isNotDone();

        first.join().unused();
        assertThat(next).isCompleted();
    }
}
