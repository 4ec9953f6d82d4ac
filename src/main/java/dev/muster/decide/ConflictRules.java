package dev.muster.decide;

import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The rules that {@code config/survivorship.yaml} may name. A new rule is one class and one line here. */
final class ConflictRules {
    /**
     * One rule, not yet given its settings.
     *
     * @param optional keys that may stand beside its name
     * @param required keys that must
     * @param movesGroups whether it takes one source's value whole, so that a group of fields can follow it
     */
    record Kind(
            Set<String> optional,
            Set<String> required,
            boolean movesGroups,
            Function<RuleSettings, ConflictRule> create) {

        boolean allows(String key) {
            return optional.contains(key) || required.contains(key);
        }
    }

    private final SortedMap<String, Kind> kinds = new TreeMap<>();

    private ConflictRules() {}

    /** Every rule there is. */
    static ConflictRules standard() {
        Set<String> none = Set.of();
        Set<String> platforms = Set.of("platforms");
        return new ConflictRules()
                .add("latest", new Kind(platforms, none, true, LatestRule::new))
                .add("precedence", new Kind(none, platforms, true, PrecedenceRule::new))
                .add("most_restrictive", new Kind(platforms, Set.of("order"), false, MostRestrictiveRule::new))
                .add("union", new Kind(none, none, false, UnionRule::new))
                .add("review", new Kind(none, none, false, ReviewRule::new));
    }

    private ConflictRules add(String name, Kind kind) {
        kinds.put(name, kind);
        return this;
    }

    @Nullable
    Kind kind(String name) {
        return kinds.get(name);
    }

    Set<String> names() {
        return kinds.keySet();
    }
}
