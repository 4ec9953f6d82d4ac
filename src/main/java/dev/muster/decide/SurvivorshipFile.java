package dev.muster.decide;

import dev.muster.canonical.Entity;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** Reads one survivorship file and collects everything that is wrong with it, with the line. */
final class SurvivorshipFile {
    private static final Pattern FIELD = Pattern.compile("[a-z][A-Za-z0-9_.]*");
    private static final Pattern PLATFORM = Pattern.compile("[a-z][a-z0-9-]*");
    private static final String DEFAULT_RULE = "latest";

    private final String file;
    private final ConflictRules kinds;
    private final List<SurvivorshipProblem> problems = new ArrayList<>();

    SurvivorshipFile(String file, ConflictRules kinds) {
        this.file = file;
        this.kinds = kinds;
    }

    SurvivorshipRules parse(String yaml) throws SurvivorshipRefused {
        Map<Entity, EntityRules> entities = new EnumMap<>(Entity.class);
        Node root = compose(yaml);
        if (root != null) {
            Map<String, Node> top = mapping(root, "");
            refuseOthers(top, Set.of("entities", "$schema"), "");
            Node node = top.get("entities");
            if (node == null && problems.isEmpty()) {
                problem(root, "", "There are no 'entities'. Write 'entities:' and under it member, event, ...");
            }
            if (node != null) {
                mapping(node, "entities").forEach((name, rules) -> readEntity(name, rules, entities));
            }
        }
        if (!problems.isEmpty()) {
            problems.sort(Comparator.comparingInt(SurvivorshipProblem::line));
            throw new SurvivorshipRefused(problems);
        }
        return new SurvivorshipRules(entities);
    }

    private @Nullable Node compose(String yaml) {
        try {
            Node root = new Yaml(new SafeConstructor(new LoaderOptions())).compose(new StringReader(yaml));
            if (root == null) {
                problems.add(new SurvivorshipProblem(
                        file, 1, "", "The file is empty. Write 'entities:' and under it member, event, ..."));
            }
            return root;
        } catch (MarkedYAMLException e) {
            Mark mark = e.getProblemMark();
            int line = mark == null ? 1 : mark.getLine() + 1;
            problems.add(new SurvivorshipProblem(file, line, "", "This is not YAML: " + e.getProblem()));
            return null;
        } catch (YAMLException e) {
            problems.add(new SurvivorshipProblem(file, 1, "", "This is not YAML: " + e.getMessage()));
            return null;
        }
    }

    private void readEntity(String name, Node node, Map<Entity, EntityRules> entities) {
        String path = "entities." + name;
        Optional<Entity> entity = Entity.of(name);
        if (entity.isEmpty()) {
            problem(node, path, "There is no entity '" + name + "'. Write one of " + entityNames() + ".");
            return;
        }
        Map<String, Node> keys = mapping(node, path);
        refuseOthers(keys, Set.of("default", "platforms", "fields", "groups"), path);
        Node platformsNode = keys.get("platforms");
        List<String> platforms =
                platformsNode == null ? List.of() : words(platformsNode, path + ".platforms", PLATFORM, "platform");

        Node defaultNode = keys.get("default");
        ConflictRule defaultRule = defaultNode == null
                ? defaultRule(platforms)
                : rule(defaultNode, path + ".default", platforms).rule();

        Map<String, ConflictRule> fields = new HashMap<>();
        Set<String> secrets = new HashSet<>();
        Node fieldsNode = keys.get("fields");
        if (fieldsNode != null) {
            mapping(fieldsNode, path + ".fields").forEach((field, settings) -> {
                String at = path + ".fields." + field;
                requireField(field, settings, at);
                Node pii = pii(settings);
                ConflictRule rule = pii == null
                        ? rule(settings, at, platforms).rule()
                        : ruleBesidePii((MappingNode) settings, at, platforms, defaultRule);
                fields.put(field, rule);
                if (pii != null && requireSecret(entity.get(), field, rule, pii, at + ".pii")) {
                    secrets.add(field);
                }
            });
        }
        List<FieldGroup> groups = new ArrayList<>();
        Node groupsNode = keys.get("groups");
        if (groupsNode != null) {
            Map<String, String> owners = new HashMap<>();
            fields.keySet().forEach(field -> owners.put(field, "'fields'"));
            mapping(groupsNode, path + ".groups").forEach((group, settings) -> {
                FieldGroup read = readGroup(group, settings, path + ".groups." + group, platforms, owners);
                if (read != null) {
                    groups.add(read);
                }
            });
        }
        entities.put(entity.get(), new EntityRules(defaultRule, fields, groups, secrets));
    }

    // --- secret fields ------------------------------------------------------------------------------------------

    private static @Nullable Node pii(Node settings) {
        if (settings instanceof MappingNode mapping) {
            for (NodeTuple tuple : mapping.getValue()) {
                if (tuple.getKeyNode() instanceof ScalarNode key
                        && key.getValue().equals("pii")) {
                    return tuple.getValueNode();
                }
            }
        }
        return null;
    }

    /** A field that is only marked has the entity's rule. */
    private ConflictRule ruleBesidePii(
            MappingNode node, String path, List<String> platforms, ConflictRule defaultRule) {
        Map<String, Node> keys = mapping(node, path);
        keys.remove("pii");
        return keys.isEmpty() ? defaultRule : rule(node, keys, path, platforms).rule();
    }

    private boolean requireSecret(Entity entity, String field, ConflictRule rule, Node pii, String path) {
        if (!(pii instanceof ScalarNode scalar) || !scalar.getValue().equals("secret")) {
            problem(
                    pii,
                    path,
                    "Here must stand 'secret', not " + kindOf(pii) + ". Leave it out where the field is none.");
            return false;
        }
        String why = SecretFields.refusal(entity, field);
        if (why != null) {
            problem(pii, path, "'" + field + "' of " + entity.id() + " cannot be secret: " + why + ". Remove pii.");
            return false;
        }
        if (rule instanceof MostRestrictiveRule) {
            problem(
                    pii,
                    path,
                    "'" + field + "' cannot be secret: most_restrictive finds its values in a list, and sealed ones"
                            + " are in none. Take another rule, or remove pii.");
            return false;
        }
        return true;
    }

    private static ConflictRule defaultRule(List<String> platforms) {
        return new LatestRule(new RuleSettings(Map.of("platforms", platforms)));
    }

    private @Nullable FieldGroup readGroup(
            String name, Node node, String path, List<String> platforms, Map<String, String> owners) {
        Map<String, Node> keys = mapping(node, path);
        Node fieldsNode = keys.get("fields");
        if (fieldsNode == null) {
            problem(node, path, "A group needs 'fields': the list of fields that move together.");
            return null;
        }
        List<String> fields = words(fieldsNode, path + ".fields", FIELD, "field");
        if (fields.size() < 2) {
            problem(fieldsNode, path + ".fields", "A group has two fields or more; put a single one under 'fields'.");
        }
        for (String field : fields) {
            String owner = owners.putIfAbsent(field, "the group '" + name + "'");
            if (owner != null) {
                problem(
                        fieldsNode,
                        path + ".fields",
                        "'" + field + "' is also in " + owner + ". Name it in one place only.");
            }
        }
        String anchor = null;
        Node anchorNode = keys.get("anchor");
        if (anchorNode != null) {
            anchor = text(anchorNode, path + ".anchor", "one of the group's fields");
            if (anchor != null && !fields.contains(anchor)) {
                problem(
                        anchorNode,
                        path + ".anchor",
                        "'" + anchor + "' is not one of the group's fields " + fields
                                + ". The anchor is the field without which the rest means little.");
            }
        }
        Map<String, Node> ruleKeys = new LinkedHashMap<>(keys);
        ruleKeys.remove("fields");
        ruleKeys.remove("anchor");
        NamedRule rule = ruleKeys.containsKey("rule")
                ? rule(node, ruleKeys, path, platforms)
                : ruleByName(node, DEFAULT_RULE, ruleKeys, path, platforms);
        ConflictRules.Kind kind = kinds.kind(rule.name());
        if (kind != null && !kind.movesGroups()) {
            problem(
                    node,
                    path,
                    "The rule '" + rule.name()
                            + "' cannot move fields together, because it does not take one source whole. Write one of "
                            + groupRules() + ".");
        }
        return new FieldGroup(name, fields, anchor, rule.rule());
    }

    /** A rule and the name it was asked for by; where that is wrong, {@code latest} stands in while we read on. */
    private record NamedRule(String name, ConflictRule rule) {}

    private NamedRule rule(Node node, String path, List<String> platforms) {
        if (node instanceof ScalarNode scalar) {
            return ruleByName(node, scalar.getValue(), Map.of(), path, platforms);
        }
        return rule(node, mapping(node, path), path, platforms);
    }

    private NamedRule rule(Node node, Map<String, Node> keys, String path, List<String> platforms) {
        Node nameNode = keys.get("rule");
        String name = nameNode == null ? null : text(nameNode, path + ".rule", "the name of a rule");
        if (name == null) {
            if (nameNode == null) {
                problem(node, path, "There is no 'rule'. Write one of " + kinds.names() + ".");
            }
            return new NamedRule("", defaultRule(platforms));
        }
        Map<String, Node> settings = new LinkedHashMap<>(keys);
        settings.remove("rule");
        return ruleByName(nameNode == null ? node : nameNode, name, settings, path, platforms);
    }

    private NamedRule ruleByName(Node node, String name, Map<String, Node> keys, String path, List<String> platforms) {
        ConflictRules.Kind kind = kinds.kind(name);
        if (kind == null) {
            problem(node, path, "There is no rule '" + name + "'. Write one of " + kinds.names() + ".");
            return new NamedRule(name, defaultRule(platforms));
        }
        Map<String, List<String>> settings = new HashMap<>();
        keys.forEach((key, value) -> {
            String at = path + "." + key;
            if (!kind.allows(key)) {
                Set<String> allowed = new TreeSet<>(kind.optional());
                allowed.addAll(kind.required());
                problem(
                        value,
                        at,
                        "The rule '" + name + "' knows no '" + key + "'. "
                                + (allowed.isEmpty() ? "It takes no settings." : "It takes " + allowed + "."));
            } else if (key.equals("platforms")) {
                settings.put(key, words(value, at, PLATFORM, "platform"));
            } else {
                settings.put(key, words(value, at, null, "value"));
            }
        });
        if (kind.allows("platforms") && !platforms.isEmpty()) {
            settings.putIfAbsent("platforms", platforms);
        }
        for (String key : new TreeSet<>(kind.required())) {
            if (settings.getOrDefault(key, List.of()).isEmpty() && !keys.containsKey(key)) {
                problem(
                        node,
                        path,
                        "The rule '" + name + "' needs '" + key + "': a list, the first one strongest. Write"
                                + " { rule: " + name + ", " + key + ": [...] }.");
            }
        }
        return new NamedRule(name, kind.create().apply(new RuleSettings(settings)));
    }

    /** The keys of a mapping in their order; a problem, and empty, where the node is none. */
    private Map<String, Node> mapping(Node node, String path) {
        Map<String, Node> entries = new LinkedHashMap<>();
        if (!(node instanceof MappingNode mapping)) {
            problem(node, path, "Here must stand keys and values, not " + kindOf(node) + ".");
            return entries;
        }
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                problem(tuple.getKeyNode(), path, "A key must be a single word.");
            } else if (entries.putIfAbsent(key.getValue(), tuple.getValueNode()) != null) {
                problem(key, path, "'" + key.getValue() + "' stands here twice. Remove one of them.");
            }
        }
        return entries;
    }

    private List<String> words(Node node, String path, @Nullable Pattern pattern, String what) {
        if (!(node instanceof SequenceNode sequence)) {
            problem(node, path, "Here must stand a list, such as [a, b], not " + kindOf(node) + ".");
            return List.of();
        }
        if (sequence.getValue().isEmpty()) {
            problem(node, path, "The list is empty. Name at least one " + what + ", or leave the key out.");
        }
        List<String> words = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (Node element : sequence.getValue()) {
            String word = text(element, path, "a " + what);
            if (word == null) {
                continue;
            }
            if (pattern != null && !pattern.matcher(word).matches()) {
                problem(
                        element,
                        path,
                        "'" + word + "' cannot be a " + what + ": it does not look like " + pattern.pattern() + ".");
            } else if (!seen.add(word)) {
                problem(element, path, "'" + word + "' stands in the list twice. Remove one of them.");
            } else {
                words.add(word);
            }
        }
        return words;
    }

    private @Nullable String text(Node node, String path, String what) {
        if (node instanceof ScalarNode scalar && !scalar.getValue().isBlank()) {
            return scalar.getValue();
        }
        problem(node, path, "Here must stand " + what + ", not " + kindOf(node) + ".");
        return null;
    }

    private static String kindOf(Node node) {
        if (node instanceof SequenceNode) {
            return "a list";
        }
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue().isBlank() ? "nothing" : "'" + scalar.getValue() + "'";
        }
        return "keys and values";
    }

    private void requireField(String field, Node node, String path) {
        if (!FIELD.matcher(field).matches()) {
            problem(node, path, "'" + field + "' cannot be a field: canonical fields are written like firstName.");
        }
    }

    private void refuseOthers(Map<String, Node> keys, Set<String> known, String path) {
        keys.forEach((key, node) -> {
            if (!known.contains(key)) {
                problem(
                        node,
                        path.isEmpty() ? key : path + "." + key,
                        "There is no key '" + key + "' here. Known are " + new TreeSet<>(known) + ".");
            }
        });
    }

    private String groupRules() {
        Set<String> names = new TreeSet<>();
        for (String name : kinds.names()) {
            ConflictRules.Kind kind = kinds.kind(name);
            if (kind != null && kind.movesGroups()) {
                names.add(name);
            }
        }
        return names.toString();
    }

    private static String entityNames() {
        List<String> names = new ArrayList<>();
        for (Entity entity : Entity.values()) {
            names.add(entity.id());
        }
        return names.toString();
    }

    private void problem(Node node, String path, String message) {
        problems.add(new SurvivorshipProblem(file, node.getStartMark().getLine() + 1, path, message));
    }
}
