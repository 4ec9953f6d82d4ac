package dev.muster.push;

import dev.muster.decide.Observation;
import dev.muster.decide.SourceRecord;
import dev.muster.golden.Pushed;
import dev.muster.push.Contested.Choice;
import dev.muster.push.PushVerdict.Difference;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whose value stands in each field that reads otherwise at the target.
 *
 * @param desired what the target should have
 * @param contested the fields of which a person is asked, those included of which they have said something
 * @param isDecided whether they have said something of each
 * @param isAccepted whether the target's value stands in one because a person said so
 */
record Contest(Map<String, Object> desired, Map<String, Difference> contested, boolean isDecided, boolean isAccepted) {

    /**
     * @param own what the target says of the record itself; null for nothing
     * @param believed what the target is believed to have
     * @param values the golden record's
     */
    static Contest of(
            PushTarget target,
            PushJudge.Subject subject,
            @Nullable SourceRecord own,
            Map<String, Object> believed,
            Map<String, Object> values) {
        Push push = subject.push();
        Map<String, Object> desired = new TreeMap<>(values);
        Map<String, Difference> contested = new TreeMap<>();
        boolean isDecided = true;
        boolean isAccepted = false;
        for (String field : target.fields()) {
            Object there = believed.get(field);
            Object here = values.get(field);
            if (there == null || Contested.same(there, here) || field.equals(target.consent()) || push.forced()) {
                continue;
            }
            boolean isTheirs = isTheirs(subject, own, field, here);
            boolean hasYielded = hasYielded(push, field, here);
            switch (target.conflicts()) {
                case SOURCE_WINS -> {}
                case TARGET_WINS -> desired.put(field, there);
                case MERGE -> {
                    if (isTheirs || hasYielded) {
                        desired.put(field, there);
                    }
                }
                case MANUAL -> {
                    Choice choice = Contested.choice(push.contested().get(field), there, here);
                    if (choice == Choice.ACCEPT_INCOMING || choice == null && !isTheirs && hasYielded) {
                        desired.put(field, there);
                    }
                    if (choice != null || isTheirs) {
                        contested.put(field, new Difference(there, here));
                    }
                    isDecided &= choice != null || !isTheirs;
                    isAccepted |= choice == Choice.ACCEPT_INCOMING;
                }
            }
        }
        return new Contest(desired, contested, isDecided, isAccepted);
    }

    /**
     * Whether the target's value is its own word, said after ours. Of a record that we never told of, it is theirs as long as
     * nobody said what the golden record holds after they had said theirs.
     */
    private static boolean isTheirs(
            PushJudge.Subject subject, @Nullable SourceRecord own, String field, @Nullable Object here) {
        Push push = subject.push();
        Observation said = own == null ? null : own.fields().get(field);
        if (said == null) {
            return false;
        }
        Pushed pushed = push.pushed();
        if (pushed != null) {
            return said.asOf().isAfter(push.pushedAt()) && !pushed.says(field, said.value());
        }
        for (SourceRecord source : subject.golden().sources()) {
            Observation other = source.fields().get(field);
            if (other != null
                    && !source.removed()
                    && Contested.same(other.value(), here)
                    && other.observedAt().isAfter(said.observedAt())) {
                return false;
            }
        }
        return !subject.golden().overrides().containsKey(field);
    }

    /** Whether the golden record's value gave way to the target's before, and has not changed since. */
    private static boolean hasYielded(Push push, String field, @Nullable Object here) {
        Pushed pushed = push.pushed();
        Object yielded = pushed == null ? null : pushed.yielded().get(field);
        return yielded != null && Contested.same(yielded, here);
    }

    /** For a person. */
    String reason() {
        StringJoiner fields = new StringJoiner("; ", "was changed at the target: ", "");
        contested.forEach(
                (field, one) -> fields.add(field + " is '" + one.there() + "' there and '" + one.here() + "' here"));
        return fields.toString();
    }
}
