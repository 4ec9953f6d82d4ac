package dev.muster.normalize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.Entity;
import dev.muster.decide.SourceRecord;
import dev.muster.operation.Operation;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Without a key to fetch with, only what is delivered tells which state of a membership is the latest. */
class PatreonTimesTest {
    private static final String UNDATED = "";
    private static final String STARTED = ",\"pledge_relationship_start\":\"2026-05-01T10:00:00Z\"";
    private static final String NEVER_PLEDGED = "\"patron_status\":null";
    private static final String ACTIVE = "\"patron_status\":\"active_patron\"";
    private static final String FORMER = "\"patron_status\":\"former_patron\"";

    private final Normalizer normalizer = PlatformSample.normalizer("patreon");

    @Test
    void lateRetryOfAStateBeforeThePledgeChangesNothing() {
        SourceRecord membership = after(
                delivered("members:pledge:create", ACTIVE + STARTED, 11),
                delivered("members:create", NEVER_PLEDGED + UNDATED, 35));

        assertThat(membership.fields().get("status").value()).isEqualTo("active");
    }

    @Test
    void lateRemovalOfOneWhoCameBackChangesNothing() {
        SourceRecord membership = after(
                delivered("members:pledge:create", ACTIVE + STARTED, 11),
                delivered("members:delete", NEVER_PLEDGED + UNDATED, 35));

        assertThat(membership.removed()).isFalse();
    }

    @Test
    void statesWithoutDatesAreOrderedByTheirArrival() {
        SourceRecord membership = after(
                delivered("members:create", NEVER_PLEDGED + UNDATED, 11),
                delivered("members:update", FORMER + UNDATED, 12),
                delivered("members:update", NEVER_PLEDGED + UNDATED, 13));

        assertThat(membership.fields().get("status").value()).isEqualTo("free");
        assertThat(after(delivered("members:create", NEVER_PLEDGED, 11), delivered("members:delete", NEVER_PLEDGED, 12))
                        .removed())
                .isTrue();
    }

    @Test
    void statesOfOneDateAreOrderedByTheirArrival() {
        SourceRecord membership = after(
                delivered("members:pledge:create", ACTIVE + STARTED, 11),
                delivered("members:update", FORMER + STARTED, 12));

        assertThat(membership.fields().get("status").value()).isEqualTo("ended");
    }

    @Test
    void stateWithoutDateWasSeenWhenItArrived() {
        SourceRecord membership = after(delivered("members:create", NEVER_PLEDGED + UNDATED, 11));

        assertThat(membership.fields().get("status").observedAt()).isEqualTo(hour(11));
        assertThat(membership.firstSeen()).containsEntry("status", hour(11));
    }

    @Test
    void attributeThatIsNotThereSaysNothing() {
        assertThat(delivered("members:update", "\"email\":\"ana@example.com\"", 11)
                        .fields())
                .doesNotContainKey("status");
        assertThat(delivered("members:update", NEVER_PLEDGED, 11).fields()).containsEntry("status", "free");
    }

    private static SourceRecord after(CanonicalRecord... statements) {
        SourceRecord source = SourceRecord.unseen(statements[0].key());
        for (int i = 0; i < statements.length; i++) {
            source = source.absorb(statements[i], i + 1);
        }
        return source;
    }

    private CanonicalRecord delivered(String kind, String attributes, int hour) {
        String body = "{\"data\":{\"type\":\"member\",\"id\":\"m1\",\"attributes\":{" + attributes
                + "},\"relationships\":{\"user\":{\"data\":{\"type\":\"user\",\"id\":\"7\"}}}}}";
        Operation operation =
                PlatformSample.operation("patreon", null, Map.of("x-patreon-event", kind), body, hour(hour));
        Part part = normalizer.parts(operation).get(0);
        return normalizer.normalize(operation, part, null, hour(hour)).records().stream()
                .filter(record -> record.key().entity() == Entity.MEMBERSHIP)
                .findFirst()
                .orElseThrow();
    }

    private static Instant hour(int hours) {
        return Instant.parse("2026-05-01T00:00:00Z").plusSeconds(hours * 3_600L);
    }
}
