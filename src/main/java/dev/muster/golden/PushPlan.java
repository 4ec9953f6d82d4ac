package dev.muster.golden;

import dev.muster.canonical.Entity;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who has to be told of a change: what the transaction that makes the change needs to know of it, and no more.
 *
 * @param targets in no order
 */
public record PushPlan(List<Target> targets, Accounts accounts) {
    /** Nobody is told. */
    public static final PushPlan NONE = new PushPlan(List.of(), (target, organization) -> List.of());

    /** What else is known of a member: segments and values are made of it. */
    public static final List<Entity> RELATED =
            List.of(Entity.MEMBERSHIP, Entity.REGISTRATION, Entity.TRANSACTION, Entity.RECURRING_PLAN);

    /** The consent by which somebody may be written to. */
    public static final String OPTED_IN = "opted_in";

    /** How long changes of a record are gathered before they are pushed; a withdrawal of consent never waits. */
    public static final Duration GATHER = Duration.ofSeconds(1);

    /** @throws IllegalArgumentException where two targets have one name: they would share one place in the outbox */
    public PushPlan {
        targets = List.copyOf(targets);
        Set<String> names = new HashSet<>();
        for (Target target : targets) {
            if (!names.add(target.name())) {
                throw new IllegalArgumentException("Two push targets are named " + target.name());
            }
        }
    }

    /** Whether any target is on this platform: only then can what it says be an echo. */
    boolean isTold(String platform) {
        for (Target target : targets) {
            if (target.platform().equals(platform)) {
                return true;
            }
        }
        return false;
    }

    /** Whose accounts take part. */
    @FunctionalInterface
    public interface Accounts {
        /** The ids of the integrations of an organization that the target is pushed to; asked for every change. */
        List<String> of(Target target, String organization);
    }

    /**
     * One kind of record that one platform wants to know of.
     *
     * @param name such as {@code mailchimp-audience}
     * @param platform where it is: changes that came from there are not sent back
     * @param fields which changes matter
     * @param consent the field that says whether somebody may be written to there; null where nobody has to be asked
     * @param related whether it matters what else is known of a member: memberships, registrations, gifts
     */
    public record Target(
            String name,
            String platform,
            Entity entity,
            Set<String> fields,
            @Nullable String consent,
            boolean related) {
        public Target {
            fields = Set.copyOf(fields);
        }

        /** Whether a change of this field has to be looked at. */
        boolean watches(String field) {
            return fields.contains(field) || field.equals(consent);
        }
    }
}
