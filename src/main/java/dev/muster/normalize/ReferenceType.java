package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.canonical.Entity;
import org.jspecify.annotations.Nullable;

/** The id of another record of the same platform, in the form of {@code RecordKey.reference()}. */
final class ReferenceType implements ValueType {
    private final String prefix;
    private final IdType id = new IdType();

    ReferenceType(String platform, Entity entity) {
        this.prefix = platform + "/" + entity.id() + "/";
    }

    @Override
    public @Nullable Object read(JsonNode value, Scope scope) throws InvalidValue {
        return prefix + id.read(value, scope);
    }
}
