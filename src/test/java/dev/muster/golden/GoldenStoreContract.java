package dev.muster.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.db.Ids;
import dev.muster.decide.Identity;
import dev.muster.decide.SourceRecord;
import dev.muster.normalize.NormalizedOperation;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a store of golden records promises, whichever database it stands on. */
abstract class GoldenStoreContract extends HeartContract {
    private static final List<String> WRITTEN = List.of(
            "external_integrations",
            "member_emails",
            "members",
            "field_provenance",
            "audit_log",
            "pushes",
            "sync_conflicts",
            "duplicate_candidates");

    // --- one transaction

    @Test
    void everythingIsWrittenTogether() {
        plan = plan(List.of(target("mailchimp", "mailchimp", Entity.MEMBER, Set.of("email", "phone"))));
        NormalizedOperation said = said(
                member("patreon", "1", 1, "email", "ana@example.com", "firstName", "Ana", "tags", List.of("a", "b")));

        assertThat(apply(said)).containsExactly(OperationStatus.SUCCESS);

        long golden = goldenOf("patreon", "1");
        assertThat(values(Entity.MEMBER, golden))
                .isEqualTo(Map.of("email", "ana@example.com", "firstName", "Ana", "tags", List.of("a", "b")));
        assertThat(goldenRow(golden)).containsExactly("1", "-", "-");
        assertThat(column("SELECT email FROM member_emails")).containsExactly("ana@example.com");
        assertThat(column("SELECT fields FROM field_provenance WHERE golden_id = " + golden)
                        .get(0))
                .contains("email", "firstName", "tags", "patreon");
        assertThat(rows("SELECT action, actor, golden_id, operation_id FROM audit_log"))
                .containsExactly(List.of(
                        "create",
                        "patreon",
                        String.valueOf(golden),
                        String.valueOf(said.operation().id())));
        assertThat(column("SELECT changes FROM audit_log").get(0)).contains("\"email\":[null,\"ana@example.com\"]");
        assertThat(rows("SELECT target, golden_id, status, version FROM pushes"))
                .containsExactly(List.of("mailchimp", String.valueOf(golden), "1", "1"));
        assertThat(rows("SELECT status, attempts, owner FROM sync_operations")).containsExactly(List.of("2", "1", "-"));
    }

    @Test
    void failingStatementLeavesNothingOfItsBatch() throws Exception {
        plan = plan(List.of(target("mailchimp", "mailchimp", Entity.MEMBER, Set.of("email"))));
        List<NormalizedOperation> batch = List.of(
                said(member(
                        "patreon", "1", 1, "email", "ana@example.com", "firstName", "Ana", "birthDate", "1990-01-01")),
                said(member("klaviyo", "1", 1, "email", "ana@example.com", "birthDate", "1990-10-01")),
                said(member(
                        "eventbrite",
                        "1",
                        1,
                        "email",
                        "ana@example.com",
                        "firstName",
                        "Bob",
                        "birthDate",
                        "1991-01-01")));
        Map<String, String> columnAndValue = Map.of(
                "external_integrations", "platform=klaviyo",
                "member_emails", "platform=klaviyo",
                "members", "first_name=Bob",
                "field_provenance", "entity=member",
                "audit_log", "action=create",
                "pushes", "target=mailchimp",
                "sync_conflicts", "field=birthDate",
                "duplicate_candidates", "status=open");
        assertThat(columnAndValue).containsOnlyKeys(WRITTEN);
        for (String broken : WRITTEN) {
            String[] refused = columnAndValue.get(broken).split("=");
            whileRefusing(broken, refused[0], refused[1], () -> assertThatThrownBy(() -> apply(batch))
                    .as(broken)
                    .hasStackTraceContaining("refused by the test"));
            for (String table : WRITTEN) {
                assertThat(count(table))
                        .as("%s while %s refuses", table, broken)
                        .isZero();
            }
            assertThat(column("SELECT DISTINCT status FROM sync_operations")).containsExactly("1");
        }

        apply(batch);
        for (String table : WRITTEN) {
            assertThat(count(table)).as(table).isPositive();
        }
    }

    @Test
    void poisonedStatementFailsAlone() throws Exception {
        whileRefusing("members", "email", "poison@example.com", () -> {
            try (GoldenStore store = store(100)) {
                List<CompletableFuture<OperationStatus>> results = new ArrayList<>();
                for (int i = 0; i < 60; i++) {
                    String email = i == 31 ? "poison@example.com" : "m" + i + "@example.com";
                    results.add(store.apply(said(member("patreon", "m" + i, 1, "email", email))));
                }
                for (int i = 0; i < 60; i++) {
                    CompletableFuture<OperationStatus> result = results.get(i);
                    if (i == 31) {
                        assertThatThrownBy(() -> result.get(20, TimeUnit.SECONDS))
                                .hasStackTraceContaining("refused by the test");
                    } else {
                        assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo(OperationStatus.SUCCESS);
                    }
                }
            }
        });
        assertThat(count("members")).isEqualTo(59);
        assertThat(count("sync_operations WHERE status = 2")).isEqualTo(59);
        assertThat(count("sync_operations WHERE status = 1")).isEqualTo(1);
    }

    @Test
    void coalescedOperationsEndWithTheirs() {
        NormalizedOperation said = said(member("eventbrite", "1", 1, "firstName", "Ana"));
        Operation alone = said.operation();
        long second = underWay(alone.delivery());
        Operation both = new Operation(alone.id(), alone.type(), 0, alone.delivery(), List.of(second));

        apply(new NormalizedOperation(both, said.records(), ""));

        assertThat(column("SELECT status FROM sync_operations")).containsExactly("2", "2");
    }

    @Test
    void whatWasLeftOutIsToldByTheEndedOperation() {
        NormalizedOperation whole = said(member("patreon", "1", 1, "firstName", "Ana"));
        NormalizedOperation partly = said(member("patreon", "2", 1, "firstName", "Bob"));
        String leftOut = "kept 1 record; left out 1: it has no id";

        apply(whole, new NormalizedOperation(partly.operation(), partly.records(), leftOut));

        assertThat(rows("SELECT status, error FROM sync_operations ORDER BY id"))
                .containsExactly(List.of("2", "-"), List.of("2", leftOut));
    }

    // --- repetition

    @Test
    void repeatedStatementWritesNeitherGoldenNorAudit() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "firstName", "Ana")));
        List<List<String>> before = rows("SELECT id, version, updated_at FROM members");
        List<List<String>> sources = rows("SELECT body, updated_at FROM external_integrations");
        clock.advance(Duration.ofMinutes(1));

        assertThat(apply(
                        said(member("patreon", "1", 1, "email", "ana@example.com", "firstName", "Ana")),
                        said(member("patreon", "1", 1, "email", "ana@example.com"))))
                .containsExactly(OperationStatus.SUCCESS, OperationStatus.SUCCESS);

        assertThat(rows("SELECT id, version, updated_at FROM members")).isEqualTo(before);
        assertThat(count("audit_log")).isEqualTo(1);
        assertThat(rows("SELECT body, updated_at FROM external_integrations")).isEqualTo(sources);
    }

    @Test
    void staleStatementChangesNothingNewer() {
        apply(said(member("patreon", "1", 9, "firstName", "Ana", "phone", "+15005550006")));
        apply(said(member("patreon", "1", 3, "firstName", "Anna", "city", "Oslo")));

        assertThat(values(Entity.MEMBER, goldenOf("patreon", "1")))
                .isEqualTo(Map.of("firstName", "Ana", "phone", "+15005550006", "city", "Oslo"));
    }

    @Test
    void severalStatementsOfOneRecordInABatchMakeOneVersion() {
        apply(
                said(member("patreon", "1", 1, "firstName", "Ana")),
                said(member("patreon", "1", 2, "firstName", "Anna")),
                said(member("patreon", "1", 3, "firstName", "Anne")));

        assertThat(column("SELECT version FROM members")).containsExactly("1");
        assertThat(column("SELECT first_name FROM members")).containsExactly("Anne");
        assertThat(count("audit_log")).isEqualTo(1);
    }

    @Test
    void everyEntityIsWrittenAndReadBack() {
        RecordKey membership = new RecordKey("default", "patreon", Entity.MEMBERSHIP, "m1");
        RecordKey event = new RecordKey("default", "eventbrite", Entity.EVENT, "e1");
        RecordKey registration = new RecordKey("default", "eventbrite", Entity.REGISTRATION, "r1");
        RecordKey campaign = new RecordKey("default", "patreon", Entity.CAMPAIGN, "c1");
        RecordKey odd = new RecordKey("default", "patreon", Entity.MEMBERSHIP, "m2");
        RecordKey gift = new RecordKey("default", "classy", Entity.TRANSACTION, "t1");
        RecordKey plan = new RecordKey("default", "classy", Entity.RECURRING_PLAN, "p1");
        apply(said(
                about(
                        membership,
                        1,
                        false,
                        "member",
                        "patreon/member/1",
                        "amount",
                        500L,
                        "currency",
                        "USD",
                        "gifted",
                        true),
                about(event, 1, false, "name", "Harbor Run", "capacity", 100L),
                about(registration, 1, false, "event", "eventbrite/event/e1", "status", "attending"),
                about(campaign, 1, false, "url", "https://example.com", "patronCount", 7L),
                about(odd, 1, false, "amount", "much", "status", 5L),
                about(
                        gift,
                        1,
                        false,
                        "member",
                        "classy/member/1",
                        "amount",
                        5_500L,
                        "occurredAt",
                        "2026-03-02T09:15:01Z"),
                about(plan, 1, false, "campaign", "classy/campaign/1", "status", "active", "frequency", "monthly")));

        assertThat(values(Entity.MEMBERSHIP, golden("m1")))
                .isEqualTo(Map.of("member", "patreon/member/1", "amount", 500L, "currency", "USD", "gifted", true));
        assertThat(values(Entity.EVENT, golden("e1"))).isEqualTo(Map.of("name", "Harbor Run", "capacity", 100L));
        assertThat(values(Entity.REGISTRATION, golden("r1")))
                .isEqualTo(Map.of("event", "eventbrite/event/e1", "status", "attending"));
        assertThat(values(Entity.CAMPAIGN, golden("c1")))
                .isEqualTo(Map.of("url", "https://example.com", "patronCount", 7L));
        assertThat(values(Entity.MEMBERSHIP, golden("m2"))).isEqualTo(Map.of("amount", "much", "status", 5L));
        assertThat(values(Entity.TRANSACTION, golden("t1")))
                .isEqualTo(Map.of("member", "classy/member/1", "amount", 5_500L, "occurredAt", "2026-03-02T09:15:01Z"));
        assertThat(values(Entity.RECURRING_PLAN, golden("p1")))
                .isEqualTo(Map.of("campaign", "classy/campaign/1", "status", "active", "frequency", "monthly"));
    }

    private long golden(String externalId) {
        return Long.parseLong(
                column("SELECT golden_id FROM external_integrations WHERE external_id = '" + externalId + "'")
                        .get(0));
    }

    // --- identity

    @Test
    void oneAddressIsOnePersonWhicheverPlatformSaysIt() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "firstName", "Ana")));
        apply(said(member("klaviyo", "9", 2, "email", "ANA@example.com", "phone", "+15005550006")));

        assertThat(goldenOf("klaviyo", "9")).isEqualTo(goldenOf("patreon", "1"));
        assertThat(count("members")).isEqualTo(1);
        assertThat(goldenRow(goldenOf("patreon", "1")).get(0)).isEqualTo("2");
    }

    @Test
    void bridgingAddressMergesTwoPeopleAndKeepsWhoWasMerged() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "firstName", "Ana")));
        apply(said(member("klaviyo", "2", 1, "email", "lee@example.com", "lastName", "Lee")));
        long first = goldenOf("patreon", "1");
        long second = goldenOf("klaviyo", "2");

        apply(said(member("klaviyo", "2", 2, "email", "ana@example.com")));

        assertThat(goldenOf("klaviyo", "2")).isEqualTo(first);
        assertThat(values(Entity.MEMBER, first))
                .isEqualTo(Map.of("email", "ana@example.com", "firstName", "Ana", "lastName", "Lee"));
        assertThat(goldenRow(first)).containsExactly("2", "-", "-");
        assertThat(goldenRow(second)).containsExactly("2", String.valueOf(clock.millis()), String.valueOf(first));
        assertThat(column("SELECT changes FROM audit_log WHERE action = 'merge'"))
                .containsExactly("{\"into\":\"" + Ids.format(first) + "\"}");
    }

    @Test
    void clearlyDifferentNamesAtOneAddressAreACandidateAndNoMerge() {
        apply(said(member("patreon", "1", 1, "email", "lee@example.com", "firstName", "Ana", "lastName", "Lee")));
        apply(said(member("klaviyo", "2", 1, "email", "lee@example.com", "firstName", "Bob", "lastName", "Lee")));

        long ana = goldenOf("patreon", "1");
        long bob = goldenOf("klaviyo", "2");
        assertThat(ana).isNotEqualTo(bob);
        assertThat(rows("SELECT golden_a, golden_b, status FROM duplicate_candidates"))
                .containsExactly(
                        List.of(String.valueOf(Math.min(ana, bob)), String.valueOf(Math.max(ana, bob)), "open"));
        apply(said(member("klaviyo", "2", 2, "phone", "+15005550006", "firstName", "Robert")));
        assertThat(count("duplicate_candidates")).isEqualTo(1);
    }

    @Test
    void renamedPersonLeavesTheOthersOfTheAddress() {
        apply(said(member("patreon", "1", 1, "email", "lee@example.com")));
        apply(said(member("klaviyo", "2", 1, "email", "lee@example.com", "firstName", "Bob")));
        assertThat(goldenOf("patreon", "1")).isEqualTo(goldenOf("klaviyo", "2"));

        apply(said(member("patreon", "1", 2, "firstName", "Ana")));

        assertThat(goldenOf("patreon", "1")).isNotEqualTo(goldenOf("klaviyo", "2"));
        assertThat(values(Entity.MEMBER, goldenOf("patreon", "1"))).containsEntry("firstName", "Ana");
        assertThat(values(Entity.MEMBER, goldenOf("klaviyo", "2"))).containsEntry("firstName", "Bob");
        assertThat(count("members WHERE merged_into IS NULL AND deleted_at IS NULL"))
                .isEqualTo(2);
    }

    @Test
    void longChainOfAddressesIsOnePersonInAnyOrder() {
        List<NormalizedOperation> links = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            links.add(said(member("klaviyo", "k" + i, 1, "email", "a" + i + "@example.com")));
            links.add(said(member("klaviyo", "k" + i, 2, "email", "a" + (i + 1) + "@example.com")));
        }
        Collections.shuffle(links, new Random(5));
        for (int i = 0; i < links.size(); i += 7) {
            apply(links.subList(i, Math.min(links.size(), i + 7)));
        }

        assertThat(new HashSet<>(column("SELECT golden_id FROM external_integrations")))
                .hasSize(1);
        assertThat(count("members WHERE merged_into IS NULL")).isEqualTo(1);
    }

    @Test
    void whoOnlyHappensToBeInTheBatchIsNotSplitFromItsNeighbours() {
        // 1 and 3 are one person over the addresses of 2
        apply(said(member("klaviyo", "2", 1, "email", "a@example.com")));
        apply(said(member("klaviyo", "2", 2, "email", "b@example.com")));
        apply(said(member("klaviyo", "1", 1, "email", "a@example.com")));
        apply(said(member("klaviyo", "3", 1, "email", "b@example.com")));

        apply(
                said(member("klaviyo", "1", 2, "phone", "+15005550006")),
                said(member("klaviyo", "3", 2, "city", "Oslo")),
                said(member("patreon", "9", 1, "email", "new@example.com")));
        assertThat(count("members")).isEqualTo(2);

        apply(
                said(member("klaviyo", "2", 3, "phone", "+15005550007")),
                said(member("klaviyo", "1", 3, "firstName", "Ana")));
        assertThat(count("members")).isEqualTo(2);
        assertThat(goldenOf("klaviyo", "3")).isEqualTo(goldenOf("klaviyo", "1")).isEqualTo(goldenOf("klaviyo", "2"));
    }

    @Test
    void addressesOfAKnownSourceInTheBatchAreFollowed() {
        apply(said(member("patreon", "9", 1, "email", "a@example.com")));
        apply(
                said(member("klaviyo", "2", 1, "email", "b@example.com")),
                said(member("klaviyo", "3", 1, "email", "b@example.com")));
        apply(said(member("klaviyo", "2", 2, "email", "a@example.com", "firstName", "Bob")));
        apply(said(member("patreon", "9", 2, "firstName", "Ana")));
        assertThat(goldenOf("patreon", "9")).isNotEqualTo(goldenOf("klaviyo", "2"));

        apply(said(member("klaviyo", "2", 3, "city", "Oslo")), said(member("patreon", "9", 3, "firstName", "Bob")));

        assertThat(goldenOf("patreon", "9")).isEqualTo(goldenOf("klaviyo", "2")).isEqualTo(goldenOf("klaviyo", "3"));
    }

    @Test
    void candidateIsWithdrawnWhenTheTwoAreOneAndOpenedAgainWhenTheyAreNot() {
        apply(said(member("patreon", "1", 1, "email", "lee@example.com", "firstName", "Ana")));
        apply(said(member("klaviyo", "2", 1, "email", "lee@example.com", "firstName", "Bob")));
        assertThat(rows("SELECT email, status FROM duplicate_candidates"))
                .containsExactly(List.of("lee@example.com", "open"));

        apply(said(member("klaviyo", "2", 2, "firstName", "Ana")));
        assertThat(goldenOf("klaviyo", "2")).isEqualTo(goldenOf("patreon", "1"));
        assertThat(count("duplicate_candidates WHERE status = 'open'")).isZero();

        apply(said(member("klaviyo", "2", 3, "firstName", "Bob")));
        assertThat(count("duplicate_candidates WHERE status = 'open'")).isEqualTo(1);
    }

    @Test
    void candidateSaysThePresentNames() {
        apply(said(member("patreon", "1", 1, "email", "lee@example.com", "firstName", "Ana")));
        apply(said(member("klaviyo", "2", 1, "email", "lee@example.com", "firstName", "Bob")));
        apply(said(member("klaviyo", "2", 2, "firstName", "Carl")));

        assertThat(column("SELECT reason FROM duplicate_candidates WHERE status = 'open'"))
                .singleElement()
                .asString()
                .contains("'Ana'", "'Carl'");
    }

    @Test
    void crowdedAddressConnectsNobodyInWhateverBatchesItFills() {
        List<NormalizedOperation> tickets = new ArrayList<>();
        for (int i = 0; i <= Identity.SOURCES_PER_EMAIL_MAX; i++) {
            tickets.add(said(member("eventbrite", "t" + i, 1, "email", "door@example.com", "firstName", "Ana")));
        }
        // 1 and 2 are one person by another address too
        tickets.add(said(member("eventbrite", "t1", 2, "email", "ana@example.com")));
        tickets.add(said(member("eventbrite", "t2", 2, "email", "ana@example.com")));
        int people = Identity.SOURCES_PER_EMAIL_MAX;
        for (int batchMax : List.of(tickets.size(), 60, 7)) {
            emptied(database);
            Collections.shuffle(tickets, new Random(batchMax));
            for (int i = 0; i < tickets.size(); i += batchMax) {
                apply(tickets.subList(i, Math.min(tickets.size(), i + batchMax)));
            }
            assertThat(count("members WHERE merged_into IS NULL"))
                    .as("in batches of " + batchMax)
                    .isEqualTo(people);
            assertThat(goldenOf("eventbrite", "t1")).isEqualTo(goldenOf("eventbrite", "t2"));
            assertThat(count("duplicate_candidates WHERE status = 'open'")).isZero();
        }
    }

    @Test
    void crowdedAddressIsNotLoadedAgain() {
        List<NormalizedOperation> tickets = new ArrayList<>();
        for (int i = 0; i <= Identity.SOURCES_PER_EMAIL_MAX; i++) {
            tickets.add(said(member("eventbrite", "t" + i, 1, "email", "door@example.com")));
        }
        apply(tickets);
        // A body that cannot be read would stop who reads it.
        execute("UPDATE external_integrations SET body = 'unreadable'");

        apply(said(member("eventbrite", "next", 1, "email", "door@example.com")));

        assertThat(count("members")).isEqualTo(Identity.SOURCES_PER_EMAIL_MAX + 2L);
    }

    @Test
    void peopleOfOneAddressAreFoundAcrossBatches() {
        for (int batch = 0; batch < 4; batch++) {
            List<NormalizedOperation> said = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                String first = i % 2 == 0 ? "Ana" : "Bob";
                said.add(said(member(
                        "eventbrite", "b" + batch + "-" + i, 1, "email", "office@example.com", "firstName", first)));
            }
            apply(said);
        }

        assertThat(count("members WHERE merged_into IS NULL")).isEqualTo(2);
        assertThat(column("SELECT COUNT(*) FROM external_integrations GROUP BY golden_id"))
                .containsExactly("100", "100");
    }

    @Test
    void organizationsKnowNothingOfEachOther() {
        RecordKey elsewhere = new RecordKey("other", "patreon", Entity.MEMBER, "1");
        apply(
                said(member("patreon", "1", 1, "email", "ana@example.com")),
                said(about(elsewhere, 1, false, "email", "ana@example.com")));

        assertThat(rows("SELECT organization, COUNT(*) FROM members GROUP BY organization ORDER BY organization"))
                .containsExactly(List.of("default", "1"), List.of("other", "1"));
    }

    @Test
    void whoIsSplitOffBelongsToTheOrganizationOfItsSources() {
        RecordKey b = new RecordKey("zeta", "klaviyo", Entity.MEMBER, "2");
        RecordKey c = new RecordKey("zeta", "patreon", Entity.MEMBER, "3");
        RecordKey a = new RecordKey("zeta", "eventbrite", Entity.MEMBER, "1");
        apply(
                said(about(a, 1, false, "email", "lee@example.com")),
                said(about(b, 1, false, "email", "lee@example.com", "firstName", "Bob")),
                said(about(c, 1, false, "email", "lee@example.com", "firstName", "Bob")));

        apply(said(member("patreon", "77", 1, "email", "x@example.com")), said(about(a, 2, false, "firstName", "Ana")));

        assertThat(rows("SELECT organization, COUNT(*) FROM members GROUP BY organization ORDER BY organization"))
                .containsExactly(List.of("default", "1"), List.of("zeta", "2"));
    }

    @Test
    void twoHubsMakeOnePersonOfOneAddress() throws Exception {
        try (GoldenStore hubA = store(10);
                GoldenStore hubB = store(10)) {
            List<CompletableFuture<OperationStatus>> results = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                String email = "m" + i + "@example.com";
                results.add(hubA.apply(said(member("patreon", "p" + i, 1, "email", email))));
                results.add(hubB.apply(said(member("klaviyo", "k" + i, 1, "email", email))));
            }
            for (CompletableFuture<OperationStatus> result : results) {
                assertThat(result.get(30, TimeUnit.SECONDS)).isEqualTo(OperationStatus.SUCCESS);
            }
        }
        assertThat(count("members WHERE merged_into IS NULL")).isEqualTo(100);
        assertThat(column("SELECT COUNT(*) FROM external_integrations GROUP BY golden_id"))
                .containsOnly("2");
    }

    // --- removal

    @Test
    void personIsGoneWhenEverySourceSaysSoAndKeepsItsValues() {
        apply(
                said(member("patreon", "1", 1, "email", "ana@example.com", "firstName", "Ana")),
                said(member("klaviyo", "2", 1, "email", "ana@example.com", "phone", "+15005550006")));
        long golden = goldenOf("patreon", "1");

        apply(said(removed("klaviyo", "2", 2)));
        assertThat(goldenRow(golden).get(1)).isEqualTo("-");
        assertThat(values(Entity.MEMBER, golden)).doesNotContainKey("phone");

        apply(said(removed("patreon", "1", 2)));
        assertThat(goldenRow(golden).get(1)).isEqualTo(String.valueOf(clock.millis()));
        assertThat(values(Entity.MEMBER, golden)).containsEntry("firstName", "Ana");
        assertThat(column("SELECT action FROM audit_log ORDER BY id"))
                .containsExactly("create", "change", "change", "remove");

        apply(said(member("patreon", "1", 3, "firstName", "Ana")));
        assertThat(goldenRow(golden).get(1)).isEqualTo("-");
    }

    @Test
    void removalOfWhatWasNeverSeenIsKeptAndNoLateStatementUndoesIt() {
        apply(said(removed("patreon", "1", 5)));
        apply(said(member("patreon", "1", 4, "firstName", "Ana")));

        assertThat(goldenRow(goldenOf("patreon", "1")).get(1)).isNotEqualTo("-");
    }

    // --- conflicts and overrides

    @Test
    void disagreementWaitsForAPersonOnceAndSettlesWhenTheyAgree() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "birthDate", "1990-01-06")));
        NormalizedOperation rival =
                said(member("klaviyo", "2", 2, "email", "ana@example.com", "birthDate", "1990-06-01"));

        assertThat(apply(rival)).containsExactly(OperationStatus.CONFLICT);
        assertThat(rows("SELECT field, status, operation_id FROM sync_conflicts"))
                .containsExactly(List.of(
                        "birthDate", "open", String.valueOf(rival.operation().id())));
        assertThat(column("SELECT birth_date FROM members")).containsExactly("1990-01-06");
        assertThat(column("SELECT status FROM sync_operations WHERE id = "
                        + rival.operation().id()))
                .containsExactly(String.valueOf(OperationStatus.CONFLICT.ordinal()));

        assertThat(apply(said(member("klaviyo", "2", 2, "birthDate", "1990-06-01", "phone", "+15005550006"))))
                .containsExactly(OperationStatus.SUCCESS);
        assertThat(count("sync_conflicts")).isEqualTo(1);

        assertThat(apply(said(member("klaviyo", "2", 3, "birthDate", "1990-01-06"))))
                .containsExactly(OperationStatus.SUCCESS);
        assertThat(column("SELECT status FROM sync_conflicts")).containsExactly("settled");

        apply(said(member("klaviyo", "2", 4, "birthDate", "1991-01-01")));
        assertThat(column("SELECT status FROM sync_conflicts ORDER BY id")).containsExactly("settled", "open");
    }

    @Test
    void conflictOfAPersonWhoWasMergedDoesNotWaitForever() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "firstName", "Ana")));
        apply(
                said(member("klaviyo", "2", 1, "email", "lee@example.com", "birthDate", "1990-01-06")),
                said(member("eventbrite", "3", 2, "email", "lee@example.com", "birthDate", "1990-06-01")));
        long merged = goldenOf("klaviyo", "2");
        assertThat(column("SELECT golden_id FROM sync_conflicts WHERE status = 'open'"))
                .containsExactly(String.valueOf(merged));

        apply(said(member("klaviyo", "2", 3, "email", "ana@example.com")));

        assertThat(column("SELECT golden_id FROM sync_conflicts WHERE status = 'open'"))
                .containsExactly(String.valueOf(goldenOf("patreon", "1")));
    }

    @Test
    void overrideBeatsEveryRuleUntilItIsLifted() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "firstName", "Ana")));
        long golden = goldenOf("patreon", "1");
        override(golden, "firstName", "Anastasia");

        apply(said(member("patreon", "1", 2, "firstName", "Anna")));
        assertThat(values(Entity.MEMBER, golden)).containsEntry("firstName", "Anastasia");
        assertThat(column("SELECT fields FROM field_provenance").get(0)).contains("eve");

        execute("DELETE FROM field_overrides");
        apply(said(member("patreon", "1", 3, "phone", "+15005550006")));
        assertThat(values(Entity.MEMBER, golden)).containsEntry("firstName", "Anna");
    }

    @Test
    void overrideGoesWithWhoIsMerged() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "firstName", "Ana")));
        apply(said(member("klaviyo", "2", 1, "email", "lee@example.com", "city", "Oslo")));
        override(goldenOf("klaviyo", "2"), "city", "Bergen");

        assertThat(apply(said(member("klaviyo", "2", 2, "email", "ana@example.com"))))
                .containsExactly(OperationStatus.SUCCESS);

        long stays = goldenOf("patreon", "1");
        assertThat(values(Entity.MEMBER, stays)).containsEntry("city", "Bergen");
        assertThat(column("SELECT golden_id FROM field_overrides")).containsExactly(String.valueOf(stays));
        assertThat(column("SELECT changes FROM audit_log WHERE action = 'move_override' AND golden_id = " + stays))
                .singleElement()
                .asString()
                .contains("city", "Bergen");
    }

    @Test
    void twoPersonsWordsThatMeetWaitForAPerson() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "firstName", "Ana")));
        apply(said(member("klaviyo", "2", 1, "email", "lee@example.com", "city", "Oslo")));
        long stays = goldenOf("patreon", "1");
        override(stays, "city", "Paris");
        override(goldenOf("klaviyo", "2"), "city", "Bergen");

        assertThat(apply(said(member("klaviyo", "2", 2, "email", "ana@example.com"))))
                .containsExactly(OperationStatus.CONFLICT);
        assertThat(values(Entity.MEMBER, stays)).containsEntry("city", "Paris");
        assertThat(apply(said(member("klaviyo", "2", 3, "phone", "+15005550006"))))
                .containsExactly(OperationStatus.SUCCESS);
        assertThat(rows("SELECT golden_id, field FROM sync_conflicts WHERE status = 'open'"))
                .containsExactly(List.of(String.valueOf(stays), "city"));

        update("DELETE FROM field_overrides WHERE golden_id = ?", stays);
        apply(said(member("klaviyo", "2", 4, "phone", "+15005550007")));
        assertThat(count("sync_conflicts WHERE status = 'open'")).isZero();
    }

    // --- pushes

    @Test
    void pushesAreOnePerTargetAndNotForTheOriginOrForOtherFields() {
        plan = plan(List.of(
                target("mailchimp", "mailchimp", Entity.MEMBER, Set.of("email", "phone")),
                target("back", "patreon", Entity.MEMBER, Set.of("email", "phone")),
                target("events", "mailchimp", Entity.EVENT, Set.of("email"))));
        apply(said(member("patreon", "1", 1, "email", "ana@example.com")));
        apply(said(member("patreon", "1", 2, "phone", "+15005550006")));
        apply(said(member("patreon", "1", 3, "city", "Oslo")));

        assertThat(rows("SELECT target, status FROM pushes")).containsExactly(List.of("mailchimp", "1"));

        execute("UPDATE pushes SET status = 0");
        apply(said(member("klaviyo", "2", 4, "email", "ana@example.com", "phone", "+15005550007")));
        assertThat(rows("SELECT target, status FROM pushes ORDER BY target"))
                .containsExactly(List.of("back", "1"), List.of("mailchimp", "1"));
    }

    @Test
    void whichStatementsShareABatchDecidesNoPush() {
        plan = plan(List.of(
                target("k", "klaviyo", Entity.MEMBER, Set.of("phone", "firstName")),
                target("p", "patreon", Entity.MEMBER, Set.of("city")),
                target("p-names", "patreon", Entity.MEMBER, Set.of("firstName"))));
        for (boolean patreonFirst : List.of(true, false)) {
            execute("DELETE FROM pushes");
            String email = patreonFirst ? "a@example.com" : "b@example.com";
            String id = patreonFirst ? "1" : "2";
            NormalizedOperation patreon =
                    said(member("patreon", id, 1, "email", email, "phone", "+15005550006", "city", "Oslo"));
            NormalizedOperation klaviyo = said(member("klaviyo", id, 1, "email", email, "firstName", "Ana"));
            apply(patreonFirst ? List.of(patreon, klaviyo) : List.of(klaviyo, patreon));

            assertThat(column("SELECT target FROM pushes ORDER BY target")).containsExactly("k", "p-names");
        }
    }

    @Test
    void platformIsToldOfAUnionThatItHoldsOnlyAPartOf() {
        plan = plan(List.of(
                target("k", "klaviyo", Entity.MEMBER, Set.of("tags")),
                target("p", "patreon", Entity.MEMBER, Set.of("tags"))));
        apply(said(member("patreon", "1", 1, "email", "a@example.com", "tags", List.of("a"))));
        assertThat(column("SELECT target FROM pushes")).containsExactly("k");
        execute("DELETE FROM pushes");

        apply(said(member("klaviyo", "2", 2, "email", "a@example.com", "tags", List.of("b"))));

        assertThat(column("SELECT target FROM pushes ORDER BY target")).containsExactly("k", "p");
    }

    @Test
    void valueThatItsOwnPlatformTookAwayIsNotToldToIt() {
        plan = plan(List.of(
                target("k", "klaviyo", Entity.MEMBER, Set.of("phone")),
                target("p", "patreon", Entity.MEMBER, Set.of("phone"))));
        apply(
                said(member("patreon", "1", 1, "email", "a@example.com")),
                said(member("klaviyo", "2", 1, "email", "a@example.com", "phone", "+15005550006")));
        execute("DELETE FROM pushes");

        apply(said(removed("klaviyo", "2", 2)));

        assertThat(column("SELECT target FROM pushes")).containsExactly("p");
    }

    @Test
    void auditNamesTheOperationThatGaveEachField() {
        NormalizedOperation patreon =
                said(member("patreon", "1", 1, "email", "a@example.com", "phone", "+15005550006"));
        NormalizedOperation klaviyo = said(member("klaviyo", "2", 2, "email", "a@example.com", "firstName", "Ana"));
        apply(patreon, klaviyo);

        assertThat(rows("SELECT action, actor, operation_id FROM audit_log ORDER BY operation_id"))
                .containsExactly(
                        List.of(
                                "create",
                                "patreon",
                                String.valueOf(patreon.operation().id())),
                        List.of(
                                "change",
                                "klaviyo",
                                String.valueOf(klaviyo.operation().id())));
        assertThat(column("SELECT changes FROM audit_log WHERE actor = 'patreon'")
                        .get(0))
                .contains("phone")
                .doesNotContain("firstName");
    }

    @Test
    void conflictThatIsOnlySaidAgainCallsNobody() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "birthDate", "1990-01-06")));
        NormalizedOperation rival =
                said(member("klaviyo", "2", 2, "email", "ana@example.com", "birthDate", "1990-06-01"));
        assertThat(apply(rival)).containsExactly(OperationStatus.CONFLICT);

        assertThat(apply(said(member("klaviyo", "2", 5, "birthDate", "1990-06-01"))))
                .containsExactly(OperationStatus.SUCCESS);
        assertThat(column("SELECT operation_id FROM sync_conflicts WHERE status = 'open'"))
                .containsExactly(String.valueOf(rival.operation().id()));
        assertThat(apply(said(member("klaviyo", "2", 6, "birthDate", "1991-06-01"))))
                .containsExactly(OperationStatus.CONFLICT);
    }

    @Test
    void whoIsMergedAwayAndWhoStaysAreLookedAtAgain() {
        plan = plan(List.of(target("m", "mailchimp", Entity.MEMBER, Set.of("email"))));
        apply(said(member("patreon", "1", 1, "email", "ana@example.com", "firstName", "Ana")));
        apply(said(member("klaviyo", "2", 1, "email", "lee@example.com", "lastName", "Lee")));
        long merged = goldenOf("klaviyo", "2");
        execute("UPDATE pushes SET status = 0");

        apply(said(member("klaviyo", "2", 2, "email", "ana@example.com")));

        assertThat(column("SELECT status FROM pushes WHERE golden_id = " + merged))
                .containsExactly("1");
        assertThat(column("SELECT status FROM pushes WHERE golden_id = " + goldenOf("patreon", "1")))
                .containsExactly("1");
    }

    @Test
    void targetsOfOneNameAreRefused() throws Exception {
        PushPlan.Target one = target("m", "klaviyo", Entity.MEMBER, Set.of("email"));
        assertThatThrownBy(() -> new PushPlan(List.of(one, one), EVERYBODY)).hasMessageContaining("named m");
    }

    // --- the roll

    @Test
    void addressIsLookedForInTheOrganizationAskedFor() {
        RecordKey elsewhere = new RecordKey("other", "patreon", Entity.MEMBER, "1");
        apply(
                said(member("patreon", "1", 1, "email", "ana@example.com")),
                said(member("klaviyo", "2", 1, "email", "ana@example.com")),
                said(about(elsewhere, 1, false, "email", "ana@example.com")));

        assertThat(roll().membersByEmail("ana@example.com", null)).hasSize(2);
        assertThat(roll().membersByEmail("ana@example.com", "other"))
                .singleElement()
                .satisfies(entry -> assertThat(entry.record().organization()).isEqualTo("other"));
        assertThat(roll().membersByEmail("ana@example.com", "nobody")).isEmpty();
    }

    @Test
    void registrationsOfAMemberWithManySourcesAreFound() {
        RecordKey registration = new RecordKey("default", "eventbrite", Entity.REGISTRATION, "r1");
        apply(
                said(member("patreon", "1", 1, "email", "ana@example.com")),
                said(about(registration, 1, false, "member", "patreon/member/1", "status", "attending")));
        Roll.Entry ana = roll().find(Entity.MEMBER, goldenOf("patreon", "1")).orElseThrow();
        List<SourceRecord> many = new ArrayList<>(ana.sources());
        for (int i = 0; i < 40_000; i++) {
            many.add(SourceRecord.unseen(new RecordKey("default", "klaviyo", Entity.MEMBER, "k" + i)));
        }

        assertThat(roll().ofMember(
                                Entity.REGISTRATION, new Roll.Entry(ana.record(), many, Map.of()), Long.MAX_VALUE, 10)
                        .entries())
                .hasSize(1);
    }

    @Test
    void readsAtOneMomentSeeNoCommitInBetween() {
        apply(said(member("patreon", "1", 1, "email", "ana@example.com")));

        long seen = database.readAtOneMoment(connection -> {
            GoldenReads reading = new GoldenReads(connection, database);
            long golden = goldenOf("patreon", "1");
            reading.byIds(Map.of(golden, Entity.MEMBER));
            apply(said(member("patreon", "1", 2, "firstName", "Ana")));
            return reading.byIds(Map.of(golden, Entity.MEMBER)).get(golden).version();
        });

        assertThat(seen).isEqualTo(1);
        assertThat(column("SELECT version FROM members")).containsExactly("2");
    }
}
