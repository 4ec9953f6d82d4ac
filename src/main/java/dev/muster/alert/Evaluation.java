package dev.muster.alert;

import dev.muster.alert.Alert.State;
import dev.muster.alert.Alert.Subject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the rules make of what was measured: a function of the rules, the readings, the alerts that are open, and the time.
 * Of each rule and subject one alert is open at most; it fires once, is repeated as its rule says, and is resolved once.
 *
 * @param alerts those that began, changed or ended, as they are now
 * @param forgotten pending ones that are right again before anybody was told
 * @param tidings what people have to be told, in this order
 */
public record Evaluation(List<Alert> alerts, List<Alert> forgotten, List<Tiding> tidings) {

    /** Something that people have to be told. */
    public record Tiding(
            Kind kind,
            Subject subject,
            Alert alert,
            @Nullable Rule rule) {}

    /** Why they are told. */
    public enum Kind {
        FIRED,
        REMINDER,
        RESOLVED
    }

    /**
     * Evaluates.
     *
     * @param open those that are pending or firing
     */
    public static Evaluation of(
            Collection<Rule> rules, Collection<Reading> readings, Collection<Alert> open, Instant now) {
        Round round = new Round(open, now);
        for (Rule rule : rules) {
            readings.stream().filter(rule::concerns).forEach(reading -> round.judge(rule, reading));
        }
        Map<String, Rule> byName = new HashMap<>();
        rules.forEach(rule -> byName.put(rule.name(), rule));
        round.endUnmeasured(byName);
        return new Evaluation(round.alerts, round.forgotten, round.tidings);
    }

    /** One evaluation under way. */
    private static final class Round {
        private final Map<Subject, Alert> open;
        private final Instant now;
        private final Set<Subject> judged = new HashSet<>();
        private final List<Alert> alerts = new ArrayList<>();
        private final List<Alert> forgotten = new ArrayList<>();
        private final List<Tiding> tidings = new ArrayList<>();

        Round(Collection<Alert> open, Instant now) {
            this.open = open.stream().collect(Collectors.toMap(Alert::subject, alert -> alert));
            this.now = now;
        }

        void judge(Rule rule, Reading reading) {
            Subject subject = new Subject(rule.name(), reading.organization(), reading.platform());
            if (!judged.add(subject)) {
                return;
            }
            Alert alert = open.get(subject);
            Double value = reading.value();
            if (value == null) {
                if (alert != null && alert.state() == State.FIRING) {
                    // not known to be right: whoever does not look at it is reminded all the same
                    alerts.add(reminded(rule, alert));
                }
                return;
            }
            if (alert == null) {
                if (rule.isWrong(value)) {
                    begin(rule, Alert.pending(rule, reading, value, now));
                }
            } else if (alert.state() == State.PENDING) {
                if (rule.isWrong(value)) {
                    begin(rule, alert.measured(value, null));
                } else {
                    forgotten.add(alert);
                }
            } else {
                goOn(rule, alert, value, rule::isRightAgain);
            }
        }

        private void begin(Rule rule, Alert alert) {
            if (isOver(alert.since(), rule.lasting())) {
                Alert fired = alert.fired(now);
                alerts.add(fired);
                tell(Kind.FIRED, fired, rule);
            } else {
                alerts.add(alert);
            }
        }

        private void goOn(Rule rule, Alert alert, double value, Predicate<Double> isRight) {
            if (isRight.test(value)) {
                Instant since = alert.rightSince() == null ? now : alert.rightSince();
                Alert right = alert.measured(value, since);
                if (isOver(since, rule.resolveAfter())) {
                    right = right.resolved(now);
                    tell(Kind.RESOLVED, right, rule);
                }
                alerts.add(right);
                return;
            }
            alerts.add(reminded(rule, alert.measured(value, null)));
        }

        private Alert reminded(Rule rule, Alert alert) {
            Instant toldAt = alert.toldAt();
            boolean isDue = !rule.remindEvery().isZero()
                    && alert.acknowledgedAt() == null
                    && toldAt != null
                    && isOver(toldAt, rule.remindEvery());
            if (!isDue) {
                return alert;
            }
            Alert reminded = alert.reminded(now);
            tell(Kind.REMINDER, reminded, rule);
            return reminded;
        }

        /** What is not measured any more is right; what has no rule any more is over. */
        void endUnmeasured(Map<String, Rule> rules) {
            for (Alert alert : open.values()) {
                if (judged.contains(alert.subject())) {
                    continue;
                }
                Rule rule = rules.get(alert.rule());
                if (alert.state() == State.PENDING) {
                    forgotten.add(alert);
                } else if (rule == null) {
                    Alert over = alert.resolved(now);
                    alerts.add(over);
                    tell(Kind.RESOLVED, over, null);
                } else {
                    goOn(rule, alert, alert.value(), unmeasured -> true);
                }
            }
        }

        private boolean isOver(Instant since, Duration length) {
            return !now.isBefore(since.plus(length));
        }

        private void tell(Kind kind, Alert alert, @Nullable Rule rule) {
            tidings.add(new Tiding(kind, alert.subject(), alert, rule));
        }
    }
}
