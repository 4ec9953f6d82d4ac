package dev.muster.alert;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What was measured.
 *
 * @param window over how much time; zero where it is as of now
 * @param organization empty where it is of all
 * @param platform empty where it is of none
 * @param value null where nothing can be said: then what is known stays
 */
public record Reading(
        Measure measure,
        Duration window,
        String organization,
        String platform,
        @Nullable Double value) {}
