package dev.muster.platform;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** On which line of a YAML file something is. */
public final class YamlLines {
    /** A path as messages begin with it: {@code records[0].fields.id}, {@code /webhook/signature}. */
    private static final Pattern PATH = Pattern.compile("/?[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_$-]+|\\[\\d+])*");

    private static final Pattern STEP = Pattern.compile("[A-Za-z0-9_$-]+");

    private YamlLines() {}

    /**
     * The same problem with the line that its message names by a path; unchanged where it has a line already or the
     * message begins with nothing that is in the file. The file's name is not said twice.
     */
    public static ConfigProblem located(ConfigProblem problem, String text) {
        String message = problem.message();
        if (message.startsWith(problem.file() + ":")) {
            message = message.substring(problem.file().length() + 1).strip();
        }
        int line = problem.line();
        if (line == 0) {
            Matcher path = PATH.matcher(message);
            if (path.lookingAt()) {
                line = line(problem.file(), text, path.group());
            }
        }
        return new ConfigProblem(problem.file(), line, message);
    }

    private static int line(String file, String text, String path) {
        try {
            for (Node document : documents(file, text)) {
                int line = walk(document, path);
                if (line > 0) {
                    return line;
                }
            }
        } catch (ConfigException e) {
            // its syntax is a problem of its own
        }
        return 0;
    }

    /** As deep as the path leads; 0 where not even its first step is there. */
    private static int walk(Node root, String path) {
        Node node = root;
        int line = 0;
        Matcher steps = STEP.matcher(path);
        while (steps.find()) {
            Found next = step(node, steps.group());
            if (next == null) {
                return line;
            }
            node = next.node();
            line = next.line();
        }
        return line;
    }

    private record Found(Node node, int line) {}

    private static @Nullable Found step(Node node, String name) {
        if (node instanceof MappingNode mapping) {
            for (NodeTuple tuple : mapping.getValue()) {
                if (tuple.getKeyNode() instanceof ScalarNode key
                        && key.getValue().equals(name)) {
                    return new Found(tuple.getValueNode(), line(tuple.getKeyNode()));
                }
            }
        } else if (node instanceof SequenceNode list && name.chars().allMatch(Character::isDigit)) {
            int index = Integer.parseInt(name);
            if (index < list.getValue().size()) {
                Node item = list.getValue().get(index);
                return new Found(item, line(item));
            }
        }
        return null;
    }

    /**
     * The documents of a file.
     *
     * @throws ConfigException with the line, if it is not YAML
     */
    public static List<Node> documents(String file, String text) {
        List<Node> documents = new ArrayList<>();
        try {
            new Yaml(new SafeConstructor(new LoaderOptions()))
                    .composeAll(new StringReader(text))
                    .forEach(documents::add);
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 0 : e.getProblemMark().getLine() + 1;
            String context = e.getContext() == null ? "" : " " + e.getContext();
            throw new ConfigException(List.of(new ConfigProblem(
                    file,
                    line,
                    "is not YAML" + context + ": " + e.getProblem() + "; correct this line or the one above")));
        } catch (YAMLException e) {
            throw new ConfigException(List.of(new ConfigProblem(file, 0, "is not YAML: " + e.getMessage())));
        }
        return documents;
    }

    /** From 1. */
    public static int line(Node node) {
        return node.getStartMark().getLine() + 1;
    }
}
