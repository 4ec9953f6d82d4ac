package dev.muster.alert;

import dev.muster.alert.Evaluation.Kind;
import dev.muster.alert.Evaluation.Tiding;
import dev.muster.db.Ids;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** What people are told: what happened, to what, and what to do. */
final class Wording {
    private Wording() {}

    static String title(Tiding tiding) {
        Alert alert = tiding.alert();
        String about = alert.rule() + about(alert);
        return switch (tiding.kind()) {
            case FIRED -> '[' + alert.severity().id() + "] " + about;
            case REMINDER -> '[' + alert.severity().id() + ", still] " + about;
            case RESOLVED -> "[resolved] " + about;
        };
    }

    static String text(Tiding tiding, Instant now) {
        Alert alert = tiding.alert();
        Rule rule = tiding.rule();
        if (rule == null) {
            return "The rule is not in " + AlertSettings.FILE + " any more; it was broken since " + time(alert.since())
                    + ". Whether all is well again was not measured.";
        }
        String measured = measured(rule, alert.value());
        if (tiding.kind() == Kind.RESOLVED) {
            return "It is right again: " + measured + ". It was broken for "
                    + length(Duration.between(alert.since(), now)) + ", since " + time(alert.since()) + ".";
        }
        return measured + ". Broken since " + time(alert.since()) + " ("
                + length(Duration.between(alert.since(), now)) + ").\n"
                + rule.measure().advice() + "\nIf you look after it: ./muster alerts ack " + Ids.format(alert.id());
    }

    private static String measured(Rule rule, double value) {
        if (rule.measure() == Measure.PLATFORM_DOWN) {
            return value > 0 ? "It is down" : "It answers";
        }
        return number(value) + ' ' + rule.measure().words()
                + (rule.window().isZero() ? "" : ", within " + length(rule.window())) + " ("
                + (rule.below() ? "no fewer than " : "no more than ") + number(rule.threshold()) + " is right)";
    }

    private static String about(Alert alert) {
        if (alert.platform().isEmpty() && alert.organization().isEmpty()) {
            return "";
        }
        String of = alert.organization().isEmpty() ? "" : " of " + alert.organization();
        return ": " + (alert.platform().isEmpty() ? of.strip() : alert.platform() + of);
    }

    private static String number(double value) {
        return BigDecimal.valueOf(value)
                .setScale(1, RoundingMode.HALF_UP)
                .stripTrailingZeros()
                .toPlainString();
    }

    private static String time(@Nullable Instant at) {
        return at == null ? "" : at.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** As people say it, such as {@code 3 h 20 min}. */
    static String length(Duration length) {
        long minutes = Math.max(0, length.toMinutes());
        if (minutes < 1) {
            return Math.max(0, length.toSeconds()) + " s";
        }
        if (minutes < 60) {
            return minutes + " min";
        }
        if (minutes < 48 * 60) {
            return minutes / 60 + " h" + (minutes % 60 == 0 ? "" : " " + minutes % 60 + " min");
        }
        return minutes / (24 * 60) + " days";
    }
}
