package dev.muster.normalize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.operation.Operation;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KlaviyoEventsTest {
    private static final String WITHOUT_PROFILE = "{\"topic\":\"event:klaviyo.subscribed_to_email_marketing\","
            + "\"payload\":{\"data\":{\"attributes\":{},\"relationships\":{}}}}";

    private final Normalizer normalizer = PlatformSample.normalizer("klaviyo");

    @Test
    void oneProfileIsFetchedOnceForAllItsEvents() {
        List<Part> parts = parts("[" + event("P1") + "," + event("P2") + "," + event("P1") + "]");

        assertThat(parts).hasSize(3).allSatisfy(part -> {
            assertThat(part.payload()).isNotNull();
            assertThat(part.needsFetch()).isFalse();
        });
        assertThat(parts.get(0).fetch()).isNotNull();
        assertThat(parts.get(1).fetch()).isNotNull().isNotEqualTo(parts.get(0).fetch());
        assertThat(parts.get(2).fetch()).isNull();
    }

    @Test
    void profileIdThatCouldLeadElsewhereIsNotFetched() {
        for (String id : List.of("../lists", "a/b", "a?b", "..", "a%2Fb", "x".repeat(300))) {
            assertThat(parts("[" + event(id) + "]")).singleElement().satisfies(part -> {
                assertThat(part.fetch()).isNull();
                assertThat(part.payload()).isNotNull();
            });
        }
    }

    @Test
    void eventThatCannotBeReadDoesNotHoldUpTheOthers() {
        NormalizedOperation normalized =
                normalized("[" + subscription("P1") + "," + WITHOUT_PROFILE + "," + subscription("P2") + "]");

        assertThat(normalized.records())
                .extracting(record -> record.key().externalId())
                .containsExactly("P1", "P2");
        assertThat(normalized.reason())
                .isEqualTo("kept 2 records; left out 1: A member of klaviyo"
                        + " (event:klaviyo.subscribed_to_email_marketing) was left out: without its id it cannot be told"
                        + " from others: it has none");
    }

    @Test
    void sameReasonIsToldOnce() {
        assertThat(normalized("[" + WITHOUT_PROFILE + "," + subscription("P1") + "," + WITHOUT_PROFILE + "]")
                        .reason())
                .startsWith("kept 1 record; left out 2: A member of klaviyo")
                .containsOnlyOnce("was left out");
    }

    @Test
    void deliveryOfWhichNothingCanBeReadIsADefect() {
        assertThatThrownBy(() -> normalized("[" + WITHOUT_PROFILE + "]"))
                .isInstanceOfSatisfying(
                        Defect.class, defect -> assertThat(defect.code()).isEqualTo(FailureCode.MAPPING_FAILED));
    }

    @Test
    void deliveryWithoutEventsIsAboutNothing() {
        assertThat(parts("[]")).isEmpty();
    }

    @Test
    void listThatIsNoListIsADefect() {
        assertThatThrownBy(() -> parts("{}"))
                .isInstanceOf(Defect.class)
                .hasMessageContaining("its list of events is an object");
    }

    private NormalizedOperation normalized(String events) {
        Operation operation = PlatformSample.operation(
                "klaviyo", null, Map.of(), "{\"data\":" + events + ",\"meta\":{}}", Instant.EPOCH);
        return new Assembly(operation, normalizer, normalizer.parts(operation), false).normalized();
    }

    private static String subscription(String profile) {
        return "{\"topic\":\"event:klaviyo.subscribed_to_email_marketing\",\"payload\":{\"data\":{\"attributes\":{},"
                + "\"relationships\":{\"profile\":{\"data\":{\"type\":\"profile\",\"id\":\"" + profile + "\"}}}}}}";
    }

    private List<Part> parts(String events) {
        return normalizer.parts(PlatformSample.operation(
                "klaviyo", null, Map.of(), "{\"data\":" + events + ",\"meta\":{}}", Instant.EPOCH));
    }

    private static String event(String profile) {
        return "{\"topic\":\"event:klaviyo.subscribed_to_list\",\"payload\":{\"data\":{\"relationships\":"
                + "{\"profile\":{\"data\":{\"type\":\"profile\",\"id\":\"" + profile + "\"}}}}}}";
    }
}
