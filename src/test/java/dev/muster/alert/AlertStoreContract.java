package dev.muster.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.alert.Alert.State;
import dev.muster.alert.Evaluation.Kind;
import dev.muster.alert.Evaluation.Tiding;
import dev.muster.db.Database;
import dev.muster.db.StoreContract;
import dev.muster.failure.Transient;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What any store of alerts promises, to one hub or several. */
abstract class AlertStoreContract extends StoreContract {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private static final Rule RULE = new Rule(
            "conflict-queue",
            Measure.CONFLICT_QUEUE,
            false,
            50,
            40,
            Duration.ZERO,
            Duration.ofMinutes(2),
            Severity.TICKET,
            Set.of(),
            Set.of(),
            Duration.ofHours(1),
            MINUTE);

    private AlertStore store;
    private final List<Kind> told = new ArrayList<>();

    @BeforeEach
    void hub() {
        store = new AlertStore(database, ids);
        told.clear();
        assertThat(store.watch("a", now(), now().plus(MINUTE))).isTrue();
    }

    private Instant now() {
        return clock.instant();
    }

    /** As a hub does each time; each tiding is a notice of the channel {@code office}. */
    private boolean look(AlertStore with, String hub, double... values) {
        List<Reading> readings = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            readings.add(new Reading(Measure.CONFLICT_QUEUE, Duration.ZERO, "org-" + i, "", values[i]));
        }
        return with.keep(hub, open -> Evaluation.of(List.of(RULE), readings, open, now()), this::notices);
    }

    private List<Notice> notices(Tiding tiding) {
        told.add(tiding.kind());
        return List.of(Notice.of(
                ids.next(), "office", tiding.kind().name().toLowerCase(), tiding.alert(), "title", "text", now()));
    }

    private void fire() {
        look(store, "a", 51);
        clock.advance(Duration.ofMinutes(2));
        look(store, "a", 52);
    }

    @Test
    void aRestartInBetweenChangesNothing() {
        look(store, "a", 51);
        assertThat(store.list(null, null, Long.MAX_VALUE, 10)).isEmpty();
        clock.advance(Duration.ofMinutes(2));
        try (Database again = reopened()) {
            AlertStore later = new AlertStore(again, ids);
            look(later, "a", 52);
            look(later, "a", 45);
            look(later, "a", 39);
        }
        clock.advance(MINUTE);
        look(store, "a", 39);

        assertThat(told).containsExactly(Kind.FIRED, Kind.RESOLVED);
        assertThat(store.list(null, null, Long.MAX_VALUE, 10)).singleElement().satisfies(alert -> {
            assertThat(alert.state()).isEqualTo(State.RESOLVED);
            assertThat(alert.since()).isEqualTo(now().minus(Duration.ofMinutes(3)));
            assertThat(alert.firedAt()).isEqualTo(now().minus(MINUTE));
            assertThat(alert.resolvedAt()).isEqualTo(now());
            assertThat(alert.value()).isEqualTo(39);
        });
        assertThat(count("alerts")).isEqualTo(1);
    }

    @Test
    void whatDidNotLastLeavesNothingBehind() {
        look(store, "a", 51);
        look(store, "a", 3);

        assertThat(count("alerts")).isZero();
        assertThat(count("alert_notices")).isZero();
    }

    @Test
    void theSameTroubleLaterIsAnotherAlert() {
        fire();
        look(store, "a", 1);
        clock.advance(MINUTE);
        look(store, "a", 1);
        fire();

        assertThat(told).containsExactly(Kind.FIRED, Kind.RESOLVED, Kind.FIRED);
        assertThat(store.list(null, null, Long.MAX_VALUE, 10))
                .extracting(Alert::state)
                .containsExactly(State.FIRING, State.RESOLVED);
        assertThat(store.list(null, State.RESOLVED, Long.MAX_VALUE, 10)).hasSize(1);
    }

    @Test
    void oneHubLooksAtATime() {
        assertThat(store.watch("b", now(), now().plus(MINUTE))).isFalse();
        assertThat(look(store, "b", 51)).isFalse();
        assertThat(store.watch("a", now(), now().plus(MINUTE))).isTrue();
        clock.advance(MINUTE.plusMillis(1));
        assertThat(store.watch("b", now(), now().plus(MINUTE))).isTrue();
        assertThat(look(store, "a", 51)).isFalse();
        assertThat(count("alerts")).isZero();
        assertThat(look(store, "b", 51)).isTrue();
        assertThat(count("alerts")).isEqualTo(1);
    }

    @Test
    void anOrganizationSeesOnlyItsOwn() {
        look(store, "a", 51, 60);
        clock.advance(Duration.ofMinutes(2));
        look(store, "a", 51, 60);

        assertThat(store.list("org-1", null, Long.MAX_VALUE, 10))
                .extracting(Alert::organization)
                .containsExactly("org-1");
        assertThat(store.list("ORG-1", null, Long.MAX_VALUE, 10)).isEmpty();
        assertThat(store.list(null, null, Long.MAX_VALUE, 1)).hasSize(1);
    }

    @Test
    void anAlertIsAcknowledgedOnceAndNobodyIsReminded() {
        fire();
        long id = store.list(null, null, Long.MAX_VALUE, 10).get(0).id();
        assertThat(store.acknowledge(id, "ada", now())).isTrue();
        assertThat(store.acknowledge(id, "grace", now())).isFalse();
        clock.advance(Duration.ofHours(2));
        look(store, "a", 60);

        assertThat(told).containsExactly(Kind.FIRED);
        assertThat(store.find(id).orElseThrow().acknowledgedBy()).isEqualTo("ada");
        assertThat(store.find(id).orElseThrow().value()).isEqualTo(60);
    }

    @Test
    void withoutItsNoticeNoAlertFires() throws Exception {
        look(store, "a", 51);
        clock.advance(Duration.ofMinutes(2));
        whileRefusing("alert_notices", "channel", "office", () -> assertThatThrownBy(() -> look(store, "a", 52))
                .isInstanceOf(Transient.class));
        assertThat(store.list(null, null, Long.MAX_VALUE, 10)).isEmpty();
        look(store, "a", 52);

        assertThat(store.list(null, State.FIRING, Long.MAX_VALUE, 10)).hasSize(1);
        assertThat(count("alert_notices")).isEqualTo(1);
    }

    @Test
    void aNoticeIsTakenByOneAndComesBackWhereThatOneDies() {
        fire();
        Notice taken = store.next(now(), now().plus(MINUTE)).orElseThrow();
        assertThat(taken.alertId())
                .isEqualTo(store.list(null, null, Long.MAX_VALUE, 10).get(0).id());
        assertThat(store.next(now(), now().plus(MINUTE))).isEmpty();
        clock.advance(MINUTE);
        Notice again = store.next(now(), now().plus(MINUTE)).orElseThrow();
        assertThat(again.id()).isEqualTo(taken.id());
        assertThat(again.attempts()).isEqualTo(1);
        store.sent(again, now());
        clock.advance(MINUTE);

        assertThat(store.next(now(), now().plus(MINUTE))).isEmpty();
        assertThat(store.notices(taken.alertId())).singleElement().satisfies(notice -> {
            assertThat(notice.attempts()).isEqualTo(2);
            assertThat(notice.sentAt()).isNotNull();
            assertThat(notice.error()).isNull();
        });
    }

    @Test
    void whatCannotBeToldNowWaitsWithTheOthersOfItsChannel() {
        look(store, "a", 51, 60);
        clock.advance(Duration.ofMinutes(2));
        look(store, "a", 51, 60);
        Notice first = store.next(now(), now().plus(MINUTE)).orElseThrow();
        store.later(first, now().plusSeconds(90), "away\0");

        assertThat(store.next(now(), now().plus(MINUTE))).isEmpty();
        assertThat(store.notices(first.alertId()).get(0).error()).startsWith("away");
        clock.advance(Duration.ofSeconds(90));
        assertThat(store.next(now(), now().plus(MINUTE))).map(Notice::id).contains(first.id());
        store.giveUp(first, now(), "gone");
        assertThat(store.next(now(), now().plus(MINUTE))).isPresent();
        assertThat(store.notices(first.alertId()).get(0).givenUpAt()).isEqualTo(now());
    }

    @Test
    void nobodyIsToldThatItIsOverBeforeThatItBegan() {
        fire();
        Notice fired = store.next(now(), now().plus(MINUTE)).orElseThrow();
        store.later(fired, now().plus(Duration.ofHours(1)), "away");
        look(store, "a", 1);
        clock.advance(MINUTE);
        look(store, "a", 1);
        assertThat(told).containsExactly(Kind.FIRED, Kind.RESOLVED);
        assertThat(store.next(now(), now().plus(MINUTE))).isEmpty();
        clock.advance(Duration.ofHours(1));
        Notice again = store.next(now(), now().plus(MINUTE)).orElseThrow();
        assertThat(again.id()).isEqualTo(fired.id());
        store.sent(again, now());

        assertThat(store.next(now(), now().plus(MINUTE))).map(Notice::kind).contains("resolved");
    }

    @Test
    void whatIsLongOverIsForgotten() {
        fire();
        look(store, "a", 1);
        clock.advance(MINUTE);
        look(store, "a", 1);
        fire();
        clock.advance(Duration.ofDays(401));
        store.forget(now());

        assertThat(column("SELECT state FROM alerts")).containsExactly("firing");
        assertThat(count("alert_notices")).isEqualTo(1);
    }
}
