package dev.muster.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.audit.AuditVerifier;
import dev.muster.audit.KnownSeal;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.credential.PersonKeys;
import dev.muster.delivery.Delivery;
import dev.muster.delivery.HeadersJson;
import dev.muster.failure.Refusal;
import dev.muster.normalize.NormalizedOperation;
import dev.muster.operation.DeadLetterStore;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationOutcomes;
import dev.muster.operation.OperationStatus;
import dev.muster.operation.OperationStore;
import dev.muster.operation.OperationType;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an erasure promises, on either database. */
abstract class ErasureContract extends HeartContract {
    private static final ByWhom EVE = new ByWhom("eve", "asked by letter of 3 May", null);

    /** Nobody else has any of these. */
    static final List<String> SECRETS =
            List.of("zoe.quill", "Zoenobia", "Quillfeather", "+15005550011", "Larkspur", "Ringhorn", "zq-allergy");

    private Erasure erasure;
    private DeliverySweep sweep;

    @BeforeEach
    final void makeErasure() {
        PersonKeys keys = ErasedPeople.keys(database);
        erasure = new Erasure(
                database, ids, clock, trail, keys, suppression, Set.of("amount", "currency", "occurredAt", "status"));
        sweep = new DeliverySweep(database, keys, clock);
    }

    /** As it is delivered: the raw bytes are stored too. */
    private NormalizedOperation delivered(String kind, String body, CanonicalRecord... records) {
        RecordKey key = records[0].key();
        Delivery delivery = new Delivery(
                ids.next(),
                key.organization(),
                key.platform(),
                "default",
                clock.instant(),
                headersOf(body),
                body.getBytes(StandardCharsets.UTF_8),
                kind,
                kind.startsWith("pull:") ? null : key.externalId());
        update(
                "INSERT INTO deliveries (id, organization, platform, integration, received_at, kind, record_key, headers,"
                        + " body) VALUES (?, ?, ?, 'default', 0, ?, ?, ?, ?)",
                delivery.id(),
                delivery.organization(),
                delivery.platform(),
                kind,
                String.valueOf(delivery.recordKey()),
                HeadersJson.write(delivery.headers()),
                delivery.body());
        long id = ids.next();
        update(
                "INSERT INTO sync_operations (id, organization, platform, integration, type, status, rank, attempts,"
                        + " not_before, delivery_id, kind, record_key, created_at)"
                        + " VALUES (?, ?, ?, 'default', 0, 1, 0, 0, 0, ?, 'kind', NULL, 0)",
                id,
                delivery.organization(),
                delivery.platform(),
                delivery.id());
        return new NormalizedOperation(
                new Operation(id, OperationType.WEBHOOK, 0, delivery, List.of()), List.of(records), "");
    }

    private static Map<String, String> headersOf(String body) {
        return body.startsWith("{")
                ? headers()
                : Map.of("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    }

    private NormalizedOperation zoe() {
        return delivered(
                "members:update",
                "{\"id\":\"990011\",\"email\":\"zoe.quill@example.com\",\"name\":\"Zoenobia Quillfeather\"}",
                member(
                        "patreon",
                        "990011",
                        1,
                        "email",
                        "zoe.quill@example.com",
                        "firstName",
                        "Zoenobia",
                        "lastName",
                        "Quillfeather",
                        "phone",
                        "+15005550011",
                        "notes",
                        "zq-allergy"));
    }

    private NormalizedOperation page() {
        return delivered(
                "pull:profiles",
                "{\"data\":[{\"id\":\"k1\",\"email\":\"zoe.quill@example.com\",\"address\":\"Larkspur\"},"
                        + "{\"id\":\"k2\",\"email\":\"ana@example.com\",\"city\":\"Oslo\"}]}",
                member("klaviyo", "k1", 2, "email", "zoe.quill@example.com", "addressLine1", "Larkspur"),
                member("klaviyo", "k2", 2, "email", "ana@example.com", "firstName", "Ana", "city", "Oslo"));
    }

    private NormalizedOperation gift() {
        return delivered(
                "pull:gifts",
                "{\"data\":[{\"id\":\"gift-770011\",\"member_id\":\"990011\",\"dedication\":\"Ringhorn\"}]}",
                about(
                        new RecordKey("default", "patreon", Entity.TRANSACTION, "gift-770011"),
                        2,
                        false,
                        "member",
                        "patreon/member/990011",
                        "amount",
                        4200L,
                        "currency",
                        "EUR",
                        "dedication",
                        "Ringhorn"));
    }

    Erasure erasure() {
        return erasure;
    }

    DeliverySweep sweep() {
        return sweep;
    }

    long known() {
        plan = plan(List.of(target("m", "mailchimp", Entity.MEMBER, Set.of("email", "firstName"))));
        apply(zoe());
        apply(page());
        apply(gift());
        long golden = goldenOf("patreon", "990011");
        assertThat(goldenOf("klaviyo", "k1")).isEqualTo(golden);
        return golden;
    }

    /** Every place of every table where one of these stands. */
    private List<String> found(List<String> words) {
        List<String> found = new ArrayList<>();
        database.read(connection -> {
            List<String> tables = new ArrayList<>();
            try (ResultSet rows = connection.getMetaData().getTables(null, null, "%", new String[] {"TABLE"})) {
                while (rows.next()) {
                    tables.add(rows.getString("TABLE_NAME"));
                }
            }
            for (String table : tables) {
                try (Statement statement = connection.createStatement();
                        ResultSet rows = statement.executeQuery("SELECT * FROM " + table)) {
                    while (rows.next()) {
                        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                            Object value = rows.getObject(i);
                            String text = value instanceof byte[] bytes
                                    ? new String(bytes, StandardCharsets.UTF_8)
                                    : String.valueOf(value);
                            for (String word : words) {
                                if (text.contains(word)) {
                                    found.add(table + "." + rows.getMetaData().getColumnName(i) + ": " + word);
                                }
                            }
                        }
                    }
                }
            }
            return found;
        });
        return found;
    }

    @Test
    void nothingOfThePersonIsLeftInAnyTable() {
        long golden = known();
        assertThat(found(SECRETS)).isNotEmpty();

        erasure.erase(golden, EVE);
        sweep.sweep();

        assertThat(found(SECRETS)).isEmpty();
        assertThat(goldenRow(golden).get(1)).isNotEqualTo("-");
    }

    @Test
    void whatIsKnownOfOthersStays() {
        long golden = known();

        erasure.erase(golden, EVE);
        sweep.sweep();

        assertThat(values(Entity.MEMBER, goldenOf("klaviyo", "k2"))).containsEntry("city", "Oslo");
        assertThat(found(List.of("{\"data\":[{\"id\":\"k2\",\"email\":\"ana@example.com\"")))
                .containsExactly("deliveries.body: {\"data\":[{\"id\":\"k2\",\"email\":\"ana@example.com\"");
    }

    @Test
    void theBooksKeepAmountsAndNoName() {
        long golden = known();

        erasure.erase(golden, EVE);

        assertThat(rows("SELECT member, amount, currency, attributes FROM transactions"))
                .containsExactly(List.of("-", "4200", "EUR", "{}"));
    }

    @Test
    void theAuditLogKeepsTheFactAndItsChainHolds() {
        long golden = known();

        Erasure.Erased erased = erasure.erase(golden, EVE);

        assertThat(erased.auditEntries()).isGreaterThan(1);
        assertThat(new AuditVerifier(database, KnownSeal.SEAL).verify(null).found())
                .isEmpty();
        assertThat(rows("SELECT actor, reason FROM audit_log WHERE action = 'erase' AND golden_id = " + golden))
                .containsExactly(List.of("eve", "asked by letter of 3 May"));
        assertThat(column("SELECT actor FROM audit_log WHERE action = 'create' AND golden_id = " + golden))
                .containsExactly("patreon");
    }

    @Test
    void whereTheErasureHasToBeSentIsSaid() {
        long golden = known();

        Erasure.Erased erased = erasure.erase(golden, EVE);

        assertThat(erased.platforms())
                .contains(
                        new Erasure.KnownAs("patreon", "member", "990011"),
                        new Erasure.KnownAs("klaviyo", "member", "k1"));
        assertThat(erased.targets()).extracting(Erasure.PushedTo::platform).containsOnly("mailchimp");
        assertThat(count("pushes WHERE golden_id = " + golden)).isZero();
    }

    @Test
    void neitherTheIdNorTheAddressBringsThePersonBack() {
        long golden = known();
        erasure.erase(golden, EVE);
        sweep.sweep();
        clock.advance(java.time.Duration.ofDays(1));

        NormalizedOperation webhook = zoe();
        NormalizedOperation page = page();
        NormalizedOperation elsewhere = delivered(
                "created",
                "{\"id\":\"77\",\"email\":\"zoe.quill@example.com\"}",
                member("eventbrite", "77", 5, "email", "zoe.quill@example.com", "firstName", "Zoenobia"));
        NormalizedOperation newGift = gift();

        assertThat(apply(webhook, page, elsewhere, newGift))
                .containsExactly(
                        OperationStatus.IGNORED,
                        OperationStatus.SUCCESS,
                        OperationStatus.IGNORED,
                        OperationStatus.IGNORED);
        assertThat(found(SECRETS)).isEmpty();
        assertThat(column("SELECT DISTINCT error FROM sync_operations WHERE status = 3"))
                .containsExactly(Suppression.REASON);
    }

    @Test
    void anotherOrganizationStillHearsThem() {
        long golden = known();
        erasure.erase(golden, EVE);

        RecordKey key = new RecordKey("other", "patreon", Entity.MEMBER, "990011");
        assertThat(apply(said(about(key, 1, false, "email", "zoe.quill@example.com"))))
                .containsExactly(OperationStatus.SUCCESS);
    }

    @Test
    void whoComesBackIsHeardAgain() {
        long golden = known();
        erasure.erase(golden, EVE);

        assertThat(erasure.lift(golden, EVE)).isPositive();

        assertThat(apply(zoe())).containsExactly(OperationStatus.SUCCESS);
        assertThat(goldenOf("patreon", "990011")).isNotEqualTo(golden);
        assertThat(column("SELECT reason FROM audit_log WHERE action = 'erase.lift'"))
                .containsExactly("asked by letter of 3 May");
    }

    @Test
    void liftingNeedsAReason() {
        long golden = known();
        erasure.erase(golden, EVE);

        assertThatThrownBy(() -> erasure.lift(golden, new ByWhom("eve", "", null)))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("reason");
    }

    @Test
    void nobodyErasesWhomTheyDoNotSee() {
        long golden = known();

        assertThatThrownBy(() -> erasure.erase(golden, new ByWhom("eve", "", "other")))
                .isInstanceOf(Refusal.class);
        assertThat(found(SECRETS)).isNotEmpty();
    }

    @Test
    void whatWaitsIsForgottenWhenItIsDecided() {
        long golden = known();
        NormalizedOperation waiting = zoe();
        erasure.erase(golden, EVE);
        sweep.sweep();
        assertThat(found(List.of("zoe.quill"))).containsExactly("deliveries.body: zoe.quill");

        assertThat(apply(waiting)).containsExactly(OperationStatus.IGNORED);

        assertThat(found(SECRETS)).isEmpty();
    }

    private static final String FORM =
            "type=profile&data%5Bemail%5D=zoe.quill%40example.com&data%5Bmerges%5D%5BFNAME%5D=Zoenobia";
    private static final String OTHERS_FORM =
            "type=profile&data%5Bemail%5D=ana%40example.com&data%5Bmerges%5D%5BFNAME%5D=Ana";

    @Test
    void aFormIsReadAsOne() {
        long golden = known();
        apply(delivered("profile", FORM, member("mailchimp", "m1", 3, "email", "zoe.quill@example.com")));
        apply(delivered("profile", OTHERS_FORM, member("mailchimp", "m2", 3, "email", "ana@example.com")));
        keyed("a1b2c3|zoe.quill@example.com", 3, "type=cleaned&data%5Breason%5D=Larkspur");
        assertThat(erasure.deliveries(golden, EVE, Set.of()).toString())
                .contains("{\"type\":\"profile\",\"data\":{\"email\":\"zoe.quill@example.com\"")
                .doesNotContain("ana@example.com");

        erasure.erase(golden, EVE);
        sweep.sweep();

        assertThat(found(SECRETS)).isEmpty();
        assertThat(found(List.of("zoe.quill%40"))).isEmpty();
        assertThat(found(List.of(OTHERS_FORM))).hasSize(1);
    }

    @Test
    void aFieldThatIsThereTwiceIsReadToo() {
        long golden = known();
        keyed("x", 3, "email=zoe.quill%40example.com&email=zoe.quill%40example.com&name=Larkspur");

        erasure.erase(golden, EVE);
        sweep.sweep();

        assertThat(found(SECRETS)).isEmpty();
    }

    @Test
    void anAddressIsFoundHoweverItIsWritten() {
        long golden = known();
        keyed("x", 3, "{\"email\":\"zoe\\u002Equill\\u0040example.com\",\"address\":\"Larkspur\"}");
        keyed("x", 3, "{\"email\":\"ana\\u0040example.com\",\"city\":\"Oslo\"}");

        erasure.erase(golden, EVE);
        sweep.sweep();

        assertThat(found(SECRETS)).isEmpty();
        assertThat(found(List.of("ana\\u0040example.com"))).hasSize(1);
    }

    @Test
    void whatDiesBehindTheWalkIsForgottenByTheNext() {
        long golden = known();
        NormalizedOperation early = zoe();
        NormalizedOperation late = zoe();
        erasure.erase(golden, EVE);
        sweep.sweep();

        ends(late, 6);
        sweep.sweep();
        assertThat(column("SELECT swept_at FROM erasures")).containsExactly("-");
        ends(early, 6);
        sweep.sweep();

        assertThat(found(SECRETS)).isEmpty();
        assertThat(column("SELECT swept_at FROM erasures")).doesNotContain("-");
        assertThat(column("SELECT sought FROM erasures")).containsExactly("-");
    }

    @Test
    void whatComesLaterAndSaysNothingIsForgottenAsItEnds() {
        long golden = known();
        erasure.erase(golden, EVE);
        sweep.sweep();
        NormalizedOperation form = delivered("profile", FORM, member("mailchimp", "m1", 3));
        NormalizedOperation byId =
                delivered("members:update", "{\"name\":\"Zoenobia\"}", member("patreon", "990011", 3));
        NormalizedOperation others = delivered("profile", OTHERS_FORM, member("mailchimp", "m2", 3));
        OperationOutcomes outcomes = outcomes();

        outcomes.ignore(form.operation(), "nothing is there");
        outcomes.ignore(others.operation(), "nothing is there");
        outcomes.bury(byId.operation(), new IllegalStateException("Zoenobia was not liked"), 1);

        assertThat(found(SECRETS)).isEmpty();
        assertThat(found(List.of("zoe.quill%40"))).isEmpty();
        assertThat(found(List.of(OTHERS_FORM))).hasSize(1);
        assertThat(column("SELECT error FROM sync_operations WHERE status = 3"))
                .containsExactly("nothing is there", "nothing is there");
    }

    private OperationOutcomes outcomes() {
        return new OperationOutcomes(
                new OperationStore(database, ids, clock, "hub"),
                new DeadLetterStore(database, clock, 3),
                meters,
                clock,
                java.time.Duration.ofSeconds(1),
                java.time.Duration.ofSeconds(1),
                suppression::forget);
    }

    @Test
    void oneErasureIsNotHeldUpByAnother() {
        long golden = known();
        zoe();
        erasure.erase(golden, EVE);
        sweep.sweep();

        erasure.erase(goldenOf("klaviyo", "k2"), EVE);
        sweep.sweep();

        assertThat(found(List.of("ana@example.com"))).isEmpty();
    }

    private void ends(NormalizedOperation one, int status) {
        update(
                "UPDATE sync_operations SET status = ? WHERE id = ?",
                status,
                one.operation().id());
    }

    @Test
    void liftingOneErasureLeavesTheMarksOfAnother() {
        long golden = known();
        database.change(
                connection -> suppression.add(connection, 7, "default", Set.of(), Set.of("zoe.quill@example.com")));
        erasure.erase(golden, EVE);

        erasure.lift(golden, EVE);

        assertThat(apply(zoe())).containsExactly(OperationStatus.IGNORED);
    }

    @Test
    void whoseRecordTheyWereOnceForgetsThemToo() {
        plan = PushPlan.NONE;
        apply(said(member("patreon", "1", 1, "email", "ana@example.com")));
        apply(said(member(
                "eventbrite", "9", 1, "email", "zoe.quill@example.com", "phone", "+15005550011", "city", "Ringhorn")));
        long ana = goldenOf("patreon", "1");
        long zoe = goldenOf("eventbrite", "9");
        NormalizedOperation wrong = said(member("eventbrite", "9", 2, "email", "ana@example.com"));
        apply(wrong);
        assertThat(goldenOf("eventbrite", "9")).isEqualTo(ana);
        Undos undos = new Undos(heart(clock), 30);
        undos.begin(undos.operation(wrong.operation().id(), EVE), EVE);
        while (undos.work()) {
            assertThat(goldenOf("patreon", "1")).isEqualTo(ana);
        }
        assertThat(goldenOf("eventbrite", "9")).isEqualTo(zoe);
        for (String status : List.of("open", "resolved")) {
            update(
                    "INSERT INTO sync_conflicts (id, organization, entity, golden_id, field, status, standing, rivals,"
                            + " created_at, updated_at) VALUES (?, 'default', 'member', ?, 'city', ?, '{}', ?, 0, 0)",
                    ids.next(),
                    ana,
                    status,
                    status.equals("open") ? "[]" : "[{\"value\":\"Ringhorn\"}]");
        }

        erasure.erase(zoe, EVE);
        sweep.sweep();

        assertThat(found(SECRETS)).isEmpty();
        assertThat(values(Entity.MEMBER, ana)).containsEntry("email", "ana@example.com");
        assertThat(count("sync_conflicts WHERE golden_id = " + ana)).isEqualTo(1);
        assertThat(new AuditVerifier(database, KnownSeal.SEAL).verify(null).found())
                .isEmpty();
    }

    @Test
    void noOperationKeepsTheAddressThatNamedItsRecord() {
        long golden = known();
        List<Integer> ends = List.of(2, 3, 5, 6);
        for (int status : ends) {
            keyed("a1b2c3|Zoe.Quill@example.com", status, "{}");
        }
        keyed("a1b2c3|ana@example.com", 2, "{}");

        erasure.erase(golden, EVE);
        sweep.sweep();

        assertThat(column("SELECT record_key FROM sync_operations WHERE record_key IS NOT NULL"))
                .containsExactly("a1b2c3|ana@example.com");
        assertThat(column("SELECT record_key FROM deliveries WHERE record_key LIKE 'a1%'"))
                .containsExactly("a1b2c3|ana@example.com");
    }

    /** An operation that ended, as the platform's name of a record was stored with it. */
    private void keyed(String recordKey, int status, String body) {
        NormalizedOperation one = delivered("profile", body, member("mailchimp", "m", 3));
        update(
                "UPDATE deliveries SET record_key = ? WHERE id = ?",
                recordKey,
                one.operation().delivery().id());
        update(
                "UPDATE sync_operations SET record_key = ?, status = ? WHERE id = ?",
                recordKey,
                status,
                one.operation().id());
    }

    @Test
    void whatWasHeardTooLateKeepsNoAddressInItsOperation() {
        long golden = known();
        NormalizedOperation waiting = zoe();
        update(
                "UPDATE sync_operations SET record_key = 'a1|zoe.quill@example.com' WHERE id = ?",
                waiting.operation().id());
        erasure.erase(golden, EVE);
        sweep.sweep();

        assertThat(apply(waiting)).containsExactly(OperationStatus.IGNORED);

        assertThat(found(SECRETS)).isEmpty();
    }

    @Test
    void theExportHoldsWhatIsRawOfThemAndOfNobodyElse() {
        long golden = known();

        List<Erasure.Raw> raw = erasure.deliveries(golden, EVE, Set.of());

        assertThat(raw).hasSize(3);
        assertThat(raw.toString()).contains("Zoenobia", "Larkspur", "Ringhorn").doesNotContain("ana@example.com");
    }

    @Test
    void whatJsonApiIncludesGoesWithItsItem() {
        Traces traces = new Traces(Set.of("zoe.quill@example.com"), Map.of("patreon", Set.of("990011")));
        String page = """
                {"data":[{"type":"member","id":"m1","relationships":{"address":{"data":{"type":"address","id":"a1"}},
                 "user":{"data":{"type":"user","id":"990011"}}}},
                 {"type":"member","id":"m2","relationships":{"address":{"data":{"type":"address","id":"a2"}}}}],
                 "included":[{"type":"address","id":"a1","attributes":{"line":"Larkspur"}},
                 {"type":"user","id":"990011","attributes":{"email":"zoe.quill@example.com"}},
                 {"type":"address","id":"a2","attributes":{"line":"Main Street"}}]}""";

        String left = new String(
                traces.takenOut(Traces.Raw.of(
                                "patreon", "pull:members", null, null, page.getBytes(StandardCharsets.UTF_8)))
                        .orElseThrow(),
                StandardCharsets.UTF_8);

        assertThat(left).contains("m2", "Main Street").doesNotContain("Larkspur", "990011", "zoe.quill", "m1");
    }
}
