package dev.muster.pull;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.call.CredentialUnusable;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.credential.CredentialUses;
import dev.muster.credential.IntegrationStore;
import dev.muster.credential.OuterKey;
import dev.muster.credential.Vault;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import dev.muster.platform.Integration;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a hub reads, whoever is cut off when, on both stores. */
abstract class PullsContract extends ClubContract {
    /**
     * Records change and are added while pages are read, many of them in one second, and hubs die before and after any page.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void nothingIsLostWhateverChangesAndWhoeverDies(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 6; i++) {
            add(1 + random.nextInt(10));
            clock.advance(Duration.ofSeconds(random.nextInt(3)));
        }
        Pulls hub = hub(NUMBERED);
        for (int round = 0; round < 25; round++) {
            hub.sow();
            boolean dead = false;
            for (PullTurn turn : hub.claim()) {
                while (turn.isUnderWay() && !dead) {
                    PlatformAnswer answer = page(hub.nextRequest(turn));
                    if (random.nextInt(4) == 0) {
                        edit(random.nextInt(people.size()));
                    }
                    if (random.nextInt(12) == 0) {
                        add(1 + random.nextInt(10));
                    }
                    dead = random.nextInt(8) == 0;
                    if (!dead) {
                        hub.take(turn, answer);
                        dead = random.nextInt(8) == 0;
                    }
                    clock.advance(Duration.ofSeconds(random.nextInt(2)));
                }
            }
            if (dead) {
                clock.advance(Duration.ofSeconds(31));
                hub = hub(NUMBERED);
            } else {
                clock.advance(Duration.ofMinutes(1));
            }
        }
        for (int i = 0; i < 3; i++) {
            clock.advance(Duration.ofMinutes(2));
            read(hub);
        }

        assertThat(stored()).isEqualTo(there());
        assertThat(column("SELECT COUNT(*) FROM deliveries"))
                .isEqualTo(column("SELECT COUNT(*) FROM sync_operations WHERE type = 2"));
    }

    @Test
    void whatShiftsInADenseSecondIsReadOnTheWayBack() {
        add(11);
        Pulls hub = hub(NUMBERED);
        hub.sow();
        PullTurn turn = hub.claim().get(0);
        List<String> asked = new ArrayList<>();
        clock.advance(Duration.ofSeconds(10));
        while (turn.isUnderWay()) {
            PlatformRequest request = hub.nextRequest(turn);
            asked.add(query(request).get("page"));
            hub.take(turn, page(request));
            if (asked.size() == 2) {
                edit(0);
            }
        }

        assertThat(asked).containsExactly("1", "1", "2", "3", "2", "1", "1");
        assertThat(stored()).isEqualTo(there());
    }

    @Test
    void anUnorderedListIsReadBackWhereItsLengthChangedMeanwhile() {
        add(11);
        Pulls hub = hub(NUMBERED.replace("ordered: true", "ordered: false"));
        hub.sow();
        PullTurn turn = hub.claim().get(0);
        List<String> asked = new ArrayList<>();
        while (turn.isUnderWay()) {
            PlatformRequest request = hub.nextRequest(turn);
            asked.add(query(request).get("page"));
            hub.take(turn, page(request));
            if (asked.size() == 1) {
                people.subList(0, 3).clear();
            }
        }

        assertThat(asked).containsExactly("1", "2", "1");
        assertThat(stored()).containsAllEntriesOf(there());
    }

    @Test
    void aRunGoesOnWithThePageThatWasNotStored() {
        add(20);
        Pulls first = hub(NUMBERED.replace("ordered: true", "ordered: false"));
        first.sow();
        PullTurn turn = first.claim().get(0);
        first.take(turn, page(first.nextRequest(turn)));
        first.take(turn, page(first.nextRequest(turn)));

        clock.advance(Duration.ofSeconds(31));
        Pulls second = hub(NUMBERED.replace("ordered: true", "ordered: false"));
        PullTurn taken = second.claim().get(0);

        assertThat(query(second.nextRequest(taken))).containsEntry("page", "3");
        // whoever lost it writes nothing any more, and does not know it before
        long before = count("deliveries");
        first.take(turn, page(first.nextRequest(turn)));
        assertThat(turn.isUnderWay()).isFalse();
        assertThat(count("deliveries")).isEqualTo(before);
        read(second, taken, this::page);
        assertThat(runs()).containsExactly("full done");
        assertThat(stored()).isEqualTo(there());
    }

    @Test
    void twoHubsDoNotReadOneStream() {
        add(3);
        Pulls one = hub(NUMBERED);
        Pulls other = hub(NUMBERED);
        one.sow();
        other.sow();

        assertThat(one.claim()).hasSize(1);
        assertThat(other.claim()).isEmpty();
        clock.advance(Duration.ofSeconds(20));
        one.beat();
        clock.advance(Duration.ofSeconds(20));
        assertThat(other.claim()).isEmpty();
        clock.advance(Duration.ofSeconds(11));
        assertThat(other.claim()).hasSize(1);
    }

    @Test
    void theMarkIsAValueOfThePlatformAndNeverOfTheFuture() {
        add(2);
        people.add(new Person("odd", 1, clock.instant().plus(Duration.ofDays(400))));
        Pulls hub = hub(NUMBERED);

        read(hub);

        assertThat(column("SELECT high_water FROM cursors"))
                .containsExactly(people.get(0).updated().toString());
        assertThat(stored()).isEqualTo(there());
    }

    @Test
    void anUnorderedRunMovesTheMarkAtItsEndOnly() {
        add(9);
        Pulls hub = hub(NUMBERED.replace("ordered: true", "ordered: false"));
        hub.sow();
        PullTurn turn = hub.claim().get(0);
        hub.take(turn, page(hub.nextRequest(turn)));
        assertThat(rows("SELECT high_water FROM cursors")).containsExactly(List.of("-"));

        clock.advance(Duration.ofSeconds(20));
        read(hub, turn, this::page);
        assertThat(column("SELECT high_water FROM cursors"))
                .containsExactly(people.get(0).updated().toString());
        clock.advance(Duration.ofMinutes(2));
        PullTurn next = hub.claim().get(0);
        // the overlap, and the time that the run took
        assertThat(query(hub.nextRequest(next)))
                .containsEntry("since", people.get(0).updated().minusSeconds(21).toString());
    }

    @Test
    void aPageThatCannotBeHadIsTriedAgainLaterAndLater() {
        add(3);
        Pulls hub = hub(NUMBERED);
        hub.sow();
        Function<PlatformRequest, PlatformAnswer> away = request -> {
            throw new Transient(FailureCode.PLATFORM_UNAVAILABLE, "club answered 503", null);
        };
        for (int pause = 1; pause <= 4; pause *= 2) {
            hub.claim().forEach(turn -> read(hub, turn, away));
            clock.advance(Duration.ofSeconds(pause).minusMillis(1));
            assertThat(hub.claim()).isEmpty();
            clock.advance(Duration.ofMillis(1));
        }
        assertThat(runs()).containsExactly("full running");
        hub.claim().forEach(turn -> read(hub, turn, away));

        assertThat(runs()).containsExactly("full failed");
        assertThat(column("SELECT error FROM sync_runs")).containsExactly("club answered 503");
        clock.advance(Duration.ofMinutes(1));
        read(hub);
        assertThat(runs()).containsExactly("full failed", "full done");
    }

    @Test
    void aRunThatTheQuotaPutsOffGoesOnWhereItWasWhenItIsDueWithoutAnAttempt() {
        add(10);
        Pulls hub = hub(NUMBERED);
        hub.sow();
        PullTurn turn = hub.claim().get(0);
        hub.take(turn, page(hub.nextRequest(turn)));
        for (int i = 0; i < 10; i++) {
            hub.retry(turn, new Transient(FailureCode.PUT_OFF, "no call for 600 s", null, Duration.ofSeconds(600)));
            clock.advance(Duration.ofSeconds(590));
            assertThat(hub.claim()).isEmpty();
            clock.advance(Duration.ofSeconds(10));
            turn = hub.claim().get(0);
        }
        assertThat(turn.failures()).isZero();
        assertThat(turn.walk().pages()).isEqualTo(1);
        read(hub, turn, this::page);

        assertThat(runs()).containsExactly("full done");
        assertThat(stored()).isEqualTo(there());
    }

    @Test
    void aPageThatIsNoneEndsTheRunWithItsCause() {
        Pulls hub = hub(NUMBERED);
        hub.sow();
        hub.claim().forEach(turn -> read(hub, turn, request -> answer(200, "{\"last\":1,\"data\":{}}")));

        assertThat(runs()).containsExactly("full failed");
        assertThat(column("SELECT error FROM sync_runs").get(0)).contains("has no list at items");
    }

    private void accounts(String... ids) {
        StringBuilder yaml = new StringBuilder("integrations:\n");
        for (String id : ids) {
            yaml.append("  - { id: " + id + ", platform: club, organization: default, apiKey: \"${OTHER_KEY}\" }\n");
        }
        write("config/integrations.yaml", ids.length == 0 ? "integrations: []\n" : yaml.toString());
        reload.run();
    }

    @Test
    void aRunWhoseAccountIsGoneWhileItWaitsHasFailedAndAnotherComesWhenTheAccountIsBack() {
        environment.remove("CLUB_API_KEY");
        environment.put("OTHER_KEY", "key");
        accounts("lake");
        add(10);
        Pulls hub = hub(NUMBERED);
        hub.sow();
        PullTurn turn = hub.claim().get(0);
        hub.take(turn, page(hub.nextRequest(turn)));
        hub.retry(turn, new Transient(FailureCode.PLATFORM_UNAVAILABLE, "away", null));

        accounts();
        clock.advance(Duration.ofMinutes(1));
        assertThat(hub.claim()).isEmpty();

        assertThat(runs()).containsExactly("full failed");
        assertThat(column("SELECT error FROM sync_runs").get(0)).startsWith("The account club/lake of default is gone");
        assertThat(rows("SELECT run_id, owner, checkpoint, next_run_at FROM cursors"))
                .containsExactly(List.of("-", "-", "-", "-"));
        assertThat(count("sync_runs WHERE ended_at IS NULL")).isZero();

        accounts("lake");
        read(hub);
        assertThat(runs()).containsExactly("full failed", "full done");
        assertThat(stored()).isEqualTo(there());
    }

    @Test
    void aRunWhoseAccountIsSwitchedOffWhileItReadsHasFailed() {
        environment.remove("CLUB_API_KEY");
        environment.put("OTHER_KEY", "key");
        accounts("lake");
        add(10);
        Pulls hub = hub(NUMBERED);
        hub.sow();
        PullTurn turn = hub.claim().get(0);
        hub.take(turn, page(hub.nextRequest(turn)));

        accounts();
        hub.awaitConnection(turn, new CredentialUnusable("club/lake is disabled"));

        assertThat(turn.isUnderWay()).isFalse();
        assertThat(runs()).containsExactly("full failed");
        assertThat(column("SELECT error FROM sync_runs").get(0)).startsWith("The account club/lake of default is gone");
        clock.advance(Duration.ofMinutes(5));
        assertThat(hub.claim()).isEmpty();
        accounts("lake");
        read(hub);
        assertThat(runs()).containsExactly("full failed", "full done");
    }

    @Test
    void aFullQueueMakesARunPauseWithItsPlace() {
        add(20);
        Pulls hub = hub(NUMBERED.replace("ordered: true", "ordered: false"), 2);
        read(hub);
        assertThat(count("deliveries")).isEqualTo(2);
        clock.advance(Duration.ofSeconds(1));
        assertThat(hub.claim()).isEmpty();

        execute("UPDATE sync_operations SET status = 2");
        clock.advance(Duration.ofSeconds(1));
        read(hub);
        assertThat(count("deliveries")).isEqualTo(4);
        assertThat(runs()).containsExactly("full running");
    }

    @Test
    void aListPerRecordIsReadForEachAndStreamsWaitForThoseBefore() {
        String streams = """
                streams:
                  events:
                    path: /events
                    items: data
                    record: event
                    schedule: { every: PT1M }
                  guests:
                    path: "/events/{id}/guests"
                    items: data
                    record: guest
                    each: { stream: events, id: id }
                    schedule: { every: PT1M }
                """;
        Pulls hub = hub(streams);
        List<String> asked = new ArrayList<>();
        Function<PlatformRequest, PlatformAnswer> platform = request -> {
            asked.add(request.path());
            return request.path().equals("/events")
                    ? answer(200, "{\"data\":[{\"id\":\"a/b\"},{\"id\":\"c\"},{\"id\":7}]}")
                    : request.path().startsWith("/events/c") ? answer(404, "") : answer(200, "{\"data\":[{\"id\":1}]}");
        };
        hub.sow();
        hub.claim().forEach(turn -> read(hub, turn, platform));
        clock.advance(Duration.ofSeconds(5));
        // the events are stored, but not applied
        assertThat(hub.claim()).isEmpty();
        execute("UPDATE sync_operations SET status = 2");
        clock.advance(Duration.ofSeconds(5));
        hub.claim().forEach(turn -> read(hub, turn, platform));

        assertThat(asked)
                .containsExactlyInAnyOrder("/events", "/events/7/guests", "/events/a%2Fb/guests", "/events/c/guests");
        assertThat(runs()).containsExactly("full done", "full done");
        assertThat(column("SELECT id FROM stream_ids ORDER BY id")).containsExactlyInAnyOrder("7", "a/b");
    }

    @Test
    void nextPageIsReadFromTheHostThatTheTokenNamed() {
        Pulls hub = hub("""
                streams:
                  all:
                    path: /all
                    items: data
                    record: any
                    paging: { kind: next, next: next }
                    schedule: { every: PT1M }
                """);
        List<String> asked = new ArrayList<>();
        String own = "https://eu7.club.example";
        hub.sow();
        hub.claim()
                .forEach(turn -> read(hub, turn, request -> {
                    asked.add(request.path());
                    return asked.size() < 3
                            ? answer(
                                    200,
                                    "{\"data\":[{\"id\":1}],\"next\":\"" + own + "/all?page=" + asked.size() + "\"}",
                                    own)
                            : answer(200, "{\"data\":[],\"next\":\"https://elsewhere.example/all\"}", own);
                }));

        assertThat(asked).containsExactly("/all", "/all?page=1", "/all?page=2");
        assertThat(rows("SELECT error FROM sync_runs").toString())
                .contains("https://elsewhere.example")
                .contains(own);
    }

    @Test
    void makingStreamsKnownOpensNoSecret() throws IOException {
        List<OuterKey> keys = OuterKey.of("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", null, home);
        CredentialUses uses = new CredentialUses(database, clock, "hub");
        IntegrationStore kept =
                new IntegrationStore(database, new Vault(database, clock, keys), uses, trail, ids, clock);
        stored = kept;
        for (int i = 0; i < 100; i++) {
            Map<String, char[]> secrets =
                    Map.of("apiKey", "key".toCharArray(), "webhookSecret", ("signing" + i).toCharArray());
            kept.create(
                    "a" + i,
                    "acme",
                    "club",
                    new IntegrationStore.Change("Club", null, Map.of(), true, secrets),
                    "admin");
        }
        environment.clear();

        Pulls hub = hub(NUMBERED);
        hub.sow();

        assertThat(count("cursors")).isEqualTo(100);
        uses.flush();
        assertThat(count("credential_uses")).isZero();
        Integration one = accounts.find("club", "a7").orElseThrow();
        assertThat(kept.isAtHand("club", "a7"))
                .as("its secrets are not open yet")
                .isFalse();
        assertThat(one.signing().all()).containsExactly("signing7");
        assertThat(kept.isAtHand("club", "a7")).isTrue();
        uses.flush();
        assertThat(column("SELECT purpose FROM credential_uses")).containsExactly("webhook:webhookSecret");
    }

    @Test
    void oneOrganizationsWaitingPagesHoldUpNoOther() {
        write("config/integrations.yaml", """
                integrations:
                  - { id: acme, platform: club, organization: acme, apiKey: '${ACME_KEY}' }
                """);
        environment.put("ACME_KEY", "key");
        Pulls hub = hub(NUMBERED, 1);
        add(9);
        hub.sow();
        PullTurn turn = hub.claim().stream()
                .filter(one -> one.key().organization().equals("default"))
                .findFirst()
                .orElseThrow();
        hub.take(turn, page(hub.nextRequest(turn)));
        assertThat(turn.isUnderWay()).as("its page waits: it gives way").isFalse();
        clock.advance(Duration.ofMinutes(2));

        assertThat(hub.claim()).extracting(one -> one.key().organization()).containsExactly("acme");
    }

    @Test
    void accountThatCanBeUsedAgainIsReadAtOnce() {
        Pulls hub = hub(NUMBERED);
        add(3);
        hub.sow();
        PullTurn turn = hub.claim().get(0);
        hub.nextRequest(turn);
        hub.retry(turn, new CredentialUnusable("has to be connected anew"));
        assertThat(hub.claim()).as("it waits for a person").isEmpty();

        hub.wake(turn.integration());

        hub.claim().forEach(again -> read(hub, again, this::page));
        assertThat(stored()).isEqualTo(there());
    }

    @Test
    void accountThatIsMadeIsReadAtOnce() {
        environment.clear();
        Pulls hub = hub(NUMBERED);
        add(3);
        hub.sow();
        environment.put("CLUB_API_KEY", "key");
        Pulls later = hub(NUMBERED);

        later.wake(accounts.find("club", "default").orElseThrow());

        later.claim().forEach(turn -> read(later, turn, this::page));
        assertThat(stored()).isEqualTo(there());
    }

    private static final String WINDOWS = "quota: { windows: [{ calls: 10, per: PT1S }, { calls: 100, per: PT1M }] }\n";

    private List<Double> quotaUsed() {
        return column("SELECT quota_used FROM sync_runs WHERE quota_used IS NOT NULL ORDER BY id").stream()
                .map(Double::valueOf)
                .toList();
    }

    @Test
    void runTellsWhichShareOfTheTightestWindowItTook() {
        add(8);
        Pulls hub = hub(WINDOWS + NUMBERED.replace("ordered: true", "ordered: false"));
        hub.sow();
        PullTurn turn = hub.claim().get(0);
        hub.take(turn, page(leaving(hub.nextRequest(turn))));
        assertThat(column("SELECT COUNT(*) FROM sync_runs WHERE quota_used IS NOT NULL"))
                .as("not before its end")
                .containsExactly("0");
        clock.advance(Duration.ofMinutes(2));
        hub.take(turn, page(leaving(hub.nextRequest(turn))));

        assertThat(runs()).containsExactly("full done");
        // of 100 in a minute for two minutes; of 10 in a second it is less
        assertThat(quotaUsed()).containsExactly(2 / 200.0);

        clock.advance(Duration.ofMinutes(2));
        control.readOne(null, "club", "default", "people", "p1");
        PullTurn one = hub.claim().stream()
                .filter(turned -> turned.record() != null)
                .findFirst()
                .orElseThrow();
        hub.take(one, answer(leaving(hub.nextRequest(one)).path().isEmpty() ? 500 : 200, "{\"id\":\"p1\"}"));
        assertThat(quotaUsed().get(1))
                .as("a stretch shorter than a window is one window")
                .isEqualTo(1 / 10.0);
    }

    @Test
    void callsInVainAreCountedAndThoseThatWereNotMadeAreNot() {
        add(3);
        Pulls hub = hub(WINDOWS + NUMBERED);
        hub.sow();
        PullTurn turn = hub.claim().get(0);
        leaving(hub.nextRequest(turn));
        hub.retry(turn, new Transient(FailureCode.PLATFORM_UNAVAILABLE, "away", null));
        clock.advance(Duration.ofSeconds(2));
        turn = hub.claim().get(0);
        hub.nextRequest(turn);
        hub.retry(turn, new Transient(FailureCode.PUT_OFF, "later", null, Duration.ofSeconds(1)));
        clock.advance(Duration.ofSeconds(2));
        read(hub);

        assertThat(column("SELECT state || ' ' || calls || ' ' || pages FROM sync_runs"))
                .containsExactly("done 2 1");
    }

    @Test
    void withoutAWindowNoShareIsTold() {
        add(3);
        read(hub("quota: { concurrent: 4 }\n" + NUMBERED));

        assertThat(column("SELECT COUNT(*) FROM sync_runs WHERE state = 'done' AND quota_used IS NULL"))
                .containsExactly("1");
    }

    @Test
    void oldRunsAreForgotten() {
        Pulls hub = hub(NUMBERED);
        read(hub);
        clock.advance(Duration.ofDays(60));
        read(hub);
        clock.advance(Duration.ofDays(31));

        assertThat(hub.sweep()).isEqualTo(1);
        assertThat(count("sync_runs")).isEqualTo(1);
    }
}
