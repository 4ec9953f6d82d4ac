package dev.muster.decide;

import dev.muster.canonical.Entity;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which rule decides which field, as {@code config/survivorship.yaml} says it. Immutable. */
public final class SurvivorshipRules {
    private static final EntityRules LATEST =
            new EntityRules(new LatestRule(RuleSettings.NONE), Map.of(), List.of(), Set.of());

    private final Map<Entity, EntityRules> entities;

    SurvivorshipRules(Map<Entity, EntityRules> entities) {
        this.entities = new EnumMap<>(Entity.class);
        this.entities.putAll(entities);
    }

    /** The latest value of every field: what holds where no file says otherwise. */
    public static SurvivorshipRules latest() {
        return new SurvivorshipRules(Map.of());
    }

    /**
     * Reads a survivorship file.
     *
     * @param file its name, for problems
     * @param yaml its text
     * @throws SurvivorshipRefused with all problems at once, each with file, line and remedy
     */
    public static SurvivorshipRules parse(String file, String yaml) throws SurvivorshipRefused {
        return new SurvivorshipFile(file, ConflictRules.standard()).parse(yaml);
    }

    /** The fields of an entity that are marked {@code pii: secret}. */
    public Set<String> secrets(Entity entity) {
        return of(entity).secrets();
    }

    /** Whether any field of any entity is marked so. */
    public boolean hasSecrets() {
        return entities.values().stream().anyMatch(rules -> !rules.secrets().isEmpty());
    }

    EntityRules of(Entity entity) {
        return entities.getOrDefault(entity, LATEST);
    }
}
