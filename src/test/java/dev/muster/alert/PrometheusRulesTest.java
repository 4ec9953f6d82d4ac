package dev.muster.alert;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who has Prometheus is told of the same things. */
class PrometheusRulesTest {
    @Test
    void eachRuleHasItsCounterpart() throws Exception {
        AlertSettings shipped =
                AlertSettings.of(Files.readString(Path.of(AlertSettings.FILE)), Map.of(), new ArrayList<>());
        Map<String, JsonNode> alerts = new HashMap<>();
        new YAMLMapper()
                .readTree(Files.readString(Path.of("deploy", "alerts.rules.yml")))
                .findValue("rules")
                .forEach(alert -> alerts.put(alert.path("alert").asText(), alert));

        assertThat(shipped.rules()).isNotEmpty();
        for (Rule rule : shipped.rules()) {
            JsonNode alert = alerts.get(name(rule));
            assertThat(alert).as("%s in deploy/alerts.rules.yml", name(rule)).isNotNull();
            assertThat(alert.path("labels").path("severity").asText())
                    .as("severity of %s", name(rule))
                    .isEqualTo(rule.severity().id());
            String number = rule.measure() == Measure.PLATFORM_DOWN ? "2" : String.valueOf((long) rule.threshold());
            assertThat(alert.path("expr").asText().split("[^0-9]+"))
                    .as("the threshold of %s", name(rule))
                    .contains(number);
        }
    }

    /** {@code needs-reconnect} is {@code MusterNeedsReconnect}. */
    private static String name(Rule rule) {
        return Stream.concat(Stream.of("muster"), List.of(rule.name().split("-")).stream())
                .map(word -> word.substring(0, 1).toUpperCase() + word.substring(1))
                .collect(Collectors.joining());
    }
}
