package dev.muster.decide;

import dev.muster.canonical.Entity;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which fields cannot be kept under seal, since somebody has to read them where they are stored. */
final class SecretFields {
    private static final Set<String> IDENTITY = Set.of("email", "phone", "firstName", "lastName");
    private static final Set<String> CONSENT = Set.of("consentEmail", "consentSms");
    private static final Set<String> REFERENCES =
            Set.of("member", "event", "registration", "campaign", "recurringPlan");
    private static final Set<String> COLUMNS = Set.of(
            "name", "url", "status", "amount", "currency", "startsAt", "endsAt", "occurredAt", "startedAt", "endedAt");

    private SecretFields() {}

    /** Why this field cannot be secret, for a person; null where it can. */
    static @Nullable String refusal(Entity entity, String field) {
        if (REFERENCES.contains(field)) {
            return "it says to which other record this one belongs";
        }
        if (entity == Entity.MEMBER) {
            if (IDENTITY.contains(field)) {
                return "by it the hub knows who is who";
            }
            return CONSENT.contains(field) ? "every push asks it first" : null;
        }
        if (field.equals("email")) {
            return "by it the hub knows who is who";
        }
        return COLUMNS.contains(field) ? "it has a column of its own, which is searched and compared" : null;
    }
}
