package dev.muster.normalize;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.canonical.CanonicalRecord;
import dev.muster.canonical.RejectedValue;
import dev.muster.failure.Failure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** Whatever a platform changes in what it sends, a mapping gives valid records or a readable failure, and nothing else. */
class MutatedPayloadProperties {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final List<PlatformSample> SAMPLES = PlatformSample.all();
    private static final Map<String, Normalizer> NORMALIZERS = new HashMap<>();

    static {
        SAMPLES.forEach(s -> NORMALIZERS.computeIfAbsent(s.platform(), PlatformSample::normalizer));
    }

    @Provide
    Arbitrary<PlatformSample> samples() {
        return Arbitraries.of(SAMPLES);
    }

    @Property(tries = 3_000)
    void mutatedPayloadGivesValidRecordsOrAReadableFailure(
            @ForAll("samples") PlatformSample sample, @ForAll Random random) {
        JsonNode body = mutated(sample.body(), random);
        JsonNode fetched = sample.fetched() == null ? null : answersMutated(sample.fetched(), random);
        check(sample.with(body, fetched));
    }

    private static void check(PlatformSample sample) {
        Normalizer normalizer = NORMALIZERS.get(sample.platform());
        try {
            for (Part part : normalizer.parts(sample.operation())) {
                assertThat(part.ignored() == null || !part.ignored().isBlank()).isTrue();
                Normalized normalized =
                        normalizer.normalize(sample.operation(), part, anyAnswer(sample, part), sample.readAt());
                normalized.records().forEach(MutatedPayloadProperties::checkRecord);
                normalized.rejected().forEach(rejected -> assertThat(rejected.reason())
                        .contains("was left out: "));
            }
        } catch (Failure failure) {
            assertThat(failure.getMessage()).hasSizeBetween(20, 1_000);
        }
    }

    /** A mutated id asks for another path: any answer will do. */
    private static @Nullable JsonNode anyAnswer(PlatformSample sample, Part part) {
        if (part.fetch() == null || sample.fetched() == null || sample.fetched().isEmpty()) {
            return null;
        }
        JsonNode answer = sample.fetched().elements().next();
        return answer.isNull() ? null : answer;
    }

    private static void checkRecord(CanonicalRecord record) {
        assertThat(record.key().externalId()).isNotBlank().hasSizeLessThanOrEqualTo(220);
        record.fields().forEach((name, value) -> {
            assertThat(name).isNotBlank();
            checkValue(value);
        });
        assertThat(record.observedAt()).isNotNull();
        for (RejectedValue rejected : record.rejected()) {
            assertThat(rejected.reason()).isNotBlank();
            assertThat(rejected.value()).hasSizeLessThanOrEqualTo(200);
        }
    }

    private static void checkValue(Object value) {
        if (value instanceof String) {
            checkText((String) value);
        } else if (value instanceof List) {
            List<?> list = (List<?>) value;
            assertThat(list).isNotEmpty().allSatisfy(each -> checkText((String) each));
            assertThat(new ArrayList<Object>(list)).isEqualTo(new ArrayList<Object>(new TreeSet<>(list)));
        } else {
            assertThat(value).isInstanceOfAny(Long.class, Boolean.class);
        }
    }

    private static void checkText(String text) {
        assertThat(text).isNotBlank().hasSizeLessThanOrEqualTo(2_300);
        assertThat(text.chars().noneMatch(Character::isISOControl)).isTrue();
    }

    private static JsonNode answersMutated(JsonNode answers, Random random) {
        ObjectNode all = NODES.objectNode();
        answers.fields().forEachRemaining(entry -> all.set(entry.getKey(), mutated(entry.getValue(), random)));
        return all;
    }

    private static JsonNode mutated(JsonNode document, Random random) {
        JsonNode copy = document.deepCopy();
        List<JsonNode> containers = new ArrayList<>();
        collect(copy, containers);
        int changes = containers.isEmpty() ? 0 : 1 + random.nextInt(6);
        for (int i = 0; i < changes; i++) {
            change(containers.get(random.nextInt(containers.size())), random);
        }
        return copy;
    }

    private static void collect(JsonNode node, List<JsonNode> containers) {
        if (node.isContainerNode()) {
            containers.add(node);
            node.forEach(child -> collect(child, containers));
        }
    }

    private static void change(JsonNode container, Random random) {
        if (container instanceof ObjectNode) {
            ObjectNode object = (ObjectNode) container;
            List<String> names = new ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            if (names.isEmpty() || random.nextInt(8) == 0) {
                object.set("unknown_" + random.nextInt(3), odd(random));
            } else if (random.nextInt(3) == 0) {
                object.remove(names.get(random.nextInt(names.size())));
            } else {
                object.set(names.get(random.nextInt(names.size())), odd(random));
            }
        } else {
            ArrayNode array = (ArrayNode) container;
            if (array.isEmpty() || random.nextInt(3) == 0) {
                array.add(odd(random));
            } else {
                array.set(random.nextInt(array.size()), odd(random));
            }
        }
    }

    private static JsonNode odd(Random random) {
        switch (random.nextInt(18)) {
            case 0:
                return NODES.textNode("");
            case 1:
                return NODES.textNode(" \u200b\u00a0");
            case 2:
                return NODES.textNode("x".repeat(random.nextInt(5_000)));
            case 3:
                return NODES.textNode("\ud83c\u0000\u202e\n");
            case 4:
                return NODES.numberNode(random.nextLong());
            case 5:
                return NODES.numberNode(random.nextDouble() * 1e12);
            case 6:
                return NODES.numberNode(new java.math.BigInteger("9".repeat(60)));
            case 7:
                return NODES.booleanNode(random.nextBoolean());
            case 8:
                return NODES.objectNode();
            case 9:
                return NODES.arrayNode();
            case 10:
                return NODES.objectNode().put("id", "1").put("type", "user").put("value", 1);
            case 11:
                return NODES.arrayNode().add("a").addNull().add(1).add(NODES.objectNode());
            case 12:
                return nested(random.nextInt(700));
            case 13:
                return NODES.textNode("2026-99-99T99:99:99Z");
            case 14:
                return NODES.textNode(Long.toString(random.nextLong()));
            case 15:
                return NODES.textNode("ａ@ｂ．example");
            default:
                return NODES.nullNode();
        }
    }

    private static JsonNode nested(int depth) {
        JsonNode node = NODES.textNode("deep");
        for (int i = 0; i < depth; i++) {
            node = i % 2 == 0 ? NODES.arrayNode().add(node) : NODES.objectNode().set("data", node);
        }
        return node;
    }
}
