package dev.muster.normalize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.failure.Defect;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KlaviyoEventsTest {
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
    void deliveryWithoutEventsIsAboutNothing() {
        assertThat(parts("[]")).isEmpty();
    }

    @Test
    void listThatIsNoListIsADefect() {
        assertThatThrownBy(() -> parts("{}"))
                .isInstanceOf(Defect.class)
                .hasMessageContaining("its list of events is an object");
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
