package dev.muster.demo;

import java.time.LocalDate;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * What the golden record of one person must hold when every delivery has arrived: the truth of the simulated world,
 * reckoned without any code of the hub.
 *
 * <p>It rests on three rules only: a later statement of a platform wins, a blank or invalid value never does, and an
 * address moves as a whole. Where platforms finally disagree, their own modification times are weeks apart.
 *
 * @param person the person's number in the world
 * @param references what the platforms call the person: {@code eventbrite/attendee/ID}, {@code patreon/user/ID},
 *     {@code klaviyo/profile/ID}
 * @param email lower-case; null where no platform holds a valid one
 * @param phone E.164; null where no platform holds a valid one
 * @param birthDate null where no platform that met the person asks for it
 * @param address null where no platform that met the person asks for it
 * @param emailConsent null where Klaviyo does not know the person
 * @param smsConsent null where Klaviyo does not know the person
 * @param sharesEmail whether another member has the same address and a clearly different name: a duplicate candidate,
 *     never one record
 */
public record ExpectedMember(
        int person,
        SortedSet<String> references,
        @Nullable String email,
        String firstName,
        String lastName,
        @Nullable String phone,
        @Nullable LocalDate birthDate,
        @Nullable Address address,
        @Nullable Consent emailConsent,
        @Nullable Consent smsConsent,
        boolean sharesEmail) {}
