package dev.muster.decide;

import java.util.List;
import java.util.Map;

/** What stands beside a rule's name in {@code config/survivorship.yaml}: lists of words by key. */
record RuleSettings(Map<String, List<String>> lists) {
    static final RuleSettings NONE = new RuleSettings(Map.of());

    RuleSettings {
        lists = Map.copyOf(lists);
    }

    /** The words under a key; empty where the key is absent. */
    List<String> words(String key) {
        return lists.getOrDefault(key, List.of());
    }
}
