package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.github.fge.jsonschema.main.JsonSchemaFactory;
import dev.muster.delivery.Delivery;
import dev.muster.operation.Operation;
import dev.muster.operation.OperationType;
import dev.muster.platform.BrakeSettings;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which operations a brake counts and holds. */
class BrakeRuleTest {
    private static final String ACCOUNT = """
            integrations:
              - id: acme
                platform: patreon
                organization: acme
                settings:
                  campaignId: "1"
            """;

    @TempDir
    private Path home;

    private Integrations integrations(String setting) throws Exception {
        RunningHub.copyOfHome(home);
        Files.writeString(home.resolve("config/integrations.yaml"), ACCOUNT + setting);
        PlatformCatalog catalog =
                new PlatformCatalog(home, Wiring.sections(MusterConfig.read(home, Map.of(), Map.of())));
        catalog.load();
        Integrations integrations = new Integrations(home, Map.of());
        integrations.load(catalog);
        return integrations;
    }

    private static Operation operation(OperationType type) {
        Delivery delivery =
                new Delivery(1, "acme", "patreon", "acme", Instant.EPOCH, Map.of(), new byte[0], "pull:members", null);
        return new Operation(1, type, 0, delivery, List.of());
    }

    @Test
    void withoutASettingPullsAreHeldForRemovalsAndNothingElse() throws Exception {
        Integrations integrations = integrations("");

        assertThat(Parts.brake(integrations, operation(OperationType.BULK_SYNC)))
                .isEqualTo(BrakeSettings.DEFAULT);
        assertThat(BrakeSettings.DEFAULT.removalsOnly()).isTrue();
        assertThat(Parts.brake(integrations, operation(OperationType.WEBHOOK))).isNull();
        assertThat(Parts.brake(integrations, operation(OperationType.MANUAL))).isNull();
    }

    @Test
    void aSettingHoldsForWebhooksTooButNeverForAPersonsReplay() throws Exception {
        Integrations integrations = integrations("      brake: { share: 0.5, window: PT30M, atLeast: 7 }\n");

        BrakeSettings settings = new BrakeSettings(0.5, Duration.ofMinutes(30), 7, false, true);
        assertThat(integrations.problems()).isEmpty();
        assertThat(Parts.brake(integrations, operation(OperationType.BULK_SYNC)))
                .isEqualTo(settings);
        assertThat(Parts.brake(integrations, operation(OperationType.WEBHOOK))).isEqualTo(settings);
        assertThat(Parts.brake(integrations, operation(OperationType.MANUAL))).isNull();
    }

    @Test
    void offIsOff() throws Exception {
        assertThat(Parts.brake(integrations("      brake: off\n"), operation(OperationType.BULK_SYNC)))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "brake: { share: 2 }",
                "brake: { window: PT1S }",
                "brake: { shares: 0.2 }",
                "brake: { counts: all }",
                "brake: { share: lots }",
                "brake: { atLeast: many }",
                "brake: { webhooks: perhaps }",
                "brake: { window: [PT1H] }",
                "brake: sometimes"
            })
    void whatIsNotUnderstoodIsAProblemOfTheFile(String setting) throws Exception {
        if (!setting.contains("PT1S")) {
            assertThat(isRightForEditors(ACCOUNT + "      " + setting + "\n")).isFalse();
        }
        assertThat(integrations("      " + setting + "\n").problems())
                .extracting(ConfigProblem::toString)
                .singleElement()
                .asString()
                .contains("settings.brake", "share: 0.2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "brake: { share: 0.2, window: PT1H, atLeast: 100, counts: changes, webhooks: true }",
                "brake: { counts: removals }",
                "brake: off"
            })
    void whatIsUnderstoodIsRightForEditorsToo(String setting) throws Exception {
        assertThat(isRightForEditors(ACCOUNT + "      " + setting + "\n")).isTrue();
        assertThat(integrations("      " + setting + "\n").problems()).isEmpty();
        String shipped = Files.readString(Path.of("config", "integrations.yaml"));
        assertThat(shipped).startsWith("# yaml-language-server: $schema=schema/integrations.schema.json\n");
        assertThat(isRightForEditors(shipped)).isTrue();
    }

    @Test
    void theFileAndItsSchemaKnowTheSameKeys() throws Exception {
        JsonNode account = schema().at("/properties/integrations/items/properties");
        Set<String> known = new TreeSet<>();
        account.fieldNames().forEachRemaining(known::add);

        assertThat(integrations("    xqzxqz: 1\n").problems())
                .extracting(ConfigProblem::toString)
                .singleElement()
                .asString()
                .endsWith(String.join(", ", known));
    }

    @Test
    void theEnvironmentsIsAProblemTooAndTheDefaultHolds() throws Exception {
        RunningHub.copyOfHome(home);
        Map<String, String> environment =
                Map.of("PATREON_API_KEY", "key", "PATREON_CAMPAIGN_ID", "1", "PATREON_BRAKE", "{\"share\":7}");
        PlatformCatalog catalog =
                new PlatformCatalog(home, Wiring.sections(MusterConfig.read(home, environment, Map.of())));
        catalog.load();
        Integrations integrations = new Integrations(home, environment);
        integrations.load(catalog);

        assertThat(integrations.problems())
                .extracting(ConfigProblem::toString)
                .singleElement()
                .asString()
                .contains("PATREON_BRAKE", "share above 0");
        Delivery delivery = new Delivery(
                1, "default", "patreon", "default", Instant.EPOCH, Map.of(), new byte[0], "pull:members", null);
        assertThat(Parts.brake(integrations, new Operation(1, OperationType.BULK_SYNC, 0, delivery, List.of())))
                .isEqualTo(BrakeSettings.DEFAULT);
    }

    private static JsonNode schema() throws Exception {
        ObjectNode schema = (ObjectNode) new ObjectMapper()
                .readTree(
                        Path.of("config", "schema", "integrations.schema.json").toFile());
        schema.remove("$schema");
        return schema;
    }

    private static boolean isRightForEditors(String yaml) throws Exception {
        return JsonSchemaFactory.byDefault()
                .getJsonSchema(schema())
                .validate(new YAMLMapper().readTree(yaml))
                .isSuccess();
    }

    @Test
    void moreThanTheShareAndAtLeastSoMany() {
        BrakeSettings settings =
                BrakeSettings.of("{\"share\":0.2,\"atLeast\":100}").orElseThrow();

        assertThat(settings.allowed(100)).isEqualTo(100);
        assertThat(settings.allowed(1_000)).isEqualTo(200);
        assertThatThrownBy(() -> BrakeSettings.of("[]")).isInstanceOf(IllegalArgumentException.class);
    }
}
