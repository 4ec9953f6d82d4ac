package dev.muster.normalize;

import java.time.Duration;

/**
 * An object to fetch from the platform.
 *
 * @param object its name in the mapping, such as {@code order}
 * @param path its path and query below the integration's base URL, such as {@code /v3/orders/1034600001/?expand=event};
 *     made of the mapping and of checked ids only
 * @param readableWithin how long after a delivery the platform may still say that there is no such object
 */
public record FetchTarget(String object, String path, Duration readableWithin) {
    /** One that can be read as soon as the platform speaks of it. */
    public FetchTarget(String object, String path) {
        this(object, path, Duration.ZERO);
    }
}
