package dev.muster.demo;

import java.util.function.Predicate;

/** What a test may do to the OAuth client of a simulated platform, and see of it. */
public final class ClientAccount {
    private final SimulatedTokens tokens;

    private ClientAccount(SimulatedTokens tokens) {
        this.tokens = tokens;
    }

    public static ClientAccount of(SimulatedPatreon patreon) {
        return new ClientAccount(patreon.tokens());
    }

    public static ClientAccount of(SimulatedEventbrite eventbrite) {
        return new ClientAccount(eventbrite.tokens());
    }

    public static ClientAccount of(SimulatedSalesforce salesforce) {
        return new ClientAccount(salesforce.tokens());
    }

    public String clientId() {
        return tokens.clientId();
    }

    public String clientSecret() {
        return tokens.clientSecret();
    }

    /** Every access token given out so far has expired. */
    public void expire() {
        tokens.desk().expireAll();
    }

    /** The owner of the account removes the application. */
    public void revoke() {
        tokens.desk().revokeAll();
    }

    /** How many access tokens were given. */
    public long issued() {
        return tokens.issued();
    }

    /** How often a refresh token came that had been used before. */
    public long reuses() {
        return tokens.desk().reuses();
    }

    /** From now on these signed assertions are good. */
    public void accept(Predicate<String> assertions) {
        tokens.acceptingAssertions(assertions);
    }
}
