package dev.muster.demo;

import java.time.LocalDate;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One person of the simulated world, as that person would describe itself today.
 *
 * @param number the person's place in the world: the same seed gives the same person at the same number
 * @param familyFirst whether the full name begins with the family name
 * @param email as written; not an address at all for a few
 * @param emailValid whether {@code email} is an address
 * @param phone as written, in one of many styles; null where the person gives none
 * @param phoneE164 what {@code phone} means; null where it is no valid number
 * @param sharesEmail whether a relative with a clearly different name uses the same address
 * @param relative the number of the person whose e-mail address, home and family name this one shares, or -1
 * @param agesOnEventbrite whether Eventbrite holds an old phone number and address that the person never mended there
 */
public record Person(
        int number,
        String givenName,
        String familyName,
        boolean familyFirst,
        String email,
        boolean emailValid,
        @Nullable String phone,
        @Nullable String phoneE164,
        LocalDate birthDate,
        Address address,
        boolean sharesEmail,
        int relative,
        boolean usesEventbrite,
        boolean usesPatreon,
        boolean usesKlaviyo,
        boolean agesOnEventbrite) {

    /** The name as one text, in the order its culture writes it; Han, Kana and Hangul names have no space. */
    public String fullName() {
        if (!familyFirst) {
            return givenName + " " + familyName;
        }
        boolean latin = familyName.codePointAt(0) < 0x2000;
        return familyName + (latin ? " " : "") + givenName;
    }

    /** How many platforms know this person, once all have met it. */
    public int platforms() {
        return (usesEventbrite ? 1 : 0) + (usesPatreon ? 1 : 0) + (usesKlaviyo ? 1 : 0);
    }

    /** Whether this person gives through Classy. */
    boolean gives() {
        return emailValid && relative < 0 && !sharesEmail && !agesOnEventbrite && number % 5 < 2;
    }

    /** The same person, who writes the address in capitals: platforms keep it so, and it is the same address. */
    Person inCapitals() {
        return withEmail(email.toUpperCase(Locale.ROOT));
    }

    /** The same person under another family name. */
    public Person withFamilyName(String changed) {
        return new Person(
                number,
                givenName,
                changed,
                familyFirst,
                email,
                emailValid,
                phone,
                phoneE164,
                birthDate,
                address,
                sharesEmail,
                relative,
                usesEventbrite,
                usesPatreon,
                usesKlaviyo,
                agesOnEventbrite);
    }

    Person withEmail(String changed) {
        return new Person(
                number,
                givenName,
                familyName,
                familyFirst,
                changed,
                true,
                phone,
                phoneE164,
                birthDate,
                address,
                sharesEmail,
                relative,
                usesEventbrite,
                usesPatreon,
                usesKlaviyo,
                agesOnEventbrite);
    }

    Person withPhone(String written, String e164) {
        return new Person(
                number,
                givenName,
                familyName,
                familyFirst,
                email,
                emailValid,
                written,
                e164,
                birthDate,
                address,
                sharesEmail,
                relative,
                usesEventbrite,
                usesPatreon,
                usesKlaviyo,
                agesOnEventbrite);
    }

    Person withAddress(Address changed) {
        return new Person(
                number,
                givenName,
                familyName,
                familyFirst,
                email,
                emailValid,
                phone,
                phoneE164,
                birthDate,
                changed,
                sharesEmail,
                relative,
                usesEventbrite,
                usesPatreon,
                usesKlaviyo,
                agesOnEventbrite);
    }
}
