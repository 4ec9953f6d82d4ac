package dev.muster.decide;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rules of one entity: by field, by group, and one for every other field. */
final class EntityRules {
    private final ConflictRule defaultRule;
    private final Map<String, ConflictRule> fields;
    private final Map<String, FieldGroup> groupsByField = new HashMap<>();

    EntityRules(ConflictRule defaultRule, Map<String, ConflictRule> fields, List<FieldGroup> groups) {
        this.defaultRule = defaultRule;
        this.fields = Map.copyOf(fields);
        for (FieldGroup group : groups) {
            for (String field : group.fields()) {
                groupsByField.put(field, group);
            }
        }
    }

    /** The rule of a field that is in no group. */
    ConflictRule rule(String field) {
        ConflictRule rule = fields.get(field);
        return rule == null ? defaultRule : rule;
    }

    @Nullable
    FieldGroup group(String field) {
        return groupsByField.isEmpty() ? null : groupsByField.get(field);
    }
}
