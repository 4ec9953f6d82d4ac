package dev.muster.golden;

import dev.muster.canonical.Entity;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An account that was stopped because it changed too much.
 *
 * @param state {@code held}, {@code approved} or {@code rejected}
 * @param changed how many golden records of the entity it had changed within the window
 * @param allowed how many it may change
 * @param held operations that wait, counted up to ten thousand
 * @param decidedBy who said what becomes of them; null while nobody did
 * @param exemptUntil until then an approved account is not stopped again
 * @param closedAt when nothing of it was left to be done
 */
public record BrakeCase(
        long id,
        String organization,
        String platform,
        String integration,
        Entity entity,
        String state,
        long changed,
        long allowed,
        Duration window,
        long held,
        @Nullable String decidedBy,
        @Nullable String reason,
        @Nullable Instant exemptUntil,
        Instant createdAt,
        @Nullable Instant decidedAt,
        @Nullable Instant closedAt) {}
