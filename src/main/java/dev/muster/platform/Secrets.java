package dev.muster.platform;

import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** An integration's secrets, by name. What is not asked for is not opened, and nothing here shows one. */
public final class Secrets {
    public static final String API_KEY = "apiKey";
    public static final String CLIENT_ID = "clientId";
    public static final String CLIENT_SECRET = "clientSecret";
    public static final String USERNAME = "username";
    public static final String PASSWORD = "password";
    public static final String REFRESH_TOKEN = "refreshToken";
    public static final String ACCESS_TOKEN = "accessToken";

    /** PEM, PKCS #8. */
    public static final String PRIVATE_KEY = "privateKey";

    public static final String WEBHOOK_SECRET = "webhookSecret";
    public static final String WEBHOOK_SECRET_PREVIOUS = "webhookSecretPrevious";

    /** All that an integration may have. */
    public static final Set<String> NAMES = Set.of(
            API_KEY,
            CLIENT_ID,
            CLIENT_SECRET,
            USERNAME,
            PASSWORD,
            REFRESH_TOKEN,
            ACCESS_TOKEN,
            PRIVATE_KEY,
            WEBHOOK_SECRET,
            WEBHOOK_SECRET_PREVIOUS);

    /** Each of these is enough to call a platform, or to be let in there. */
    private static final Set<String> CREDENTIALS =
            Set.of(API_KEY, CLIENT_SECRET, PASSWORD, REFRESH_TOKEN, ACCESS_TOKEN, PRIVATE_KEY);

    private static final Secrets NONE = new Secrets(Set.of(), (name, purpose) -> Optional.empty());

    private final Set<String> names;
    private final Opener opener;

    private Secrets(Collection<String> names, Opener opener) {
        this.names = Set.copyOf(names);
        this.opener = opener;
    }

    /** Opens one secret. */
    @FunctionalInterface
    public interface Opener {
        /**
         * @param purpose for the record of uses
         * @return the caller's own copy, to be overwritten after use
         */
        Optional<char[]> open(String name, String purpose);
    }

    public static Secrets none() {
        return NONE;
    }

    /** Those of the environment, where they are text anyway. */
    public static Secrets of(Map<String, String> values) {
        Map<String, String> copy = Map.copyOf(values);
        return new Secrets(copy.keySet(), (name, purpose) -> Optional.ofNullable(copy.get(name))
                .map(String::toCharArray));
    }

    /** Those that are kept elsewhere. */
    public static Secrets of(Collection<String> names, Opener opener) {
        return new Secrets(names, opener);
    }

    /** Which there are. */
    public Set<String> names() {
        return names;
    }

    public boolean has(String name) {
        return names.contains(name);
    }

    /** Whether there is anything to call the platform with. */
    public boolean holdCredential() {
        return names.stream().anyMatch(CREDENTIALS::contains);
    }

    /**
     * A copy that the caller overwrites.
     *
     * @param purpose why it is needed, for the record of uses
     */
    public Optional<char[]> open(String name, String purpose) {
        return names.contains(name) ? opener.open(name, purpose) : Optional.empty();
    }

    /** For what takes nothing but text. */
    public Optional<String> text(String name, String purpose) {
        return open(name, purpose).map(secret -> {
            try {
                return new String(secret);
            } finally {
                Arrays.fill(secret, '\0');
            }
        });
    }

    /** The same with others in the place of those that are missing. */
    public Secrets or(Secrets others, Set<String> which) {
        Set<String> all = new TreeSet<>(names);
        for (String name : which) {
            if (others.has(name)) {
                all.add(name);
            }
        }
        return new Secrets(
                all, (name, purpose) -> names.contains(name) ? opener.open(name, purpose) : others.open(name, purpose));
    }

    /** The names alone. */
    @Override
    public String toString() {
        return new TreeSet<>(names).toString();
    }
}
