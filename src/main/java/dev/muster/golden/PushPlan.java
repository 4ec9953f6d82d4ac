package dev.muster.golden;

import dev.muster.canonical.Entity;
import java.util.List;
import java.util.Set;

/**
 * Which platforms have to be told of a change.
 *
 * @param targets in no order
 */
public record PushPlan(List<Target> targets) {
    public static final PushPlan NONE = new PushPlan(List.of());

    public PushPlan {
        targets = List.copyOf(targets);
    }

    /**
     * One platform that wants to know of changes.
     *
     * @param name of the target, such as {@code mailchimp}
     * @param platform where it is: changes that came from there are not sent back
     * @param fields which changes matter
     */
    public record Target(String name, String platform, Entity entity, Set<String> fields) {
        boolean wants(Entity changed, Set<String> changedFields, String origin) {
            return entity == changed
                    && !platform.equals(origin)
                    && changedFields.stream().anyMatch(fields::contains);
        }
    }
}
