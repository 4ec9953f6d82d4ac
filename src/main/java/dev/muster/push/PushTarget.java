package dev.muster.push;

import dev.muster.canonical.Entity;
import dev.muster.golden.PushPlan;
import dev.muster.normalize.JqSource;
import dev.muster.platform.Integration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One kind of record that a platform is told of, and how: an element of the {@code push} section of its file.
 *
 * @param fields which changes matter
 * @param filter who is meant; null for all
 * @param key {@code email} or another canonical field, {@code externalId}, or {@code id} for the hub's own
 * @param isOnePerEmail whether an address is one record there, so that of two who share it only one can be told
 * @param after the target that has to have been told of a record before; empty for none
 * @param consent the field that has to say {@code opted_in}; null where nobody has to be asked
 * @param segments offered to the mapping, by name
 * @param values further values of {@code config/segments.yaml}, by name
 * @param archives whether whoever is gone is taken off the target
 * @param move for a record that is there under another key; null where the upsert finds it
 * @param mapping a fingerprint of what makes items
 */
record PushTarget(
        String name,
        String platform,
        Entity entity,
        Set<String> fields,
        @Nullable JqSource filter,
        String key,
        boolean isOnePerEmail,
        String after,
        @Nullable String consent,
        List<String> segments,
        List<String> values,
        int batch,
        boolean creates,
        boolean updates,
        boolean archives,
        ConflictResolution conflicts,
        PushAction upsert,
        @Nullable PushAction move,
        @Nullable PushAction withdraw,
        @Nullable PushAction remove,
        @Nullable PushAction readBack,
        String mapping) {
    static final String EMAIL = "email";

    /** The setting of an integration that opens it for pushes. */
    static final String SETTING = "push";

    PushTarget {
        fields = Set.copyOf(fields);
        segments = List.copyOf(segments);
        values = List.copyOf(values);
    }

    /** Every call that it knows. */
    List<PushAction> actions() {
        return Stream.of(upsert, move, withdraw, remove, readBack)
                .flatMap(Stream::ofNullable)
                .toList();
    }

    /** What the transaction that changes golden records knows of it. */
    PushPlan.Target planned() {
        return new PushPlan.Target(name, platform, entity, fields, consent, !segments.isEmpty() || !values.isEmpty());
    }

    /**
     * Whether an account is told: its setting {@code push} is {@code on}, or names the target among others, by commas. An
     * account that says nothing of it is only read.
     */
    boolean isTold(Integration integration) {
        String setting = integration.settings().getOrDefault(SETTING, "").strip();
        return integration.platform().equals(platform)
                && integration.enabled()
                && (setting.equals("on")
                        || setting.equals("true")
                        || Arrays.stream(setting.split(","))
                                .anyMatch(target -> target.strip().equals(name)));
    }
}
