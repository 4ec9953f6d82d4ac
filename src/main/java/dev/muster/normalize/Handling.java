package dev.muster.normalize;

import org.jspecify.annotations.Nullable;

/**
 * What is done about one kind of delivery, compiled.
 *
 * @param payload the name under which records are made of the delivery itself; null where it is a mere pointer
 * @param fetch the object whose ids the delivery holds; null for none
 * @param pointed whether the delivery names its object by a URL
 * @param completes whether the fetched object stands beside the payload instead of replacing it
 * @param ignored why nothing is done; null where something is
 */
record Handling(
        @Nullable String payload,
        @Nullable FetchableObject fetch,
        boolean pointed,
        boolean completes,
        @Nullable String ignored) {}
