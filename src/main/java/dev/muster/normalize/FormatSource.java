package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;

/** Text with values in it: {@code order-{id}}. Where one of them is blank or no text, there is nothing. */
final class FormatSource implements Source {
    private final List<Source> values;
    private final List<String> texts;

    private FormatSource(List<Source> values, List<String> texts) {
        this.values = List.copyOf(values);
        this.texts = List.copyOf(texts);
    }

    /** @throws IllegalArgumentException if it cannot be read, with what is wrong */
    static FormatSource of(String format, List<String> names) {
        List<Source> values = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        int at = 0;
        int open = format.indexOf('{');
        while (open >= 0) {
            int close = format.indexOf('}', open);
            if (close < 0) {
                throw new IllegalArgumentException("has a { without its } in " + format);
            }
            texts.add(format.substring(at, open));
            values.add(PathSource.of(format.substring(open + 1, close), names));
            at = close + 1;
            open = format.indexOf('{', at);
        }
        texts.add(format.substring(at));
        if (values.isEmpty()) {
            throw new IllegalArgumentException("names no value, such as {id}, in " + format);
        }
        return new FormatSource(values, texts);
    }

    @Override
    public JsonNode read(Scope scope) {
        StringBuilder formatted = new StringBuilder(texts.get(0));
        for (int i = 0; i < values.size(); i++) {
            JsonNode value = values.get(i).read(scope);
            if (ValueType.isBlank(value) || !value.isTextual() && !value.isIntegralNumber()) {
                return MissingNode.getInstance();
            }
            formatted.append(value.asText()).append(texts.get(i + 1));
        }
        return TextNode.valueOf(formatted.toString());
    }
}
