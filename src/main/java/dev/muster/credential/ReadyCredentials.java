package dev.muster.credential;

import dev.muster.call.CallCredential;
import dev.muster.platform.Integration;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Credentials made a moment ago, so that not every call reads and opens the stored one; those used longest ago go first. */
final class ReadyCredentials {
    private static final int MAX = 10_000;

    /** How soon what another hub did is seen. */
    private static final Duration LIFE = Duration.ofSeconds(5);

    private final Clock clock;
    private final Map<String, Ready> ready = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Ready> eldest) {
            return size() > MAX;
        }
    };

    private record Ready(CallCredential credential, long integrationVersion, Instant until) {}

    ReadyCredentials(Clock clock) {
        this.clock = clock;
    }

    /** Null where there is none, or the integration was changed since. */
    synchronized @Nullable CallCredential of(Integration integration) {
        Ready known = ready.get(integration.key());
        return known != null
                        && known.integrationVersion() == integration.version()
                        && clock.instant().isBefore(known.until())
                ? known.credential()
                : null;
    }

    /** @param renewAt it is not ready any longer then; null where it need not be renewed */
    synchronized void put(Integration integration, CallCredential credential, @Nullable Instant renewAt) {
        Instant until = clock.instant().plus(LIFE);
        if (renewAt != null && renewAt.isBefore(until)) {
            until = renewAt;
        }
        ready.put(integration.key(), new Ready(credential, integration.version(), until));
    }

    synchronized void drop(Integration integration) {
        ready.remove(integration.key());
    }
}
