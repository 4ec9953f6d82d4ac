package dev.muster.alert;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.platform.ConfigProblem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What config/alerts.yaml may say, and what is said of what it may not. */
class AlertsFileTest {
    private static final Map<String, String> ENVIRONMENT = Map.of(
            "SLACK", "https://hooks.slack.com/services/T0/B0/secret",
            "PLAIN", "http://hooks.example.org/secret",
            "PASSWORD", "sesame",
            "SECRET", "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=",
            "SHORT", "whsec_AQID");

    private final List<ConfigProblem> problems = new ArrayList<>();

    private AlertSettings read(String yaml) {
        return AlertSettings.of(yaml, ENVIRONMENT, problems);
    }

    private List<String> messages() {
        return problems.stream().map(ConfigProblem::message).toList();
    }

    @Test
    void theShippedFileIsRight() throws Exception {
        AlertSettings shipped = read(Files.readString(Path.of(AlertSettings.FILE)));

        assertThat(problems).isEmpty();
        assertThat(shipped.rules().stream().map(Rule::measure)).containsExactlyInAnyOrder(Measure.values());
        assertThat(shipped.channels()).isEmpty();
    }

    @Test
    void whatIsNotSaidHasItsDefault() {
        AlertSettings read =
                read("rules: [{ name: a, what: failed-webhooks, above: 10, severity: page, platforms: [patreon] }]");

        assertThat(problems).isEmpty();
        assertThat(read.rules())
                .containsExactly(new Rule(
                        "a",
                        Measure.FAILED_WEBHOOKS,
                        false,
                        10,
                        10,
                        Duration.ofMinutes(5),
                        Duration.ZERO,
                        Severity.PAGE,
                        Set.of(),
                        Set.of("patreon"),
                        Duration.ofHours(4),
                        Duration.ofMinutes(5)));
    }

    @Test
    void channelsAreReadWithTheirSecrets() {
        AlertSettings read = read("""
                channels:
                  - { name: chat, kind: slack, url: "${SLACK}", severities: [page], organizations: [north] }
                  - { name: hook, kind: webhook, url: "${SLACK}", secret: "${SECRET}" }
                  - name: office
                    kind: email
                    host: smtp.example.org
                    user: muster
                    password: "${PASSWORD}"
                    from: muster@example.org
                    to: [ops@example.org]
                """);

        assertThat(problems).isEmpty();
        assertThat(read.channels()).hasSize(3);
        Channel chat = read.channel("chat").orElseThrow();
        assertThat(chat.severities()).containsExactly(Severity.PAGE);
        assertThat(chat.secrets().text("url", "test")).contains(ENVIRONMENT.get("SLACK"));
        assertThat(read.channel("office").orElseThrow().mail())
                .isEqualTo(new Channel.Mail(
                        "smtp.example.org",
                        587,
                        Channel.Tls.STARTTLS,
                        "muster",
                        "muster@example.org",
                        List.of("ops@example.org")));
        assertThat(read.toString()).doesNotContain("sesame", "whsec_", "/services/");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            rules: [{ name: a, what: b, above: 1, severity: page }]                                        | rules[0].what is 'b'
            rules: [{ name: A, what: dead-letters, above: 1, severity: page }]                             | rules[0].name is 'A'
            rules: [{ name: a, what: dead-letters, severity: page }]                                       | needs either above: or below:
            rules: [{ name: a, what: dead-letters, above: 1, below: 2, severity: page }]                   | needs either above: or below:
            rules: [{ name: a, what: dead-letters, above: x, severity: page }]                             | rules[0].above is 'x'
            rules: [{ name: a, what: dead-letters, above: 1, severity: loud }]                             | rules[0].severity is 'loud'
            rules: [{ name: a, what: dead-letters, above: 1 }]                                             | rules[0].severity is ''
            rules: [{ name: a, what: dead-letters, abvoe: 1, severity: page }]                             | rules[0].abvoe is not a key here: write above
            rules: [{ name: a, what: dead-letters, above: 1, clearAt: 2, severity: page }]                 | rules[0].clearAt is 2.0
            rules: [{ name: a, what: dead-letters, above: 1, within: 5m, severity: page }]                 | rules[0].within is '5m'
            rules: [{ name: a, what: dead-letters, above: 1, within: PT10S, severity: page }]              | rules[0].within is 'PT10S'
            rules: [{ name: a, what: dead-letters, above: 1, remind: PT1S, severity: page }]               | rules[0].remind is PT1S
            rules: [{ name: a, what: queue-age, above: 1, within: PT5M, severity: page }]                  | rules[0].within has no meaning
            rules: [{ name: a, what: queue-age, above: 1, organizations: [north], severity: page }]        | rules[0].organizations would never hold
            rules: [{ name: a, what: conflict-queue, above: 1, platforms: [patreon], severity: page }]     | rules[0].platforms would never hold
            rules: [{ name: a, what: platform-down, above: 1, severity: page }]                            | rules[0] needs no above:
            rules: {}                                                                                      | rules has to be a list
            channels: [{ name: a, kind: pigeon }]                                                          | channels[0].kind is 'pigeon'
            channels: [{ name: a, kind: slack }]                                                           | channels[0].url must name an environment variable
            channels: [{ name: a, kind: slack, url: "https://hooks.slack.com/x" }]                         | channels[0].url must name an environment variable
            channels: [{ name: a, kind: slack, url: "${MISSING}" }]                                        | the environment has no MISSING
            channels: [{ name: a, kind: slack, url: "${PLAIN}" }]                                          | is no https:// address
            channels: [{ name: a, kind: slack, url: "${SLACK}", to: [a@b] }]                               | channels[0].to is not a key here
            channels: [{ name: a, kind: webhook, url: "${SLACK}", secret: "${SHORT}" }]                    | at least 24 bytes
            channels: [{ name: a, kind: slack, url: "${SLACK}", severities: [loud] }]                      | channels[0].severities is 'loud'
            channels: [{ name: a, kind: email, host: h, from: a@b, to: [x] }]                              | channels[0].to is 'x'
            channels: [{ name: a, kind: email, host: h, from: a@b, to: [] }]                               | channels[0] needs to:
            channels: [{ name: a, kind: email, from: a@b, to: [c@d] }]                                     | channels[0] needs host:
            channels: [{ name: a, kind: email, host: h, user: u, from: a@b, to: [c@d] }]                   | needs user: and password:
            channels: [{ name: a, kind: email, host: h, tls: none, user: u, password: "${PASSWORD}", from: a@b, to: [c@d] }] | in the clear
            channels: [{ name: a, kind: email, host: h, port: 70000, from: a@b, to: [c@d] }]               | channels[0].port is 70000
            chanels: []                                                                                    | chanels is not a key here: use channels
            """)
    void whatIsWrongIsSaidByItsPath(String yaml, String said) {
        read(yaml);

        assertThat(messages()).anySatisfy(message -> assertThat(message).contains(said));
        assertThat(String.join("\n", messages())).doesNotContain("secret\"", "/services/", "hooks.example.org");
    }

    @Test
    void aNameIsThereOnce() {
        read("""
                rules:
                  - { name: a, what: dead-letters, above: 1, severity: page }
                  - { name: a, what: queue-age, above: 1, severity: page }
                """);

        assertThat(messages()).containsExactly("rules[1].name: 'a' is there twice");
    }

    @Test
    void whatIsNoYamlIsSaid() {
        read("rules: [");

        assertThat(messages()).singleElement().asString().startsWith("is not YAML");
    }

    @Test
    void schemaAndHubKnowTheSameWords() throws Exception {
        JsonNode schema = new ObjectMapper().readTree(Files.readString(Path.of("config/schema/alerts.schema.json")));
        JsonNode rule = schema.at("/properties/rules/items/properties");
        JsonNode channel = schema.at("/properties/channels/items/properties");

        assertThat(values(rule.at("/what/enum")))
                .containsExactlyElementsOf(
                        Stream.of(Measure.values()).map(Measure::id).toList());
        assertThat(values(channel.at("/kind/enum")))
                .containsExactlyElementsOf(
                        Stream.of(Channel.Kind.values()).map(Channel.Kind::id).toList());
        assertThat(keys(rule)).isEqualTo(known("rules: [{ zzzzzzzzzz: 1, what: dead-letters }]"));
        Set<String> ofAllKinds = new TreeSet<>();
        for (Channel.Kind kind : Channel.Kind.values()) {
            ofAllKinds.addAll(known("channels: [{ zzzzzzzzzz: 1, kind: " + kind.id() + " }]"));
        }
        assertThat(keys(channel)).isEqualTo(ofAllKinds);
    }

    /** The keys that the refusal of {@code zzzzzzzzzz} lists. */
    private Set<String> known(String yaml) {
        problems.clear();
        read(yaml);
        String refusal = messages().stream()
                .filter(message -> message.contains("zzzzzzzzzz is not a key here"))
                .findFirst()
                .orElseThrow();
        return new TreeSet<>(
                List.of(refusal.substring(refusal.indexOf("use ") + 4).split(", ")));
    }

    private static List<String> values(JsonNode list) {
        List<String> values = new ArrayList<>();
        list.forEach(value -> values.add(value.asText()));
        return values;
    }

    private static Set<String> keys(JsonNode object) {
        Set<String> keys = new TreeSet<>();
        object.fieldNames().forEachRemaining(keys::add);
        return keys;
    }
}
