package dev.muster.push;

import dev.muster.golden.Pushed;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One row of the outbox: a golden record that an account of a platform may have to be told of, and what it was told before.
 *
 * @param version which state of the row this is; a later change makes another
 * @param attempts how often it was tried in vain
 * @param forced a person said to send it whatever the target has
 * @param externalId the target's own id for it, as it answered; null where it did not
 * @param key under which it was told; null for never
 * @param pushed what the target was told; null for nothing
 * @param pushedAt when its answer came; the epoch where nothing was told
 * @param sending what it may have been told by a call that got no answer; null for nothing
 * @param contested the fields of which a person is asked, or was
 */
record Push(
        long goldenId,
        String target,
        String integration,
        String organization,
        long version,
        int attempts,
        boolean forced,
        @Nullable String externalId,
        @Nullable String key,
        @Nullable Pushed pushed,
        Instant pushedAt,
        @Nullable Pushed sending,
        Map<String, Contested> contested) {
    Push {
        contested = new TreeMap<>(contested);
    }

    /** Whether the target has what we told it; else it may have the record of its own. */
    boolean isOurs() {
        return pushed != null && pushedAt.isAfter(Instant.EPOCH);
    }

    /** Whether a call that puts the record there got no answer. */
    boolean mayBeThere() {
        return sending != null && sending.presence() == Pushed.Presence.PRESENT;
    }

    /** A record that the target was never told of. */
    static Push never(long goldenId, String target, String integration, String organization) {
        return new Push(
                goldenId,
                target,
                integration,
                organization,
                0,
                0,
                false,
                null,
                null,
                null,
                Instant.EPOCH,
                null,
                Map.of());
    }
}
