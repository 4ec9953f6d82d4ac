package dev.muster.camel;

import dev.muster.platform.ConfigProblem;
import dev.muster.platform.YamlLines;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * A file below {@code routes/} as it is written, with the lines: what Camel's own model does not keep, and what a message
 * to a person needs.
 *
 * @param file relative to the hub's home
 * @param text the whole of it
 * @param flows the routes it defines
 * @param nameless lines of routes without an id, which could not be replaced later
 * @param configurations the ids of the route configurations it defines
 * @param sends to which {@code direct:} endpoints it sends
 * @param kamelets which Kamelets it uses
 * @param beans which beans it calls
 * @param ownBeans names of beans that it defines itself
 * @param openChoices lines of choices without {@code otherwise}
 */
record RouteFile(
        String file,
        String text,
        List<Flow> flows,
        List<Integer> nameless,
        List<String> configurations,
        List<Reference> sends,
        List<Reference> kamelets,
        List<BeanCall> beans,
        List<String> ownBeans,
        List<Integer> openChoices) {
    static final String ROUTES = ".camel.yaml";
    static final String KAMELET = ".kamelet.yaml";
    private static final String DIRECT = "direct:";

    /** One route. The line is that of its id. */
    record Flow(
            String id,
            int line,
            String from,
            int fromLine,
            @Nullable String configuration) {
        /** The platform whose operations it works on; null where it starts from something else. */
        @Nullable
        String platform() {
            String scheme = OperationsComponent.SCHEME + ":";
            return from.startsWith(scheme) ? bare(from, scheme) : null;
        }

        /** The name of the {@code direct:} endpoint that it consumes; null where it does not. */
        @Nullable
        String direct() {
            return from.startsWith(DIRECT) ? bare(from, DIRECT) : null;
        }
    }

    /** Something named, and where. */
    record Reference(String name, int line) {}

    /** A call of a bean; the method is empty where the bean is a processor. */
    record BeanCall(String name, String method, int line) {}

    /** @throws dev.muster.platform.ConfigException with the line, if it is not YAML */
    static RouteFile read(String file, String text) {
        RouteFile read = new RouteFile(
                file,
                text,
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>());
        for (Node document : YamlLines.documents(file, text)) {
            if (document instanceof SequenceNode list) {
                list.getValue().forEach(read::entry);
            }
            read.walk(document, "");
        }
        return read;
    }

    boolean isKamelet() {
        return file.endsWith(KAMELET);
    }

    /** The name by which routes call this Kamelet. */
    String kameletName() {
        String name = file.substring(file.lastIndexOf('/') + 1);
        return name.substring(0, name.length() - KAMELET.length());
    }

    /** Whether this is built with what the other defines: a route configuration or a Kamelet. */
    boolean uses(RouteFile other) {
        return !file.equals(other.file)
                && (flows.stream().anyMatch(flow -> other.configurations.contains(String.valueOf(flow.configuration())))
                        || other.isKamelet()
                                && kamelets.stream()
                                        .anyMatch(kamelet -> kamelet.name().equals(other.kameletName())));
    }

    /** The line of a route's id; 0 where it has none here. */
    int lineOf(@Nullable String routeId) {
        return flows.stream()
                .filter(flow -> flow.id().equals(routeId))
                .map(Flow::line)
                .findFirst()
                .orElse(0);
    }

    /** The first line that says this; 0 where none does. */
    int lineWith(String word) {
        int at = text.indexOf(word);
        return at < 0
                ? 0
                : 1 + (int) text.substring(0, at).chars().filter(c -> c == '\n').count();
    }

    ConfigProblem problem(int line, String message) {
        return new ConfigProblem(file, line, message);
    }

    private void entry(Node entry) {
        for (NodeTuple tuple : tuples(entry)) {
            Node value = tuple.getValueNode();
            switch (key(tuple)) {
                case "route" -> flow(value);
                case "from" -> nameless.add(YamlLines.line(entry));
                case "routeConfiguration" -> child(value, "id").ifPresent(id -> configurations.add(scalar(id)));
                case "beans" -> {
                    if (value instanceof SequenceNode list) {
                        list.getValue()
                                .forEach(bean -> child(bean, "name").ifPresent(name -> ownBeans.add(scalar(name))));
                    }
                }
                default -> {
                    // templates and rests are Camel's to judge
                }
            }
        }
    }

    private void flow(Node route) {
        Optional<Node> id = child(route, "id");
        Optional<Node> from = child(route, "from");
        Optional<Node> uri = from.flatMap(node -> child(node, "uri")).or(() -> from);
        if (id.isEmpty()) {
            nameless.add(YamlLines.line(route));
            return;
        }
        flows.add(new Flow(
                scalar(id.get()),
                YamlLines.line(id.get()),
                uri.map(RouteFile::scalar).orElse(""),
                uri.map(YamlLines::line).orElse(0),
                child(route, "routeConfigurationId").map(RouteFile::scalar).orElse(null)));
    }

    private void walk(Node node, String under) {
        if (node instanceof SequenceNode list) {
            list.getValue().forEach(item -> walk(item, under));
        } else if (node instanceof MappingNode) {
            if (under.equals("choice") && child(node, "otherwise").isEmpty()) {
                openChoices.add(YamlLines.line(node));
            }
            if (under.equals("bean") || under.equals("process") || under.equals("method")) {
                child(node, "ref")
                        .ifPresent(ref -> beans.add(new BeanCall(
                                scalar(ref),
                                child(node, "method").map(RouteFile::scalar).orElse(""),
                                YamlLines.line(ref))));
            }
            for (NodeTuple tuple : tuples(node)) {
                String key = key(tuple);
                if (key.startsWith("on") && key.endsWith("Ref")) {
                    beans.add(new BeanCall(scalar(tuple.getValueNode()), "", YamlLines.line(tuple.getValueNode())));
                }
                // What a route starts from is no target; what its steps send to is.
                walk(tuple.getValueNode(), key.equals("uri") && under.equals("from") ? "from" : key);
            }
        } else if (!under.equals("from")) {
            String value = scalar(node);
            if (value.startsWith(DIRECT)) {
                sends.add(new Reference(bare(value, DIRECT), YamlLines.line(node)));
            } else if (value.startsWith("kamelet:")) {
                String name = bare(value, "kamelet:");
                if (!name.equals("source") && !name.equals("sink")) {
                    kamelets.add(new Reference(name.split("/", 2)[0], YamlLines.line(node)));
                }
            }
        }
    }

    private static String bare(String uri, String scheme) {
        String rest = uri.substring(scheme.length());
        int query = rest.indexOf('?');
        String name = query < 0 ? rest : rest.substring(0, query);
        return name.startsWith("//") ? name.substring(2) : name;
    }

    private static List<NodeTuple> tuples(Node node) {
        return node instanceof MappingNode mapping ? mapping.getValue() : List.of();
    }

    private static String key(NodeTuple tuple) {
        return scalar(tuple.getKeyNode());
    }

    private static String scalar(Node node) {
        return node instanceof ScalarNode text ? text.getValue() : "";
    }

    private static Optional<Node> child(Node node, String key) {
        return tuples(node).stream()
                .filter(tuple -> key(tuple).equals(key))
                .map(NodeTuple::getValueNode)
                .findFirst();
    }
}
