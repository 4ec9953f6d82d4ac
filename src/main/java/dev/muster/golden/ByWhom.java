package dev.muster.golden;

import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import org.jspecify.annotations.Nullable;

/**
 * The person who acts.
 *
 * @param name as the audit log shows it
 * @param reason why, in their words; may be empty
 * @param organization the only one they may act in, what belongs to others is not there for them; null for all
 */
public record ByWhom(String name, String reason, @Nullable String organization) {
    /** The longest reason, in characters. */
    public static final int REASON_MAX = 1_000;

    /** @throws Refusal 400 where the reason is too long */
    public ByWhom {
        if (name.isBlank()) {
            throw new IllegalArgumentException("Whoever acts has a name");
        }
        reason = reason.strip();
        if (reason.length() > REASON_MAX) {
            throw new Refusal(
                    FailureCode.BAD_REQUEST,
                    400,
                    "The reason is longer than " + REASON_MAX + " characters: shorten it");
        }
    }

    boolean sees(String other) {
        return organization == null || organization.equals(other);
    }
}
