package dev.muster.alert;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * That a rule is broken, or was.
 *
 * @param id 0 before it is stored
 * @param organization empty where it is of all
 * @param platform empty where it is of none
 * @param since when it began to be wrong
 * @param value the last that was measured
 * @param firedAt when somebody was told; null while it has not lasted long enough
 * @param toldAt when somebody was told last
 * @param rightSince since when it is right again, though not for long enough; null where it is not
 * @param acknowledgedBy who looks after it
 */
public record Alert(
        long id,
        String rule,
        Severity severity,
        String organization,
        String platform,
        State state,
        Instant since,
        double value,
        @Nullable Instant firedAt,
        @Nullable Instant toldAt,
        @Nullable Instant rightSince,
        @Nullable Instant resolvedAt,
        @Nullable String acknowledgedBy,
        @Nullable Instant acknowledgedAt) {

    /** How it stands. */
    public enum State {
        /** Wrong, but not for long enough. Nobody was told. */
        PENDING,
        FIRING,
        RESOLVED;

        /** The name in the store and the API. */
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Wrong for the first time. */
    static Alert pending(Rule rule, Reading reading, double value, Instant now) {
        return new Alert(
                0,
                rule.name(),
                rule.severity(),
                reading.organization(),
                reading.platform(),
                State.PENDING,
                now,
                value,
                null,
                null,
                null,
                null,
                null,
                null);
    }

    /** The rule that it is of, and what it is about: one alert of these is open at most. */
    record Subject(String rule, String organization, String platform) {}

    Subject subject() {
        return new Subject(rule, organization, platform);
    }

    Alert fired(Instant now) {
        return new Alert(
                id,
                rule,
                severity,
                organization,
                platform,
                State.FIRING,
                since,
                value,
                now,
                now,
                null,
                null,
                null,
                null);
    }

    Alert measured(double now, @Nullable Instant right) {
        return new Alert(
                id,
                rule,
                severity,
                organization,
                platform,
                state,
                since,
                now,
                firedAt,
                toldAt,
                right,
                resolvedAt,
                acknowledgedBy,
                acknowledgedAt);
    }

    Alert reminded(Instant now) {
        return new Alert(
                id,
                rule,
                severity,
                organization,
                platform,
                state,
                since,
                value,
                firedAt,
                now,
                rightSince,
                resolvedAt,
                acknowledgedBy,
                acknowledgedAt);
    }

    Alert resolved(Instant now) {
        return new Alert(
                id,
                rule,
                severity,
                organization,
                platform,
                State.RESOLVED,
                since,
                value,
                firedAt,
                toldAt,
                rightSince,
                now,
                acknowledgedBy,
                acknowledgedAt);
    }

    Alert stored(long as) {
        return new Alert(
                as,
                rule,
                severity,
                organization,
                platform,
                state,
                since,
                value,
                firedAt,
                toldAt,
                rightSince,
                resolvedAt,
                acknowledgedBy,
                acknowledgedAt);
    }
}
