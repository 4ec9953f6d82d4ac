package dev.muster.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.admin.ConflictsResource;
import dev.muster.admin.ContractedApi;
import dev.muster.call.CredentialUnusable;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.StoredText;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import dev.muster.failure.Transient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What pushes promise, whichever database the outbox is in. */
abstract class PushingContract {
    private static final String RULES = """
            entities:
              member:
                default: latest
                fields:
                  consentEmail: { rule: most_restrictive, order: [opted_out, pending, never, opted_in] }
            """;

    @TempDir
    Path folder;

    private PushWorld world;

    abstract String newDatabase() throws Exception;

    @BeforeEach
    void open() throws Exception {
        world = world(FakeTarget.yaml("alpha", ""));
    }

    private PushWorld world(String yaml) throws Exception {
        return new PushWorld(folder, newDatabase(), Map.of("alpha", yaml), RULES);
    }

    // --- secret fields

    private static final String SECRET_RULES = RULES + "      shirtSize: { rule: latest, pii: secret }\n";

    private void secretWorld() throws Exception {
        world.close();
        String yaml = FakeTarget.yaml("alpha", "")
                .replace("lastName, phone]", "lastName, shirtSize]")
                .replace("lastName, phone, segments}", "lastName, shirtSize, segments}");
        world = new PushWorld(folder, newDatabase(), Map.of("alpha", yaml), SECRET_RULES);
    }

    @Test
    void targetIsToldASecretFieldInClearAndTheLedgerKeepsItSealed() throws Exception {
        secretWorld();
        world.person("p", "Ana");
        world.desk("p", "shirtSize", "size-in-clear");

        assertThat(world.settle()).isEqualTo(1);

        assertThat(contact("p")).as("it writes in capitals, and says so").containsEntry("shirtSize", "SIZE-IN-CLEAR");
        StoredText.of(world.database)
                .forEach((table, text) -> assertThat(text).as(table).doesNotContainIgnoringCase("size-in-clear"));
        assertThat(world.rows("SELECT pushed FROM pushes").toString()).contains("sealed:v1:");
        Object kept = world.members().get(0).record().values().get("shirtSize");
        assertThat(world.roll.survivorship().seal().open((String) kept, "default"::equals))
                .as("its echo is no news")
                .contains("size-in-clear");
        world.desk("p", "shirtSize", "other-in-clear");
        assertThat(world.settle()).isEqualTo(1);
        assertThat(contact("p")).containsEntry("shirtSize", "OTHER-IN-CLEAR");
    }

    @Test
    void refusalsAreKeptWithoutTheSecretThatTheyRepeat() throws Exception {
        secretWorld();
        world.person("p", "Ana");
        world.desk("p", "shirtSize", "Size-In-Clear");
        alpha().poison.add("p@example.org");
        alpha().words = "'size-in-clear' is no size";

        world.settle();

        assertThat(world.rows("SELECT error FROM pushes").toString()).contains("'***' is no size");
        StoredText.of(world.database)
                .forEach((table, text) -> assertThat(text).as(table).doesNotContainIgnoringCase("size-in-clear"));
    }

    @Test
    void secretThatCannotBeOpenedIsToldToNobody() throws Exception {
        secretWorld();
        world.person("p", "Ana");
        world.desk("p", "shirtSize", "L");
        world.database.change(connection -> {
            try (Statement update = connection.createStatement()) {
                update.executeUpdate(
                        "UPDATE members SET attributes = REPLACE(attributes, 'sealed:v1:', 'sealed:v1:A')");
            }
        });

        assertThat(world.settle()).isZero();

        assertThat(world.rows("SELECT error FROM pushes").toString()).contains("cannot be opened");
        assertThat(alpha().requests).isEmpty();
    }

    private void again(String yaml) throws Exception {
        world.close();
        world = world(yaml);
    }

    @AfterEach
    void close() {
        world.close();
    }

    private FakeTarget alpha() {
        return world.platform("alpha");
    }

    private Map<String, Object> contact(String id) {
        Map<String, Object> contact = alpha().contact(id + "@example.org");
        return contact == null ? Map.of() : contact;
    }

    private List<List<Object>> statuses() {
        return world.rows("SELECT status, attempts FROM pushes ORDER BY golden_id");
    }

    private static String body(PlatformRequest request) {
        return new String(request.body(), StandardCharsets.UTF_8);
    }

    // --- one after the other

    @Test
    void peopleGoInBatchesAndNeverTwice() {
        for (int i = 0; i < 10; i++) {
            world.person("p" + i, "Ana");
        }
        assertThat(world.settle()).isEqualTo(3);
        assertThat(alpha().emails()).hasSize(10);

        world.desk("p3", "city", "Oslo");
        assertThat(world.settle()).as("a field that the target is not told of").isZero();
    }

    @Test
    void changesOfAWhileAreOnePush() {
        world.person("p", "Ana");
        world.clock.advance(Duration.ofMillis(300));
        world.desk("p", "firstName", "Anna");
        world.clock.advance(Duration.ofMillis(300));
        world.desk("p", "lastName", "Kim");

        assertThat(world.settle()).isEqualTo(1);
        assertThat(contact("p")).containsEntry("firstName", "ANNA").containsEntry("lastName", "KIM");
    }

    @Test
    void changesThatAreStillGatheredFillACallThatIsMadeAnyway() {
        world.person("p", "Ana");
        world.clock.advance(Duration.ofMillis(600));
        world.person("q", "Bo");
        PushStore.Lane lane = world.store.lanes(PushStore.Lane.FIRST, 1).get(0);
        world.clock.advance(Duration.ofMillis(399));
        assertThat(world.pushing.claim(lane)).as("nothing is due").isEmpty();
        world.clock.advance(Duration.ofMillis(1));

        assertThat(world.pushing.claim(lane).orElseThrow().size()).isEqualTo(2);
    }

    @Test
    void soonAfterABatchTheNextHasToBeFull() {
        for (int i = 0; i < 9; i++) {
            world.person("p" + i, "Ana");
        }
        world.clock.advance(Duration.ofMillis(1_000));
        PushStore.Lane lane = world.store.lanes(PushStore.Lane.FIRST, 1).get(0);

        assertThat(world.pushing.claim(lane).orElseThrow().size()).isEqualTo(4);
        assertThat(world.pushing.claim(lane).orElseThrow().size()).isEqualTo(4);
        world.clock.advance(Duration.ofMillis(999));
        assertThat(world.pushing.claim(lane)).as("one is due").isEmpty();
        world.clock.advance(Duration.ofMillis(1));
        assertThat(world.pushing.claim(lane).orElseThrow().size()).isEqualTo(1);
    }

    @Test
    void withdrawalOfConsentWaitsForNoOther() {
        world.person("p", "Ana");
        world.person("q", "Bo");
        world.settle();
        world.desk("p", "phone", "+15005550006");
        world.clock.advance(Duration.ofMillis(1_000));
        PushStore.Lane lane = world.store.lanes(PushStore.Lane.FIRST, 1).get(0);
        assertThat(world.pushing.claim(lane)).isPresent();
        world.desk("q", "consentEmail", "opted_out");

        assertThat(world.pushing.claim(lane)).isPresent();
    }

    @Test
    void whatWaitsAfterATryInVainFillsNoCall() {
        world.person("p", "Ana");
        world.clock.advance(Duration.ofMillis(1_000));
        PushStore.Lane lane = world.store.lanes(PushStore.Lane.FIRST, 1).get(0);
        PushWork work = world.pushing.prepare(world.pushing.claim(lane).orElseThrow());
        world.person("q", "Bo");
        world.clock.advance(Duration.ofMillis(500));
        world.pushing.putOff(work, new IOException("no answer came"));
        world.clock.advance(Duration.ofMillis(500));

        assertThat(world.pushing.claim(lane).orElseThrow().size()).isEqualTo(1);
        assertThat(world.pushing.claim(lane)).isEmpty();
    }

    @Test
    void oneCallForEachRecordWaitsUntilItsChangesAreGathered() throws Exception {
        again(FakeTarget.yaml("alpha", "")
                .replace("path: /contacts\n", "path: \"/contacts/{key}\"\n      each: true\n"));
        world.person("p", "Ana");
        world.clock.advance(Duration.ofMillis(600));
        world.person("q", "Bo");
        world.clock.advance(Duration.ofMillis(400));
        PushStore.Lane lane = world.store.lanes(PushStore.Lane.FIRST, 1).get(0);

        assertThat(world.pushing.claim(lane).orElseThrow().size()).isEqualTo(1);
    }

    @Test
    void changeWhileAPushIsUnderWayIsPushedAfterIt() throws Exception {
        world.person("p", "Ana");
        world.clock.advance(Duration.ofSeconds(2));
        PushStore.Lane lane = world.store.lanes(PushStore.Lane.FIRST, 1).get(0);
        PushWork work = world.pushing.claim(lane).orElseThrow();
        world.pushing.prepare(work);
        PlatformRequest request = world.pushing.request(work);
        world.desk("p", "firstName", "Anna");
        assertThat(world.pushing.claim(lane)).as("under way").isEmpty();
        world.pushing.settle(work, alpha().call(request));

        assertThat(contact("p")).containsEntry("firstName", "ANA");
        world.settle();
        assertThat(contact("p")).containsEntry("firstName", "ANNA");
    }

    @Test
    void withoutAnOpenAccountNothingIsKept() throws Exception {
        again(FakeTarget.yaml("alpha", ""));
        world.hear(new CanonicalRecord(
                new RecordKey("elsewhere", "desk", Entity.MEMBER, "p"),
                Map.of("email", "p@example.org"),
                world.clock.instant(),
                Map.of(),
                world.clock.instant(),
                Instant.EPOCH,
                false,
                List.of()));

        assertThat(world.rows("SELECT * FROM pushes")).isEmpty();
    }

    // --- echoes

    @Test
    void ourOwnWordsComingBackChangeNothing() {
        world.person("p", "Ana");
        world.push();
        String provenance = world.rows("SELECT fields FROM field_provenance").toString();
        String goldenBefore =
                world.rows("SELECT version, first_name, phone FROM members").toString();
        world.listen();

        assertThat(world.rows("SELECT fields FROM field_provenance").toString()).isEqualTo(provenance);
        assertThat(world.rows("SELECT version, first_name, phone FROM members").toString())
                .isEqualTo(goldenBefore);
        assertThat(world.rows("SELECT COUNT(*) FROM external_integrations WHERE golden_id = (SELECT id FROM members)"))
                .as("the contact is known as theirs")
                .containsExactly(List.of("2"));
        assertThat(world.push()).isZero();
    }

    @Test
    void echoBeforeTheAnswerIsKnownToo() throws Exception {
        world.person("p", "Ana");
        world.clock.advance(Duration.ofSeconds(2));
        PushWork work = world.pushing
                .claim(world.store.lanes(PushStore.Lane.FIRST, 1).get(0))
                .orElseThrow();
        world.pushing.prepare(work);
        PlatformAnswer answer = alpha().call(world.pushing.request(work));
        String provenance = world.rows("SELECT fields FROM field_provenance").toString();
        world.listen();
        world.pushing.settle(work, answer);

        assertThat(world.rows("SELECT fields FROM field_provenance").toString()).isEqualTo(provenance);
        assertThat(world.settle()).isZero();
    }

    @Test
    void whatATargetMakesOfOurWordsIsNoChangeOfTheirs() {
        alpha().shouting = false;
        world.person("p", "Ana");
        world.settle();
        alpha().edit("p@example.org", "phone", "+15005550006");
        world.settle();
        assertThat(world.members().get(0).record().values()).containsEntry("phone", "+15005550006");

        world.clock.advance(Duration.ofMinutes(1));
        alpha().edit("p@example.org", "lastName", "Kim");
        assertThat(world.settle()).as("theirs is not pushed back to them").isZero();
        assertThat(world.members().get(0).record().values()).containsEntry("lastName", "Kim");
    }

    // --- an account that could not be used

    @Test
    void whatWaitedForAnAccountIsDueOnceItCanBeUsedAgain() {
        world.person("p", "Ana");
        world.clock.advance(Duration.ofSeconds(2));
        PushStore.Lane lane = world.store.lanes(PushStore.Lane.FIRST, 1).get(0);
        PushWork work = world.pushing.claim(lane).orElseThrow();
        world.pushing.prepare(work);
        world.pushing.request(work);
        world.pushing.putOff(work, new CredentialUnusable("has to be connected anew"));
        world.clock.advance(Duration.ofSeconds(2));
        assertThat(world.pushing.claim(lane)).as("it waits for a person").isEmpty();

        world.pushing.wake(world.account("alpha"));

        assertThat(world.push(world.pushing)).isEqualTo(1);
        assertThat(contact("p")).containsEntry("firstName", "ANA");
        assertThat(statuses()).as("no attempt was burnt").containsExactly(List.of("0", "0"));
    }

    // --- two accounts of one platform in one organization

    private void withTwoAccounts() throws Exception {
        world.close();
        world = new PushWorld(
                folder,
                newDatabase(),
                Map.of("alpha", FakeTarget.yaml("alpha", "")),
                RULES,
                List.of("default", "second"));
        alpha().shouting = false;
        second().shouting = false;
    }

    private FakeTarget second() {
        return world.platform("alpha/second");
    }

    @Test
    void whoIsInOneAccountIsCreatedInTheOtherOne() throws Exception {
        withTwoAccounts();
        alpha().subscribe("p@example.org", "Ana");
        world.listen();

        assertThat(world.settle()).isEqualTo(1);
        assertThat(second().requests).hasSize(1);
        assertThat(alpha().requests).as("they told us").isEmpty();
        assertThat(second().contact("p@example.org")).containsEntry("firstName", "Ana");
        assertThat(world.members()).hasSize(1);
    }

    @Test
    void changeInOneAccountReachesTheOtherOneAndFallsSilent() throws Exception {
        withTwoAccounts();
        alpha().subscribe("p@example.org", "Ana");
        world.listen();
        world.settle();
        world.clock.advance(Duration.ofMinutes(1));
        second().edit("p@example.org", "lastName", "Kim");
        world.listen();

        assertThat(world.settle()).isEqualTo(1);
        assertThat(contact("p")).containsEntry("lastName", "Kim");
    }

    @Test
    void whoUnsubscribesInOneAccountIsWithdrawnFromTheOtherOne() throws Exception {
        withTwoAccounts();
        alpha().subscribe("p@example.org", "Ana");
        world.listen();
        world.settle();
        world.clock.advance(Duration.ofMinutes(1));
        alpha().edit("p@example.org", "consentEmail", "opted_out");
        world.listen();
        world.settle();

        assertThat(second().contact("p@example.org")).containsEntry("consentEmail", "opted_out");
    }

    @Test
    void whoHasASharedAddressInOneAccountDoesNotHaveItInTheOther() throws Exception {
        withTwoAccounts();
        world.person("p", "Ana");
        alpha().subscribe("p@example.org", "Bertram");
        world.listen();
        assertThat(world.members()).hasSize(2);
        world.settle();

        assertThat(contact("p")).containsEntry("firstName", "Bertram");
        assertThat(second().contact("p@example.org"))
                .as("nobody was there, so the older of the two is")
                .containsEntry("firstName", "Ana");
    }

    @Test
    void twoAccountsMeanTwoPeopleByOneId() throws Exception {
        withTwoAccounts();
        alpha().subscribe("p@example.org", "Ana");
        second().subscribe("q@example.org", "Bo");
        world.listen();

        assertThat(world.members())
                .extracting(one -> one.record().values().get("firstName"))
                .containsExactlyInAnyOrder("Ana", "Bo");
        assertThat(world.rows("SELECT external_id FROM external_integrations ORDER BY external_id"))
                .containsExactly(List.of("a1"), List.of("second:a1"));
        world.settle();
        assertThat(alpha().emails()).containsExactlyInAnyOrder("p@example.org", "q@example.org");
        assertThat(second().emails()).containsExactlyInAnyOrder("p@example.org", "q@example.org");
    }

    // --- consent

    @Test
    void onlyWhoOptedInIsEverNamed() {
        world.desk("a", "email", "a@example.org", "firstName", "A", "consentEmail", "opted_out");
        world.desk("b", "email", "b@example.org", "firstName", "B", "consentEmail", "never");
        world.desk("c", "email", "c@example.org", "firstName", "C");
        world.desk("d", "email", "d@example.org", "firstName", "D", "consentEmail", "pending");
        world.person("e", "Eve");

        world.settle();

        assertThat(alpha().requests).singleElement().satisfies(request -> assertThat(body(request))
                .contains("e@example.org")
                .doesNotContain("a@example.org", "b@example.org", "c@example.org", "d@example.org"));
    }

    @Test
    void withdrawalComesFirstAndNobodyIsSubscribedAgain() {
        world.person("p", "Ana");
        world.settle();
        alpha().requests.clear();
        for (int i = 0; i < 6; i++) {
            world.person("q" + i, "Bob");
        }
        world.clock.advance(Duration.ofSeconds(5));
        world.desk("p", "consentEmail", "opted_out");
        world.push();

        assertThat(alpha().requests.get(0).path()).isEqualTo("/contacts/p%40example.org/withdraw");
        assertThat(contact("p")).containsEntry("consentEmail", "opted_out");

        world.settle();
        world.clock.advance(Duration.ofDays(1));
        world.desk("p", "consentEmail", "opted_in", "firstName", "Anna");
        alpha().requests.clear();
        world.settle();
        assertThat(alpha().requests)
                .as("withdrew: only they themselves can return")
                .isEmpty();
    }

    @Test
    void whoUnsubscribedThereIsNotToldTo() {
        world.person("p", "Ana");
        world.settle();
        world.clock.advance(Duration.ofMinutes(1));
        alpha().edit("p@example.org", "consentEmail", "opted_out");
        alpha().requests.clear();

        assertThat(world.settle()).isZero();
        assertThat(world.members().get(0).record().values()).containsEntry("consentEmail", "opted_out");
        world.desk("p", "firstName", "Anna");
        assertThat(world.settle()).isZero();
    }

    // --- failures

    @Test
    void onlyWhatTheTargetRefusesFails() {
        alpha().poison.add("p2@example.org");
        for (int i = 0; i < 4; i++) {
            world.person("p" + i, "Ana");
        }
        assertThat(world.settle()).isEqualTo(1);

        assertThat(alpha().emails()).hasSize(3);
        assertThat(world.rows("SELECT error_code, error FROM pushes WHERE status = 3"))
                .containsExactly(List.of("push-refused", "alpha-contacts refused it: p2@example.org looks fake"));

        alpha().poison.clear();
        String golden = world.rows("SELECT golden_id FROM pushes WHERE status = 3")
                .get(0)
                .get(0)
                .toString();
        world.replay(Long.parseLong(golden), "alpha-contacts", "default", false);
        world.settle();
        assertThat(alpha().emails()).hasSize(4);
    }

    @Test
    void oneBadRecordStopsNoOther() {
        alpha().poison.add("p2@example.org");
        alpha().statusOfPoison = 400;
        for (int i = 0; i < 4; i++) {
            world.person("p" + i, "Ana");
        }
        assertThat(world.settle()).as("4, 2 + 2, 1 + 1").isEqualTo(5);
        assertThat(alpha().emails()).hasSize(3);
        assertThat(world.rows("SELECT COUNT(*) FROM pushes WHERE status = 3")).containsExactly(List.of("1"));
    }

    @Test
    void withoutAnAnswerTheSameIsToldAgainWhereThatDoesNoHarm() {
        world.person("p", "Ana");
        world.loseAnswers(1, true);
        assertThat(world.push()).isEqualTo(1);
        assertThat(statuses()).containsExactly(List.of("1", "1"));
        assertThat(world.settle()).isEqualTo(1);
        assertThat(statuses()).containsExactly(List.of("0", "0"));
    }

    @Test
    void withoutAnAnswerTheTargetIsAskedWhatItHas() throws Exception {
        again(FakeTarget.yaml("alpha", "").replaceFirst("idempotent: true", "idempotent: false"));
        world.person("p", "Ana");
        world.loseAnswers(1, true);
        world.push();
        alpha().requests.clear();

        assertThat(world.settle()).isEqualTo(1);
        assertThat(alpha().requests).extracting(PlatformRequest::path).containsExactly("/contacts/read");
        assertThat(statuses()).containsExactly(List.of("0", "0"));

        world.clock.advance(Duration.ofMinutes(1));
        world.desk("p", "firstName", "Anna");
        world.loseAnswers(1, false);
        world.push();
        alpha().requests.clear();
        world.settle();
        assertThat(alpha().requests).extracting(PlatformRequest::path).containsExactly("/contacts/read", "/contacts");
        assertThat(contact("p")).containsEntry("firstName", "ANNA");
    }

    @Test
    void whoMayHaveArrivedIsWithdrawnAndTakenOff() {
        world.person("p", "Ana");
        world.person("q", "Bob");
        world.loseAnswers(1, true);
        world.push();
        assertThat(alpha().emails()).hasSize(2);
        world.clock.advance(Duration.ofMinutes(1));
        world.desk("p", "consentEmail", "opted_out");
        world.gone("q");
        world.settle();

        assertThat(contact("p")).containsEntry("consentEmail", "opted_out");
        assertThat(alpha().emails()).containsExactly("p@example.org");
    }

    @Test
    void whatAHubThatDiedWasPushingIsPushedOnce() throws Exception {
        world.person("p", "Ana");
        world.clock.advance(Duration.ofSeconds(2));
        PushStore.Lane lane = world.store.lanes(PushStore.Lane.FIRST, 1).get(0);
        Pushing other = world.pushing("other");
        PushWork lost = other.claim(lane).orElseThrow();
        other.prepare(lost);
        alpha().call(other.request(lost));
        assertThat(world.push()).as("the other one may live").isZero();

        assertThat(world.store.returnLost(Duration.ofSeconds(30))).isEqualTo(1);
        world.settle();
        assertThat(statuses()).containsExactly(List.of("0", "0"));
        assertThat(alpha().emails()).hasSize(1);
    }

    @Test
    void twoHubsNeverHoldTheSameRow() {
        for (int i = 0; i < 8; i++) {
            world.person("p" + i, "Ana");
        }
        world.clock.advance(Duration.ofSeconds(2));
        PushStore.Lane lane = world.store.lanes(PushStore.Lane.FIRST, 1).get(0);
        Pushing other = world.pushing("other");
        PushWork mine = world.pushing.claim(lane).orElseThrow();
        PushWork theirs = other.claim(lane).orElseThrow();
        Optional<PushWork> none = world.pushing.claim(lane);

        assertThat(none).isEmpty();
        assertThat(world.run(world.pushing, mine) + world.run(other, theirs)).isEqualTo(2);
        assertThat(alpha().emails()).hasSize(8);
    }

    @Test
    void withoutACredentialNoAttemptIsBurnt() {
        world.person("p", "Ana");
        world.clock.advance(Duration.ofSeconds(2));
        PushWork work = world.pushing
                .claim(world.store.lanes(PushStore.Lane.FIRST, 1).get(0))
                .orElseThrow();
        world.pushing.prepare(work);
        world.pushing.putOff(work, new CredentialUnusable("connect alpha anew"));
        assertThat(statuses()).containsExactly(List.of("1", "0"));

        PushWork early = world.pushing
                .claim(world.store.lanes(PushStore.Lane.FIRST, 1).get(0))
                .orElse(null);
        assertThat(early).as("not before the pause").isNull();
        world.clock.advance(Duration.ofSeconds(11));
        assertThat(world.settle()).isEqualTo(1);
    }

    @Test
    void whatTheQuotaPutsOffComesBackWhenItIsDueWithoutAnAttempt() {
        world.person("p", "Ana");
        world.clock.advance(Duration.ofSeconds(2));
        PushStore.Lane lane = world.store.lanes(PushStore.Lane.FIRST, 1).get(0);
        PushWork work = world.pushing.claim(lane).orElseThrow();
        world.pushing.prepare(work);
        world.pushing.request(work);
        world.pushing.putOff(
                work, new Transient(FailureCode.PUT_OFF, "no call for 600 s", null, Duration.ofSeconds(600)));

        assertThat(world.rows("SELECT status, attempts, error FROM pushes"))
                .containsExactly(List.of("1", "0", "no call for 600 s"));
        world.clock.advance(Duration.ofSeconds(590));
        assertThat(world.push()).isZero();
        world.clock.advance(Duration.ofSeconds(10));
        assertThat(world.push()).isEqualTo(1);
        assertThat(alpha().requests).extracting(PlatformRequest::path).containsExactly("/contacts");
        assertThat(statuses()).containsExactly(List.of("0", "0"));
    }

    @Test
    void retryAfterIsObeyed() {
        world.person("p", "Ana");
        world.clock.advance(Duration.ofSeconds(2));
        PushStore.Lane lane = world.store.lanes(PushStore.Lane.FIRST, 1).get(0);
        PushWork work = world.pushing.claim(lane).orElseThrow();
        world.pushing.prepare(work);
        world.pushing.putOff(
                work, new Transient(FailureCode.PLATFORM_THROTTLED, "slower", null, Duration.ofMinutes(5)));
        world.clock.advance(Duration.ofMinutes(4));
        assertThat(world.pushing.claim(lane)).isEmpty();
        world.clock.advance(Duration.ofMinutes(2));
        assertThat(world.pushing.claim(lane)).isPresent();
    }

    // --- coming and going

    @Test
    void whoIsMergedAwayIsTakenOffUnlessTheOtherHasTheirName() {
        world.person("p", "Ana");
        world.desk("q", "email", "q@example.org", "lastName", "Lee", "consentEmail", "opted_in");
        world.settle();
        assertThat(alpha().emails()).hasSize(2);
        world.clock.advance(Duration.ofMinutes(1));
        world.desk("q", "email", "p@example.org");
        alpha().drain();
        world.settle();

        assertThat(world.members()).hasSize(1);
        assertThat(alpha().emails()).containsExactly("p@example.org");
    }

    @Test
    void whoIsThereButWasNotPutThereByUsIsLeftAlone() {
        world.person("p", "Ana");
        world.settle();
        world.hear(new CanonicalRecord(
                new RecordKey("default", "alpha", Entity.MEMBER, "own"),
                new TreeMap<>(Map.of("email", "own@example.org", "firstName", "Own", "consentEmail", "never")),
                world.clock.instant(),
                Map.of(),
                world.clock.instant(),
                Instant.EPOCH,
                false,
                List.of()));
        alpha().requests.clear();
        world.settle();
        assertThat(alpha().requests).isEmpty();
    }

    // --- who wins

    @Test
    void mergeLeavesWhatTheTargetChanged() throws Exception {
        world.close();
        world = new PushWorld(
                folder,
                newDatabase(),
                Map.of(
                        "alpha",
                        FakeTarget.yaml("alpha", "")
                                .replace("    key: email\n", "    key: email\n    conflictResolution: merge\n")),
                """
                entities:
                  member:
                    default: precedence
                    platforms: [desk, alpha]
                """);
        alpha().shouting = false;
        world.person("p", "Ana");
        world.settle();
        world.clock.advance(Duration.ofMinutes(1));
        alpha().edit("p@example.org", "lastName", "Smith");
        world.settle();
        assertThat(contact("p")).containsEntry("lastName", "Smith");

        world.clock.advance(Duration.ofMinutes(1));
        world.desk("p", "phone", "+15005550006");
        world.settle();
        assertThat(contact("p")).containsEntry("lastName", "Smith").containsEntry("phone", "+15005550006");

        world.clock.advance(Duration.ofMinutes(1));
        world.desk("p", "lastName", "Kim");
        world.settle();
        assertThat(contact("p")).as("a newer word of ours").containsEntry("lastName", "Kim");
    }

    private ContractedApi withManual() throws Exception {
        world.close();
        world = new PushWorld(
                folder,
                newDatabase(),
                Map.of(
                        "alpha",
                        FakeTarget.yaml("alpha", "")
                                .replace("    key: email\n", "    key: email\n    conflictResolution: manual\n")),
                """
                entities:
                  member:
                    default: precedence
                    platforms: [desk, alpha]
                """);
        alpha().shouting = false;
        return new ContractedApi(
                world.database, folder, new ConflictsResource(world.database, world.planning, null, world.trail));
    }

    /** Ana Lee, in whose place the target has what these say. */
    private void changedThere(String... fieldsAndValues) {
        world.person("p", "Ana");
        world.settle();
        changedAgain(fieldsAndValues);
    }

    private void changedAgain(String... fieldsAndValues) {
        world.clock.advance(Duration.ofMinutes(1));
        for (int i = 0; i < fieldsAndValues.length; i += 2) {
            alpha().edit("p@example.org", fieldsAndValues[i], fieldsAndValues[i + 1]);
        }
        world.settle();
    }

    private static JsonNode ask(ContractedApi api, String method, List<String> rest, String body) throws Exception {
        List<String> path = new ArrayList<>(List.of("conflicts"));
        path.addAll(rest);
        return ContractedApi.json(
                api.ask(method, String.join("/", path), Map.of("content-type", "application/json"), body));
    }

    private static JsonNode conflicts(ContractedApi api) throws Exception {
        return ask(api, "GET", List.of(), "").path("items");
    }

    private static String resolve(ContractedApi api, String field, String choice) throws Exception {
        for (JsonNode one : conflicts(api)) {
            if (one.path("field").asText().equals(field)) {
                return ask(api, "POST", List.of(one.path("id").asText(), "resolve"), "{\"choice\":\"" + choice + "\"}")
                        .path("push")
                        .asText();
            }
        }
        throw new AssertionError("No conflict is about " + field);
    }

    @Test
    void manualHoldsThePushForAPerson() throws Exception {
        withManual();
        changedThere("lastName", "Smith");

        assertThat(world.rows("SELECT status, error FROM pushes"))
                .containsExactly(List.of("4", "was changed at the target: lastName is 'Smith' there and 'Lee' here"));
        long golden = world.members().get(0).record().id();
        world.replay(golden, "alpha-contacts", "default", true);
        world.settle();
        assertThat(contact("p")).containsEntry("lastName", "Lee");
        assertThat(world.rows("SELECT status, contested FROM pushes")).containsExactly(List.of("0", "null"));
    }

    @Test
    void heldPushIsAConflictWithBothValues() throws Exception {
        ContractedApi conflicts = withManual();
        changedThere("lastName", "Smith");

        JsonNode one = conflicts(conflicts).path(0);
        assertThat(conflicts(conflicts)).hasSize(1);
        assertThat(one.path("kind").asText()).isEqualTo("push");
        assertThat(one.path("field").asText()).isEqualTo("lastName");
        assertThat(one.path("status").asText()).isEqualTo("open");
        assertThat(one.at("/standing/0/value").asText()).isEqualTo("Lee");
        assertThat(one.at("/rivals/0/value").asText()).isEqualTo("Smith");
        assertThat(one.at("/rivals/0/platform").asText()).isEqualTo("alpha");
        assertThat(ask(conflicts, "GET", List.of(one.path("id").asText()), "")).isEqualTo(one);
    }

    @Test
    void keepingOursPushesIt() throws Exception {
        ContractedApi conflicts = withManual();
        changedThere("lastName", "Smith");

        assertThat(resolve(conflicts, "lastName", "keep_current")).isEqualTo("due");
        assertThat(conflicts(conflicts)).isEmpty();
        assertThat(world.settle()).isEqualTo(1);
        assertThat(contact("p")).containsEntry("lastName", "Lee");
        assertThat(world.rows("SELECT status, contested FROM pushes")).containsExactly(List.of("0", "null"));

        changedAgain("lastName", "Smith");
        assertThat(conflicts(conflicts)).as("said of then, not of now").hasSize(1);
    }

    @Test
    void acceptingTheirsLetsItBeUntilOneOfTheTwoChanges() throws Exception {
        ContractedApi conflicts = withManual();
        changedThere("lastName", "Smith");

        assertThat(resolve(conflicts, "lastName", "accept_incoming")).isEqualTo("due");
        assertThat(world.settle()).isZero();
        assertThat(contact("p")).containsEntry("lastName", "Smith");
        assertThat(world.members().get(0).record().values()).containsEntry("lastName", "Lee");
        assertThat(conflicts(conflicts)).isEmpty();

        world.clock.advance(Duration.ofMinutes(1));
        world.desk("p", "phone", "+15005550006");
        world.settle();
        assertThat(contact("p")).containsEntry("lastName", "Smith").containsEntry("phone", "+15005550006");
        assertThat(world.rows("SELECT status FROM pushes")).containsExactly(List.of("0"));

        changedAgain("lastName", "Jones");
        assertThat(conflicts(conflicts)).hasSize(1);
        resolve(conflicts, "lastName", "accept_incoming");
        world.settle();
        world.clock.advance(Duration.ofMinutes(1));
        world.desk("p", "lastName", "Kim");
        world.settle();
        assertThat(contact("p")).as("a newer word of ours").containsEntry("lastName", "Kim");
    }

    @Test
    void whatWasNeverToldIsNotTakenForOursByAcceptingIt() throws Exception {
        ContractedApi conflicts = withManual();
        world.desk("p", "email", "p@example.org", "firstName", "Ana", "lastName", "Lee", "consentEmail", "opted_in");
        world.hear(new CanonicalRecord(
                new RecordKey("default", "alpha", Entity.MEMBER, "own"),
                new TreeMap<>(Map.of(
                        "email", "p@example.org", "firstName", "Ana", "lastName", "Smith", "consentEmail", "opted_in")),
                world.clock.instant(),
                Map.of(),
                world.clock.instant(),
                Instant.EPOCH,
                false,
                List.of()));
        world.push();
        resolve(conflicts, "lastName", "accept_incoming");
        assertThat(world.push()).isZero();
        assertThat(conflicts(conflicts)).isEmpty();

        world.desk("p", "consentEmail", "never");
        assertThat(world.push()).as("they subscribed there themselves").isZero();
    }

    @Test
    void pushGoesWhenSomethingWasSaidOfEachField() throws Exception {
        ContractedApi conflicts = withManual();
        changedThere("lastName", "Smith", "firstName", "Anna");
        assertThat(conflicts(conflicts)).hasSize(2);

        assertThat(resolve(conflicts, "lastName", "keep_current")).isEqualTo("held");
        world.clock.advance(Duration.ofMinutes(1));
        world.desk("p", "phone", "+15005550006");
        assertThat(world.settle()).isZero();
        assertThat(resolve(conflicts, "firstName", "accept_incoming")).isEqualTo("due");
        world.settle();

        assertThat(contact("p"))
                .containsEntry("lastName", "Lee")
                .containsEntry("firstName", "Anna")
                .containsEntry("phone", "+15005550006");
        assertThat(conflicts(conflicts)).isEmpty();
    }

    @Test
    void wordOfAPersonIsAboutTheValuesThatTheySaw() throws Exception {
        ContractedApi conflicts = withManual();
        changedThere("lastName", "Smith", "firstName", "Anna");
        resolve(conflicts, "lastName", "keep_current");
        changedAgain("lastName", "Jones");

        assertThat(conflicts(conflicts))
                .hasSize(2)
                .allSatisfy(one -> assertThat(one.path("choice").isNull()).isTrue());
    }

    @Test
    void onlyWhatIsHeldCanBeResolved() throws Exception {
        withManual();
        changedThere("lastName", "Smith");
        long golden = world.members().get(0).record().id();

        assertThatThrownBy(() -> world.resolve(golden, "alpha-contacts", "default", "lastName", "something else"))
                .hasMessageContaining("keep_current");
        assertThatThrownBy(() -> world.resolve(golden, "alpha-contacts", "default", "firstName", "keep_current"))
                .hasMessageContaining("is held by firstName");
        world.resolve(golden, "alpha-contacts", "default", "lastName", "keep_current");
        assertThatThrownBy(() -> world.resolve(golden, "alpha-contacts", "default", "lastName", "accept_incoming"))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("any more");
    }

    @Test
    void newAddressMovesTheContactWhereTheTargetKnowsHow() throws Exception {
        again(FakeTarget.yaml("alpha", """
                    move:
                      path: "/contacts/{oldKey}/move"
                      each: true
                      idempotent: true
                      record: "{email, firstName, lastName}"
                      body: .records[0]
                      results: "[{index: 0, status: .status, externalId: .answer.id}]"
                """));
        world.person("p", "Ana");
        world.settle();
        world.clock.advance(Duration.ofMinutes(1));
        world.desk("p", "email", "new@example.org");

        assertThat(world.settle()).isEqualTo(1);
        assertThat(alpha().emails()).containsExactly("new@example.org");
        assertThat(world.rows("SELECT item_key, status FROM pushes")).containsExactly(List.of("new@example.org", "0"));
        assertThat(world.settle()).isZero();
    }

    @Test
    void ofTwoWithOneAddressTheSecondIsHeldUntilTheFirstMovesAway() {
        world.person("p", "Ana");
        world.desk(
                "q", "email", "p@example.org", "firstName", "Bertram", "lastName", "Lee", "consentEmail", "opted_in");
        assertThat(world.members()).hasSize(2);
        world.settle();
        world.clock.advance(Duration.ofSeconds(5));
        assertThat(world.settle()).isZero();

        assertThat(contact("p")).containsEntry("firstName", "ANA");
        assertThat(world.rows("SELECT status, error FROM pushes ORDER BY golden_id")
                        .get(1))
                .satisfies(row -> assertThat(row.get(0)).isEqualTo("4"))
                .satisfies(row -> assertThat(row.get(1).toString())
                        .startsWith("has the same address as")
                        .contains("./muster push-again alpha-contacts --record"));

        // what changes about the second is no reason to write over the first
        world.clock.advance(Duration.ofMinutes(1));
        world.desk("q", "phone", "+12025550143");
        assertThat(world.settle()).isZero();

        world.desk("p", "email", "new@example.org");
        world.settle();
        assertThat(contact("new")).containsEntry("firstName", "ANA");
        assertThat(contact("p")).containsEntry("firstName", "BERTRAM");
        assertThat(statuses()).containsExactly(List.of("0", "0"), List.of("0", "0"));
    }

    @Test
    void whoHasTheAddressThereKeepsItAgainstAnOlderRecord() {
        world.desk(
                "q", "email", "q@example.org", "firstName", "Bertram", "lastName", "Lee", "consentEmail", "opted_in");
        world.person("p", "Ana");
        world.settle();
        world.clock.advance(Duration.ofMinutes(1));
        world.desk("q", "email", "p@example.org");
        world.settle();

        assertThat(contact("p")).containsEntry("firstName", "ANA");
        long second = world.members().get(1).record().id();
        assertThat(world.rows("SELECT golden_id FROM pushes WHERE status = 4"))
                .containsExactly(List.of(String.valueOf(second)));

        // unless a person says so
        world.replay(second, "alpha-contacts", "default", true);
        world.settle();
        assertThat(contact("p")).containsEntry("firstName", "BERTRAM");
    }

    @Test
    void targetThatCannotKeepAValueIsToldThriceAtMost() throws Exception {
        world.close();
        world = new PushWorld(folder, newDatabase(), Map.of("alpha", FakeTarget.yaml("alpha", "")), """
                entities:
                  member:
                    default: precedence
                    platforms: [desk, alpha]
                """);
        alpha().shouting = false;
        alpha().answering = false;
        world.person("p", "Alexandria-Josephine");
        int calls = 0;
        for (int round = 0; round < 8; round++) {
            calls += world.push();
            world.clock.advance(Duration.ofSeconds(10));
            // whatever it is told, this is what it keeps
            alpha().edit("p@example.org", "firstName", "Alexandria-J");
            world.listen();
        }
        assertThat(calls).isLessThanOrEqualTo(3);
    }

    // --- segments, plan, backfill

    @Test
    void segmentsFollowFromMemberships() throws Exception {
        again(FakeTarget.yaml("alpha", "").replace("    batch: 4\n", "    batch: 4\n    segments: [patrons]\n"));
        world.segments("""
                segments:
                  patrons: { when: '[.memberships[] | select(.status == "active")] | length > 0' }
                """);
        world.person("p", "Ana");
        world.settle();
        assertThat(body(alpha().requests.get(0))).contains("\"segments\":[]");

        world.clock.advance(Duration.ofMinutes(1));
        world.hear(world.statement(Entity.MEMBERSHIP, "m1", "member", "desk/member/p", "status", "active"));
        world.settle();
        assertThat(alpha().requests).hasSize(2);
        assertThat(body(alpha().requests.get(1))).contains("\"segments\":[\"patrons\"]");
    }

    private static final String ACTIVE = "'[.memberships[]? | select(.status == \"active\")] | length > 0'";

    private void withTags() throws Exception {
        again(FakeTarget.yaml("alpha", FakeTarget.tagsYaml("alpha", "[patrons, lees]")));
        world.segments("""
                segments:
                  patrons: { tag: Patron, when: %s }
                  lees: { tag: Lee, field: lastName, is: Lee }
                """.formatted(ACTIVE));
    }

    private void membership(String person, String status) {
        world.clock.advance(Duration.ofMinutes(1));
        world.hear(
                world.statement(Entity.MEMBERSHIP, "m-" + person, "member", "desk/member/" + person, "status", status));
    }

    private List<String> tagCalls() {
        return alpha().requests.stream()
                .filter(request -> request.path().endsWith("/tags"))
                .map(PushingContract::body)
                .toList();
    }

    @Test
    void whoLeavesASegmentLosesItsTagAndNobodyElseCostsACall() throws Exception {
        withTags();
        world.person("p", "Ana");
        world.person("q", "Bob");
        membership("p", "active");
        world.settle();
        assertThat(alpha().tags("p@example.org")).containsExactly("Lee", "Patron");
        assertThat(tagCalls()).hasSize(2);
        alpha().requests.clear();

        membership("p", "ended");
        world.planning.enqueue("alpha-tags", "default", null, Long.MAX_VALUE);
        world.settle();
        assertThat(alpha().tags("p@example.org")).containsExactly("Lee");
        assertThat(alpha().tags("q@example.org")).containsExactly("Lee");
        assertThat(tagCalls()).containsExactly("{\"on\":[\"Lee\"],\"off\":[\"Patron\"]}");
    }

    @Test
    void tagThatNoSegmentHasAnyMoreIsTakenOff() throws Exception {
        withTags();
        world.person("p", "Ana");
        membership("p", "active");
        world.settle();
        world.segments("segments: { patrons: { tag: Supporter, when: %s } }".formatted(ACTIVE));
        world.clock.advance(Duration.ofMinutes(1));
        world.planning.enqueue("alpha-tags", "default", null, Long.MAX_VALUE);
        // nobody answers, and nothing arrives: what is to be taken off is not forgotten by that
        world.loseAnswers(1, false);
        world.push();
        world.settle();

        assertThat(alpha().tags("p@example.org")).containsExactly("Supporter");
    }

    @Test
    void tagThatMayHaveArrivedIsTakenOffToo() throws Exception {
        withTags();
        world.person("p", "Ana");
        world.settle();
        membership("p", "active");
        world.loseAnswers(1, true);
        world.push();
        assertThat(alpha().tags("p@example.org")).containsExactly("Lee", "Patron");

        // known by another name now, and told in vain once more: the first name is still known
        world.segments("""
                segments:
                  patrons: { tag: Supporter, when: %s }
                  lees: { tag: Lee, field: lastName, is: Lee }
                """.formatted(ACTIVE));
        world.clock.advance(Duration.ofMinutes(1));
        world.loseAnswers(1, false);
        world.push();
        membership("p", "ended");
        world.settle();

        assertThat(alpha().tags("p@example.org")).containsExactly("Lee");
    }

    @Test
    void hubThatDiesBeforeTheTakingOffLeavesItToTheNext() throws Exception {
        withTags();
        world.person("p", "Ana");
        membership("p", "active");
        world.settle();
        membership("p", "ended");
        world.clock.advance(Duration.ofSeconds(2));
        PushStore.Lane lane = new PushStore.Lane("alpha-tags", "default");
        Pushing other = world.pushing("other");
        PushWork lost = other.claim(lane).orElseThrow();
        other.prepare(lost);
        assertThat(other.isCallPending(lost)).isTrue();

        assertThat(world.store.returnLost(Duration.ofSeconds(30))).isEqualTo(1);
        world.settle();
        assertThat(alpha().tags("p@example.org")).containsExactly("Lee");
    }

    @Test
    void whatMayHaveArrivedIsToldOtherwiseWhereItIsNotWantedAnyMore() {
        alpha().shouting = false;
        world.person("p", "Ana");
        world.settle();
        world.clock.advance(Duration.ofMinutes(1));
        world.desk("p", "firstName", "Anna");
        world.loseAnswers(1, true);
        world.push();
        world.clock.advance(Duration.ofMinutes(1));
        world.desk("p", "firstName", "Ana");
        assertThat(world.push()).isEqualTo(1);

        assertThat(contact("p")).containsEntry("firstName", "Ana");
    }

    @Test
    void planSaysWhatAPushDoesAndDoesNothing() {
        world.person("p", "Ana");
        PushPlanning.Part before = world.planning.plan("alpha-contacts", "default", null, false, Long.MAX_VALUE, 50);
        assertThat(before.items()).singleElement().satisfies(planned -> {
            assertThat(planned.step()).isEqualTo("create");
            assertThat(planned.differences().get("firstName")).isEqualTo(new PushPlanning.Change(null, "Ana"));
        });
        assertThat(alpha().requests).isEmpty();

        world.settle();
        assertThat(world.planning
                        .plan("alpha-contacts", "default", null, false, Long.MAX_VALUE, 50)
                        .items())
                .isEmpty();
        world.desk("p", "firstName", "Anna");
        assertThat(world.planning
                        .plan("alpha-contacts", "default", null, false, Long.MAX_VALUE, 50)
                        .items())
                .singleElement()
                .satisfies(planned -> assertThat(planned.differences())
                        .containsEntry("firstName", new PushPlanning.Change("Ana", "Anna")));
        assertThatThrownBy(() -> world.planning.plan("nothing", "default", null, false, Long.MAX_VALUE, 50))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("alpha-contacts");
    }

    @Test
    void backfillCostsNoCallForWhatIsThere() {
        for (int i = 0; i < 6; i++) {
            world.person("p" + i, "Ana");
        }
        world.settle();
        PushPlanning.Enqueued enqueued = world.planning.enqueue("alpha-contacts", "default", null, Long.MAX_VALUE);
        assertThat(enqueued.records()).isEqualTo(6);
        assertThat(enqueued.before()).isNull();
        assertThat(world.settle()).isZero();
    }
}
