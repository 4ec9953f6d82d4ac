package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.TextNode;

/**
 * The halves of a full name, for platforms that give no other. Split before the last word; a single word is a given
 * name. Only a guess, so use it for what no better source gives.
 */
enum NamePart implements FieldTransformation {
    GIVEN {
        @Override
        String of(String name, int lastSpace) {
            return lastSpace < 0 ? name : name.substring(0, lastSpace);
        }
    },
    FAMILY {
        @Override
        String of(String name, int lastSpace) {
            return lastSpace < 0 ? "" : name.substring(lastSpace + 1);
        }
    };

    abstract String of(String name, int lastSpace);

    @Override
    public JsonNode transform(JsonNode value) {
        if (!value.isTextual()) {
            throw new IllegalArgumentException(ValueType.describe(value) + " where a name is expected");
        }
        String name = CleanText.of(value.textValue());
        String part = of(name, name.lastIndexOf(' ')).strip();
        return part.isEmpty() ? MissingNode.getInstance() : TextNode.valueOf(part);
    }
}
