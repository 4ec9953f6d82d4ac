package dev.muster.normalize;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Walks the sample files. A new platform needs no Java, not even here. */
class PlatformSamplesTest {
    static List<PlatformSample> samples() {
        return PlatformSample.all();
    }

    @ParameterizedTest
    @MethodSource("samples")
    void deliveryBecomesItsCanonicalRecords(PlatformSample sample) throws JsonProcessingException {
        String actual =
                sample.normalized(PlatformSample.normalizer(sample.platform())).toPrettyString();
        JsonNode comparable = PlatformSample.JSON.readTree(actual);

        assertThat(comparable)
                .as("%s.canonical.json; what came of it is%n%s", sample, actual)
                .isEqualTo(sample.canonical());
    }

    @Test
    void everyPlatformHasSamples() {
        assertThat(samples()).extracting(PlatformSample::platform).contains("eventbrite", "patreon", "klaviyo");
    }
}
