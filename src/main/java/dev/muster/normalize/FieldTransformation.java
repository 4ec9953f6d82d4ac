package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;

/** A transformation in Java, named by {@code custom:} in a mapping, for what none of the others can say. */
@FunctionalInterface
public interface FieldTransformation {
    /**
     * Gives the value to read instead; a null or missing node where there is none.
     *
     * @param value never blank, but of any JSON type
     * @throws IllegalArgumentException if the value cannot be used, with the reason for a person; the value is then
     *     kept beside the record
     */
    JsonNode transform(JsonNode value);
}
