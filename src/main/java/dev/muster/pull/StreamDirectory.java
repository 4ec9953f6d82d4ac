package dev.muster.pull;

import dev.muster.credential.AuthSettings;
import dev.muster.platform.Integration;
import dev.muster.platform.Integrations;
import dev.muster.platform.PlatformCatalog;
import dev.muster.platform.PlatformDefinition;
import dev.muster.quota.QuotaSettings;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Which streams there are, and the accounts that they are read from, as the platforms' files and the integrations say now. */
final class StreamDirectory {
    private final PlatformCatalog catalog;
    private final Integrations integrations;

    StreamDirectory(PlatformCatalog catalog, Integrations integrations) {
        this.catalog = catalog;
        this.integrations = integrations;
    }

    /** A platform's streams; empty where its file is gone. */
    Optional<Streams> of(String platform) {
        return catalog.find(platform).map(definition -> definition.section(Streams.class));
    }

    Optional<Stream> stream(String platform, String name) {
        return of(platform).flatMap(streams -> streams.find(name));
    }

    Optional<Stream> stream(StreamKey key) {
        return stream(key.platform(), key.stream());
    }

    /** An account that may be read. */
    Optional<Integration> account(String platform, String integration) {
        return integrations.find(platform, integration).filter(StreamDirectory::mayRead);
    }

    Optional<Integration> account(StreamKey key) {
        return account(key.platform(), key.integration())
                .filter(integration -> integration.organization().equals(key.organization()));
    }

    /** The accounts of a platform that may be read. */
    void eachAccount(String platform, Consumer<Integration> action) {
        integrations.each(platform, integration -> {
            if (mayRead(integration)) {
                action.accept(integration);
            }
        });
    }

    /** The same of all platforms that have streams. */
    void eachAccount(Consumer<Integration> action) {
        for (PlatformDefinition definition : catalog.all()) {
            if (!definition.section(Streams.class).all().isEmpty()) {
                eachAccount(definition.id(), action);
            }
        }
    }

    /** The streams of an account that can be asked for. */
    List<Stream> readable(Integration integration) {
        return !mayRead(integration)
                ? List.of()
                : of(integration.platform()).map(Streams::all).orElse(List.of()).stream()
                        .filter(stream -> missing(integration, stream).isEmpty())
                        .toList();
    }

    private static boolean mayRead(Integration integration) {
        return integration.enabled() && integration.hasCredential();
    }

    /** The settings without which a stream cannot be asked for, as far as the integration has not got them. */
    List<String> missing(Integration integration, Stream stream) {
        Set<String> needed = PageRequest.needed(stream);
        if (catalog.find(integration.platform()).orElseThrow().sections().get(AuthSettings.class)
                instanceof AuthSettings auth) {
            needed.addAll(auth.needed(integration.settings()));
        }
        return needed.stream()
                .filter(name -> integration.settings().getOrDefault(name, "").isBlank())
                .toList();
    }

    /** Why a stream cannot be read by anybody; null where it can. */
    @Nullable
    String gone(StreamKey key) {
        return gone(key, stream(key).orElse(null), account(key).orElse(null));
    }

    /** The same of what was asked for already. */
    @Nullable
    String gone(StreamKey key, @Nullable Stream stream, @Nullable Integration account) {
        if (stream == null) {
            return "The stream " + key.stream() + " is gone: config/platforms/" + key.platform()
                    + ".yaml does not name it any more";
        }
        if (account == null) {
            return "The account " + key.platform() + "/" + key.integration() + " of " + key.organization()
                    + " is gone: it was deleted, switched off, or has lost its credential. Once it is back, its streams are"
                    + " read by their schedule, or by ./muster sync start";
        }
        List<String> missing = missing(account, stream);
        return missing.isEmpty()
                ? null
                : "The account " + key.platform() + "/" + key.integration() + " has lost the settings "
                        + String.join(", ", missing) + ", which this stream needs: set them again";
    }

    /** What whole addresses begin with, as they were kept once; empty where nobody says it. */
    String baseUrl(Integration integration) {
        String own = integration.baseUrl();
        return own != null
                ? own
                : catalog.find(integration.platform())
                        .map(PlatformDefinition::api)
                        .map(api -> api.baseUrl())
                        .orElse("");
    }

    /** What limits the calls to a path; null where the platform's file is gone. */
    @Nullable
    QuotaSettings quota(String platform, String path) {
        return catalog.find(platform)
                .map(definition -> definition.section(QuotaSettings.class).of(path))
                .orElse(null);
    }
}
