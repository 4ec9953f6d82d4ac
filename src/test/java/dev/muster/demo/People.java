package dev.muster.demo;

/** People of a simulated world whose lives a test changes. */
public final class People {
    private People() {}

    public static Person withPhone(Person person, String e164) {
        return person.withPhone(e164, e164);
    }
}
