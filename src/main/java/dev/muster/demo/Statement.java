package dev.muster.demo;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What one platform holds about one person now.
 *
 * @param reference what the platform calls the person
 * @param since the platform's own modification time
 * @param person the person as that platform knows it
 * @param showsContact whether phone, birth date and address are among what the platform shows
 */
record Statement(
        String reference,
        Instant since,
        Person person,
        boolean showsContact,
        @Nullable Consent emailConsent,
        @Nullable Consent smsConsent) {
    /** Classy keeps a birthday without its year. */
    boolean showsBirthDate() {
        return !reference.startsWith("classy/");
    }
}
