package dev.muster.demo;

import com.google.i18n.phonenumbers.PhoneNumberUtil;
import com.google.i18n.phonenumbers.PhoneNumberUtil.PhoneNumberFormat;
import com.google.i18n.phonenumbers.PhoneNumberUtil.PhoneNumberType;
import com.google.i18n.phonenumbers.Phonenumber.PhoneNumber;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The people the simulated platforms know, and the truth about them. The same seed gives the same people, whatever the
 * order in which they are asked for. Safe for use by several threads.
 *
 * <p>Every ninth person shares the e-mail address of the one before; every eleventh mended its phone number and address
 * on Klaviyo and never on Eventbrite; some give no valid phone number or e-mail address.
 */
public final class SimulatedWorld {
    private static final PhoneNumberUtil PHONES = PhoneNumberUtil.getInstance();
    private static final String[] DOMAINS = {"example.com", "example.org", "example.net", "mail.example.com"};
    private static final String[] BAD_PHONES = {"12", "n/a", "call me", "+999 1234567890123", "000000"};
    private static final int PHONE_TRIES_MAX = 50;

    /** Far behind all others: she is no part of the story's chances. */
    private static final int ANA = 1_000_000;

    private final long seed;
    private final Clock clock;
    private final Map<Integer, Person> people = new HashMap<>();
    private final Map<Integer, Map<String, Statement>> statements = new TreeMap<>();

    /** @param seed decides everybody's name, home and habits */
    public SimulatedWorld(long seed, Clock clock) {
        this.seed = seed;
        this.clock = clock;
        people.put(ANA, ana(seed));
    }

    private static Person ana(long seed) {
        Random random = new Random(mix(seed, ANA));
        Homeland homeland = homeland("BR");
        PhoneNumber phone = phone("BR", random);
        return new Person(
                ANA,
                "Ana",
                "Oliveira",
                false,
                "ana.oliveira@example.org",
                true,
                PHONES.format(phone, PhoneNumberFormat.NATIONAL),
                e164(phone),
                LocalDate.of(1986, 1, 6),
                address(homeland, random),
                false,
                -1,
                true,
                true,
                true,
                false);
    }

    /** The seed of which everything here follows. */
    public long seed() {
        return seed;
    }

    /** The present in this world, to the second: no platform here is finer than that about people. */
    public Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }

    Clock clock() {
        return clock;
    }

    /**
     * Somebody, as they are now.
     *
     * @param number from 0 on; a world has no last person
     */
    public synchronized Person person(int number) {
        Person known = people.get(number);
        if (known == null) {
            known = born(number);
            people.put(number, known);
        }
        return known;
    }

    /** An address that {@code explain} finds as soon as the season has begun: Ana's, whom every platform comes to know. */
    public String showcaseEmail() {
        return person(showcase()).email();
    }

    int showcase() {
        return ANA;
    }

    /** What the golden record of everybody whom a platform has announced must hold in the end, by person number. */
    public synchronized List<ExpectedMember> expectedMembers() {
        List<ExpectedMember> expected = new ArrayList<>();
        for (Map.Entry<Integer, Map<String, Statement>> entry : statements.entrySet()) {
            if (!entry.getValue().isEmpty()) {
                expected.add(expected(entry.getKey(), entry.getValue()));
            }
        }
        return expected;
    }

    private ExpectedMember expected(int number, Map<String, Statement> stated) {
        List<Statement> latestFirst = new ArrayList<>(stated.values());
        latestFirst.sort(Comparator.comparing(Statement::since).reversed());
        SortedSet<String> references = new TreeSet<>(stated.keySet());
        Person newest = latestFirst.get(0).person();
        String phone = null;
        LocalDate birthDate = null;
        Address address = null;
        Consent emailConsent = null;
        Consent smsConsent = null;
        for (Statement statement : latestFirst) {
            Person view = statement.person();
            if (statement.showsContact()) {
                phone = phone == null ? view.phoneE164() : phone;
                birthDate = birthDate == null && statement.showsBirthDate() ? view.birthDate() : birthDate;
                address = address == null ? view.address() : address;
            }
            emailConsent = stricter(emailConsent, statement.emailConsent());
            smsConsent = smsConsent == null ? statement.smsConsent() : smsConsent;
        }
        return new ExpectedMember(
                number,
                references,
                newest.emailValid() ? newest.email().toLowerCase(Locale.ROOT) : null,
                newest.givenName(),
                newest.familyName(),
                phone,
                birthDate,
                address,
                emailConsent,
                smsConsent,
                newest.sharesEmail() && isMet(newest.relative() < 0 ? number + 1 : newest.relative()));
    }

    /** Who once said no is not written to because another platform heard yes. */
    private static @Nullable Consent stricter(@Nullable Consent one, @Nullable Consent other) {
        return one == null || (other != null && other.strictness() > one.strictness()) ? other : one;
    }

    private boolean isMet(int number) {
        return !statements.getOrDefault(number, Map.of()).isEmpty();
    }

    synchronized void state(Statement statement) {
        statements
                .computeIfAbsent(statement.person().number(), number -> new LinkedHashMap<>())
                .put(statement.reference(), statement);
    }

    /** The platform no longer holds this person. */
    synchronized void retract(int number, String reference) {
        Map<String, Statement> stated = statements.get(number);
        if (stated != null) {
            stated.remove(reference);
        }
    }

    /** Something in a person's life changes: the home, the phone number, the family name or the e-mail address. */
    synchronized Person changeLife(int number, Random random) {
        Person before = person(number);
        Homeland homeland = homeland(before.address().country());
        Person after;
        int what = random.nextInt(10);
        if (what < 4) {
            after = before.withAddress(address(homeland, random));
        } else if (what < 7) {
            PhoneNumber phone = phone(homeland.country(), random);
            after = before.withPhone(PHONES.format(phone, PhoneNumberFormat.INTERNATIONAL), e164(phone));
        } else if (what < 9 || before.sharesEmail() || !before.emailValid()) {
            // A partner's name is added, so that no rule can take the person for somebody else.
            after = before.familyName().contains("-") || before.familyFirst()
                    ? before.withAddress(address(homeland, random))
                    : before.withFamilyName(before.familyName()
                            + "-"
                            + homeland.familyNames()
                                    .get(random.nextInt(homeland.familyNames().size()))
                                    .text());
        } else {
            after = before.withEmail("new." + before.email());
        }
        people.put(number, after);
        return after;
    }

    /** The person as Eventbrite still knows it: with the phone number and the address of long ago. */
    Person longAgo(Person person) {
        Random random = new Random(mix(seed ^ 0x5eed, person.number()));
        Homeland homeland = homeland(person.address().country());
        PhoneNumber old = phone(homeland.country(), random);
        return person.withPhone(PHONES.format(old, PhoneNumberFormat.INTERNATIONAL), e164(old))
                .withAddress(address(homeland, random));
    }

    private Person born(int number) {
        Random random = new Random(mix(seed, number));
        boolean relative = number % 9 == 4;
        if (relative) {
            return relativeOf(born(number - 1), number, random);
        }
        Homeland homeland = Homeland.ALL.get(random.nextInt(Homeland.ALL.size()));
        Homeland.Name given = any(homeland.givenNames(), random);
        Homeland.Name family = any(homeland.familyNames(), random);
        boolean shares = number % 9 == 3;
        boolean ages = number % 11 == 7 && !shares;
        boolean oddEmail = !shares && !ages && random.nextInt(25) == 0;
        String email = given.latin() + "." + family.latin() + number + "@" + DOMAINS[random.nextInt(DOMAINS.length)];
        boolean eventbrite = ages || shares || oddEmail || random.nextInt(10) < 6;
        boolean patreon = !ages && !oddEmail && random.nextInt(10) < 5;
        boolean klaviyo = !oddEmail && (ages || shares || random.nextInt(10) < 7 || !(eventbrite || patreon));
        String phone = null;
        String e164 = null;
        int phoneHabit = ages ? 5 : random.nextInt(20);
        PhoneNumber phoneNumber = phone(homeland.country(), random);
        if (phoneHabit == 0) {
            phone = BAD_PHONES[random.nextInt(BAD_PHONES.length)];
        } else if (phoneHabit > 3) {
            phone = written(phoneNumber, phoneHabit);
            e164 = e164(phoneNumber);
        }
        return new Person(
                number,
                given.text(),
                family.text(),
                homeland.familyFirst(),
                oddEmail ? email.replace("@", random.nextBoolean() ? "(at)" : " ") : email,
                !oddEmail,
                phone,
                e164,
                LocalDate.of(1940 + random.nextInt(66), 1 + random.nextInt(12), 1 + random.nextInt(28)),
                address(homeland, random),
                shares,
                -1,
                eventbrite,
                patreon,
                klaviyo,
                ages);
    }

    private static Character.UnicodeScript script(String name) {
        return Character.UnicodeScript.of(name.codePointAt(0));
    }

    /** A child, mostly: at home and at the e-mail address of the person before, known only from tickets. */
    private static Person relativeOf(Person elder, int number, Random random) {
        Homeland homeland = homeland(elder.address().country());
        List<Homeland.Name> names = new ArrayList<>(homeland.givenNames());
        // In another script it could be the same name, and then nobody can tell that they are two.
        names.removeIf(
                name -> name.text().equals(elder.givenName()) || script(name.text()) != script(elder.givenName()));
        return new Person(
                number,
                any(names, random).text(),
                elder.familyName(),
                elder.familyFirst(),
                elder.email(),
                elder.emailValid(),
                null,
                null,
                LocalDate.of(2008 + random.nextInt(12), 1 + random.nextInt(12), 1 + random.nextInt(28)),
                elder.address(),
                true,
                elder.number(),
                true,
                false,
                false,
                false);
    }

    private static Homeland homeland(String country) {
        for (Homeland homeland : Homeland.ALL) {
            if (homeland.country().equals(country)) {
                return homeland;
            }
        }
        throw new IllegalArgumentException("No homeland " + country);
    }

    private static Homeland.Name any(List<Homeland.Name> names, Random random) {
        return names.get(random.nextInt(names.size()));
    }

    private static Address address(Homeland homeland, Random random) {
        Homeland.Place place =
                homeland.places().get(random.nextInt(homeland.places().size()));
        return new Address(
                homeland.street().replace("#", String.valueOf(1 + random.nextInt(199))),
                place.city(),
                place.region(),
                place.postalCode(),
                homeland.country(),
                homeland.countryName());
    }

    /** A valid mobile number: the country's example with its last digits changed. */
    private static PhoneNumber phone(String country, Random random) {
        PhoneNumber example = PHONES.getExampleNumberForType(country, PhoneNumberType.MOBILE);
        for (int tried = 0; tried < PHONE_TRIES_MAX; tried++) {
            PhoneNumber candidate = new PhoneNumber().mergeFrom(example);
            candidate.setNationalNumber(example.getNationalNumber() / 10_000 * 10_000 + random.nextInt(10_000));
            if (PHONES.isValidNumberForRegion(candidate, country)) {
                return candidate;
            }
        }
        return example;
    }

    private static String written(PhoneNumber phone, int habit) {
        PhoneNumberFormat style = habit < 8
                ? PhoneNumberFormat.NATIONAL
                : habit < 15 ? PhoneNumberFormat.INTERNATIONAL : PhoneNumberFormat.E164;
        return PHONES.format(phone, style);
    }

    private static String e164(PhoneNumber phone) {
        return PHONES.format(phone, PhoneNumberFormat.E164);
    }

    /** Neighbouring numbers must not give neighbouring random sequences. */
    static long mix(long seed, long number) {
        long mixed = seed + (number + 1) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
