package dev.muster.push;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.muster.normalize.InvalidValue;
import dev.muster.normalize.JqSource;
import dev.muster.platform.ConfigProblem;
import dev.muster.platform.KnownKeys;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The rules of {@code config/segments.yaml}: which named groups a person belongs to, and values that are calculated of what
 * is known of them. Immutable.
 *
 * @param segments by name, in the file's order
 * @param values by name
 */
public record Segments(Map<String, Segment> segments, Map<String, JqSource> values) {
    /** Where they are, below the hub's home. */
    public static final String FILE = "config/segments.yaml";

    /** No rules. */
    public static final Segments NONE = new Segments(Map.of(), Map.of());

    private static final YAMLMapper YAML = new YAMLMapper();
    private static final Set<String> KEYS = Set.of("segments", "values");
    private static final Set<String> SEGMENT_KEYS =
            Set.of("title", "tag", "organizations", "field", "is", "anyOf", "present", "when");

    public Segments {
        segments = Collections.unmodifiableMap(new LinkedHashMap<>(segments));
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /**
     * One group of people.
     *
     * @param tag what targets call it
     * @param organizations who has it; empty for all
     * @param holds asked with the person and what is related
     */
    record Segment(String name, String tag, Set<String> organizations, Predicate<JsonNode> holds) {}

    /**
     * Reads the file.
     *
     * @param problems every problem is added, each beginning with the path of what is wrong
     */
    public static Segments of(String text, List<ConfigProblem> problems) {
        JsonNode root;
        try {
            root = YAML.readTree(text);
        } catch (IOException e) {
            problems.add(new ConfigProblem(FILE, 0, "is not YAML: " + e.getMessage()));
            return NONE;
        }
        KnownKeys.check(root, "", KEYS, FILE, problems);
        Map<String, Segment> segments = new LinkedHashMap<>();
        root.path("segments").fields().forEachRemaining(entry -> {
            Segment segment = segment(entry.getKey(), entry.getValue(), problems);
            if (segment != null) {
                segments.put(entry.getKey(), segment);
            }
        });
        Map<String, JqSource> values = new LinkedHashMap<>();
        root.path("values").fields().forEachRemaining(entry -> {
            JqSource source = jq(entry.getValue().asText(), "values." + entry.getKey(), problems);
            if (source != null) {
                values.put(entry.getKey(), source);
            }
        });
        return new Segments(segments, values);
    }

    private static @Nullable Segment segment(String name, JsonNode node, List<ConfigProblem> problems) {
        String where = "segments." + name;
        KnownKeys.check(node, where + ".", SEGMENT_KEYS, FILE, problems);
        Predicate<JsonNode> holds = rule(node, where, problems);
        if (holds == null) {
            return null;
        }
        List<String> organizations = new ArrayList<>();
        node.path("organizations").forEach(organization -> organizations.add(organization.asText()));
        return new Segment(name, node.path("tag").asText(name), Set.copyOf(organizations), holds);
    }

    private static @Nullable Predicate<JsonNode> rule(JsonNode node, String where, List<ConfigProblem> problems) {
        if (node.has("when") == node.has("field")) {
            problems.add(new ConfigProblem(
                    FILE, 0, where + " needs either when: (jq) or field: with is:, anyOf: or present:"));
            return null;
        }
        if (node.has("when")) {
            JqSource condition = jq(node.path("when").asText(), where + ".when", problems);
            return condition == null ? null : person -> isTrue(condition, person);
        }
        String field = node.path("field").asText();
        if (node.has("is")) {
            String wanted = node.path("is").asText();
            return person -> person.path(field).asText("").equals(wanted);
        }
        if (node.path("anyOf").isArray()) {
            List<String> wanted = new ArrayList<>();
            node.path("anyOf").forEach(one -> wanted.add(one.asText()));
            return person -> wanted.contains(person.path(field).asText(""));
        }
        if (node.path("present").isBoolean()) {
            boolean present = node.path("present").asBoolean();
            return person -> person.hasNonNull(field) == present;
        }
        problems.add(new ConfigProblem(
                FILE, 0, where + ".field needs is: VALUE, anyOf: [VALUES] or present: true or false"));
        return null;
    }

    private static boolean isTrue(JqSource condition, JsonNode person) {
        try {
            JsonNode result = condition.calculate(person);
            return !result.isMissingNode() && !result.isNull() && (!result.isBoolean() || result.booleanValue());
        } catch (InvalidValue odd) {
            return false;
        }
    }

    private static @Nullable JqSource jq(String text, String where, List<ConfigProblem> problems) {
        try {
            return JqSource.of(text.startsWith("jq:") ? text.substring(3) : text);
        } catch (IllegalArgumentException notJq) {
            problems.add(new ConfigProblem(FILE, 0, where + " " + notJq.getMessage()));
            return null;
        }
    }

    /**
     * What a target is told beside the fields: {@code {segments, segmentTags, staleTags, values}}, of those that it asks for:
     * the stale tags are those of segments that do not hold. A value that cannot be calculated is absent.
     *
     * @param person the golden fields, with {@code memberships} and {@code registrations}
     */
    ObjectNode extras(
            String organization, JsonNode person, Collection<String> wanted, Collection<String> wantedValues) {
        ObjectNode extras = JsonNodeFactory.instance.objectNode();
        if (!wanted.isEmpty()) {
            ArrayNode names = extras.putArray("segments");
            ArrayNode tags = extras.putArray(SegmentTags.HOLDING);
            Set<String> all = new TreeSet<>();
            for (Segment segment : segments.values()) {
                boolean own = segment.organizations().isEmpty()
                        || segment.organizations().contains(organization);
                if (own && wanted.contains(segment.name())) {
                    all.add(segment.tag());
                    if (segment.holds().test(person)) {
                        names.add(segment.name());
                        tags.add(segment.tag());
                    }
                }
            }
            SegmentTags.markStale(extras, all);
        }
        if (!wantedValues.isEmpty()) {
            ObjectNode calculated = extras.putObject("values");
            for (String name : wantedValues) {
                JqSource value = values.get(name);
                if (value != null) {
                    try {
                        JsonNode result = value.calculate(person);
                        if (!result.isMissingNode()) {
                            calculated.set(name, result);
                        }
                    } catch (InvalidValue odd) {
                        // absent
                    }
                }
            }
        }
        return extras;
    }
}
