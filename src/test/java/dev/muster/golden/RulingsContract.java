package dev.muster.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.StoredText;
import dev.muster.decide.IdentityRuling;
import dev.muster.decide.Survivorship;
import dev.muster.decide.SurvivorshipRules;
import dev.muster.failure.Refusal;
import dev.muster.operation.OperationStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a person decides holds, is written whole, and can be undone, whichever database it stands on. */
abstract class RulingsContract extends HeartContract {
    private static final ByWhom EVE = new ByWhom("eve", "passport", null);
    private static final Choice KEEP = new Choice.KeepCurrent();
    private static final Choice ACCEPT = new Choice.AcceptIncoming();

    private FieldRulings fields;
    private IdentityRulings people;

    @BeforeEach
    final void open() {
        Hearings hearings = new Hearings(heart(clock));
        fields = new FieldRulings(hearings);
        people = new IdentityRulings(hearings);
    }

    private static RecordKey key(String platform, String id) {
        return new RecordKey("default", platform, Entity.MEMBER, id);
    }

    private long version(long golden) {
        return Long.parseLong(goldenRow(golden).get(0));
    }

    /** Values, provenance and what stands of overrides of every member that has sources. */
    private List<List<String>> goldens() {
        return rows("SELECT m.id, m.email, m.first_name, m.last_name, m.phone, m.birth_date, m.city, m.attributes,"
                + " m.deleted_at, m.created_at, p.fields FROM members m JOIN field_provenance p ON p.golden_id = m.id"
                + " WHERE m.merged_into IS NULL ORDER BY m.id");
    }

    private List<List<String>> words() {
        return rows("SELECT home, field, golden_id, value, decided_by FROM field_overrides ORDER BY home, field");
    }

    private static Refusal refused(Runnable act) {
        try {
            act.run();
        } catch (Refusal refusal) {
            return refusal;
        }
        throw new AssertionError("It was not refused");
    }

    // --- secret fields

    @Test
    void secretFieldIsInNoTableInClearWhoeverSaysIt() throws Exception {
        survivorship = new Survivorship(
                SurvivorshipRules.parse(
                        "s.yaml",
                        "entities: { member: { fields: { notes: { rule: review, pii: secret }, size: { pii: secret } } } }"),
                ErasedPeople.fieldKeys(database));
        String email = "ana@example.com";
        apply(said(member("patreon", "1", 1, "email", email, "notes", "first-clear-word", "size", 42L)));
        apply(said(member("klaviyo", "2", 2, "email", email, "notes", "second-clear-word")));
        long golden = goldenOf("patreon", "1");
        Object kept = values(Entity.MEMBER, golden).get("notes");
        assertThat(survivorship.seal().open((String) kept, "default"::equals)).contains("first-clear-word");
        long conflict = Long.parseLong(
                column("SELECT id FROM sync_conflicts WHERE status = 'open'").get(0));

        for (String guess : List.of("second-clear-word", "a wrong one")) {
            // right or wrong: no answer tells which
            Choice named = new Choice.AcceptIncoming(null, guess);
            assertThat(refused(() -> fields.resolve(conflict, named, EVE)).status())
                    .isEqualTo(403);
            assertThat(refused(() -> fields.resolve(conflict, new Choice.Own(guess), EVE))
                            .status())
                    .isEqualTo(403);
            assertThat(refused(() -> fields.override(Entity.MEMBER, golden, "notes", guess, null, EVE))
                            .status())
                    .isEqualTo(403);
            assertThat(fields.resolveAll(List.of(conflict), named, EVE))
                    .singleElement()
                    .satisfies(answer -> assertThat(answer.outcome()).isEqualTo(Answer.Outcome.REFUSED));
        }
        assertThat(column("SELECT id FROM sync_conflicts WHERE status = 'open'"))
                .containsExactly(String.valueOf(conflict));
        ByWhom trusted = new ByWhom("eve", EVE.reason(), null, true);
        fields.resolve(conflict, new Choice.AcceptIncoming(null, "second-clear-word"), trusted);

        assertThat(opened(golden, "notes")).isEqualTo("second-clear-word");
        fields.override(Entity.MEMBER, golden, "notes", "third-clear-word", null, trusted);
        assertThat(opened(golden, "notes")).isEqualTo("third-clear-word");
        assertThat(opened(golden, "size")).isEqualTo(42L);
        fields.lift(Entity.MEMBER, golden, "notes", null, EVE);
        apply(said(member("klaviyo", "2", 3, "notes", "first-clear-word")));
        assertThat(count("sync_conflicts WHERE status = 'open'"))
                .as("the sealed texts agree as the values do")
                .isZero();
        StoredText.of(database)
                .forEach((table, text) -> assertThat(text).as(table).doesNotContain("clear-word"));
        assertThat(StoredText.of(database).get("audit_log")).contains("sealed:v1:");
        assertThat(roll().explain(roll().find(Entity.MEMBER, golden).orElseThrow()))
                .filteredOn(one -> one.field().equals("notes"))
                .singleElement()
                .satisfies(one -> assertThat(one.candidates()).hasSize(2));
    }

    private Object opened(long golden, String field) {
        return survivorship
                .seal()
                .open((String) values(Entity.MEMBER, golden).get(field), "default"::equals)
                .orElseThrow();
    }

    // --- overrides

    private long ana() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "firstName", "Ana")));
        return goldenOf("patreon", "1");
    }

    @Test
    void overrideIsWrittenWholeAndHoldsUntilItIsLifted() {
        plan = plan(List.of(target("m", "mailchimp", Entity.MEMBER, Set.of("firstName"))));
        long golden = ana();
        executeUnguarded("DELETE FROM audit_log");
        execute("UPDATE pushes SET status = 0");

        Ruled ruled = fields.override(Entity.MEMBER, golden, "firstName", "Anastasia", 1L, EVE);

        assertThat(ruled.records()).singleElement().satisfies(record -> {
            assertThat(record.version()).isEqualTo(2);
            assertThat(record.values()).containsEntry("firstName", "Anastasia");
        });
        assertThat(values(Entity.MEMBER, golden)).containsEntry("firstName", "Anastasia");
        assertThat(column("SELECT fields FROM field_provenance").get(0)).contains("eve", "passport");
        assertThat(rows("SELECT id, actor, action, reason, operation_id FROM audit_log"))
                .containsExactly(List.of(String.valueOf(ruled.id()), "eve", "override", "passport", "-"));
        assertThat(column("SELECT changes FROM audit_log").get(0))
                .contains("\"firstName\":[\"Ana\",\"Anastasia\"]", "\"override\":\"Anastasia\"");
        assertThat(column("SELECT status FROM pushes")).containsExactly("1");
        apply(said(member("patreon", "1", 2, "firstName", "Anna")));
        assertThat(values(Entity.MEMBER, golden)).containsEntry("firstName", "Anastasia");

        fields.lift(Entity.MEMBER, golden, "firstName", null, EVE);

        assertThat(values(Entity.MEMBER, golden)).containsEntry("firstName", "Anna");
        assertThat(count("field_overrides")).isZero();
        assertThat(column("SELECT changes FROM audit_log WHERE action = 'lift_override'"))
                .singleElement()
                .asString()
                .contains("\"firstName\":[\"Anastasia\",\"Anna\"]");
    }

    @Test
    void overrideOfWhatStandsIsAVersionOfItsOwnAndTellsNobody() {
        plan = plan(List.of(target("m", "mailchimp", Entity.MEMBER, Set.of("firstName"))));
        long golden = ana();
        execute("UPDATE pushes SET status = 0");

        fields.override(Entity.MEMBER, golden, "firstName", "Ana", null, EVE);

        assertThat(version(golden)).isEqualTo(2);
        assertThat(column("SELECT status FROM pushes")).containsExactly("0");
    }

    @Test
    void whoSawAnotherVersionIsRefusedAndChangesNothing() {
        long golden = ana();
        apply(said(member("patreon", "1", 2, "phone", "+15005550006")));

        Refusal refusal = refused(() -> fields.override(Entity.MEMBER, golden, "firstName", "Eva", 1L, EVE));

        assertThat(refusal.status()).isEqualTo(412);
        assertThat(refusal).hasMessageContaining("version 2");
        assertThat(count("field_overrides")).isZero();
        assertThat(version(golden)).isEqualTo(2);
    }

    @Test
    void valueIsTakenInItsCanonicalFormOrRefused() {
        long golden = ana();
        fields.override(Entity.MEMBER, golden, "email", "Ana@Example.COM ", null, EVE);
        fields.override(Entity.MEMBER, golden, "tags", List.of("b", "a"), null, EVE);
        assertThat(values(Entity.MEMBER, golden))
                .containsEntry("email", "ana@example.com")
                .containsEntry("tags", List.of("a", "b"));

        for (Map.Entry<String, Object> wrong : Map.<String, Object>of(
                        "birthDate", "1990-02-31",
                        "consentEmail", "yes",
                        "firstName", "  ",
                        "amount", "much",
                        "phone", "12",
                        "no field", "x")
                .entrySet()) {
            assertThat(refused(() ->
                                    fields.override(Entity.MEMBER, golden, wrong.getKey(), wrong.getValue(), null, EVE))
                            .status())
                    .as(wrong.getKey())
                    .isEqualTo(400);
        }
    }

    @Test
    void fieldOfUnknownTypeKeepsTheKindOfValueItHas() {
        apply(said(member("patreon", "1", 1, "points", 7L)));
        long golden = goldenOf("patreon", "1");

        assertThat(refused(() -> fields.override(Entity.MEMBER, golden, "points", "many", null, EVE)))
                .hasMessageContaining("a whole number is expected");
        fields.override(Entity.MEMBER, golden, "points", 8L, null, EVE);
        assertThat(values(Entity.MEMBER, golden)).containsEntry("points", 8L);
    }

    @Test
    void whatBelongsToOthersIsNotThere() {
        long golden = ana();
        ByWhom stranger = new ByWhom("mallory", "", "other");
        long bob = bobOf("lee@example.com");

        assertThat(refused(() -> fields.override(Entity.MEMBER, golden, "firstName", "Eva", null, stranger))
                        .status())
                .isEqualTo(404);
        assertThat(refused(() -> people.merge(golden, bob, null, null, stranger))
                        .status())
                .isEqualTo(404);
        assertThat(refused(() -> people.unmerge(golden, Set.of(key("patreon", "1")), null, stranger))
                        .status())
                .isEqualTo(404);
        assertThat(refused(() -> people.lift(
                                people.merge(golden, bob, null, null, EVE).ruling(), stranger))
                        .status())
                .isEqualTo(404);
    }

    @Test
    void memberOfAnotherOrganizationIsNotMerged() {
        long golden = ana();
        apply(said(about(new RecordKey("other", "patreon", Entity.MEMBER, "77"), 1, false, "firstName", "Ana")));
        long elsewhere = goldenOf("patreon", "77");

        assertThat(refused(() -> people.merge(golden, elsewhere, null, null, EVE))
                        .status())
                .isEqualTo(404);
        assertThat(count("members WHERE merged_into IS NULL")).isEqualTo(2);
    }

    @Test
    void everyEntityCanBeOverridden() {
        apply(said(about(new RecordKey("default", "eventbrite", Entity.EVENT, "e1"), 1, false, "name", "Harbor Run")));
        long event = Long.parseLong(column("SELECT id FROM events").get(0));

        fields.override(Entity.EVENT, event, "startsAt", "2026-05-01T09:00:00+02:00", null, EVE);

        assertThat(values(Entity.EVENT, event)).containsEntry("startsAt", "2026-05-01T07:00:00Z");
    }

    // --- conflicts

    /** Two sources that disagree on the date of birth. */
    private long disputed(String id) {
        apply(said(member("patreon", id, 1, "email", id + "@example.com", "birthDate", "1990-01-06")));
        apply(said(member("klaviyo", id, 2, "email", id + "@example.com", "birthDate", "1990-06-01")));
        return goldenOf("patreon", id);
    }

    private long conflictOf(long golden) {
        return Long.parseLong(column("SELECT id FROM sync_conflicts WHERE golden_id = " + golden)
                .get(0));
    }

    @Test
    void resolvedConflictSaysByWhomAndOpensAgainWhenItIsLifted() {
        long golden = disputed("1");
        long conflict = conflictOf(golden);

        Ruled ruled = fields.resolve(conflict, ACCEPT, EVE);

        assertThat(values(Entity.MEMBER, golden)).containsEntry("birthDate", "1990-06-01");
        assertThat(rows("SELECT status, resolved_by, choice, reason, act FROM sync_conflicts"))
                .containsExactly(List.of("resolved", "eve", "accept_incoming", "passport", String.valueOf(ruled.id())));
        assertThat(refused(() -> fields.resolve(conflict, KEEP, EVE))).hasMessageContaining("eve has resolved it");
        assertThat(apply(said(member("klaviyo", "1", 3, "birthDate", "1991-01-01"))))
                .containsExactly(OperationStatus.SUCCESS);
        assertThat(column("SELECT status FROM sync_conflicts")).containsExactly("resolved");

        fields.lift(Entity.MEMBER, golden, "birthDate", null, EVE);

        assertThat(values(Entity.MEMBER, golden)).containsEntry("birthDate", "1990-01-06");
        assertThat(rows("SELECT id, status, resolved_by, choice FROM sync_conflicts"))
                .containsExactly(List.of(String.valueOf(conflict), "open", "-", "-"));
    }

    @Test
    void liftedConflictWhoseSourcesAgreeStaysClosed() {
        long golden = disputed("1");
        fields.resolve(conflictOf(golden), KEEP, EVE);
        assertThat(values(Entity.MEMBER, golden)).containsEntry("birthDate", "1990-01-06");
        apply(said(member("klaviyo", "1", 3, "birthDate", "1990-01-06")));

        fields.lift(Entity.MEMBER, golden, "birthDate", null, EVE);

        assertThat(column("SELECT status FROM sync_conflicts")).containsExactly("resolved");
    }

    @Test
    void overrideResolvesTheConflictOfItsField() {
        long golden = disputed("1");

        fields.override(Entity.MEMBER, golden, "birthDate", "1992-02-02", null, EVE);

        assertThat(rows("SELECT status, choice FROM sync_conflicts")).containsExactly(List.of("resolved", "own"));
    }

    @Test
    void oneOfSeveralRivalsHasToBeNamed() {
        long golden = disputed("1");
        apply(said(member("eventbrite", "1", 3, "email", "1@example.com", "birthDate", "1991-01-01")));
        long conflict = conflictOf(golden);

        assertThat(refused(() -> fields.resolve(conflict, ACCEPT, EVE)).status())
                .isEqualTo(400);
        assertThat(refused(() -> fields.resolve(conflict, new Choice.AcceptIncoming(2, null), EVE))
                        .status())
                .isEqualTo(400);
        assertThat(refused(() -> fields.resolve(conflict, new Choice.AcceptIncoming(null, "1999-09-09"), EVE))
                        .status())
                .isEqualTo(400);
        fields.resolve(conflict, new Choice.AcceptIncoming(null, "1991-01-01"), EVE);
        assertThat(values(Entity.MEMBER, golden)).containsEntry("birthDate", "1991-01-01");
    }

    @Test
    void manyConflictsAreAnsweredOneByOne() {
        List<Long> conflicts = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            conflicts.add(conflictOf(disputed("m" + i)));
        }
        apply(said(member("eventbrite", "m4", 3, "email", "m4@example.com", "birthDate", "1991-01-01")));
        fields.resolve(conflicts.get(0), KEEP, EVE);
        conflicts.add(4711L);

        List<Answer> answers = fields.resolveAll(conflicts, ACCEPT, EVE);

        assertThat(answers)
                .extracting(Answer::outcome)
                .containsExactly(
                        Answer.Outcome.GONE,
                        Answer.Outcome.DONE,
                        Answer.Outcome.DONE,
                        Answer.Outcome.DONE,
                        Answer.Outcome.REFUSED,
                        Answer.Outcome.GONE);
        assertThat(column("SELECT status FROM sync_conflicts ORDER BY id"))
                .containsExactly("resolved", "resolved", "resolved", "resolved", "open");
        assertThat(count("field_overrides WHERE value LIKE '%1990-06-01%'")).isEqualTo(3);
    }

    @Test
    void wordsOfTwoPersonsThatMetAreSettledByAThird() {
        long stays = ana();
        long goes = bobOf("lee@example.com");
        fields.override(Entity.MEMBER, stays, "city", "Paris", null, EVE);
        fields.override(Entity.MEMBER, goes, "city", "Bergen", null, EVE);

        people.merge(stays, goes, null, null, EVE);
        assertThat(values(Entity.MEMBER, stays)).containsEntry("city", "Paris");
        assertThat(column("SELECT status FROM sync_conflicts")).containsExactly("open");

        fields.resolve(conflictOf(stays), ACCEPT, EVE);
        assertThat(values(Entity.MEMBER, stays)).containsEntry("city", "Bergen");
        apply(said(member("patreon", "1", 2, "phone", "+15005550006")));
        assertThat(column("SELECT status FROM sync_conflicts")).containsExactly("resolved");
    }

    // --- merge and unmerge

    @Test
    void whoMeetAgainAreWhoTheyWereWithTheWordsThatStoodThere() {
        apply(said(member("patreon", "1", 1, "email", "b@example.com", "firstName", "Bob")));
        apply(said(member("klaviyo", "1", 1, "email", "b@example.com", "firstName", "Ana")));
        apply(said(member("eventbrite", "1", 1, "email", "c@example.com")));
        apply(said(member("klaviyo", "1", 2, "email", "c@example.com")));
        apply(said(member("eventbrite", "1", 2, "email", "b@example.com")));
        long bob = goldenOf("patreon", "1");
        long ana = goldenOf("klaviyo", "1");
        assertThat(goldenOf("eventbrite", "1")).isEqualTo(ana).isGreaterThan(bob);
        fields.override(Entity.MEMBER, ana, "language", "fr", null, EVE);

        Ruled parted = people.unmerge(ana, Set.of(key("klaviyo", "1")), null, EVE);
        assertThat(goldenOf("eventbrite", "1")).isEqualTo(bob);
        people.lift(parted.ruling(), EVE);

        assertThat(goldenOf("patreon", "1")).isEqualTo(bob);
        assertThat(goldenOf("klaviyo", "1")).isEqualTo(ana);
        assertThat(goldenOf("eventbrite", "1")).isEqualTo(ana);
        assertThat(values(Entity.MEMBER, ana)).containsEntry("language", "fr");
        assertThat(values(Entity.MEMBER, bob)).doesNotContainKey("language");
    }

    private long bobOf(String email) {
        apply(said(member("klaviyo", "2", 1, "email", email, "firstName", "Bob", "lastName", "Lee")));
        return goldenOf("klaviyo", "2");
    }

    @Test
    void mergeThenUnmergeGivesBackExactlyWhatWas() {
        plan = plan(List.of(target("m", "mailchimp", Entity.MEMBER, Set.of("firstName"))));
        long ana = ana();
        long bob = bobOf("lee@example.com");
        fields.override(Entity.MEMBER, bob, "city", "Bergen", null, EVE);
        fields.override(Entity.MEMBER, ana, "phone", "+15005550006", null, EVE);
        List<List<String>> goldens = goldens();
        List<List<String>> words = words();

        Ruled merge = people.merge(ana, bob, version(ana), version(bob), EVE);

        assertThat(merge.records()).extracting(GoldenRecord::id).containsExactly(ana, bob);
        assertThat(goldenOf("klaviyo", "2")).isEqualTo(ana);
        assertThat(goldenRow(bob).get(2)).isEqualTo(String.valueOf(ana));
        assertThat(values(Entity.MEMBER, ana)).containsEntry("city", "Bergen").containsEntry("lastName", "Lee");
        assertThat(rows("SELECT golden_id, actor FROM audit_log WHERE action = 'merge' ORDER BY golden_id"))
                .containsExactly(List.of(String.valueOf(ana), "eve"), List.of(String.valueOf(bob), "eve"));
        execute("UPDATE pushes SET status = 0");
        clock.advance(Duration.ofMinutes(1));

        Ruled unmerge = people.unmerge(bob, EVE);

        assertThat(unmerge.records()).extracting(GoldenRecord::id).containsExactly(ana, bob);
        assertThat(goldens()).isEqualTo(goldens);
        assertThat(words()).isEqualTo(words);
        assertThat(column("SELECT golden_id FROM pushes WHERE status = 1 ORDER BY golden_id"))
                .containsExactly(String.valueOf(ana), String.valueOf(bob));
        assertThat(column("SELECT golden_id FROM audit_log WHERE action = 'unmerge' ORDER BY golden_id"))
                .containsExactly(String.valueOf(ana), String.valueOf(bob));
        assertThat(count("identity_rulings WHERE lifted_by = 'eve'")).isEqualTo(1);
    }

    @Test
    void goldenIdStaysWithWhomItWasWhicheverKeyIsSmaller() {
        // klaviyo sorts before patreon: without their past the wrong one would keep the id
        long ana = ana();
        long bob = bobOf("lee@example.com");
        Ruled merge = people.merge(bob, ana, null, null, EVE);

        people.lift(merge.ruling(), EVE);

        assertThat(goldenOf("patreon", "1")).isEqualTo(ana);
        assertThat(goldenOf("klaviyo", "2")).isEqualTo(bob);
        assertThat(goldenRow(bob).get(2)).isEqualTo("-");
    }

    @Test
    void mergedPeopleStayOneWhateverIsDelivered() {
        long ana = ana();
        long bob = bobOf("lee@example.com");
        people.merge(ana, bob, null, null, EVE);

        apply(said(member("klaviyo", "2", 2, "firstName", "Carl", "email", "carl@example.com")));
        assertThat(goldenOf("klaviyo", "2")).isEqualTo(ana);
        apply(said(member("patreon", "1", 3, "firstName", "Eva")));
        assertThat(goldenOf("klaviyo", "2")).isEqualTo(goldenOf("patreon", "1")).isEqualTo(ana);
    }

    @Test
    void whoWasJoinedByAnAddressIsPartedAndStaysSo() {
        apply(said(member("patreon", "1", 1, "email", "lee@example.com", "firstName", "Ana")));
        apply(said(member("klaviyo", "2", 1, "email", "lee@example.com", "phone", "+15005550006")));
        long golden = goldenOf("patreon", "1");

        Ruled ruled = people.unmerge(golden, Set.of(key("klaviyo", "2")), version(golden), EVE);

        assertThat(ruled.ruling()).isNotNull();
        long other = goldenOf("klaviyo", "2");
        assertThat(ruled.records()).extracting(GoldenRecord::id).containsExactly(golden, other);
        assertThat(values(Entity.MEMBER, golden)).doesNotContainKey("phone");
        apply(said(member("klaviyo", "2", 2, "firstName", "Ana")), said(member("patreon", "1", 2, "city", "Oslo")));
        assertThat(goldenOf("patreon", "1")).isEqualTo(golden);
        assertThat(goldenOf("klaviyo", "2")).isEqualTo(other);
        assertThat(count("duplicate_candidates WHERE status = 'open'")).isZero();

        people.lift(ruled.ruling(), EVE);
        assertThat(goldenOf("klaviyo", "2")).isEqualTo(goldenOf("patreon", "1"));
        people.unmerge(goldenOf("patreon", "1"), Set.of(key("klaviyo", "2")), null, EVE);
        assertThat(goldenOf("patreon", "1")).isEqualTo(golden);
        assertThat(goldenOf("klaviyo", "2")).isEqualTo(other);
    }

    @Test
    void automaticMergeIsUndoneByTheRecordThatWasMergedAway() {
        long ana = ana();
        apply(said(member("klaviyo", "2", 1, "email", "lee@example.com", "lastName", "Lee")));
        long lee = goldenOf("klaviyo", "2");
        apply(said(member("klaviyo", "2", 2, "email", "ana@example.com")));
        assertThat(goldenOf("klaviyo", "2")).isEqualTo(ana);

        people.unmerge(lee, EVE);

        assertThat(goldenOf("klaviyo", "2")).isEqualTo(lee);
        assertThat(values(Entity.MEMBER, lee)).containsEntry("email", "ana@example.com");
    }

    @Test
    void chainOfMergesIsUndoneInTheMiddle() {
        long ana = ana();
        long bob = bobOf("lee@example.com");
        apply(said(member("eventbrite", "3", 1, "email", "kim@example.com", "firstName", "Kim")));
        long kim = goldenOf("eventbrite", "3");
        fields.override(Entity.MEMBER, kim, "city", "Seoul", null, EVE);
        people.merge(bob, kim, null, null, EVE);
        people.merge(ana, bob, null, null, EVE);
        assertThat(values(Entity.MEMBER, ana)).containsEntry("city", "Seoul");

        people.unmerge(bob, EVE);

        assertThat(goldenOf("eventbrite", "3")).isEqualTo(bob);
        assertThat(values(Entity.MEMBER, bob)).containsEntry("city", "Seoul");
        assertThat(values(Entity.MEMBER, ana)).doesNotContainKey("city");
        people.unmerge(kim, EVE);
        assertThat(goldenOf("eventbrite", "3")).isEqualTo(kim);
        assertThat(values(Entity.MEMBER, kim)).containsEntry("city", "Seoul");
        assertThat(values(Entity.MEMBER, bob)).doesNotContainKey("city");
    }

    @Test
    void onlySomeOfAMembersSourcesCanLeaveIt() {
        long ana = ana();
        bobOf("lee@example.com");

        assertThat(refused(() -> people.unmerge(ana, Set.of(key("patreon", "1")), null, EVE))
                        .status())
                .isEqualTo(400);
        assertThat(refused(() -> people.unmerge(ana, Set.of(key("klaviyo", "2")), null, EVE))
                        .status())
                .isEqualTo(400);
        assertThat(refused(() -> people.unmerge(ana, EVE)).status()).isEqualTo(409);
        assertThat(refused(() -> people.merge(ana, ana, null, null, EVE)).status())
                .isEqualTo(400);
    }

    @Test
    void mergedAwayMemberIsNotOverridden() {
        long ana = ana();
        long bob = bobOf("lee@example.com");
        people.merge(ana, bob, null, null, EVE);

        assertThat(refused(() -> fields.override(Entity.MEMBER, bob, "city", "Oslo", null, EVE)))
                .hasMessageContaining("was merged into")
                .extracting(Refusal::status)
                .isEqualTo(409);
    }

    @Test
    void whoHasNoSourcesIsNobodyToRuleAbout() {
        long ana = ana();
        long bob = bobOf("lee@example.com");
        update("DELETE FROM external_integrations WHERE golden_id = ?", bob);

        assertThat(refused(() -> people.merge(ana, bob, null, null, EVE)))
                .hasMessageContaining("has no source records")
                .extracting(Refusal::status)
                .isEqualTo(409);
    }

    // --- duplicates

    private long candidate() {
        return Long.parseLong(column("SELECT id FROM duplicate_candidates WHERE status = 'open'")
                .get(0));
    }

    @Test
    void confirmedCandidateIsMergedAndOpenAgainWhenTheRulingIsLifted() {
        apply(said(member("patreon", "1", 1, "email", "lee@example.com", "firstName", "Ana")));
        long bob = bobOf("lee@example.com");
        long candidate = candidate();

        Ruled ruled = people.confirm(candidate, EVE);

        assertThat(goldenOf("klaviyo", "2")).isEqualTo(goldenOf("patreon", "1"));
        assertThat(rows("SELECT status, decided_by, decided_why FROM duplicate_candidates"))
                .containsExactly(List.of("merged", "eve", "passport"));
        assertThat(refused(() -> people.reject(candidate, EVE)).status()).isEqualTo(409);

        people.lift(ruled.ruling(), EVE);
        assertThat(goldenOf("klaviyo", "2")).isEqualTo(bob);
        assertThat(rows("SELECT id, status, decided_by FROM duplicate_candidates"))
                .containsExactly(List.of(String.valueOf(candidate), "open", "-"));
    }

    @Test
    void rejectedCandidateDoesNotComeBackUntilTheRulingIsLifted() {
        apply(said(member("patreon", "1", 1, "email", "lee@example.com", "firstName", "Ana")));
        long bob = bobOf("lee@example.com");

        Ruled ruled = people.reject(candidate(), EVE);
        apply(said(member("klaviyo", "2", 2, "firstName", "Ana")));

        assertThat(goldenOf("klaviyo", "2")).isEqualTo(bob);
        assertThat(column("SELECT status FROM duplicate_candidates")).containsExactly("rejected");
        apply(said(member("klaviyo", "2", 3, "firstName", "Bob")));
        people.lift(ruled.ruling(), EVE);
        assertThat(column("SELECT status FROM duplicate_candidates")).containsExactly("open");
    }

    @Test
    void laterRulingStands() {
        long ana = ana();
        long bob = bobOf("lee@example.com");
        people.keepApart(ana, bob, EVE);

        Ruled merge = people.merge(ana, bob, null, null, EVE);
        assertThat(goldenOf("klaviyo", "2")).isEqualTo(ana);

        people.lift(merge.ruling(), EVE);
        assertThat(goldenOf("klaviyo", "2")).isEqualTo(bob);
        apply(said(member("klaviyo", "2", 5, "email", "ana@example.com", "firstName", "Ana")));
        assertThat(goldenOf("klaviyo", "2")).isEqualTo(bob);
    }

    @Test
    void explanationNamesTheRulings() {
        long ana = ana();
        long bob = bobOf("lee@example.com");
        Ruled merge = people.merge(ana, bob, null, null, EVE);

        Roll.Entry entry = roll().find(Entity.MEMBER, ana).orElseThrow();
        assertThat(roll().identity(entry)).singleElement().satisfies(ruling -> {
            assertThat(ruling.id()).isEqualTo(merge.ruling());
            assertThat(ruling.kind()).isEqualTo(IdentityRuling.Kind.SAME);
            assertThat(ruling.settlement().by()).isEqualTo("eve");
            assertThat(ruling.one()).containsExactly(key("patreon", "1"));
        });
    }

    @Test
    void refusedWriteLeavesNothingOfTheAct() throws Exception {
        long ana = ana();
        long bob = bobOf("lee@example.com");
        fields.override(Entity.MEMBER, bob, "city", "Bergen", null, EVE);
        List<List<String>> words = words();
        List<List<String>> audits = rows("SELECT id FROM audit_log ORDER BY id");

        whileRefusing(
                "audit_log", "action", "merge", () -> assertThatThrownBy(() -> people.merge(ana, bob, null, null, EVE))
                        .hasStackTraceContaining("refused by the test"));

        assertThat(goldenOf("klaviyo", "2")).isEqualTo(bob);
        assertThat(words()).isEqualTo(words);
        assertThat(count("identity_rulings")).isZero();
        assertThat(rows("SELECT id FROM audit_log ORDER BY id")).isEqualTo(audits);
    }
}
