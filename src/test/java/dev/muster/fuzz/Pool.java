package dev.muster.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** What a hub has shown of itself: texts by the name they stood under, and ids of whatever kind. */
final class Pool {
    private static final Pattern ID = Pattern.compile("0[0-9A-HJKMNP-TV-Z]{12}");
    private static final String THINGS = "things of ";
    private static final int OF_A_NAME_MAX = 200;

    /** What operations ask for by another name than answers show it. */
    private static final Map<String, String> ALSO =
            Map.of("externalId", "id", "email", "search", "name", "channel", "recordId", "goldenId");

    private final Map<String, List<String>> byName = new TreeMap<>();
    private final List<String> ids = new ArrayList<>(List.of("0A1B2C3D4E5F6"));
    private final Set<String> known = new HashSet<>();

    /** @param resource the first segment of the path that was asked */
    void learn(String resource, JsonNode answer) {
        learn("", answer, resource);
    }

    /** What names one thing of a resource. */
    List<String> things(String resource) {
        return of(THINGS + resource);
    }

    private void learn(String name, JsonNode node, String resource) {
        if (node.isObject()) {
            node.properties().forEach(one -> {
                add("field", one.getKey());
                learn(one.getKey(), one.getValue(), resource);
            });
        } else if (node.isArray()) {
            node.forEach(one -> learn(name, one, resource));
        } else if (node.isTextual() && node.asText().length() <= 200) {
            add(name, node.asText());
            if (name.equals("id")) {
                add(THINGS + resource, node.asText());
            }
            if (ALSO.containsKey(name)) {
                add(ALSO.get(name), node.asText());
            }
            if (ID.matcher(node.asText()).matches()) {
                addId(node.asText());
            }
        }
    }

    void add(String name, String value) {
        List<String> values = byName.computeIfAbsent(name, any -> new ArrayList<>());
        if (values.size() < OF_A_NAME_MAX && known.add(name + "=" + value)) {
            values.add(value);
        }
    }

    List<String> of(String name) {
        return byName.getOrDefault(name, List.of());
    }

    void addId(String id) {
        if (known.add("id " + id)) {
            ids.add(id);
        }
    }

    List<String> ids() {
        return ids;
    }
}
