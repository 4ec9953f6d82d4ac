package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.RunningHub;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckCommandTest {
    private static final String FLOW = "routes/platforms/patreon.camel.yaml";
    private static final String CLOCK = "routes/90-housekeeping.camel.yaml";
    private static final String PLATFORM = "config/platforms/patreon.yaml";

    @TempDir
    Path home;

    private List<String> said = List.of();

    @BeforeEach
    void copy() {
        RunningHub.copyOfHome(home);
    }

    @Test
    void theFilesAsTheyAreDeliveredAreGood() {
        assertThat(check()).as(() -> String.join("\n", said)).isZero();
        assertThat(said).singleElement().asString().matches("all \\d+ files are good");
        assertThat(home.resolve("data")).doesNotExist();
    }

    @Test
    void yamlThatIsNoneIsToldWithItsLine() throws IOException {
        edit(FLOW, "    from:\n", "    from\n");

        refused(FLOW, line(FLOW, "uri: muster-operations"), "is not YAML");
    }

    @Test
    void aStepThatDoesNotExistIsTold() throws IOException {
        edit(FLOW, "        - choice:", "        - chioce:");

        refused(FLOW, line(FLOW, "chioce"), "chioce");
    }

    @Test
    void aComponentThatDoesNotExistIsTold() throws IOException {
        edit(FLOW, "- to: direct:normalize", "- to: no-such-component:x");

        refused(FLOW, line(FLOW, "no-such-component"), "there is no component no-such-component");
    }

    @Test
    void anOptionThatDoesNotExistIsTold() throws IOException {
        edit(CLOCK, "        fixedRate:", "        fixedRat:");

        refused(CLOCK, line(CLOCK, "fixedRat"), "fixedRat");
    }

    @Test
    void aPlaceholderThatNothingSetsIsTold() throws IOException {
        edit(CLOCK, "{{muster.heartbeat.millis}}", "{{muster.hartbeat}}");

        refused(CLOCK, line(CLOCK, "hartbeat"), "muster.hartbeat");
    }

    @Test
    void aBeanThatNobodyBindsIsTold() throws IOException {
        edit("routes/20-normalize.camel.yaml", "ref: normalization", "ref: normalisation");

        refused(
                "routes/20-normalize.camel.yaml",
                line("routes/20-normalize.camel.yaml", "normalisation"),
                "normalization");
    }

    @Test
    void aMethodThatTheBeanHasNotIsTold() throws IOException {
        edit("routes/20-normalize.camel.yaml", "method: finish", "method: finnish");

        refused("routes/20-normalize.camel.yaml", line("routes/20-normalize.camel.yaml", "finnish"), "finish");
    }

    @Test
    void aKameletThatDoesNotExistIsTold() throws IOException {
        edit(FLOW, "kamelet:complete-action", "kamelet:compleat-action");

        refused(FLOW, line(FLOW, "compleat"), "compleat-action");
    }

    @Test
    void aParameterThatTheKameletNeedsIsTold() throws IOException {
        String kamelets = "routes/kamelets/";
        String needy = Files.readString(home.resolve(kamelets + "complete-action.kamelet.yaml"))
                .replace("complete-action", "needy-action")
                .replace(
                        "properties: {}",
                        "required: [platform]\n    properties: { platform: { title: Platform, type: string } }");
        Files.writeString(home.resolve(kamelets + "needy-action.kamelet.yaml"), needy);
        edit(FLOW, "kamelet:complete-action", "kamelet:needy-action");

        refused(FLOW, line(FLOW, "kamelet:"), "platform");
    }

    @Test
    void aMistakeInAKameletIsTold() throws IOException {
        edit(
                "routes/kamelets/complete-action.kamelet.yaml",
                "ref: normalization, method: begin",
                "ref: normalisation, method: begin");

        String file = "routes/kamelets/complete-action.kamelet.yaml";
        refused(file, line(file, "normalisation"), "normalization");
    }

    @Test
    void aDirectThatNobodyConsumesIsTold() throws IOException {
        edit(FLOW, "- to: direct:normalize", "- to: direct:normalise");

        refused(FLOW, line(FLOW, "direct:normalise"), "direct:normalise");
    }

    @Test
    void aChoiceWithoutOtherwiseIsTold() throws IOException {
        Path file = home.resolve(FLOW);
        String text = Files.readString(file);
        Files.writeString(file, text.substring(0, text.indexOf("            otherwise:")));

        refused(FLOW, line(FLOW, "when:"), "otherwise");
    }

    @Test
    void anIdThatIsTakenIsTold() throws IOException {
        edit(FLOW, "id: patreon", "id: klaviyo");

        refused(FLOW, line(FLOW, "id: klaviyo"), "klaviyo");
    }

    @Test
    void aFlowThatForgetsItsFailuresIsTold() throws IOException {
        edit(FLOW, "    routeConfigurationId: operations\n", "");

        refused(FLOW, line(FLOW, "id: patreon"), "routeConfigurationId: operations");
    }

    @Test
    void aRouteConfigurationThatDoesNotExistIsTold() throws IOException {
        edit(FLOW, "routeConfigurationId: operations", "routeConfigurationId: operation");

        refused(FLOW, line(FLOW, "id: patreon"), "routeConfiguration operation,");
    }

    @Test
    void aPlatformWithoutAFlowIsTold() throws IOException {
        Files.delete(home.resolve(FLOW));

        refused(PLATFORM, 0, "routes/platforms/patreon.camel.yaml");
    }

    @Test
    void aFlowWithoutAPlatformIsTold() throws IOException {
        Files.delete(home.resolve(PLATFORM));

        refused(FLOW, line(FLOW, "muster-operations:patreon"), PLATFORM);
    }

    @Test
    void aMistakeInAMappingIsToldWithItsLine() throws IOException {
        edit(
                PLATFORM,
                "target: patronCount, source: attributes.patron_count, type: integer",
                "target: patronCount, source: attributes.patron_count, type: intger");

        refused(PLATFORM, line(PLATFORM, "intger"), "intger");
    }

    @Test
    void aMistakeInAWebhookSectionIsToldWithItsLine() throws IOException {
        edit(PLATFORM, "    digest: md5", "    digest: md6");

        refused(PLATFORM, line(PLATFORM, "md6"), "md6");
    }

    @Test
    void aMistakeInTheSurvivorshipIsToldWithItsLine() throws IOException {
        edit("config/survivorship.yaml", "birthDate: review", "birthDate: reviews");

        refused("config/survivorship.yaml", line("config/survivorship.yaml", "reviews"), "reviews");
    }

    @Test
    void aMisspeltKeyOfAnIntegrationIsTold() throws IOException {
        Files.writeString(
                home.resolve("config/integrations.yaml"),
                "integrations:\n  - id: acme\n    platform: patreon\n    organisation: acme\n");

        refused("config/integrations.yaml", 4, "organization");
    }

    @Test
    void aMisspeltKeyOfAPlatformIsTold() throws IOException {
        edit("config/platforms/patreon.yaml", "  concurrent:", "  concurent:");

        refused("config/platforms/patreon.yaml", line("config/platforms/patreon.yaml", "concurent"), "concurrent");
    }

    @Test
    void aSectionThatNothingReadsIsTold() throws IOException {
        edit("config/platforms/patreon.yaml", "title: Patreon", "title: Patreon\npushes: []");

        refused("config/platforms/patreon.yaml", line("config/platforms/patreon.yaml", "pushes"), "write push");
    }

    @Test
    void aSettingOfAnotherNameIsToldBesideAllElse() throws IOException {
        edit("config/application.properties", "#muster.workers = 4", "muster.worker = 64\nmuster.lease = PT-5S");
        edit("config/survivorship.yaml", "birthDate: review", "birthDate: reviews");

        assertThat(check()).isEqualTo(CommandFailed.FAILED);
        assertThat(String.join("\n", said))
                .contains("muster.worker is not a setting")
                .contains("MUSTER_LEASE_MS (muster.lease) is 'PT-5S': write milliseconds above 0, or PT10S")
                .contains("reviews");
    }

    @Test
    void whatTheSettingsHoldBesideOursIsAPlaceholder() throws IOException {
        edit("config/application.properties", "#muster.workers = 4", "acme.pulse = 1000");
        edit(CLOCK, "{{muster.heartbeat.millis}}", "{{acme.pulse}}");

        assertThat(check()).isZero();
    }

    @Test
    void anIntegrationWithoutItsSecretIsTold() throws IOException {
        Files.writeString(
                home.resolve("config/integrations.yaml"),
                "integrations:\n  - id: acme\n    platform: patreon\n    webhookSecrets: ['${ACME_SECRET}']\n");

        refused("config/integrations.yaml", 4, "ACME_SECRET");
    }

    @Test
    void aSettingThatIsNoneIsTold() throws IOException {
        edit("config/application.properties", "#muster.workers = 4", "muster.workers = many");

        refused("config/application.properties", 0, "muster.workers");
    }

    @Test
    void everyProblemIsToldAtOnce() throws IOException {
        edit(FLOW, "- to: direct:normalize", "- to: direct:normalise");
        edit("config/survivorship.yaml", "birthDate: review", "birthDate: reviews");

        assertThat(check()).isEqualTo(CommandFailed.FAILED);
        assertThat(said).hasSize(2);
    }

    /** One problem in one file; a negative line stands for any. */
    private void refused(String file, int line, String what) {
        assertThat(check()).isEqualTo(CommandFailed.FAILED);
        assertThat(said).isNotEmpty().allSatisfy(problem -> {
            assertThat(problem).startsWith(line == 0 ? file + ": " : line < 0 ? file + ":" : file + ":" + line + ": ");
            assertThat(problem.substring(file.length()).matches(":\\d+: .*")).isEqualTo(line != 0);
            assertThat(problem).contains(what).doesNotContain("Exception");
        });
    }

    private int check() {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = MusterCommand.run(home, Map.of(), new PrintWriter(out), new PrintWriter(err), "check");
        said = out.toString().lines().toList();
        assertThat(err.toString()).isEmpty();
        return exitCode;
    }

    private void edit(String file, String from, String to) throws IOException {
        Path path = home.resolve(file);
        String text = Files.readString(path);
        assertThat(text).contains(from);
        Files.writeString(path, text.replace(from, to));
    }

    private int line(String file, String what) throws IOException {
        List<String> lines = Files.readAllLines(home.resolve(file));
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).contains(what)) {
                return i + 1;
            }
        }
        throw new AssertionError(what + " is not in " + file);
    }
}
