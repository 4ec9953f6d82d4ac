package dev.muster.alert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.alert.Alert.State;
import dev.muster.alert.Alert.Subject;
import dev.muster.alert.Evaluation.Kind;
import dev.muster.alert.Evaluation.Tiding;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/** One alert for one trouble, whatever the numbers do. */
class EvaluationProperties {
    private static final Instant START = Instant.parse("2026-10-03T13:00:00Z");
    private static final Duration WINDOW = Duration.ofMinutes(5);

    /** Wrong above 10, right again at 8 or less. */
    private static Rule rule(Duration lasting, Duration remind, Duration resolveAfter) {
        return rule("failed", lasting, remind, resolveAfter);
    }

    private static Rule rule(String name, Duration lasting, Duration remind, Duration resolveAfter) {
        return new Rule(
                name,
                Measure.FAILED_WEBHOOKS,
                false,
                10,
                8,
                WINDOW,
                lasting,
                Severity.PAGE,
                Set.of(),
                Set.of(),
                remind,
                resolveAfter);
    }

    /** @param value null: not known; below 0: not measured at all */
    record Moment(Duration later, @Nullable Double value, boolean acknowledged) {}

    /** A hub whose memory is the alerts that are open, as a store would keep them. */
    private static final class Hub {
        private final Map<Subject, Alert> open = new LinkedHashMap<>();
        private final List<Tiding> tidings = new ArrayList<>();
        private Instant now = START;

        List<Tiding> look(Rule rule, Moment moment) {
            return look(List.of(rule), moment);
        }

        List<Tiding> look(List<Rule> rules, Moment moment) {
            now = now.plus(moment.later());
            List<Reading> readings = moment.value() != null && moment.value() < 0
                    ? List.of()
                    : List.of(new Reading(Measure.FAILED_WEBHOOKS, WINDOW, "north", "patreon", moment.value()));
            Evaluation result = Evaluation.of(rules, readings, open.values(), now);
            result.forgotten().forEach(alert -> open.remove(alert.subject()));
            result.alerts().forEach(alert -> {
                Alert kept = alert.id() == 0 ? alert.stored(open.size() + tidings.size() + 1) : alert;
                if (kept.state() == State.RESOLVED) {
                    open.remove(kept.subject());
                } else {
                    open.put(kept.subject(), moment.acknowledged() ? acknowledged(kept) : kept);
                }
            });
            tidings.addAll(result.tidings());
            return result.tidings();
        }

        List<Kind> told() {
            return tidings.stream().map(Tiding::kind).toList();
        }

        private Alert acknowledged(Alert alert) {
            return new Alert(
                    alert.id(),
                    alert.rule(),
                    alert.severity(),
                    alert.organization(),
                    alert.platform(),
                    alert.state(),
                    alert.since(),
                    alert.value(),
                    alert.firedAt(),
                    alert.toldAt(),
                    alert.rightSince(),
                    null,
                    "ada",
                    now);
        }
    }

    @Provide
    Arbitrary<List<Moment>> history() {
        Arbitrary<Duration> later = Arbitraries.integers().between(0, 40).map(tens -> Duration.ofSeconds(tens * 10L));
        Arbitrary<Double> value =
                Arbitraries.integers().between(-2, 20).map(Integer::doubleValue).injectNull(0.1);
        return Combinators.combine(later, value, Arbitraries.frequency(Tuple.of(9, false), Tuple.of(1, true)))
                .as(Moment::new)
                .list()
                .ofMaxSize(60);
    }

    @Provide
    Arbitrary<Rule> rules() {
        Arbitrary<Duration> some = Arbitraries.of(Duration.ZERO, Duration.ofMinutes(1), Duration.ofMinutes(10));
        return Combinators.combine(some, Arbitraries.of(Duration.ZERO, Duration.ofMinutes(5)), some)
                .as(EvaluationProperties::rule);
    }

    @Property
    void firesOnceAndResolvesOnce(@ForAll("rules") Rule rule, @ForAll("history") List<Moment> history) {
        Hub hub = new Hub();
        boolean firing = false;
        for (Moment moment : history) {
            List<Tiding> told = hub.look(rule, moment);
            assertThat(told).hasSizeLessThanOrEqualTo(1);
            for (Tiding tiding : told) {
                assertThat(tiding.kind() == Kind.FIRED)
                        .as("%s while firing: %s", tiding.kind(), firing)
                        .isNotEqualTo(firing);
                firing = tiding.kind() != Kind.RESOLVED;
            }
            assertThat(hub.open.values().stream().anyMatch(alert -> alert.state() == State.FIRING))
                    .isEqualTo(firing);
        }
    }

    @Property
    void nobodyIsToldOfWhatDoesNotLast(@ForAll("rules") Rule rule, @ForAll("history") List<Moment> history) {
        Hub hub = new Hub();
        Instant wrongSince = null;
        for (Moment moment : history) {
            List<Tiding> told = hub.look(rule, moment);
            Double value = moment.value();
            if (value != null) {
                wrongSince = value > 10 ? wrongSince == null ? hub.now : wrongSince : null;
            }
            if (told.stream().anyMatch(tiding -> tiding.kind() == Kind.FIRED)) {
                assertThat(Duration.between(wrongSince, hub.now)).isGreaterThanOrEqualTo(rule.lasting());
            }
        }
    }

    @Property
    void nothingIsResolvedBeforeItIsRightForLongEnough(
            @ForAll("rules") Rule rule, @ForAll("history") List<Moment> history) {
        Hub hub = new Hub();
        Instant rightSince = null;
        for (Moment moment : history) {
            List<Tiding> told = hub.look(rule, moment);
            Double value = moment.value();
            if (value != null) {
                rightSince = value <= 8 ? rightSince == null ? hub.now : rightSince : null;
            }
            if (told.stream().anyMatch(tiding -> tiding.kind() == Kind.RESOLVED)) {
                assertThat(Duration.between(rightSince, hub.now)).isGreaterThanOrEqualTo(rule.resolveAfter());
            }
        }
    }

    @Property
    void whatDancesAroundTheThresholdIsOneAlert(@ForAll("history") List<Moment> history, @ForAll("rules") Rule rule) {
        Hub hub = new Hub();
        for (Moment moment : history) {
            // never 8 or less
            hub.look(rule, new Moment(moment.later(), 9.0 + Math.abs(moment.hashCode() % 4), false));
        }

        assertThat(hub.told()).doesNotContain(Kind.RESOLVED);
        assertThat(hub.told().stream().filter(kind -> kind == Kind.FIRED)).hasSizeLessThanOrEqualTo(1);
    }

    @Property
    void remindersComeInTheirTimeAndNotToThoseWhoKnow(
            @ForAll("rules") Rule rule, @ForAll("history") List<Moment> history) {
        Hub hub = new Hub();
        Instant toldAt = START;
        boolean known = false;
        for (Moment moment : history) {
            for (Tiding tiding : hub.look(rule, moment)) {
                if (tiding.kind() == Kind.REMINDER) {
                    assertThat(known).isFalse();
                    assertThat(rule.remindEvery()).isPositive();
                    assertThat(Duration.between(toldAt, hub.now)).isGreaterThanOrEqualTo(rule.remindEvery());
                }
                toldAt = hub.now;
            }
            known = hub.open.values().stream().anyMatch(alert -> alert.acknowledgedAt() != null);
        }
    }

    @Property
    void aSecondRuleChangesNothingForTheFirst(@ForAll("rules") Rule rule, @ForAll("history") List<Moment> history) {
        Rule other = rule("other", Duration.ZERO, Duration.ZERO, Duration.ZERO);
        Hub alone = new Hub();
        Hub together = new Hub();
        for (Moment moment : history) {
            List<Kind> one = alone.look(rule, moment).stream().map(Tiding::kind).toList();
            List<Kind> of = together.look(List.of(other, rule), moment).stream()
                    .filter(tiding -> tiding.subject().rule().equals(rule.name()))
                    .map(Tiding::kind)
                    .toList();
            assertThat(of).isEqualTo(one);
        }
    }

    @Example
    void whatIsNotKnownChangesNothing() {
        Rule rule = rule(Duration.ZERO, Duration.ZERO, Duration.ZERO);
        Hub hub = new Hub();
        hub.look(rule, new Moment(Duration.ZERO, 20.0, false));
        hub.look(rule, new Moment(Duration.ofHours(5), null, false));

        assertThat(hub.told()).containsExactly(Kind.FIRED);
        assertThat(hub.open).hasSize(1);
    }

    @Example
    void whoeverIsNotKnownToBeRightAgainIsRemindedOf() {
        Rule rule = rule(Duration.ZERO, Duration.ofHours(4), Duration.ZERO);
        Hub hub = new Hub();
        hub.look(rule, new Moment(Duration.ZERO, 20.0, false));
        hub.look(rule, new Moment(Duration.ofHours(5), null, false));

        assertThat(hub.told()).containsExactly(Kind.FIRED, Kind.REMINDER);
        assertThat(hub.open).hasSize(1);
    }

    @Example
    void whatIsNotMeasuredAnyMoreIsResolvedInItsTime() {
        Rule rule = rule(Duration.ZERO, Duration.ZERO, Duration.ofMinutes(5));
        Hub hub = new Hub();
        hub.look(rule, new Moment(Duration.ZERO, 20.0, false));
        hub.look(rule, new Moment(Duration.ofMinutes(1), -1.0, false));
        assertThat(hub.told()).containsExactly(Kind.FIRED);
        hub.look(rule, new Moment(Duration.ofMinutes(5), -1.0, false));

        assertThat(hub.told()).containsExactly(Kind.FIRED, Kind.RESOLVED);
    }

    @Example
    void aRuleThatIsGoneResolvesItsAlert() {
        Hub hub = new Hub();
        hub.look(rule(Duration.ZERO, Duration.ZERO, Duration.ofMinutes(5)), new Moment(Duration.ZERO, 20.0, false));
        hub.look(List.of(), new Moment(Duration.ZERO, 20.0, false));

        assertThat(hub.told()).containsExactly(Kind.FIRED, Kind.RESOLVED);
        assertThat(hub.open).isEmpty();
    }

    @Example
    void tooLittleCanBeWrongToo() {
        Rule disk = new Rule(
                "disk",
                Measure.FAILED_WEBHOOKS,
                true,
                10,
                12,
                WINDOW,
                Duration.ZERO,
                Severity.PAGE,
                Set.of(),
                Set.of(),
                Duration.ZERO,
                Duration.ZERO);
        Hub hub = new Hub();
        hub.look(disk, new Moment(Duration.ZERO, 10.0, false));
        hub.look(disk, new Moment(Duration.ZERO, 9.0, false));
        hub.look(disk, new Moment(Duration.ZERO, 11.0, false));
        assertThat(hub.told()).containsExactly(Kind.FIRED);
        hub.look(disk, new Moment(Duration.ZERO, 12.0, false));

        assertThat(hub.told()).containsExactly(Kind.FIRED, Kind.RESOLVED);
    }

    @Example
    void aRuleLooksAtItsOrganizationsAndPlatformsOnly() {
        Rule north = new Rule(
                "north",
                Measure.FAILED_WEBHOOKS,
                false,
                10,
                10,
                WINDOW,
                Duration.ZERO,
                Severity.PAGE,
                Set.of("south"),
                Set.of(),
                Duration.ZERO,
                Duration.ZERO);
        Hub hub = new Hub();
        hub.look(north, new Moment(Duration.ZERO, 20.0, false));

        assertThat(hub.told()).isEmpty();
    }
}
