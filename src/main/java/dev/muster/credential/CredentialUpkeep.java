package dev.muster.credential;

import dev.muster.meter.Meters;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What credentials need by the clock. There is no timer and no thread for an integration. */
public final class CredentialUpkeep {
    private static final int RENEWED_AT_ONCE = 20;

    /** A due token that could not be renewed is tried again after this. */
    private static final Duration PUT_OFF = Duration.ofMinutes(5);

    private final PlatformCatalog catalog;
    private final Integrations integrations;
    private final PlatformCredentials credentials;
    private final TokenStore store;
    private final Vault vault;
    private final CredentialUses uses;
    private final Meters meters;
    private final Clock clock;

    /** For one hub. */
    public CredentialUpkeep(
            PlatformCatalog catalog,
            Integrations integrations,
            PlatformCredentials credentials,
            Vault vault,
            CredentialUses uses,
            Meters meters,
            Clock clock) {
        this.catalog = catalog;
        this.integrations = integrations;
        this.credentials = credentials;
        this.store = credentials.store();
        this.vault = vault;
        this.uses = uses;
        this.meters = meters;
        this.clock = clock;
    }

    /**
     * Renews what is due though nobody calls, writes the record of uses, and sweeps. Called by one timer of the hub;
     * renewals go on behind.
     *
     * @return completes when the renewals that were begun have ended
     */
    public CompletionStage<Void> upkeep() {
        uses.flush();
        store.sweep();
        vault.upkeep();
        credentials.renewal().sweep();
        measure();
        Instant putOff = clock.instant().plus(PUT_OFF);
        List<CompletableFuture<?>> renewals = new ArrayList<>();
        for (String[] due : store.due(RENEWED_AT_ONCE)) {
            store.putOff(due[0], due[1], putOff);
            integrations
                    .find(due[0], due[1])
                    .filter(Integration::enabled)
                    .ifPresent(integration ->
                            renewals.add(credentials.afresh(integration).exceptionally(failure -> null)));
        }
        return CompletableFuture.allOf(renewals.toArray(CompletableFuture<?>[]::new));
    }

    /** How many accounts of an organization on a platform a person has to connect anew. */
    public record Refused(String organization, String platform, long count) {}

    /** All of them; what is well is not among them. */
    public List<Refused> refused() {
        return store.refused();
    }

    /** Measures every configured platform; one without trouble has its zero. */
    public void measure() {
        Map<String, Long> refused = new TreeMap<>();
        catalog.all().forEach(platform -> refused.put(platform.id(), 0L));
        refused().forEach(account -> refused.merge(account.platform(), account.count(), Long::sum));
        meters.measured(Meters.Gauge.CREDENTIALS_REFUSED, refused);
    }
}
