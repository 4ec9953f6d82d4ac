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
 * @param seesSecrets whether they may see the values of secret fields. Who may not names none either: what becomes of a guess
 *     would tell whether it is right
 */
public record ByWhom(String name, String reason, @Nullable String organization, boolean seesSecrets) {
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

    /** Of somebody who may not see the values of secret fields. */
    public ByWhom(String name, String reason, @Nullable String organization) {
        this(name, reason, organization, false);
    }

    boolean sees(String other) {
        return organization == null || organization.equals(other);
    }
}
