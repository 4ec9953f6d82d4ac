package dev.muster.decide;

/**
 * Whether two names clearly mean two people. It is asked only of records that share an e-mail address, where "cannot
 * tell" means one person.
 *
 * <p>Different given names are two people, whatever the family names (a couple, siblings, a parent who registers a
 * child). They are not told apart where one is an initial of the other, its beginning ({@code Rob}, {@code Robert}),
 * closely spelt ({@code Katherine}, {@code Katharine}), or shares a part of it; nor where all parts of one name are in the
 * other, in any order; nor where either is blank, a placeholder, or in another script. The same given name with another
 * family name is one person who married. Nicknames that share no beginning ({@code Bob}, {@code Robert}) are told apart,
 * and so are {@code Paul} and {@code Paula}: a person then looks at a duplicate candidate, which is better than a wrong
 * merge.
 */
public final class NameMatch {
    private NameMatch() {}

    /** The same for names that come whole, such as {@code "Ana Lee"} or {@code "LEE, Ana"}. */
    public static boolean clearlyDifferent(String a, String b) {
        return clearlyDifferent(a, "", b, "");
    }

    /** Whether the two names clearly mean two people; any of the texts may be blank. */
    public static boolean clearlyDifferent(String firstA, String lastA, String firstB, String lastB) {
        return PersonName.of(firstA, lastA).clearlyDifferent(PersonName.of(firstB, lastB));
    }
}
