package dev.muster.normalize;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a delivery is about.
 *
 * @param kind what the platform says happened to it; empty where it does not say
 * @param fetch the object that completes it; null where nothing has to be fetched
 * @param payload what the delivery itself says; null where it is a mere pointer
 * @param ignored why nothing is done with it, for a person; null where something is
 */
public record Part(
        String kind,
        @Nullable FetchTarget fetch,
        @Nullable JsonNode payload,
        @Nullable String ignored) {

    /** Whether nothing can be made of it without the fetched object. */
    public boolean needsFetch() {
        return fetch != null && payload == null;
    }
}
