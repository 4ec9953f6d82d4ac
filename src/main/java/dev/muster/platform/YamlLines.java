package dev.muster.platform;

import java.io.StringReader;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** Finds the line of a place in a YAML file. */
final class YamlLines {
    private YamlLines() {}

    /**
     * The line of the place that a message begins with, such as {@code /webhook/signature/scheme: ...} or
     * {@code mapping.records[0].fields[2]: ...}; the line of its nearest parent where the place itself is missing.
     *
     * @return from 1; 0 where the message names no place
     */
    static int of(String text, String message) {
        int colon = message.indexOf(": ");
        int space = message.indexOf(' ');
        String path = message.substring(0, colon < 0 ? Math.max(0, space) : colon);
        if (path.isBlank() || path.indexOf(' ') >= 0) {
            return 0;
        }
        Node node;
        try {
            node = new Yaml(new LoaderOptions()).compose(new StringReader(text));
        } catch (YAMLException e) {
            return 0;
        }
        int line = 0;
        for (String step : path.split("[./\\[\\]]+")) {
            if (step.isEmpty()) {
                continue;
            }
            Node next = null;
            if (node instanceof MappingNode mapping) {
                for (NodeTuple tuple : mapping.getValue()) {
                    if (tuple.getKeyNode() instanceof ScalarNode key
                            && key.getValue().equals(step)) {
                        next = tuple.getValueNode();
                        line = key.getStartMark().getLine() + 1;
                    }
                }
            } else if (node instanceof SequenceNode sequence && step.matches("\\d{1,6}")) {
                int index = Integer.parseInt(step);
                if (index < sequence.getValue().size()) {
                    next = sequence.getValue().get(index);
                    line = next.getStartMark().getLine() + 1;
                }
            }
            if (next == null) {
                return line;
            }
            node = next;
        }
        return line;
    }
}
