package dev.muster.decide;

import static dev.muster.decide.Statements.day;
import static dev.muster.decide.Statements.eventbrite;
import static dev.muster.decide.Statements.klaviyo;
import static dev.muster.decide.Statements.patreon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.canonical.Entity;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The shipped rules, one promise at a time. Precedence of members: klaviyo, patreon, eventbrite. */
class SurvivorshipTest {
    private static final Survivorship SHIPPED = new Survivorship(Statements.shippedRules());

    private static GoldenState golden(SourceRecord... sources) {
        return SHIPPED.resolve(Entity.MEMBER, List.of(sources), Map.of());
    }

    private static GoldenState golden(SurvivorshipRules rules, SourceRecord... sources) {
        return new Survivorship(rules).resolve(Entity.MEMBER, List.of(sources), Map.of());
    }

    private static Winner winner(GoldenState state, String field) {
        return Objects.requireNonNull(
                Objects.requireNonNull(state.fields().get(field)).winner());
    }

    @Test
    void theOnlySourceIsTheGoldenRecord() {
        GoldenState state =
                golden(patreon("1").at(3).says("email", "a@example.com").source(7));

        assertThat(state.values()).isEqualTo(Map.of("email", "a@example.com"));
        assertThat(winner(state, "email")).isEqualTo(new Winner("patreon", "1", day(3), 7));
        assertThat(state.tombstone()).isFalse();
    }

    // ---- latest

    @Test
    void laterChangeWins() {
        GoldenState state = golden(
                patreon("1").at(2).says("phone", "later").source(),
                klaviyo("1").at(1).says("phone", "earlier").source());

        assertThat(state.values()).containsEntry("phone", "later");
        assertThat(Objects.requireNonNull(state.fields().get("phone")).rule()).isEqualTo("latest");
    }

    @Test
    void laterChangeIsByTheFieldsOwnTime() {
        GoldenState state = golden(
                patreon("1").at(2).says("phone", "a", 0).source(),
                klaviyo("1").at(1).says("phone", "b").source());

        assertThat(state.values()).containsEntry("phone", "b");
    }

    @Test
    void equalTimesAreSettledByPlatform() {
        GoldenState state = golden(
                eventbrite("1").says("phone", "e").source(),
                klaviyo("1").says("phone", "k").source(),
                patreon("1").says("phone", "p").source());

        assertThat(state.values()).containsEntry("phone", "k");
    }

    @Test
    void equalTimesOfOnePlatformAreSettledByTheLaterState() {
        GoldenState state = golden(
                patreon("1").at(1).asOf(5).says("phone", "a").source(),
                patreon("2").at(1).says("phone", "b").source());

        assertThat(state.values()).containsEntry("phone", "a");
    }

    @Test
    void nothingToTellThemApartIsSettledTheSameWayAlways() {
        SourceRecord a = patreon("1").says("phone", "a").source(9);
        SourceRecord b = patreon("2").says("phone", "b").source(1);

        assertThat(golden(a, b)).isEqualTo(golden(b, a));
        assertThat(golden(a, b).values()).containsEntry("phone", "b");
    }

    @Test
    void missingFieldIsNoCandidate() {
        GoldenState state = golden(
                patreon("1").at(1).says("phone", "1").source(),
                klaviyo("1").at(9).says("phone", " ").source());

        assertThat(state.values()).containsEntry("phone", "1");
    }

    // ---- precedence

    @Test
    void precedenceBeatsTime() {
        SurvivorshipRules rules = Statements.rules(
                "entities: { member: { fields: { phone: { rule: precedence, platforms: [patreon, klaviyo] } } } }");

        assertThat(golden(
                                rules,
                                patreon("1").at(1).says("phone", "p").source(),
                                klaviyo("1").at(9).says("phone", "k").source())
                        .values())
                .containsEntry("phone", "p");
    }

    @Test
    void platformsNotListedComeLastAndAmongThemTheLatest() {
        SurvivorshipRules rules = Statements.rules(
                "entities: { member: { fields: { phone: { rule: precedence, platforms: [mailchimp] } } } }");
        SourceRecord earlier = patreon("1").at(1).says("phone", "p").source();
        SourceRecord later = klaviyo("1").at(2).says("phone", "k").source();
        SourceRecord listed = Statements.about(Statements.member("mailchimp", "1"))
                .at(0)
                .says("phone", "m")
                .source();

        assertThat(golden(rules, earlier, later).values()).containsEntry("phone", "k");
        assertThat(golden(rules, earlier, later, listed).values()).containsEntry("phone", "m");
    }

    // ---- most_restrictive

    @Test
    void theMostRestrictiveConsentWinsWhateverItsTime() {
        GoldenState state = golden(
                klaviyo("1").at(1).says("consentEmail", "opted_out").source(),
                eventbrite("1").at(9).says("consentEmail", "opted_in").source());

        assertThat(state.values()).containsEntry("consentEmail", "opted_out");
    }

    @Test
    void aConsentNobodyKnowsNeverBeatsAKnownOne() {
        GoldenState state = golden(
                klaviyo("1").at(9).says("consentEmail", "perhaps").source(),
                eventbrite("1").at(1).says("consentEmail", "opted_in").source());

        assertThat(state.values()).containsEntry("consentEmail", "opted_in");
    }

    @Test
    void oneSourceMayChangeItsOwnConsent() {
        SourceRecord source =
                klaviyo("1").at(1).says("consentEmail", "opted_out").source();

        assertThat(golden(source.absorb(
                                klaviyo("1")
                                        .at(2)
                                        .says("consentEmail", "opted_in")
                                        .record(),
                                2))
                        .values())
                .containsEntry("consentEmail", "opted_in");
    }

    // ---- union

    @Test
    void tagsOfAllSourcesAreTakenTogether() {
        GoldenState state = golden(
                klaviyo("1").at(1).says("tags", List.of("c", "a")).source(),
                patreon("1").at(2).says("tags", List.of("b", "a")).source(4));

        assertThat(state.values()).containsEntry("tags", List.of("a", "b", "c"));
        assertThat(winner(state, "tags")).isEqualTo(new Winner("patreon", "1", day(2), 4));
    }

    @Test
    void tagsOfOneSourceAreSortedToo() {
        assertThat(golden(klaviyo("1").says("tags", List.of("c", "a", "c")).source())
                        .values())
                .containsEntry("tags", List.of("a", "c"));
    }

    // ---- review

    @Test
    void disagreementWaitsForAPersonAndTheStandingValueStays() {
        SourceRecord first = patreon("1").at(1).says("birthDate", "1986-01-06").source();
        SourceRecord second = klaviyo("1").at(9).says("birthDate", "1986-06-01").source();
        GoldenState state = golden(first, second);

        assertThat(state.values()).containsEntry("birthDate", "1986-01-06");
        assertThat(state.conflicts()).hasSize(1);
        FieldConflict conflict = state.conflicts().get(0);
        assertThat(conflict.field()).isEqualTo("birthDate");
        assertThat(conflict.standing().key()).isEqualTo(first.key());
        assertThat(conflict.candidates()).extracting(Candidate::value).containsExactly("1986-06-01", "1986-01-06");
        assertThat(conflict.rivals()).extracting(Candidate::key).containsExactly(second.key());
    }

    @Test
    void agreementButForLetterCaseIsNoConflict() {
        GoldenState state = golden(
                patreon("1").at(1).says("gender", "Female").source(),
                klaviyo("1").at(2).says("gender", " female ").source());

        assertThat(state.conflicts()).isEmpty();
        assertThat(state.values()).containsEntry("gender", "Female");
    }

    @Test
    void theStandingSourceMayChangeItsMind() {
        SourceRecord first = patreon("1").at(1).says("gender", "female").source();
        SourceRecord second = klaviyo("1").at(2).says("gender", "male").source();
        SourceRecord changed =
                first.absorb(patreon("1").at(3).says("gender", "male").record(), 3);

        assertThat(golden(first, second).conflicts()).hasSize(1);
        assertThat(golden(changed, second).conflicts()).isEmpty();
        assertThat(golden(changed, second).values()).containsEntry("gender", "male");
    }

    @Test
    void anOverrideSettlesTheConflict() {
        List<SourceRecord> sources = List.of(
                patreon("1").at(1).says("gender", "female").source(),
                klaviyo("1").at(2).says("gender", "male").source());
        FieldOverride override = new FieldOverride("gender", "male", "ana", day(5), "asked her");
        GoldenState state = SHIPPED.resolve(Entity.MEMBER, sources, Map.of("gender", override));

        assertThat(state.conflicts()).isEmpty();
        assertThat(state.fields().get("gender"))
                .isEqualTo(new Decided("male", new Provenance("override", null, override.settlement())));
        assertThat(SHIPPED.resolve(Entity.MEMBER, sources, Map.of()).conflicts())
                .hasSize(1);
    }

    // ---- groups

    @Test
    void anAddressComesFromOneSource() {
        GoldenState state = golden(
                patreon("1")
                        .at(1)
                        .says("addressLine1", "1 Main St")
                        .says("addressLine2", "Apt 5")
                        .says("city", "Bergen")
                        .source(),
                klaviyo("1")
                        .at(2)
                        .says("addressLine1", "9 Oak Ave")
                        .says("city", "Oslo")
                        .source());

        assertThat(state.values()).isEqualTo(Map.of("addressLine1", "9 Oak Ave", "city", "Oslo"));
    }

    @Test
    void aBareCountryDoesNotPushOutAWholeAddress() {
        GoldenState state = golden(
                patreon("1")
                        .at(1)
                        .says("addressLine1", "1 Main St")
                        .says("country", "NO")
                        .source(),
                klaviyo("1").at(2).says("country", "SE").source());

        assertThat(state.values()).isEqualTo(Map.of("addressLine1", "1 Main St", "country", "NO"));
    }

    @Test
    void withoutAnyWholeAddressTheLatestPartStands() {
        GoldenState state = golden(
                patreon("1").at(1).says("country", "NO").says("city", "Bergen").source(),
                klaviyo("1").at(2).says("country", "SE").source());

        assertThat(state.values()).isEqualTo(Map.of("country", "SE"));
    }

    @Test
    void anOverrideOfOnePartLeavesTheOthers() {
        SourceRecord source = patreon("1")
                .says("addressLine1", "1 Main St")
                .says("city", "Bergen")
                .source();

        assertThat(SHIPPED.resolve(
                                Entity.MEMBER,
                                List.of(source),
                                Map.of("city", new FieldOverride("city", "Oslo", "ana", day(1), "")))
                        .values())
                .isEqualTo(Map.of("addressLine1", "1 Main St", "city", "Oslo"));
    }

    // ---- tombstones

    @Test
    void aRemovedSourceIsNotHeardWhileAnotherLives() {
        GoldenState state = golden(
                patreon("1").at(9).says("phone", "gone").removed().source(),
                klaviyo("1").at(1).says("phone", "lives").source());

        assertThat(state.values()).containsEntry("phone", "lives");
        assertThat(state.tombstone()).isFalse();
    }

    @Test
    void anOptOutOutlivesTheProfileThatMadeIt() {
        GoldenState state = golden(
                patreon("1").at(9).says("consentEmail", "opted_out").removed().source(),
                klaviyo("1").at(1).says("consentEmail", "opted_in").source());

        assertThat(state.values()).containsEntry("consentEmail", "opted_out");
    }

    @Test
    void anOptOutStandsEvenWhereNoLivingSourceSpeaksOfConsent() {
        GoldenState state = golden(
                patreon("1").at(9).says("consentSms", "opted_out").removed().source(),
                klaviyo("1").at(1).says("phone", "1").source());

        assertThat(state.values()).containsEntry("consentSms", "opted_out");
        assertThat(state.tombstone()).isFalse();
    }

    @Test
    void whereAllAreRemovedTheRecordIsATombstoneAndKeepsItsValues() {
        GoldenState state = golden(
                patreon("1").at(9).says("phone", "p").removed().source(),
                klaviyo("1").at(1).says("city", "Oslo").removed().source());

        assertThat(state.tombstone()).isTrue();
        assertThat(state.values()).isEqualTo(Map.of("phone", "p", "city", "Oslo"));
    }

    // ---- the rest

    @Test
    void withoutSourcesOnlyOverridesRemain() {
        GoldenState state = SHIPPED.resolve(
                Entity.MEMBER, List.of(), Map.of("phone", new FieldOverride("phone", "1", "ana", day(1), "")));

        assertThat(state.values()).isEqualTo(Map.of("phone", "1"));
        assertThat(state.tombstone()).isTrue();
    }

    @Test
    void anOverrideMustNotBeBlank() {
        assertThatThrownBy(() -> new FieldOverride("phone", " ", "ana", day(1), ""))
                .hasMessageContaining("phone")
                .hasMessageContaining("lift");
    }

    @Test
    void theSameSourceTwiceIsRefused() {
        SourceRecord source = patreon("1").source();

        assertThatThrownBy(() -> golden(source, source)).hasMessageContaining("twice");
    }

    // ---- explain

    @Test
    void explainSaysWhoLostAndWhy() {
        List<FieldExplanation> explained = SHIPPED.explain(
                Entity.MEMBER,
                List.of(
                        patreon("1").at(2).says("phone", "p").source(7),
                        klaviyo("2").at(1).says("phone", "k").source(8),
                        eventbrite("3").at(5).says("phone", "e").removed().source(9)),
                Map.of());

        assertThat(explained).hasSize(1);
        FieldExplanation phone = explained.get(0);
        assertThat(phone.value()).isEqualTo("p");
        assertThat(phone.rule()).isEqualTo("latest");
        assertThat(phone.why()).isEqualTo("patreon 1 observed it last, at 2026-01-03T00:00:00Z.");
        assertThat(phone.winner()).isEqualTo(new Winner("patreon", "1", day(2), 7));
        assertThat(phone.candidates())
                .containsExactly(
                        new ExplainedCandidate(
                                "eventbrite",
                                "3",
                                "e",
                                day(5),
                                day(5),
                                9,
                                false,
                                "the record was removed on this platform, and other sources live"),
                        new ExplainedCandidate(
                                "klaviyo",
                                "2",
                                "k",
                                day(1),
                                day(1),
                                8,
                                false,
                                "observed earlier than patreon 1, at 2026-01-02T00:00:00Z"),
                        new ExplainedCandidate("patreon", "1", "p", day(2), day(2), 7, true, "its value stands"));
    }

    @Test
    void explainSaysThatAPartOfAnAddressStaysBehind() {
        List<FieldExplanation> explained = SHIPPED.explain(
                Entity.MEMBER,
                List.of(
                        patreon("1")
                                .at(1)
                                .says("addressLine1", "1 Main St")
                                .says("addressLine2", "Apt 5")
                                .source(),
                        klaviyo("1").at(2).says("addressLine1", "9 Oak Ave").source()),
                Map.of());

        assertThat(explained).extracting(FieldExplanation::field).containsExactly("addressLine1", "addressLine2");
        assertThat(explained.get(1).value()).isNull();
        assertThat(explained.get(1).why())
                .isEqualTo("klaviyo 1 observed it last, at 2026-01-03T00:00:00Z. All of address comes from one source,"
                        + " and that one has no addressLine2.");
    }

    @Test
    void explainNamesThePersonWhoOverrode() {
        FieldExplanation phone = SHIPPED.explain(
                        Entity.MEMBER,
                        List.of(patreon("1").says("phone", "p").source()),
                        Map.of("phone", new FieldOverride("phone", "x", "ana", day(1), "she told me")))
                .get(0);

        assertThat(phone.rule()).isEqualTo("override");
        assertThat(phone.why())
                .isEqualTo("ana set it at 2026-01-02T00:00:00Z, and a person's word beats every rule: she told me");
        assertThat(phone.candidates()).extracting(ExplainedCandidate::why).containsExactly("ana overrode it");
    }
}
