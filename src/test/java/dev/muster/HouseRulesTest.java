package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A rule that never objects is worth nothing: each is shown something untidy and something tidy. */
class HouseRulesTest {
    @TempDir
    private Path folder;

    private HouseRules house;

    @BeforeEach
    void anEmptyHouse() {
        house = new HouseRules(folder);
    }

    @Test
    void aPlatformWithoutSamplesIsNotWhole() throws IOException {
        write("routes/platforms/patreon.camel.yaml", "- route: {}\n");
        write("config/platforms/patreon.yaml", "name: Patreon\n");

        assertThat(house.platformsAreWhole()).singleElement().asString().contains("patreon has no sample");
    }

    @Test
    void aPlatformWithItsThreePartsIsWhole() throws IOException {
        write("routes/platforms/patreon.camel.yaml", "- route: {}\n");
        write("config/platforms/patreon.yaml", "name: Patreon\n");
        write("src/test/resources/platforms/patreon/created.delivery.json", "{}");

        assertThat(house.platformsAreWhole()).isEmpty();
    }

    @Test
    void aConfigurationWithoutFlowsIsNotWhole() throws IOException {
        write("config/platforms/klaviyo.yaml", "name: Klaviyo\n");

        assertThat(house.platformsAreWhole())
                .anyMatch(problem -> problem.contains("add routes/platforms/klaviyo.camel.yaml"));
    }

    @Test
    void directWithoutConsumerIsFound() throws IOException {
        write("routes/10-receive.camel.yaml", """
                - route:
                    from:
                      uri: direct:receive
                      steps:
                        - to: direct:nowhere?block=false
                        - choice:
                            when:
                              - simple: ${body} == 1
                                steps:
                                  - to: { uri: direct, parameters: { name: nobody } }
                        - to: { uri: "direct:${body}" }
                        - to: { uri: "direct:normalize-patreon" }
                        - wireTap: { uri: direct:java }
                """);
        write(
                "routes/templates/normalize.camel.yaml",
                "- routeTemplate:\n    id: n\n    from: { uri: 'direct:normalize-{{platform}}', steps: [{to: direct:receive}] }\n");
        write("src/main/java/A.java", "class A { void configure() { from(\"direct:java\"); } }\n");

        assertThat(house.everyDirectHasItsConsumer())
                .satisfiesExactlyInAnyOrder(
                        problem -> assertThat(problem).contains("10-receive.camel.yaml sends to direct:nowhere,"),
                        problem -> assertThat(problem).contains("direct:nobody,"));
    }

    @Test
    void choiceWithoutOtherwiseIsFound() throws IOException {
        write(
                "routes/30.camel.yaml",
                "- route:\n    from:\n      uri: direct:a\n      steps:\n        - choice:\n"
                        + "            when:\n              - simple: ${body.kind} == 'APPLY'\n                steps: []\n");
        write(
                "routes/31.camel.yaml",
                "- route:\n    from:\n      uri: direct:b\n      steps:\n        - choice:\n"
                        + "            when: []\n            otherwise: { steps: [] }\n");

        assertThat(house.everyChoiceHasOtherwise())
                .singleElement()
                .asString()
                .contains("routes/30.camel.yaml", "${body.kind} == 'APPLY'");
    }

    @Test
    void unknownBeanIsFound() throws IOException {
        write(
                "routes/a.camel.yaml",
                "- route:\n    from:\n      uri: direct:a\n      steps:\n"
                        + "        - bean: { ref: resolver, method: resolve }\n        - bean: { ref: resolve }\n");

        assertThat(house.everyBeanExists(Set.of("resolver")))
                .singleElement()
                .asString()
                .contains("the bean resolve,");
    }

    @Test
    void propertyWithoutCommentIsFound() throws IOException {
        write("config/application.properties", "# how long, in ms\na.b = 1\n\nc.d = 2, \\\n   3\n");

        assertThat(house.everyPropertyIsExplained())
                .singleElement()
                .asString()
                .contains("application.properties:4 c.d");
    }

    @Test
    void deadLinkIsFound() throws IOException {
        write("README.md", "[a](docs/a.md#part) [b](docs/b.md) `[c](c.md)` [d](https://example.org/d) [e](#e)\n");
        write("docs/a.md", "[up](../README.md) [out](../../elsewhere.md)\n");

        assertThat(house.everyLinkLeadsSomewhere())
                .satisfiesExactlyInAnyOrder(
                        problem -> assertThat(problem).contains("README.md:1 links to docs/b.md"),
                        problem -> assertThat(problem).contains("docs/a.md:1 links to ../../elsewhere.md"));
    }

    @Test
    void uncleanLinesAreFound() throws IOException {
        write("docs/a.md", "a\tb\nc \nd\r\ne");

        assertThat(house.linesAreClean())
                .satisfiesExactlyInAnyOrder(
                        problem -> assertThat(problem).contains("newline"),
                        problem -> assertThat(problem).contains("docs/a.md:1 has a tab"),
                        problem -> assertThat(problem).contains("docs/a.md:2 ends with blanks"),
                        problem -> assertThat(problem).contains("docs/a.md:3 ends with a carriage return"));
    }

    @Test
    void pathOfOneMachineIsFound() throws IOException {
        String path = "/home" + "/ada/muster";
        write("docs/a.md", "see " + path + "\nsee https://example.org/home/ada/ and ./root/x\n");

        assertThat(house.noPathOfOneMachine()).singleElement().asString().contains("docs/a.md:1");
    }

    @Test
    void doubledKeyIsFound() throws IOException {
        write("config/platforms/a.yaml", "a: 1\nb: 2\na: 3\n");
        write("deploy/b.json", "{\"a\":1,\"a\":2}");
        write("config/c.yaml", "---\na: 1\n---\na: 2\n");

        assertThat(house.everyDocumentParses())
                .satisfiesExactlyInAnyOrder(
                        problem -> assertThat(problem).contains("config/platforms/a.yaml:3"),
                        problem -> assertThat(problem).contains("deploy/b.json:1"));
    }

    private void write(String name, String content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }
}
