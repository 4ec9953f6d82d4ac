package dev.muster.normalize;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;

/**
 * A path into a document, compiled once.
 *
 * <ul>
 *   <li>{@code profile.first_name}: members
 *   <li>{@code barcodes[0]}, {@code tiers[*].title}: one element, all elements (as a list)
 *   <li>{@code barcodes[status=used]}: the first element, or the object itself, whose member has this text
 *   <li>{@code data.relationships.user.data.@included}: the entry of {@code included} that an identifier names
 *   <li>{@code $root.event_id}, {@code $kind}, {@code $name}: the whole document, what happened, a name of {@code let}
 *   <li>{@code /data/0/id}: a JSON pointer
 * </ul>
 */
final class PathSource implements Source {
    private static final int ELEMENTS_MAX = 1_000;
    private static final Step EVERY = (node, document) -> node;

    private interface Step {
        JsonNode from(JsonNode node, Document document);
    }

    private interface Base {
        JsonNode in(Scope scope);
    }

    private final Base base;
    private final Step[] steps;

    private PathSource(Base base, List<Step> steps) {
        this.base = base;
        this.steps = steps.toArray(new Step[0]);
    }

    /**
     * Compiles a path.
     *
     * @param names the record's {@code let} names, in their order
     * @throws IllegalArgumentException if it cannot be read, with what is wrong
     */
    static PathSource of(String path, List<String> names) {
        if (path.startsWith("/")) {
            JsonPointer pointer = JsonPointer.compile(path);
            return new PathSource(Scope::node, List.of((node, document) -> node.at(pointer)));
        }
        List<Step> steps = new ArrayList<>();
        Base base = Scope::node;
        int at = 0;
        boolean first = true;
        while (at < path.length()) {
            int end = segmentEnd(path, at);
            String segment = path.substring(at, end);
            int bracket = segment.indexOf('[');
            String name = bracket < 0 ? segment : segment.substring(0, bracket);
            if (first && name.startsWith("$")) {
                base = base(name.substring(1), names);
            } else if (name.equals("@included")) {
                steps.add((node, document) -> document.included(node));
            } else if (!name.isEmpty()) {
                steps.add(member(name));
            } else if (bracket < 0) {
                throw new IllegalArgumentException("has an empty step in " + path);
            }
            if (bracket >= 0) {
                brackets(segment.substring(bracket), path, steps);
            }
            first = false;
            at = end + 1;
            if (at == path.length()) {
                throw new IllegalArgumentException("ends with a dot: " + path);
            }
        }
        return new PathSource(base, steps);
    }

    private static int segmentEnd(String path, int from) {
        boolean inBrackets = false;
        for (int i = from; i < path.length(); i++) {
            char c = path.charAt(i);
            inBrackets = c == '[' || inBrackets && c != ']';
            if (c == '.' && !inBrackets) {
                return i;
            }
        }
        if (inBrackets) {
            throw new IllegalArgumentException("has a [ without its ] in " + path);
        }
        return path.length();
    }

    private static Base base(String name, List<String> names) {
        if (name.equals("root")) {
            return scope -> scope.document().root();
        }
        if (name.equals("kind")) {
            return Scope::kind;
        }
        int index = names.indexOf(name);
        if (index < 0) {
            throw new IllegalArgumentException("knows no $" + name + "; there are $root, $kind"
                    + (names.isEmpty() ? "" : ", $") + String.join(", $", names));
        }
        return scope -> scope.named()[index];
    }

    private static void brackets(String text, String path, List<Step> steps) {
        int at = 0;
        while (at < text.length()) {
            int close = text.indexOf(']', at);
            if (text.charAt(at) != '[' || close < 0) {
                throw new IllegalArgumentException("has something between ] and the next step in " + path);
            }
            String inside = text.substring(at + 1, close);
            int equals = inside.indexOf('=');
            if (inside.equals("*")) {
                steps.add(EVERY);
            } else if (equals > 0) {
                steps.add(matching(inside.substring(0, equals), inside.substring(equals + 1)));
            } else {
                steps.add(element(inside, path));
            }
            at = close + 1;
        }
    }

    private static Step member(String name) {
        return (node, document) -> node.path(name);
    }

    private static Step element(String text, String path) {
        try {
            int index = Integer.parseInt(text);
            return (node, document) -> node.path(index);
        } catch (NumberFormatException notAnIndex) {
            throw new IllegalArgumentException("has [" + text + "], which is no [0], [*] or [name=text], in " + path);
        }
    }

    private static Step matching(String name, String text) {
        return (node, document) -> {
            if (node.isArray()) {
                for (JsonNode element : node) {
                    if (matches(element, name, text)) {
                        return element;
                    }
                }
                return MissingNode.getInstance();
            }
            return matches(node, name, text) ? node : MissingNode.getInstance();
        };
    }

    private static boolean matches(JsonNode node, String name, String text) {
        JsonNode value = node.path(name);
        return value.isValueNode() && value.asText().equals(text);
    }

    @Override
    public JsonNode read(Scope scope) {
        return walk(base.in(scope), 0, scope.document());
    }

    private JsonNode walk(JsonNode start, int from, Document document) {
        JsonNode node = start;
        for (int i = from; i < steps.length && !node.isMissingNode(); i++) {
            if (steps[i] == EVERY) {
                return every(node, i + 1, document);
            }
            node = steps[i].from(node, document);
        }
        return node;
    }

    private JsonNode every(JsonNode list, int next, Document document) {
        if (!list.isArray()) {
            return MissingNode.getInstance();
        }
        ArrayNode found = JsonNodeFactory.instance.arrayNode();
        for (JsonNode element : list) {
            JsonNode value = walk(element, next, document);
            if (!ValueType.isBlank(value) && found.size() < ELEMENTS_MAX) {
                found.add(value);
            }
        }
        return found;
    }
}
