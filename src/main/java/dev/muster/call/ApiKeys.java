package dev.muster.call;

import dev.muster.platform.Integration;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.Secrets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Credentials that never change: the integration's API key in the headers that {@code api.headers} names. */
public final class ApiKeys implements CallCredentials {
    private static final String KEY = "{apiKey}";

    private final PlatformCatalog catalog;

    public ApiKeys(PlatformCatalog catalog) {
        this.catalog = catalog;
    }

    @Override
    public CompletionStage<CallCredential> of(Integration integration) {
        Map<String, String> templates = new LinkedHashMap<>();
        catalog.find(integration.platform()).orElseThrow().api().headers().forEach((name, value) -> {
            if (value.contains(KEY)) {
                templates.put(name, value);
            }
        });
        String key = integration.secrets().text(Secrets.API_KEY, "call").orElse(null);
        if (key == null) {
            return templates.isEmpty()
                    ? CompletableFuture.completedFuture(new CallCredential(Map.of(), Map.of(), null, 0))
                    : CompletableFuture.failedFuture(new CredentialUnusable(
                            integration + " has no API key, so that its platform cannot be called: give it one"));
        }
        templates.replaceAll((name, value) -> value.replace(KEY, key));
        return CompletableFuture.completedFuture(new CallCredential(templates, Map.of(), null, 0));
    }

    @Override
    public CompletionStage<CallCredential> renewed(Integration integration, CallCredential refused) {
        return CompletableFuture.failedFuture(new CredentialUnusable(integration
                + ": its API key was refused (401): it is wrong or was taken back. Its work waits until it has"
                + " another"));
    }
}
