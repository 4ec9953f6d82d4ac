package dev.muster.demo;

import org.jspecify.annotations.Nullable;

/**
 * Where a person of the simulated world lives.
 *
 * @param line1 street and number, in the country's own script
 * @param region null where addresses of the country have none
 * @param country ISO 3166 code, two letters
 * @param countryName the English name, as Klaviyo writes it
 */
public record Address(
        String line1, String city, @Nullable String region, String postalCode, String country, String countryName) {}
