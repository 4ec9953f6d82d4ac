package dev.muster.normalize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.RejectedValue;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.operation.Operation;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MappingTest {
    private static final Instant RECEIVED_AT = Instant.parse("2026-01-01T00:00:00Z");
    private static final String FRAME = """
            platform: example
            kinds:
              kind: kind
              handle:
                "*": { payload: person }
            mapping:
              records:
                - entity: member
                  of: person
                  id: id
                  observedAt: changed
                  let:
                    home: [addresses.a, addresses.b]
                  fields:
            """;

    @Test
    void allProblemsComeAtOnceWithTheirPlace() {
        String yaml = """
                platform: example
                objects:
                  order: { path: "orders/{id}", pointers: ["/orders/"] }
                kinds:
                  kind: kind
                  handel: {}
                  handle:
                    a: { payload: nobody }
                    b: { fetch: nothing }
                    c: {}
                mapping:
                  region: Atlantis
                  records:
                    - entity: person
                      of: order
                      id: id
                      fields:
                        - { target: email, source: email, type: mail }
                        - { target: phone, source: "a..b", type: phone, requird: true }
                        - { target: name, source: "jq: .[", type: name }
                        - { target: home, source: $home, type: text }
                        - { target: status, source: s, type: text, transformation: { lookup: none } }
                        - { target: custom, source: s, type: text, transformation: { custom: none } }
                        - { target: since, type: date, default: yesterday }
                        - { target: nothing, type: text }
                    - entity: member
                      of: order
                """;

        InvalidMapping invalid = catchThrowableOfType(InvalidMapping.class, () -> mapping(yaml, Map.of()));

        assertThat(invalid.problems())
                .allSatisfy(problem -> assertThat(problem).startsWith("example.yaml: "))
                .anyMatch(problem -> problem.contains("objects.order.path has to begin with /"))
                .anyMatch(problem -> problem.contains("objects.order.pointers[0] needs kinds.pointer.host"))
                .anyMatch(problem -> problem.contains("kinds knows no key handel; there are handle"))
                .anyMatch(problem -> problem.contains("kinds.handle.a.payload is read by no record"))
                .anyMatch(problem -> problem.contains("kinds.handle.b.fetch is nothing; there are pointer, order"))
                .anyMatch(problem -> problem.contains("kinds.handle.c needs payload, fetch or ignore"))
                .anyMatch(problem -> problem.contains("mapping.region is Atlantis"))
                .anyMatch(problem -> problem.contains("mapping.records[0].entity is person; there are member, event"))
                .anyMatch(problem -> problem.contains("mapping.records[0].fields[0].type is mail; there are"))
                .anyMatch(problem -> problem.contains("mapping.records[0].fields[1].source has an empty step"))
                .anyMatch(problem -> problem.contains("mapping.records[0].fields[1] knows no key requird"))
                .anyMatch(problem -> problem.contains("mapping.records[0].fields[2].source is not jq"))
                .anyMatch(problem -> problem.contains("mapping.records[0].fields[3].source knows no $home"))
                .anyMatch(problem ->
                        problem.contains("mapping.records[0].fields[4].transformation.lookup names the table"))
                .anyMatch(problem -> problem.contains("mapping.records[0].fields[5].transformation.custom names none"))
                .anyMatch(problem -> problem.contains("mapping.records[0].fields[6].default is not a date"))
                .anyMatch(problem -> problem.contains("mapping.records[0].fields[7] has neither source nor"))
                .anyMatch(problem -> problem.contains("mapping.records[1].id is missing"));
    }

    @Test
    void emptyFileIsReportedNotThrown() {
        assertThatThrownBy(() -> mapping("{}", Map.of()))
                .isInstanceOf(InvalidMapping.class)
                .hasMessageContaining("platform is missing")
                .hasMessageContaining("kinds.handle is missing");
    }

    @Test
    void firstSourceWithAValidValueWins() {
        assertThat(field("{ target: city, source: [a, b, c], type: text }", "{\"a\":\" \",\"b\":null,\"c\":\"Rome\"}"))
                .isEqualTo("Rome");
        assertThat(field("{ target: email, source: [a, b], type: email }", "{\"a\":\"odd\",\"b\":\"a@b.example\"}"))
                .isEqualTo("a@b.example");
    }

    @Test
    void firstOfTwoEntriesForOneTargetWins() {
        String two = "{ target: x, source: a, type: text }\n        - { target: x, source: b, type: text }";

        assertThat(field(two, "{\"a\":\"one\",\"b\":\"two\"}")).isEqualTo("one");
        assertThat(field(two, "{\"b\":\"two\"}")).isEqualTo("two");
    }

    @Test
    void pathsReachMembersElementsFiltersAndPointers() {
        String body = "{\"list\":[{\"k\":\"a\",\"v\":\"1\"},{\"k\":\"b\",\"v\":\"2\"}],\"a.b\":{\"c\":\"deep\"}}";

        assertThat(field("{ target: x, source: 'list[1].v', type: text }", body))
                .isEqualTo("2");
        assertThat(field("{ target: x, source: 'list[k=b].v', type: text }", body))
                .isEqualTo("2");
        assertThat(field("{ target: x, source: 'list[*].v', type: list }", body))
                .isEqualTo(List.of("1", "2"));
        assertThat(field("{ target: x, source: '/a.b/c', type: text }", body)).isEqualTo("deep");
        assertThat(field("{ target: x, source: 'jq: .list | map(.v) | join(\"+\")', type: text }", body))
                .isEqualTo("1+2");
        assertThat(field("{ target: x, source: '$root.list[0].k', type: text }", body))
                .isEqualTo("a");
        assertThat(field("{ target: x, source: $kind, type: text }", body)).isEqualTo("born");
    }

    @Test
    void transformationsFormatLookUpAndCalculate() {
        assertThat(field("{ target: x, type: text, transformation: { format: '{a}-{b}' } }", "{\"a\":\"1\",\"b\":2}"))
                .isEqualTo("1-2");
        assertThat(field(
                        "{ target: x, source: a, type: text, transformation: { lookup: { YES: ja } } }",
                        "{\"a\":\"yes\"}"))
                .isEqualTo("ja");
        assertThat(field(
                        "{ target: x, source: a, type: integer, transformation: { calculate: '. * 2' } }",
                        "{\"a\":21}"))
                .isEqualTo(42L);
        assertThat(field("{ target: x, source: a, type: text, transformation: { custom: shout } }", "{\"a\":\"oh\"}"))
                .isEqualTo("OH!");
    }

    @Test
    void expressionWithoutAnEndIsAnInvalidValue() {
        String endless = "jq: def f: 1 + f; f";

        assertThat(field("{ target: x, source: '" + endless + "', type: text, default: none }", "{\"a\":\"1\"}"))
                .isEqualTo("none");
        assertThat(field(
                        "{ target: x, source: a, type: text, default: none, transformation: { calculate: '"
                                + endless.substring(4) + "' } }",
                        "{\"a\":\"1\"}"))
                .isEqualTo("none");
        assertThatThrownBy(() -> JqSource.of("[".repeat(100_000)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nested too deeply");
    }

    @Test
    void formatWithABlankPartGivesNothing() {
        assertThat(field(
                        "{ target: x, type: text, default: none, transformation: { format: '{a}-{b}' } }",
                        "{\"a\":\"1\"}"))
                .isEqualTo("none");
    }

    @Test
    void partsOfTwoAddressesAreNotMixed() {
        String city = "{ target: x, source: $home.city, type: text, default: none }";

        assertThat(field(city, "{\"addresses\":{\"a\":{\"city\":null},\"b\":{\"city\":\"Bergen\"}}}"))
                .isEqualTo("Bergen");
        assertThat(field(city, "{\"addresses\":{\"a\":{\"zip\":\"1\"},\"b\":{\"city\":\"Bergen\"}}}"))
                .isEqualTo("none");
    }

    @Test
    void invalidValueIsKeptBesideTheRecord() {
        CanonicalRecord record = record("{ target: x, source: a, type: email }", "{\"a\":\"nonsense\"}");

        assertThat(record.fields()).isEmpty();
        assertThat(record.rejected()).singleElement().satisfies(rejected -> {
            assertThat(rejected.field()).isEqualTo("x");
            assertThat(rejected.value()).isEqualTo("nonsense");
            assertThat(rejected.reason()).contains("not an e-mail address");
        });
    }

    @Test
    void recordWithoutARequiredFieldIsADefectIfItIsTheOnlyOne() {
        Operation operation = operation("{\"kind\":\"born\",\"id\":\"7\"}");
        Normalizer normalizer = normalizer("{ target: x, source: a, type: text, required: true }");
        Assembly assembly = new Assembly(operation, normalizer, normalizer.parts(operation), false);

        assertThatThrownBy(assembly::normalized)
                .isInstanceOfSatisfying(
                        Defect.class, defect -> assertThat(defect.code()).isEqualTo(FailureCode.MAPPING_FAILED))
                .hasMessageContaining("7 has no valid x, which is required")
                .hasMessageContaining("config/platforms/example.yaml");
    }

    @Test
    void bodyThatIsNoJsonObjectIsADefect() {
        for (String body : List.of("", "not json", "[]", "\"text\"", "{} {}", "[".repeat(5_000))) {
            assertThatThrownBy(() ->
                            normalizer("{ target: x, source: a, type: text }").parts(operation(body)))
                    .isInstanceOfSatisfying(
                            Defect.class, defect -> assertThat(defect.code()).isEqualTo(FailureCode.MALFORMED_PAYLOAD));
        }
    }

    @Test
    void fieldMayHaveATimeOfItsOwn() {
        CanonicalRecord record = record(
                "{ target: x, source: a, type: text, observedAt: since }",
                "{\"a\":\"1\",\"since\":\"2020-01-01T00:00:00Z\",\"changed\":\"2021-01-01T00:00:00Z\"}");

        assertThat(record.observedAt("x")).isEqualTo(Instant.parse("2020-01-01T00:00:00Z"));
        assertThat(record.observedAt()).isEqualTo(Instant.parse("2021-01-01T00:00:00Z"));
        assertThat(record.asOf()).isEqualTo(record.observedAt());
    }

    @Test
    void timeOfTheFutureIsNoTime() {
        CanonicalRecord record = record(
                "{ target: x, source: a, type: text, observedAt: since }",
                "{\"a\":\"1\",\"since\":\"2036-01-01T00:00:00Z\",\"changed\":\"2036-01-01T00:00:00Z\"}");

        assertThat(record.observedAt("x")).isEqualTo(RECEIVED_AT);
        assertThat(record.observedAt()).isEqualTo(RECEIVED_AT);
        assertThat(record.asOf()).isEqualTo(RECEIVED_AT);
        assertThat(record.rejected()).extracting(RejectedValue::field).containsExactly("x", "observedAt");
        assertThat(record.rejected()).allSatisfy(rejected -> {
            assertThat(rejected.value()).isEqualTo("2036-01-01T00:00:00Z");
            assertThat(rejected.reason()).contains("future");
        });
    }

    @Test
    void clockThatIsAheadByLessThanADayIsBelieved() {
        CanonicalRecord record =
                record("{ target: x, source: a, type: text }", "{\"a\":\"1\",\"changed\":\"2026-01-02T00:00:00Z\"}");

        assertThat(record.observedAt()).isEqualTo(Instant.parse("2026-01-02T00:00:00Z"));
        assertThat(record.rejected()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "Info, Requested",
        "info requested, ''",
        "TBA, ''",
        "'', Unknown",
        "First, Last",
        "T\u00e9st, ''",
        "N/A, ''"
    })
    void placeholderIsNoName(String first, String last) {
        assertThat(names(first, last).fields()).containsOnlyKeys("x");
    }

    @ParameterizedTest
    @CsvSource({"Test, Okafor", "Ana, Guest", "Requested, Info", "Info, ''"})
    void nameWithOneHalfOfAPlaceholderIsAName(String first, String last) {
        assertThat(names(first, last).fields()).containsEntry("firstName", first);
    }

    private static CanonicalRecord names(String first, String last) {
        return record(
                "{ target: x, type: text, default: y }\n"
                        + "        - { target: firstName, source: first, type: name }\n"
                        + "        - { target: lastName, source: last, type: name }",
                "{\"first\":\"" + first + "\",\"last\":\"" + last + "\"}");
    }

    private static Object field(String field, String body) {
        return record(field, body).fields().values().iterator().next();
    }

    private static CanonicalRecord record(String field, String body) {
        Operation operation = operation("{\"kind\":\"born\",\"id\":\"7\"," + body.substring(1));
        Normalizer normalizer = normalizer(field);
        List<CanonicalRecord> records = normalizer
                .normalize(operation, normalizer.parts(operation).get(0), null, Instant.EPOCH)
                .records();
        assertThat(records).hasSize(1);
        return records.get(0);
    }

    private static Operation operation(String body) {
        return PlatformSample.operation("example", null, Map.of(), body, RECEIVED_AT);
    }

    private static Normalizer normalizer(String field) {
        FieldTransformation shout = value -> TextNode.valueOf(value.asText().toUpperCase() + "!");
        return new Normalizer(mapping(FRAME + "        - " + field + "\n", Map.of("shout", shout)));
    }

    private static Mapping mapping(String yaml, Map<String, FieldTransformation> beans) {
        try {
            return Mapping.of(new YAMLMapper().readTree(yaml), "example.yaml", beans);
        } catch (JsonProcessingException notYaml) {
            throw new AssertionError(notYaml);
        }
    }
}
