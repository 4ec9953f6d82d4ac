package dev.muster.delivery;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One mapping of a configuration file while it is read. Problems are collected, not thrown, so that all are told at
 * once; a value that has a problem reads as its default.
 */
final class Section {
    private static final Pattern HEADER_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}");

    private final JsonNode node;
    private final String path;
    private final List<String> problems;
    private final Set<String> known = new LinkedHashSet<>();

    /** @param path where the mapping is, such as {@code /webhook/signature} */
    Section(JsonNode node, String path, List<String> problems) {
        this.node = node;
        this.path = path;
        this.problems = problems;
        if (!node.isObject() && !node.isMissingNode()) {
            // without the value: people paste secrets into the wrong place
            problem("must be a mapping of keys to values, not "
                    + node.getNodeType().name().toLowerCase(Locale.ROOT));
        }
    }

    void problem(String what) {
        problems.add(path + ": " + what);
    }

    void problem(String key, String what) {
        problems.add(path + "/" + key + ": " + what);
    }

    List<String> problems() {
        return problems;
    }

    String path() {
        return path;
    }

    boolean has(String key) {
        known.add(key);
        return !value(key).isMissingNode();
    }

    /** The value as it stands; a missing node where there is none or it is null. */
    JsonNode value(String key) {
        known.add(key);
        JsonNode value = node.path(key);
        return value.isNull() ? MissingNode.getInstance() : value;
    }

    @Nullable
    String text(String key) {
        JsonNode value = value(key);
        if (value.isMissingNode()) {
            return null;
        }
        if (!value.isTextual() || value.asText().isEmpty()) {
            problem(key, "must be text, not " + shown(value));
            return null;
        }
        return value.asText();
    }

    String text(String key, String otherwise) {
        String text = text(key);
        return text == null ? otherwise : text;
    }

    /** A header's name, in lower case. */
    @Nullable
    String header(String key) {
        String name = text(key);
        if (name != null && !HEADER_NAME.matcher(name).matches()) {
            problem(key, "\"" + name + "\" is not a header's name");
            return null;
        }
        return name == null ? null : name.toLowerCase(Locale.ROOT);
    }

    <E extends Enum<E>> @Nullable E choice(String key, Class<E> kind) {
        String text = text(key);
        if (text == null) {
            return null;
        }
        E[] all = kind.getEnumConstants();
        for (E one : all) {
            if (id(one).equals(text)) {
                return one;
            }
        }
        problem(
                key,
                "\"" + text + "\" is not one of "
                        + Stream.of(all).map(Section::id).collect(Collectors.joining(", ")));
        return null;
    }

    <E extends Enum<E>> E choice(String key, Class<E> kind, E otherwise) {
        E choice = choice(key, kind);
        return choice == null ? otherwise : choice;
    }

    /** A whole number, within both limits. */
    @Nullable
    Integer number(String key, int least, int most) {
        JsonNode value = value(key);
        if (value.isMissingNode()) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < least || value.asInt() > most) {
            problem(key, "must be a whole number from " + least + " to " + most + ", not " + shown(value));
            return null;
        }
        return value.asInt();
    }

    @Nullable
    Boolean truth(String key) {
        JsonNode value = value(key);
        if (!value.isMissingNode() && !value.isBoolean()) {
            problem(key, "must be true or false, not " + shown(value));
            return null;
        }
        return value.isMissingNode() ? null : value.asBoolean();
    }

    /** An ISO 8601 duration such as {@code PT5M}, not negative. */
    @Nullable
    Duration duration(String key) {
        String text = text(key);
        if (text == null) {
            return null;
        }
        try {
            Duration duration = Duration.parse(text);
            if (!duration.isNegative()) {
                return duration;
            }
        } catch (DateTimeException e) {
            // told below
        }
        problem(
                key,
                "\"" + text + "\" is not a duration; write for instance PT5M for five minutes or PT2S for two seconds");
        return null;
    }

    @Nullable
    JsonPointer pointer(String key) {
        JsonNode value = value(key);
        return value.isMissingNode() ? null : pointer(key, value);
    }

    /** One value or a list of them; empty where the key is missing. */
    List<JsonNode> several(String key) {
        JsonNode value = value(key);
        if (value.isMissingNode()) {
            return List.of();
        }
        if (!value.isArray()) {
            return List.of(value);
        }
        List<JsonNode> all = new ArrayList<>();
        value.forEach(all::add);
        if (all.isEmpty()) {
            problem(key, "is an empty list; leave the key out instead");
        }
        return all;
    }

    /** Text values, one or a list. */
    List<String> texts(String key) {
        List<String> texts = new ArrayList<>();
        for (JsonNode value : several(key)) {
            if (value.isValueNode() && !value.isNull() && !value.asText().isEmpty()) {
                texts.add(value.asText());
            } else {
                problem(key, "holds " + shown(value) + " where text is expected");
            }
        }
        return texts;
    }

    /** A JSON pointer such as {@code /data/id}; the empty text means the whole body. */
    @Nullable
    JsonPointer pointer(String key, JsonNode value) {
        if (value.isTextual()) {
            try {
                return JsonPointer.compile(value.asText());
            } catch (IllegalArgumentException e) {
                // told below
            }
        }
        problem(key, shown(value) + " is not a JSON pointer; write for instance /data/id");
        return null;
    }

    Section section(String key) {
        return new Section(value(key), path + "/" + key, problems);
    }

    /** Mappings, one or a list. */
    List<Section> sections(String key) {
        boolean list = value(key).isArray();
        List<Section> sections = new ArrayList<>();
        int index = 0;
        for (JsonNode value : several(key)) {
            sections.add(new Section(value, path + "/" + key + (list ? "/" + index++ : ""), problems));
        }
        return sections;
    }

    /** To be called when everything was asked for: whatever was not is a problem. */
    void end() {
        Iterator<String> names = node.fieldNames();
        while (names.hasNext()) {
            String name = names.next();
            if (!known.contains(name)) {
                problem("unknown key \"" + name + "\"; known here: " + String.join(", ", known));
            }
        }
    }

    static String id(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static String shown(JsonNode value) {
        String text = value.isMissingNode() ? "nothing" : value.toString();
        return text.length() > 80 ? text.substring(0, 80) + "…" : text;
    }
}
