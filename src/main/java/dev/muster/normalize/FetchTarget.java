package dev.muster.normalize;

/**
 * An object to fetch from the platform.
 *
 * @param object its name in the mapping, such as {@code order}
 * @param path its path and query below the integration's base URL, such as {@code /v3/orders/1034600001/?expand=event};
 *     made of the mapping and of checked ids only
 */
public record FetchTarget(String object, String path) {}
