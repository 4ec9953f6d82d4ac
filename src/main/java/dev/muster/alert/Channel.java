package dev.muster.alert;

import dev.muster.platform.Secrets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A way to tell people.
 *
 * @param severities what is told there
 * @param organizations whose alerts; empty for all, those that are of no organization among them
 * @param mail null where it is no e-mail
 * @param secrets the {@code password} of e-mail; the {@code url}, and the {@code secret} that signs
 */
public record Channel(
        String name,
        Kind kind,
        Set<Severity> severities,
        Set<String> organizations,
        @Nullable Mail mail,
        Secrets secrets) {
    static final String URL = "url";
    static final String SECRET = "secret";
    static final String PASSWORD = "password";

    /** How people are told. */
    public enum Kind {
        EMAIL,
        SLACK,
        DISCORD,
        /** Signed as Standard Webhooks says. */
        WEBHOOK;

        /** The name in files and the API. */
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<Kind> of(String id) {
            for (Kind kind : values()) {
                if (kind.id().equals(id)) {
                    return Optional.of(kind);
                }
            }
            return Optional.empty();
        }
    }

    /** How an SMTP server is spoken to. */
    public enum Tls {
        /** Begins in the clear and goes on encrypted, or not at all. */
        STARTTLS,
        /** Encrypted from the start. */
        TLS,
        /** In the clear: without a password only. */
        NONE
    }

    /**
     * An SMTP server, and whom it is to tell.
     *
     * @param user null where none is asked for
     */
    public record Mail(
            String host, int port, Tls tls, @Nullable String user, String from, List<String> to) {
        public Mail {
            to = List.copyOf(to);
        }
    }

    public Channel {
        severities = Set.copyOf(severities);
        organizations = Set.copyOf(organizations);
    }

    /** Whether an alert is told here. */
    boolean wants(Alert alert) {
        return severities.contains(alert.severity())
                && (organizations.isEmpty() || organizations.contains(alert.organization()));
    }
}
