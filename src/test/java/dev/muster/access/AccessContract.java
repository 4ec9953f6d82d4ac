package dev.muster.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.muster.db.Database;
import dev.muster.db.Ids;
import dev.muster.db.StoreContract;
import dev.muster.failure.Refusal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What must hold on any store: keys, sessions, and who is let in. */
abstract class AccessContract extends StoreContract {
    private static final String TOKEN = "correct horse battery staple";
    private static final Duration IDLE = Duration.ofMinutes(30);
    private static final Duration LIFE = Duration.ofHours(12);
    private static final int KEYS_MAX = 8;
    private static final Caller ADMIN = AdminToken.CALLER;

    @TempDir
    Path data;

    private Hub hub;

    /** One hub's own memory over the database. */
    private record Hub(ApiKeys keys, Access access) {}

    @BeforeEach
    void start() {
        hub = hub(database, TOKEN);
    }

    private Hub hub(Database database, String token) {
        ApiKeys keys = new ApiKeys(database, ids, clock, KEYS_MAX);
        return new Hub(
                keys,
                new Access(
                        AdminToken.of(token, data),
                        keys,
                        database,
                        clock,
                        new AccessSettings(IDLE, LIFE, KEYS_MAX, null),
                        trail));
    }

    private ApiKeys.Made key(String name, Permission... permissions) {
        return hub.keys.make(ADMIN, name, null, Set.of(permissions), null);
    }

    private static Credentials bearer(String text) {
        return Credentials.of("Bearer " + text, "GET", "198.51.100.7");
    }

    private static Credentials from(String peer, String text) {
        return Credentials.of("Bearer " + text, "GET", peer);
    }

    private static Credentials cookie(String method, Access.Opened opened, @Nullable String csrf) {
        String pair = opened.cookie().substring(0, opened.cookie().indexOf(';'));
        return new Credentials(null, pair, csrf, method, "198.51.100.7", false);
    }

    private Refusal refusal(Credentials credentials) {
        return refusal(hub, credentials);
    }

    private static Refusal refusal(Hub hub, Credentials credentials) {
        return catchThrowableOfType(Refusal.class, () -> hub.access.of(credentials));
    }

    // --- keys ---------------------------------------------------------------------------------------------------

    @Test
    void aKeyOpensWithWhatItWasGiven() {
        ApiKeys.Made made =
                hub.keys.make(ADMIN, "club's CRM", "club", EnumSet.of(Permission.READ, Permission.DECIDE), null);

        Caller caller = hub.access.of(bearer(made.text()));

        assertThat(caller)
                .isEqualTo(new Caller(
                        "key:" + Ids.format(made.key().id()),
                        "key club's CRM (" + Ids.format(made.key().id()) + ")",
                        Set.of(Permission.READ, Permission.DECIDE),
                        "club"));
        assertThat(made.text()).matches("mk_[0-9A-Z]{13}_[A-Za-z0-9_-]{43}");
        assertThat(hub.access.of(bearer(TOKEN))).isEqualTo(ADMIN);
    }

    @Test
    void theStoreHoldsNoSecret() {
        ApiKeys.Made made = key("reader", Permission.READ);
        Access.Opened opened = hub.access.open(made.text(), bearer("x"));
        String secret = made.text().substring(17);
        String session = opened.cookie().substring("muster_session=".length(), 58);

        assertThat(session).hasSize(43);
        assertThat(rows("SELECT * FROM api_keys")
                        + rows("SELECT * FROM sessions").toString())
                .doesNotContain(secret)
                .doesNotContain(session)
                .doesNotContain(opened.session().csrfToken());
        assertThat(made + "" + opened + hub.keys.list(ADMIN, Long.MAX_VALUE, 10) + bearer(made.text()))
                .doesNotContain(secret)
                .doesNotContain(opened.session().csrfToken());
    }

    @Test
    void everyOtherTextIsRefused() {
        String text = key("reader", Permission.READ).text();
        String other = key("other", Permission.READ).text();

        for (String wrong : List.of(
                text.substring(0, text.length() - 1),
                text + "A",
                text.substring(0, text.length() - 1) + (text.endsWith("A") ? "B" : "A"),
                text.substring(0, 17) + other.substring(17),
                text.toLowerCase(java.util.Locale.ROOT),
                text.replaceFirst("mk_", "MK_"),
                "mk_" + text.substring(16),
                "")) {
            Refusal refusal = refusal(from("peer of " + wrong.hashCode(), wrong));
            assertThat(refusal).as(wrong).isNotNull();
            assertThat(refusal.status()).isEqualTo(401);
            assertThat(refusal.headers()).containsEntry("WWW-Authenticate", "Bearer error=\"invalid_token\"");
        }
    }

    @Test
    void withoutAnythingTheChallengeSaysHow() {
        Refusal refusal = refusal(Credentials.of(null, "GET", "198.51.100.7"));

        assertThat(refusal.status()).isEqualTo(401);
        assertThat(refusal.headers()).containsEntry("WWW-Authenticate", "Bearer");
    }

    @Test
    void anExpiredKeyOpensNothing() {
        Instant end = clock.instant().plusSeconds(60);
        String text = hub.keys
                .make(ADMIN, "guest", null, Set.of(Permission.READ), end)
                .text();
        clock.advance(Duration.ofSeconds(59));
        assertThat(hub.access.of(bearer(text)).name()).startsWith("key guest (");

        clock.advance(Duration.ofSeconds(1));

        assertThat(refusal(bearer(text))).hasMessageContaining("expired");
    }

    @Test
    void aRevokedKeyOpensNothingAtOnceHereAndSoonAtEveryHub() {
        ApiKeys.Made made = key("reader", Permission.READ);
        try (Database second = reopened()) {
            Hub elsewhere = hub(second, TOKEN);
            elsewhere.access.of(bearer(made.text()));
            hub.access.of(bearer(made.text()));

            ApiKey revoked = hub.keys.revoke(ADMIN, made.key().id());

            assertThat(revoked.revokedAt()).isEqualTo(clock.instant());
            assertThat(refusal(bearer(made.text()))).hasMessageContaining("was revoked");
            clock.advance(ApiKeys.CACHED);
            assertThat(refusal(elsewhere, bearer(made.text()))).hasMessageContaining("was revoked");
        }
    }

    @Test
    void revokingOnceMoreChangesNothing() {
        ApiKeys.Made made = key("reader", Permission.READ);
        ApiKey first = hub.keys.revoke(ADMIN, made.key().id());
        clock.advance(Duration.ofDays(1));

        assertThat(hub.keys.revoke(ADMIN, made.key().id())).isEqualTo(first);
    }

    @Test
    void theLastUseIsWrittenByTheUpkeep() {
        ApiKeys.Made made = key("reader", Permission.READ);
        hub.access.of(bearer(made.text()));
        assertThat(column("SELECT last_used_at FROM api_keys")).containsExactly("-");

        hub.access.upkeep();

        assertThat(hub.keys.find(ADMIN, made.key().id()).orElseThrow().lastUsedAt())
                .isEqualTo(clock.instant());
    }

    @Test
    void nobodyGivesWhatTheyDoNotHave() {
        Caller club = new Caller("1", "club", Set.of(Permission.ADMINISTER, Permission.READ), "club");

        assertThat(statusOfMaking(club, "club", Permission.DECIDE)).isEqualTo(403);
        assertThat(statusOfMaking(club, "other", Permission.READ)).isEqualTo(403);
        assertThat(statusOfMaking(club, null, Permission.READ)).isEqualTo(403);
        assertThat(statusOfMaking(new Caller("2", "viewer", Role.VIEWER.permissions(), null), null, Permission.READ))
                .isEqualTo(403);
        assertThat(hub.keys
                        .make(club, "its own", "club", Set.of(Permission.READ), null)
                        .key()
                        .createdBy())
                .isEqualTo("club");
    }

    private int statusOfMaking(Caller by, @Nullable String organization, Permission permission) {
        return catchThrowableOfType(
                        Refusal.class, () -> hub.keys.make(by, "name", organization, Set.of(permission), null))
                .status();
    }

    @Test
    void anOrganizationSeesAndRevokesItsOwnKeysOnly() {
        Caller club = new Caller("1", "club", Set.of(Permission.ADMINISTER, Permission.READ), "club");
        ApiKey own = hub.keys
                .make(club, "own", "club", Set.of(Permission.READ), null)
                .key();
        ApiKey all = key("all", Permission.READ).key();
        ApiKey other = hub.keys
                .make(ADMIN, "other", "other", Set.of(Permission.READ), null)
                .key();

        assertThat(hub.keys.list(club, Long.MAX_VALUE, 10)).containsExactly(own);
        assertThat(hub.keys.list(ADMIN, Long.MAX_VALUE, 10)).containsExactly(other, all, own);
        assertThat(hub.keys.list(ADMIN, all.id(), 10)).containsExactly(own);
        assertThat(hub.keys.find(club, other.id())).isEmpty();
        assertThatThrownBy(() -> hub.keys.revoke(club, other.id()))
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.status()).isEqualTo(404));
        assertThat(column("SELECT COUNT(*) FROM api_keys WHERE revoked_at IS NOT NULL"))
                .containsExactly("0");
    }

    @Test
    void asManyKeysAsMayBeAndNotOneMore() {
        ApiKey last = null;
        for (int i = 0; i < KEYS_MAX; i++) {
            last = key("key " + i, Permission.READ).key();
        }

        assertThat(statusOfMaking(ADMIN, null, Permission.READ)).isEqualTo(409);
        assertThatThrownBy(() -> key("one more", Permission.READ))
                .hasMessageContaining("There are 8 keys")
                .hasMessageContaining("revoke");
        assertThat(count("api_keys")).isEqualTo(KEYS_MAX);

        hub.keys.revoke(ADMIN, last.id());
        assertThat(key("in its place", Permission.READ).key().revokedAt()).isNull();
    }

    @Test
    void aKeyThatCannotBeMeantIsRefused() {
        Instant now = clock.instant();
        for (Runnable wrong : List.<Runnable>of(
                () -> hub.keys.make(ADMIN, " ", null, Set.of(Permission.READ), null),
                () -> hub.keys.make(ADMIN, "n".repeat(101), null, Set.of(Permission.READ), null),
                () -> hub.keys.make(ADMIN, "a\u0000b", null, Set.of(Permission.READ), null),
                () -> hub.keys.make(ADMIN, "none", null, Set.of(), null),
                () -> hub.keys.make(ADMIN, "past", null, Set.of(Permission.READ), now),
                () -> hub.keys.make(ADMIN, "where", "No Such", Set.of(Permission.READ), null))) {
            assertThat(catchThrowableOfType(Refusal.class, wrong::run).status()).isEqualTo(400);
        }
    }

    // --- sessions -----------------------------------------------------------------------------------------------

    @Test
    void aSessionIsItsKeyAtEveryHub() {
        ApiKeys.Made made = hub.keys.make(ADMIN, "desk", "club", Role.OPERATOR.permissions(), null);
        Access.Opened opened = hub.access.open(made.text(), bearer("x"));

        try (Database second = reopened()) {
            Caller caller = hub(second, TOKEN).access.of(cookie("GET", opened, null));
            assertThat(caller).isEqualTo(hub.access.of(bearer(made.text())));
        }
        assertThat(opened.cookie()).endsWith("; Path=/; HttpOnly; SameSite=Strict");
    }

    @Test
    void byTlsTheCookieIsForTlsOnly() {
        Credentials secure = new Credentials(null, null, null, "POST", "198.51.100.7", true);

        assertThat(hub.access.open(TOKEN, secure).cookie()).endsWith("; Path=/; HttpOnly; SameSite=Strict; Secure");
    }

    @Test
    void aChangeByCookieNeedsTheTokenAgainstForgery() {
        Access.Opened opened = hub.access.open(TOKEN, bearer("x"));
        Access.Opened other = hub.access.open(TOKEN, bearer("x"));

        assertThat(refusal(cookie("POST", opened, null)).status()).isEqualTo(403);
        assertThat(refusal(cookie("DELETE", opened, "")).status()).isEqualTo(403);
        assertThat(refusal(cookie("PUT", opened, other.session().csrfToken())).status())
                .isEqualTo(403);
        assertThat(hub.access.of(cookie("POST", opened, opened.session().csrfToken())))
                .isEqualTo(ADMIN);
        assertThat(hub.access.of(cookie("HEAD", opened, null))).isEqualTo(ADMIN);
        assertThat(hub.access.session(cookie("GET", opened, null)).csrfToken())
                .isEqualTo(opened.session().csrfToken());
    }

    @Test
    void signingInNeverTakesTheSessionThatTheBrowserBrought() {
        Access.Opened planted = hub.access.open(TOKEN, bearer("x"));
        String pair = planted.cookie().substring(0, planted.cookie().indexOf(';'));

        Access.Opened own = hub.access.open(TOKEN, new Credentials(null, pair, null, "POST", "198.51.100.7", false));

        assertThat(own.cookie()).doesNotContain(pair);
        assertThat(refusal(cookie("GET", planted, null)).status()).isEqualTo(401);
        assertThat(refusal(new Credentials(
                                null,
                                pair + "; "
                                        + own.cookie().substring(0, own.cookie().indexOf(';')),
                                null,
                                "GET",
                                "198.51.100.7",
                                false))
                        .status())
                .as("two session cookies: one of them was planted")
                .isEqualTo(401);
    }

    @Test
    void aSessionEndsWithItsKey() {
        ApiKeys.Made made = key("desk", Permission.READ);
        Access.Opened opened = hub.access.open(made.text(), bearer("x"));
        hub.access.of(cookie("GET", opened, null));

        hub.keys.revoke(ADMIN, made.key().id());

        assertThat(refusal(cookie("GET", opened, null)).status()).isEqualTo(401);
        assertThat(count("sessions")).isZero();
    }

    @Test
    void aSessionOfAnotherAdminTokenIsOver() {
        Access.Opened opened = hub.access.open(TOKEN, bearer("x"));

        Hub withNewToken = hub(database, "another token");

        assertThat(refusal(withNewToken, cookie("GET", opened, null)).status()).isEqualTo(401);
    }

    @Test
    void aSessionEndsWhereItIsNotUsedAndSoonerOrLaterAnyway() {
        Access.Opened idle = hub.access.open(TOKEN, bearer("x"));
        Access.Opened used = hub.access.open(TOKEN, bearer("x"));
        for (Duration passed = Duration.ZERO; passed.compareTo(LIFE) < 0; passed = passed.plusMinutes(20)) {
            hub.access.of(cookie("GET", used, null));
            hub.access.upkeep();
            clock.advance(Duration.ofMinutes(20));
        }

        assertThat(refusal(cookie("GET", idle, null)).status()).isEqualTo(401);
        assertThat(refusal(cookie("GET", used, null)).status()).isEqualTo(401);
        hub.access.upkeep();
        assertThat(count("sessions")).isZero();
    }

    @Test
    void aSessionIsIdleAfterItsTimeAndNotBefore() {
        Access.Opened opened = hub.access.open(TOKEN, bearer("x"));
        clock.advance(IDLE.minusMillis(1));
        assertThat(hub.access.of(cookie("GET", opened, null))).isEqualTo(ADMIN);
        clock.advance(IDLE.minusMillis(1));
        assertThat(hub.access.of(cookie("GET", opened, null)))
                .as("use moves it on before it is written")
                .isEqualTo(ADMIN);
        clock.advance(IDLE);

        assertThat(refusal(cookie("GET", opened, null)).status()).isEqualTo(401);
    }

    @Test
    void signingOutEndsItAtEveryHub() {
        Access.Opened opened = hub.access.open(TOKEN, bearer("x"));
        assertThatThrownBy(() -> hub.access.close(cookie("DELETE", opened, null)))
                .isInstanceOf(Refusal.class);

        String cookie =
                hub.access.close(cookie("DELETE", opened, opened.session().csrfToken()));

        assertThat(cookie).startsWith("muster_session=;").endsWith("Max-Age=0");
        assertThat(refusal(cookie("GET", opened, null)).status()).isEqualTo(401);
        assertThat(count("sessions")).isZero();
    }

    @Test
    void theOldestSessionsOfAKeyGiveWay() {
        Access.Opened first = hub.access.open(TOKEN, bearer("x"));
        for (int i = 0; i < Sessions.OPEN_MAX; i++) {
            clock.advance(Duration.ofSeconds(6));
            hub.access.open(TOKEN, bearer("x"));
        }

        assertThat(count("sessions")).isEqualTo(Sessions.OPEN_MAX);
        assertThat(refusal(cookie("GET", first, null)).status()).isEqualTo(401);
    }

    // --- lock-out -----------------------------------------------------------------------------------------------

    private void guess(String peer, int times) {
        for (int i = 0; i < times; i++) {
            assertThat(refusal(from(peer, "guess " + i)).status()).isEqualTo(401);
        }
    }

    @Test
    void whoGuessesIsKeptOutEvenWithTheRightToken() {
        guess("203.0.113.1", Lockout.FREE);

        Refusal refusal = refusal(from("203.0.113.1", TOKEN));

        assertThat(refusal.status()).isEqualTo(429);
        assertThat(refusal.headers()).containsEntry("Retry-After", "5");
        assertThatThrownBy(() -> hub.access.open(TOKEN, from("203.0.113.1", "x")))
                .isInstanceOfSatisfying(
                        Refusal.class, at -> assertThat(at.status()).isEqualTo(429));
        assertThat(hub.access.of(from("203.0.113.2", TOKEN))).isEqualTo(ADMIN);
        clock.advance(Lockout.PAUSE_MIN);
        assertThat(hub.access.of(from("203.0.113.1", TOKEN))).isEqualTo(ADMIN);
    }

    @Test
    void aSessionThatIsOpenGoesOnWhereItsAddressIsLockedOut() {
        Access.Opened opened = hub.access.open(TOKEN, bearer("x"));
        guess("198.51.100.7", Lockout.FREE);

        assertThat(hub.access.of(cookie("GET", opened, null))).isEqualTo(ADMIN);
    }

    @Test
    void guessesAtAKeyLockItsGuessersOutAndNotItsOwner() {
        String text = key("desk", Permission.READ).text();
        String wrong = text.substring(0, 17) + "A".repeat(43);
        for (int i = 0; i < Lockout.FREE; i++) {
            assertThat(refusal(from("203.0.113." + i, wrong)).status()).isEqualTo(401);
        }

        assertThat(refusal(from("203.0.113.200", wrong)).status()).isEqualTo(429);
        assertThat(hub.access.of(from("203.0.113.200", text)).name()).startsWith("key desk (");
        assertThat(hub.access
                        .open(text, from("203.0.113.201", "x"))
                        .session()
                        .caller()
                        .name())
                .startsWith("key desk (");
        assertThat(hub.access.of(from("203.0.113.200", TOKEN))).isEqualTo(ADMIN);
    }

    @Test
    void aLockOutIsAuditedOnceWhenItBegins() {
        guess("203.0.113.1", Lockout.FREE - 1);
        assertThat(column("SELECT subject FROM audit_log")).isEmpty();

        guess("203.0.113.1", 1);
        for (int i = 0; i < 3; i++) {
            clock.advance(Lockout.PAUSE_MAX);
            guess("203.0.113.1", 1);
        }

        assertThat(column("SELECT action || ' ' || entity || ' ' || subject FROM audit_log"))
                .containsExactly("access.lock address 203.0.113.1");
    }

    @Test
    void guessesAtTheConsoleCountAsThoseAtTheApi() {
        for (int i = 0; i < 3 * Lockout.FREE; i++) {
            assertThat(consoleRefusal(null).status()).as("a browser asks first").isEqualTo(401);
        }
        guess("203.0.113.1", Lockout.FREE - 1);

        assertThat(consoleRefusal(basic("guess")).headers())
                .containsEntry("WWW-Authenticate", "Basic realm=\"muster\"");

        Refusal locked = consoleRefusal(basic(TOKEN));
        assertThat(locked.status()).isEqualTo(429);
        assertThat(locked.headers()).containsEntry("Retry-After", "5");
        assertThat(refusal(from("203.0.113.1", TOKEN)).status()).isEqualTo(429);
        clock.advance(Lockout.PAUSE_MIN);
        assertThat(consoleRefusal(basic(TOKEN))).isNull();
    }

    private Refusal consoleRefusal(@Nullable String authorization) {
        return catchThrowableOfType(
                Refusal.class, () -> hub.access.openConsole(Credentials.of(authorization, "GET", "203.0.113.1")));
    }

    private static String basic(String password) {
        return "Basic " + Base64.getEncoder().encodeToString(("operator:" + password).getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void whoComesWithAKeyThatIsOverIsNotGuessing() {
        ApiKeys.Made made = key("desk", Permission.READ);
        hub.keys.revoke(ADMIN, made.key().id());

        for (int i = 0; i < 3 * Lockout.FREE; i++) {
            assertThat(refusal(bearer(made.text())).status()).isEqualTo(401);
        }
    }
}
