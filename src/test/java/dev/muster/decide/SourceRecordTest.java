package dev.muster.decide;

import static dev.muster.decide.Statements.day;
import static dev.muster.decide.Statements.klaviyo;
import static dev.muster.decide.Statements.patreon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.canonical.Entity;
import dev.muster.canonical.RecordKey;
import dev.muster.canonical.RejectedValue;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SourceRecordTest {
    private static Object value(SourceRecord source, String field) {
        return Objects.requireNonNull(source.observation(field)).value();
    }

    @Test
    void laterStateReplacesEarlier() {
        SourceRecord source = patreon("1").at(1).says("phone", "old").source(1);

        assertThat(value(source.absorb(patreon("1").at(2).says("phone", "new").record(), 2), "phone"))
                .isEqualTo("new");
    }

    @Test
    void staleStateChangesNothing() {
        SourceRecord source = patreon("1").at(2).says("phone", "new").source(1);
        SourceRecord after =
                source.absorb(patreon("1").at(1).says("phone", "old").record(), 2);

        assertThat(value(after, "phone")).isEqualTo("new");
        assertThat(after.contentHash()).isEqualTo(source.contentHash());
    }

    @Test
    void staleStateStillFillsWhatWasNeverKnown() {
        SourceRecord source = patreon("1").at(2).says("phone", "new").source(1);

        assertThat(value(source.absorb(patreon("1").at(1).says("city", "Oslo").record(), 2), "city"))
                .isEqualTo("Oslo");
    }

    @Test
    void blankNeverReplaces() {
        SourceRecord source =
                patreon("1").at(1).says("phone", "1").says("tags", List.of("a")).source(1);
        SourceRecord after = source.absorb(
                patreon("1")
                        .at(2)
                        .says("phone", "  ")
                        .says("tags", List.of("", " "))
                        .record(),
                2);

        assertThat(after.fields()).isEqualTo(source.fields());
    }

    @Test
    void missingAndNullNeverReplace() {
        SourceRecord source = patreon("1").at(1).says("phone", "1").source(1);

        assertThat(source.absorb(patreon("1").at(2).says("phone", null).record(), 2)
                        .fields())
                .isEqualTo(source.fields());
    }

    @Test
    void blanksInAListAreLeftOut() {
        assertThat(value(
                        patreon("1").says("tags", Arrays.asList("a", null, " ")).source(), "tags"))
                .isEqualTo(List.of("a"));
    }

    @Test
    void theSameAgainIsTheSameInstance() {
        SourceRecord source = patreon("1").at(1).says("phone", "1").source(1);

        assertThat(source.absorb(patreon("1").at(1).says("phone", "1").record(), 1))
                .isSameAs(source);
        assertThat(source.absorb(patreon("1").at(1).says("phone", "1").record(), 2))
                .isSameAs(source);
    }

    @Test
    void theFirstDeliveryKeepsTheCredit() {
        SourceRecord late = patreon("1").at(1).says("phone", "1").source(9);
        SourceRecord after = late.absorb(patreon("1").at(1).says("phone", "1").record(), 4);

        assertThat(Objects.requireNonNull(after.observation("phone")).deliveryId())
                .isEqualTo(4);
    }

    @Test
    void arrivalSettlesStatesOfTheSameMoment() {
        SourceRecord source = patreon("1").at(1).arrived(2).says("tier", "B").source(2);

        assertThat(value(
                        source.absorb(
                                patreon("1").at(1).arrived(3).says("tier", "A").record(), 3),
                        "tier"))
                .isEqualTo("A");
        assertThat(value(
                        source.absorb(
                                patreon("1").at(1).arrived(1).says("tier", "A").record(), 1),
                        "tier"))
                .isEqualTo("B");
    }

    @Test
    void removalIsRememberedAndALaterStateRevives() {
        SourceRecord removed = patreon("1").at(2).removed().source(1);

        assertThat(removed.removed()).isTrue();
        assertThat(removed.absorb(patreon("1").at(1).says("phone", "1").record(), 2)
                        .removed())
                .isTrue();
        assertThat(removed.absorb(patreon("1").at(3).says("phone", "1").record(), 2)
                        .removed())
                .isFalse();
    }

    @Test
    void everyEmailEverObservedIsKept() {
        SourceRecord source =
                patreon("1").at(2).says("email", "New@Example.com").source(1);
        SourceRecord after = source.absorb(
                patreon("1").at(1).says("email", "old@example.com").record(), 2);

        assertThat(after.emails()).containsExactly("new@example.com", "old@example.com");
        assertThat(value(after, "email")).isEqualTo("New@Example.com");
    }

    @Test
    void onlyMembersHaveEmails() {
        RecordKey event = new RecordKey("default", "eventbrite", Entity.EVENT, "1");

        assertThat(Statements.about(event)
                        .says("email", "a@example.com")
                        .source()
                        .emails())
                .isEmpty();
    }

    @Test
    void firstSeenIsTheEarliestStateThatHadAValue() {
        SourceRecord source = patreon("1").at(3).says("gender", "female").source(1);
        SourceRecord after = source.absorb(
                        patreon("1").at(1).says("gender", "male").record(), 2)
                .absorb(patreon("1").at(0).says("gender", " ").record(), 3);

        assertThat(after.firstSeen()).containsEntry("gender", day(1));
        assertThat(value(after, "gender")).isEqualTo("female");
    }

    @Test
    void whatWasRejectedIsKeptUntilALaterValidValue() {
        SourceRecord source =
                patreon("1").at(1).rejects("phone", "12", "too short").source(1);
        RejectedValue rejected = new RejectedValue("phone", "12", "too short");

        assertThat(source.rejected()).containsExactly(rejected);
        assertThat(source.absorb(patreon("1").at(0).says("phone", "+4755555555").record(), 2)
                        .rejected())
                .containsExactly(rejected);
        assertThat(source.absorb(patreon("1").at(2).says("phone", "+4755555555").record(), 2)
                        .rejected())
                .isEmpty();
    }

    @Test
    void theContentHashKnowsValuesAndRemovalOnly() {
        String hash = patreon("1").at(1).says("a", "1").source(1).contentHash();

        assertThat(hash).matches("[0-9a-f]{32}");
        assertThat(klaviyo("2").at(5).says("a", "1").source(9).contentHash()).isEqualTo(hash);
        assertThat(patreon("1").at(1).says("a", 1L).source(1).contentHash()).isNotEqualTo(hash);
        assertThat(patreon("1").at(1).says("b", "1").source(1).contentHash()).isNotEqualTo(hash);
        assertThat(patreon("1").at(1).says("a", "1").removed().source(1).contentHash())
                .isNotEqualTo(hash);
        assertThat(patreon("1").says("a", List.of("x", "y")).source(1).contentHash())
                .isNotEqualTo(patreon("1").says("a", List.of("xy")).source(1).contentHash());
    }

    @Test
    void theContentHashIsTheSameInEveryVersion() {
        assertThat(patreon("1")
                        .says("email", "ana@example.com")
                        .says("age", 40)
                        .source()
                        .contentHash())
                .isEqualTo("76c19a0e83e10889a7a038eb440b2177");
    }

    @Test
    void aStatementAboutAnotherRecordIsRefused() {
        assertThatThrownBy(() -> patreon("1").source().absorb(patreon("2").record(), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("patreon");
    }

    @Test
    void aValueThatIsNotCanonicalIsRefused() {
        assertThatThrownBy(() -> patreon("1").says("amount", 1.5).source())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("java.lang.Double");
        assertThatThrownBy(() -> patreon("1").says("tags", List.of(1L)).source())
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void joinIsTheGreaterOne() {
        Observation a = new Observation("a", day(1), day(1), Instant.EPOCH, 1);
        Observation b = new Observation("b", day(1), day(1), Instant.EPOCH, 2);

        assertThat(a.join(b)).isSameAs(b);
        assertThat(b.join(a)).isSameAs(b);
        assertThat(a.join(a)).isSameAs(a);
    }
}
