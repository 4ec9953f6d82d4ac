package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A part of the YAML while it is compiled: knows where it is, and collects every problem instead of the first. */
public final class MappingSection {
    private final JsonNode node;
    private final String path;
    private final List<String> problems;

    private MappingSection(JsonNode node, String path, List<String> problems) {
        this.node = node;
        this.path = path;
        this.problems = problems;
    }

    /**
     * @param file its name, for messages
     * @param problems where they are collected
     */
    public static MappingSection root(JsonNode node, String file, List<String> problems) {
        return new MappingSection(node, file + ":", problems);
    }

    /** Something is wrong here. */
    public void problem(String what) {
        problems.add(path + " " + what);
    }

    /** The value itself; a missing node where there is none. */
    public JsonNode node() {
        return node;
    }

    /** Whether there is a value. */
    public boolean present() {
        return !ValueType.isBlank(node);
    }

    /** What stands under a key, even where nothing does. */
    public MappingSection child(String key) {
        JsonNode child = node.get(key);
        String separator = path.endsWith(":") ? " " : ".";
        return new MappingSection(child == null ? MissingNode.getInstance() : child, path + separator + key, problems);
    }

    /** A misspelt key is a problem, not a key without effect. */
    public void allow(String... keys) {
        if (!node.isObject()) {
            if (present()) {
                problem("has to be a mapping of " + String.join(", ", keys) + ", and is " + ValueType.describe(node));
            }
            return;
        }
        Set<String> known = Set.of(keys);
        for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!known.contains(name)) {
                problem("knows no key " + name + "; there are " + String.join(", ", new TreeSet<>(known)));
            }
        }
    }

    /** The text itself (numbers and booleans are text too); null where there is none. */
    public @Nullable String text() {
        if (!present()) {
            return null;
        }
        if (!node.isValueNode()) {
            problem("has to be text, and is " + ValueType.describe(node));
            return null;
        }
        return node.asText();
    }

    /** The text; an empty one and a problem where there is none. */
    public String requiredText() {
        String text = text();
        if (text == null && !present()) {
            problem("is missing");
        }
        return text == null ? "" : text;
    }

    /** True or false; false where there is nothing. */
    public boolean flag() {
        if (present() && !node.isBoolean()) {
            problem("has to be true or false");
        }
        return node.asBoolean(false);
    }

    /** The elements; one value counts as a list of one. */
    public List<MappingSection> items() {
        List<MappingSection> items = new ArrayList<>();
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                items.add(new MappingSection(node.get(i), path + "[" + i + "]", problems));
            }
        } else if (present()) {
            items.add(this);
        }
        return items;
    }

    /** What stands here by name, in the order of the file. */
    public Map<String, MappingSection> members() {
        Map<String, MappingSection> members = new LinkedHashMap<>();
        if (!node.isObject() && present()) {
            problem("has to be a mapping of names, and is " + ValueType.describe(node));
        }
        node.fieldNames().forEachRemaining(name -> members.put(name, child(name)));
        return members;
    }

    /** Compiles this text; null and a problem where it cannot be. */
    public <T> @Nullable T compiled(Function<String, T> compiler) {
        String text = text();
        if (text == null) {
            return null;
        }
        try {
            return compiler.apply(text);
        } catch (IllegalArgumentException wrong) {
            problem(String.valueOf(wrong.getMessage()));
            return null;
        }
    }

    /** A path or, after {@code jq:}, a jq expression. */
    @Nullable
    Source source(List<String> names) {
        return compiled(text -> text.startsWith(JqSource.PREFIX)
                ? JqSource.of(text.substring(JqSource.PREFIX.length()))
                : PathSource.of(text, names));
    }

    /** A path or a jq expression that is read from a whole document. */
    public @Nullable Selection selection() {
        Source source = source(List.of());
        return source == null ? null : new Selection(source);
    }

    List<Source> sources(List<String> names) {
        List<Source> sources = new ArrayList<>();
        for (MappingSection item : items()) {
            Source source = item.source(names);
            if (source != null) {
                sources.add(source);
            }
        }
        return sources;
    }
}
