package dev.muster.access;

import java.net.URI;
import java.time.Duration;
import java.util.Set;

/**
 * Whose tokens are taken, besides the hub's own: those of one OpenID issuer.
 *
 * @param issuer exactly what the claim {@code iss} has to be, with or without its slash
 * @param audience exactly what the claim {@code aud} has to be or to hold
 * @param keys where the issuer publishes its keys (JWKS)
 * @param leeway how far its clock may be from ours
 * @param clients whose tokens are taken, by {@code azp} or {@code client_id}; empty for all that the issuer gives one
 * @param organizationClaim which claim names the only organization that the client sees; a token without it is refused then.
 *     Empty where clients see all
 * @param permissionsCount whether the claim {@code permissions} counts beside {@code scope}
 */
public record IssuerSettings(
        String issuer,
        String audience,
        URI keys,
        Duration leeway,
        Set<String> clients,
        String organizationClaim,
        boolean permissionsCount) {

    public IssuerSettings {
        clients = Set.copyOf(clients);
    }
}
