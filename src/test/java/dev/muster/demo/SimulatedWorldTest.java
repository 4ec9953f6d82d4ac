package dev.muster.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.i18n.phonenumbers.PhoneNumberUtil;
import com.google.i18n.phonenumbers.PhoneNumberUtil.PhoneNumberFormat;
import com.google.i18n.phonenumbers.Phonenumber.PhoneNumber;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SimulatedWorldTest {
    private static final int PEOPLE = 400;
    private final SimulatedWorld world = new SimulatedWorld(42, new SettableClock());

    @Test
    void sameSeedGivesTheSamePeopleInWhateverOrderTheyAreAskedFor() {
        SimulatedWorld again = new SimulatedWorld(42, new SettableClock());
        List<Person> backwards = new ArrayList<>();
        for (int number = PEOPLE - 1; number >= 0; number--) {
            backwards.add(0, again.person(number));
        }

        assertThat(people()).isEqualTo(backwards);
        assertThat(new SimulatedWorld(43, new SettableClock()).person(0)).isNotEqualTo(world.person(0));
    }

    @Test
    void peopleComeFromManyScripts() {
        Set<Character.UnicodeScript> scripts = new HashSet<>();
        for (Person person : people()) {
            person.fullName().codePoints().mapToObj(Character.UnicodeScript::of).forEach(scripts::add);
        }

        assertThat(scripts)
                .contains(
                        Character.UnicodeScript.LATIN,
                        Character.UnicodeScript.CYRILLIC,
                        Character.UnicodeScript.GREEK,
                        Character.UnicodeScript.ARABIC,
                        Character.UnicodeScript.HEBREW,
                        Character.UnicodeScript.DEVANAGARI,
                        Character.UnicodeScript.HAN,
                        Character.UnicodeScript.HANGUL,
                        Character.UnicodeScript.HIRAGANA,
                        Character.UnicodeScript.THAI,
                        Character.UnicodeScript.GEORGIAN);
    }

    @Test
    void whatIsWrittenAsPhoneMeansTheExpectedNumberInThePersonsCountry() throws Exception {
        PhoneNumberUtil phones = PhoneNumberUtil.getInstance();
        int valid = 0;
        for (Person person : people()) {
            if (person.phoneE164() != null) {
                PhoneNumber parsed =
                        phones.parse(person.phone(), person.address().country());
                assertThat(phones.isValidNumber(parsed)).as(person.phone()).isTrue();
                assertThat(phones.format(parsed, PhoneNumberFormat.E164)).isEqualTo(person.phoneE164());
                valid++;
            }
        }
        assertThat(valid).isGreaterThan(PEOPLE / 2);
    }

    @Test
    void someGiveNoValidPhoneOrEmail() {
        assertThat(people()).anyMatch(person -> person.phone() != null && person.phoneE164() == null);
        assertThat(people()).anyMatch(person -> !person.emailValid());
    }

    @Test
    void emailsBelongToExampleDomainsAndAreSharedOnlyWithinAFamily() {
        Map<String, Person> owners = new HashMap<>();
        for (Person person : people()) {
            if (person.emailValid()) {
                assertThat(person.email()).matches("[a-z0-9.]+@(mail\\.)?example\\.(com|org|net)");
            }
            Person owner = owners.putIfAbsent(person.email(), person);
            if (owner != null) {
                assertThat(person.relative()).isEqualTo(owner.number());
                assertThat(person.givenName()).isNotEqualTo(owner.givenName());
            }
        }
        assertThat(owners).hasSizeLessThan(PEOPLE);
    }

    @Test
    void someAreOnSeveralPlatforms() {
        assertThat(people()).anyMatch(person -> person.platforms() == 2).anyMatch(person -> person.platforms() == 3);
        assertThat(people()).allMatch(person -> person.platforms() > 0);
    }

    @Test
    void laterStatementWinsAndInvalidValueNever() {
        SettableClock clock = new SettableClock();
        SimulatedWorld stated = new SimulatedWorld(42, clock);
        Person now = stated.person(showcase(stated)).withPhone("030 901820", "+4930901820");
        Person before = now.withPhone("+49 30 111111", "+4930111111");
        Person blank = now.withPhone("12", "");
        blank = new Person(
                blank.number(),
                blank.givenName(),
                blank.familyName(),
                blank.familyFirst(),
                blank.email(),
                true,
                "12",
                null,
                blank.birthDate(),
                blank.address(),
                false,
                -1,
                true,
                true,
                true,
                false);
        stated.state(new Statement("b/2", stated.now(), now, true, null, null));
        stated.state(new Statement("a/1", stated.now().minusSeconds(86_400), before, true, null, null));
        stated.state(new Statement("c/3", stated.now().plusSeconds(60), blank, true, null, null));

        assertThat(stated.expectedMembers()).singleElement().satisfies(member -> {
            assertThat(member.phone()).isEqualTo("+4930901820");
            assertThat(member.references()).containsExactly("a/1", "b/2", "c/3");
        });
    }

    private static int showcase(SimulatedWorld stated) {
        return stated.showcase();
    }

    private List<Person> people() {
        List<Person> people = new ArrayList<>();
        for (int number = 0; number < PEOPLE; number++) {
            people.add(world.person(number));
        }
        return people;
    }
}
