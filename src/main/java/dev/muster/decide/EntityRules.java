package dev.muster.decide;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The rules of one entity: by field, by group, and one for every other field; and which fields are kept under seal. */
final class EntityRules {
    private final ConflictRule defaultRule;
    private final Map<String, ConflictRule> fields;
    private final Set<String> secrets;
    private final Map<String, FieldGroup> groupsByField = new HashMap<>();

    EntityRules(
            ConflictRule defaultRule, Map<String, ConflictRule> fields, List<FieldGroup> groups, Set<String> secrets) {
        this.defaultRule = defaultRule;
        this.fields = Map.copyOf(fields);
        this.secrets = Set.copyOf(secrets);
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

    /** The fields that are marked {@code pii: secret}. */
    Set<String> secrets() {
        return secrets;
    }

    @Nullable
    FieldGroup group(String field) {
        return groupsByField.isEmpty() ? null : groupsByField.get(field);
    }
}
