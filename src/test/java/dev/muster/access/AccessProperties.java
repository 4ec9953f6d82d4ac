package dev.muster.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.muster.TestFolder;
import dev.muster.audit.AuditTrail;
import dev.muster.audit.KnownSeal;
import dev.muster.db.Database;
import dev.muster.db.HandClock;
import dev.muster.db.Ids;
import dev.muster.failure.Refusal;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Nothing made up opens anything. */
class AccessProperties {
    private static Path folder;
    private static Database database;
    private static Access access;
    private static String key;
    private static Access.Opened session;
    private static final HandClock CLOCK = new HandClock();
    private static int peers;

    @BeforeContainer
    static void open() throws IOException {
        folder = TestFolder.make("access");
        database = Database.open("jdbc:sqlite:" + folder.resolve("store.db"), 1);
        ApiKeys keys = new ApiKeys(database, new Ids(), CLOCK, 10_000);
        IssuerSettings issuer = new IssuerSettings(
                "https://issuer.example/",
                "muster",
                URI.create("http://127.0.0.1:1/"),
                Duration.ZERO,
                Set.of(),
                "",
                true);
        access = new Access(
                AdminToken.of("correct horse", folder),
                keys,
                database,
                CLOCK,
                new AccessSettings(Duration.ofDays(9_999), Duration.ofDays(9_999), 10_000, issuer),
                new AuditTrail(database, new Ids(), CLOCK, KnownSeal.SEAL));
        key = keys.make(AdminToken.CALLER, "key", null, Set.of(Permission.READ), null)
                .text();
        session = access.open(key, Credentials.of(null, "POST", "here"));
    }

    @AfterContainer
    static void close() throws IOException {
        database.close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Provide
    static Arbitrary<String> texts() {
        String pair = session.cookie().substring(0, session.cookie().indexOf(';'));
        return Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(100),
                Arbitraries.strings().ascii().ofMaxLength(100),
                changed(key),
                changed("Basic " + key),
                changed("correct horse"),
                changed(pair),
                Arbitraries.strings()
                        .withCharRange('A', 'Z')
                        .withCharRange('0', '9')
                        .ofLength(43)
                        .map(secret -> key.substring(0, 17) + secret),
                Arbitraries.strings().withChars("eyJ.=_-09az").ofMaxLength(60).map(text -> "ey" + text));
    }

    /** The right text with one thing wrong. */
    private static Arbitrary<String> changed(String text) {
        return Arbitraries.integers()
                .between(0, text.length() - 1)
                .flatMap(at -> Arbitraries.oneOf(
                        Arbitraries.just(text.substring(0, at) + text.substring(at + 1)),
                        Arbitraries.chars()
                                .filter(other -> other != text.charAt(at))
                                .map(other -> text.substring(0, at) + other + text.substring(at + 1)),
                        Arbitraries.chars().alpha().map(more -> text.substring(0, at) + more + text.substring(at))));
    }

    @Property(tries = 2_000)
    void noTextOpensAnything(@ForAll("texts") String text) {
        // or the key's id would be locked, and nothing be looked at
        CLOCK.advance(Lockout.FORGOTTEN.plusSeconds(1));
        assertRefused(Credentials.of("Bearer " + text, "GET", "peer " + peers++), text);
        assertRefused(Credentials.of(text, "GET", "peer " + peers++), text);
        assertThat(catchThrowableOfType(
                        Refusal.class, () -> access.open(text, Credentials.of(null, "POST", "peer " + peers++))))
                .isNotNull();
    }

    @Property(tries = 2_000)
    void noCookieOpensAnything(@ForAll("texts") String text) {
        assertRefused(new Credentials(null, text, null, "GET", "here", false), text);
        assertRefused(new Credentials(null, "muster_session=" + text, null, "GET", "here", false), text);
    }

    @Property(tries = 1_000)
    void nothingMadeUpChangesAnythingByCookie(@ForAll("texts") String csrf) {
        String pair = session.cookie().substring(0, session.cookie().indexOf(';'));
        Refusal refusal = catchThrowableOfType(
                Refusal.class, () -> access.of(new Credentials(null, pair, csrf, "POST", "here", false)));

        assertThat(refusal.status()).isEqualTo(403);
    }

    private static void assertRefused(Credentials credentials, String text) {
        Refusal refusal = catchThrowableOfType(Refusal.class, () -> access.of(credentials));
        assertThat(refusal).as(text).isNotNull();
        assertThat(refusal.status()).isEqualTo(401);
        assertThat(refusal.getMessage()).doesNotContain(key.substring(17));
    }
}
