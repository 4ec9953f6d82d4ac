package dev.muster.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.canonical.Entity;
import dev.muster.db.Ids;
import dev.muster.delivery.Delivery;
import dev.muster.failure.Refusal;
import dev.muster.normalize.NormalizedOperation;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What taking back promises, whichever database it stands on. */
abstract class UndoContract extends HeartContract {
    private static final ByWhom EVE = new ByWhom("eve", "a test list", null);
    private Undos undos;

    @BeforeEach
    final void begin() {
        undos = new Undos(heart(clock), 30);
    }

    private Undo undone(NormalizedOperation operation) {
        return done(undos.operation(operation.operation().id(), EVE));
    }

    private Undo done(UndoScope scope) {
        Undo undo = undos.begin(scope, EVE);
        while (undos.work()) {
            assertThat(undo.endedAt()).isNull();
        }
        return undos.find(undo.id(), EVE);
    }

    private Map<String, Object> memberOf(String platform, String id) {
        return values(Entity.MEMBER, goldenOf(platform, id));
    }

    private static NormalizedOperation again(NormalizedOperation said, boolean forced) {
        Operation operation = said.operation();
        return new NormalizedOperation(
                new Operation(operation.id() + 1, operation.type(), 0, operation.delivery(), List.of(), forced),
                said.records(),
                "");
    }

    @Test
    void aFieldGoesBackToWhatItWas() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "city", "Bergen")));
        NormalizedOperation wrong = said(member("patreon", "1", 2, "city", "Oslo", "phone", "+4755555555"));
        apply(wrong);

        Undo undo = undone(wrong);

        assertThat(memberOf("patreon", "1")).isEqualTo(Map.of("email", "ana@example.com", "city", "Bergen"));
        assertThat(undo.state()).isEqualTo("done");
        assertThat(List.of(undo.total(), undo.changes(), undo.records(), undo.fields(), undo.skipped()))
                .containsExactly(1L, 1L, 1L, 2L, 0L);
        assertThat(rows("SELECT action, actor, reason FROM audit_log WHERE actor = 'eve' ORDER BY id"))
                .containsExactly(List.of("undo", "eve", "a test list"), List.of("change", "eve", "a test list"));
    }

    @Test
    void whatWasWrittenSinceStaysAndIsNamed() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "city", "Bergen", "phone", "+4711111111")));
        NormalizedOperation wrong = said(member("patreon", "1", 2, "city", "Oslo", "phone", "+4755555555"));
        NormalizedOperation later = said(member("patreon", "1", 3, "city", "Rome"));
        apply(wrong);
        apply(later);

        UndoPreview preview = undos.preview(undos.operation(wrong.operation().id(), EVE), 0, 50);

        long golden = goldenOf("patreon", "1");
        assertThat(preview.differences())
                .containsExactlyInAnyOrder(
                        new UndoDifference(
                                later.records().get(0).key(),
                                golden,
                                "city",
                                "Rome",
                                "Bergen",
                                later.operation().delivery().id()),
                        new UndoDifference(
                                later.records().get(0).key(), golden, "phone", "+4755555555", "+4711111111", null));
        assertThat(List.of(preview.changes(), preview.records(), preview.goldenRecords(), preview.fields()))
                .containsExactly(1L, 1L, 1L, 1L);
        assertThat(preview.skipped()).isEqualTo(1);
        assertThat(memberOf("patreon", "1")).containsEntry("phone", "+4755555555");

        undone(wrong);

        assertThat(memberOf("patreon", "1")).containsEntry("city", "Rome").containsEntry("phone", "+4711111111");
    }

    @Test
    void whatWasUndoneStaysUndoneUntilAnotherValueIsStated() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "city", "Bergen")));
        NormalizedOperation wrong = said(member("patreon", "1", 2, "city", "Oslo"));
        apply(wrong);
        undone(wrong);

        apply(again(wrong, false));
        apply(said(member("patreon", "1", 3, "city", "OSLO")));
        assertThat(memberOf("patreon", "1")).containsEntry("city", "Bergen");

        apply(said(member("patreon", "1", 4, "city", "Rome")));
        assertThat(memberOf("patreon", "1")).containsEntry("city", "Rome");
        apply(said(member("patreon", "1", 5, "city", "Oslo")));
        assertThat(memberOf("patreon", "1")).containsEntry("city", "Oslo");
    }

    @Test
    void whoIsHeardAnewAfterAllOfTheirsWasTakenBackLeavesTheGoldenRecordToTheOthers() {
        NormalizedOperation wrong = said(member("eventbrite", "1", 1, "email", "ana@example.com"));
        apply(wrong);
        apply(said(member("patreon", "1", 2, "email", "ana@example.com")));
        long ana = goldenOf("patreon", "1");
        undone(wrong);
        assertThat(goldenOf("eventbrite", "1")).isEqualTo(ana);

        apply(said(member("eventbrite", "1", 3, "lastName", "Lee")));

        assertThat(goldenOf("patreon", "1")).isEqualTo(ana);
        assertThat(goldenOf("eventbrite", "1")).isNotEqualTo(ana);
        assertThat(memberOf("eventbrite", "1")).isEqualTo(Map.of("lastName", "Lee"));
        assertThat(memberOf("patreon", "1")).isEqualTo(Map.of("email", "ana@example.com"));
    }

    @Test
    void aForcedReplayBringsItBack() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "city", "Bergen")));
        NormalizedOperation wrong = said(member("patreon", "1", 2, "city", "Oslo"));
        apply(wrong);
        undone(wrong);

        apply(again(wrong, true));

        assertThat(memberOf("patreon", "1")).containsEntry("city", "Oslo");
    }

    @Test
    void whomOnlyTheUndoneStatedIsTakenOutAndComesBackWithAnotherWord() {
        NormalizedOperation wrong =
                said(member("patreon", "1", 1, "email", "ana@example.com"), member("patreon", "2", 1, "city", "Oslo"));
        apply(wrong);
        long golden = goldenOf("patreon", "1");

        UndoPreview preview = undos.preview(undos.operation(wrong.operation().id(), EVE), 0, 0);
        undone(wrong);

        assertThat(preview.withdrawn()).isEqualTo(2);
        assertThat(preview.differences()).isEmpty();
        assertThat(count("member_emails")).isZero();
        assertThat(goldenRow(golden).get(1)).isNotEqualTo("-");
        assertThat(column("SELECT action FROM audit_log WHERE golden_id = " + golden))
                .containsExactly("create", "remove");
        assertThat(roll().find(Entity.MEMBER, golden).orElseThrow().sources()).isEmpty();

        apply(said(member("patreon", "1", 2, "email", "ana@example.com")));
        assertThat(goldenRow(golden).get(1)).isNotEqualTo("-");

        apply(said(member("patreon", "1", 3, "email", "ana.lee@example.com")));
        assertThat(goldenRow(golden).get(1)).isEqualTo("-");
        assertThat(memberOf("patreon", "1")).isEqualTo(Map.of("email", "ana.lee@example.com"));
        assertThat(goldenOf("patreon", "1")).isEqualTo(golden);
    }

    @Test
    void aRemovalIsTakenBack() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com")));
        NormalizedOperation wrong = said(removed("patreon", "1", 2));
        apply(wrong);
        long golden = goldenOf("patreon", "1");
        assertThat(goldenRow(golden).get(1)).isNotEqualTo("-");

        UndoPreview preview = undos.preview(undos.operation(wrong.operation().id(), EVE), 0, 50);
        undone(wrong);

        assertThat(preview.differences()).extracting(UndoDifference::field).containsExactly("removed");
        assertThat(goldenRow(golden).get(1)).isEqualTo("-");
        apply(again(wrong, false));
        assertThat(goldenRow(golden).get(1)).isEqualTo("-");
    }

    @Test
    void whoWasJoinedByTheUndoneIsTwoPeopleAgain() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com")));
        apply(said(member("eventbrite", "9", 1, "email", "bob@example.com", "phone", "+4711111111")));
        long ana = goldenOf("patreon", "1");
        long bob = goldenOf("eventbrite", "9");
        NormalizedOperation wrong = said(member("eventbrite", "9", 2, "email", "ana@example.com"));
        apply(wrong);
        assertThat(goldenOf("eventbrite", "9")).isEqualTo(ana);

        undone(wrong);

        assertThat(goldenOf("patreon", "1")).isEqualTo(ana);
        assertThat(goldenOf("eventbrite", "9")).isEqualTo(bob);
        assertThat(goldenRow(bob).subList(1, 3)).containsExactly("-", "-");
        assertThat(values(Entity.MEMBER, bob)).containsEntry("email", "bob@example.com");
        assertThat(values(Entity.MEMBER, ana)).isEqualTo(Map.of("email", "ana@example.com"));
    }

    @Test
    void anUndoCanBeUndoneOnce() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "city", "Bergen", "phone", "+4711111111")));
        NormalizedOperation wrong =
                said(member("patreon", "1", 2, "city", "Oslo", "phone", "+4755555555", "email", "b@example.com"));
        apply(wrong);
        Map<String, Object> before = memberOf("patreon", "1");
        Undo undo = undone(wrong);
        apply(said(member("patreon", "1", 3, "phone", "+4722222222")));

        Undo back = done(undos.undo(undo.id(), EVE));

        Map<String, Object> expected = new HashMap<>(before);
        expected.put("phone", "+4722222222");
        assertThat(memberOf("patreon", "1")).isEqualTo(expected);
        assertThat(column("SELECT email FROM member_emails ORDER BY email"))
                .containsExactly("ana@example.com", "b@example.com");
        assertThat(back.skipped()).isEqualTo(1);
        assertThatThrownBy(() -> undos.undo(undo.id(), EVE)).isInstanceOf(Refusal.class);
        assertThatThrownBy(() -> undos.undo(back.id(), EVE)).isInstanceOf(Refusal.class);
    }

    @Test
    void aRunAndAWindowAndAnAccountAreRanges() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "city", "Bergen")));
        List<NormalizedOperation> wrong = new ArrayList<>();
        long run = ids.next();
        for (int i = 0; i < 3; i++) {
            NormalizedOperation one = said(member("patreon", "1", 2 + i, "city", "Oslo " + i));
            wrong.add(pulled(one, run));
            apply(wrong.get(i));
        }
        apply(said(member("patreon", "2", 1, "city", "Oslo")));
        update(
                "INSERT INTO sync_runs (id, organization, platform, integration, stream, kind, state, started_at, pages,"
                        + " applied, items, created, changed, unchanged, refused, conflicts, calls, bytes, total)"
                        + " VALUES (?, 'default', 'patreon', 'default', 'members', 'full', 'running', 0, 0, 0, 0, 0, 0, 0, 0,"
                        + " 0, 0, 0, 0)",
                run);

        assertThat(undos.preview(undos.run(run, EVE), 0, 50).changes()).isEqualTo(3);
        UndoPreview preview = undos.preview(undos.run(run, EVE), 0, 50);
        assertThat(preview.differences())
                .singleElement()
                .extracting(UndoDifference::before, UndoDifference::after)
                .containsExactly("Oslo 2", "Bergen");
        Instant far = Instant.now().plus(Duration.ofHours(1));
        assertThat(undos.preview(undos.window("default", "patreon", null, Instant.EPOCH, far, EVE), 0, 0)
                        .changes())
                .isEqualTo(5);
        assertThat(undos.preview(undos.window("default", "patreon", "other", Instant.EPOCH, far, EVE), 0, 0)
                        .changes())
                .isZero();
        assertThat(undos.preview(undos.window("default", "patreon", null, far, far.plusSeconds(1), EVE), 0, 0)
                        .changes())
                .isZero();

        done(undos.run(run, EVE));

        assertThat(memberOf("patreon", "1")).containsEntry("city", "Bergen");
        assertThat(memberOf("patreon", "2")).containsEntry("city", "Oslo");
    }

    private NormalizedOperation pulled(NormalizedOperation said, long run) {
        Delivery one = said.operation().delivery();
        Delivery delivery = new Delivery(
                one.id(),
                one.organization(),
                one.platform(),
                one.integration(),
                one.receivedAt(),
                Map.of(Delivery.RUN, Long.toString(run)),
                one.body(),
                "pull:members",
                null);
        return new NormalizedOperation(
                new Operation(said.operation().id(), OperationType.BULK_SYNC, 0, delivery, List.of()),
                said.records(),
                "");
    }

    @Test
    void itGoesOnAfterTheHubDied() {
        List<NormalizedOperation> wrong = new ArrayList<>();
        for (int i = 0; i < Undos.BATCH + 50; i++) {
            wrong.add(said(member("patreon", "m" + i, 1, "email", "m" + i + "@example.com")));
        }
        apply(wrong);
        UndoScope scope = undos.window(
                "default", "patreon", null, Instant.EPOCH, Instant.now().plus(Duration.ofHours(1)), EVE);
        Undo undo = undos.begin(scope, EVE);
        assertThat(undos.goOn(undo)).isTrue();
        Undo half = undos.find(undo.id(), EVE);
        assertThat(half.changes()).isEqualTo(Undos.BATCH);
        assertThat(half.endedAt()).isNull();

        new Undos(heart(new Ids(), clock), 30).work();

        Undo done = undos.find(undo.id(), EVE);
        assertThat(List.of(done.changes(), done.records(), done.fields())).containsOnly((long) wrong.size());
        assertThat(count("member_emails")).isZero();
        assertThat(column("SELECT COUNT(*) FROM members WHERE deleted_at IS NULL"))
                .containsExactly("0");
    }

    @Test
    void whoWasToldOrStillHoldsTheUndoneValueIsDueAPush() {
        plan = plan(List.of(
                target("mailchimp", "mailchimp", Entity.MEMBER, Set.of("email", "city")),
                target("patreon", "patreon", Entity.MEMBER, Set.of("email", "city"))));
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "city", "Bergen")));
        NormalizedOperation wrong = said(member("patreon", "1", 2, "city", "Oslo"));
        apply(wrong);
        update("UPDATE pushes SET status = 0");
        update("DELETE FROM pushes WHERE target = 'patreon'");

        undone(wrong);

        assertThat(column("SELECT target FROM pushes WHERE status = 1 ORDER BY target"))
                .containsExactly("mailchimp", "patreon");
    }

    @Test
    void whatBelongsToOthersIsNotThere() {
        NormalizedOperation said = said(member("patreon", "1", 1, "email", "ana@example.com"));
        apply(said);
        ByWhom other = new ByWhom("bob", "", "acme");
        Undo undo = undone(said);

        assertThatThrownBy(() -> undos.operation(said.operation().id(), other)).isInstanceOf(Refusal.class);
        assertThatThrownBy(() -> undos.find(undo.id(), other)).isInstanceOf(Refusal.class);
        assertThatThrownBy(() ->
                        undos.window("default", "patreon", null, Instant.EPOCH, Instant.EPOCH.plusSeconds(1), other))
                .isInstanceOf(Refusal.class);
        assertThat(undos.list("acme", Long.MAX_VALUE, 10)).isEmpty();
        assertThat(undos.list(null, Long.MAX_VALUE, 10)).hasSize(1);
    }

    @Test
    void whatIsOlderThanIsKeptIsForgotten() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com")));
        apply(said(member("klaviyo", "1", 1, "email", "ana@example.com")));
        assertThat(count("source_changes")).isEqualTo(2);

        assertThat(new Undos(heart(Clock.systemUTC()), 1).sweep()).isZero();
        Clock later = Clock.offset(Clock.systemUTC(), Duration.ofDays(2));
        assertThat(new Undos(heart(later), 1).sweep()).isEqualTo(2);
        assertThat(count("source_changes")).isZero();
    }

    @Test
    void aStatementThatTellsNothingNewIsNotKept() {
        NormalizedOperation said = said(member("patreon", "1", 1, "email", "ana@example.com"));
        apply(said);
        apply(again(said, false));

        assertThat(count("source_changes")).isEqualTo(1);
    }
}
