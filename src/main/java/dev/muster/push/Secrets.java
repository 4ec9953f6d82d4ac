package dev.muster.push;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.muster.canonical.FieldSeal;
import dev.muster.normalize.InvalidValue;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Values of secret fields on their way to a target: opened for its mapping, and taken out of whatever words are kept. */
final class Secrets {
    static final Secrets NONE = new Secrets(FieldSeal.NONE, "");

    /** What is said in place of words that may hold a part of a value. */
    private static final String SILENCE = "cannot be calculated; why is not told, since the record has secret fields";

    private final FieldSeal seal;
    private final String organization;
    /** The longest first: one may hold another. */
    private final TreeSet<String> opened =
            new TreeSet<>(Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder()));

    /** @param organization whose values are opened */
    Secrets(FieldSeal seal, String organization) {
        this.seal = seal;
        this.organization = organization;
    }

    /**
     * Opens every sealed text in a tree that nobody else holds.
     *
     * @throws InvalidValue where one cannot be opened, or is part of a longer text: a platform is never told a sealed one
     */
    void openIn(ObjectNode tree) throws InvalidValue {
        for (Map.Entry<String, JsonNode> entry : tree.properties()) {
            entry.setValue(open(entry.getValue()));
        }
    }

    private JsonNode open(JsonNode node) throws InvalidValue {
        if (node instanceof ObjectNode object) {
            openIn(object);
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, open(array.get(i)));
            }
        } else if (node.isTextual() && node.textValue().contains(FieldSeal.PREFIX)) {
            Object value = seal.open(node.textValue(), organization::equals)
                    .orElseThrow(
                            () -> new InvalidValue("has a secret field that cannot be opened, or a segment or value of"
                                    + " config/segments.yaml is made of one"));
            opened.add(value.toString());
            return value instanceof Long number
                    ? LongNode.valueOf(number)
                    : value instanceof Boolean truth ? BooleanNode.valueOf(truth) : TextNode.valueOf(value.toString());
        }
        return node;
    }

    /** What an expression says of input in which something was opened may hold a part of it. */
    String reason(InvalidValue odd) {
        return opened.isEmpty() ? odd.reason() : SILENCE;
    }

    /** The same of input made of several records. */
    static String reason(Collection<PushVerdict> verdicts, Exception odd) {
        return verdicts.stream().allMatch(verdict -> verdict.secrets().opened.isEmpty())
                ? String.valueOf(odd.getMessage())
                : SILENCE;
    }

    /** A target's words without the values, however their letters are written. */
    String masked(String words) {
        String masked = words;
        for (String value : opened) {
            masked = masked(masked, value);
            String escaped = TextNode.valueOf(value).toString();
            masked = masked(masked, escaped.substring(1, escaped.length() - 1));
        }
        return masked;
    }

    static String masked(String words, Collection<PushVerdict> verdicts) {
        String masked = words;
        for (PushVerdict verdict : verdicts) {
            masked = verdict.secrets().masked(masked);
        }
        return masked;
    }

    private static String masked(String words, String value) {
        return Pattern.compile(Pattern.quote(value), Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE)
                .matcher(words)
                .replaceAll(FieldSeal.MASK);
    }

    /** By identity alone, and never what they are. */
    @Override
    public String toString() {
        return "Secrets";
    }
}
