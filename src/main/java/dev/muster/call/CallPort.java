package dev.muster.call;

import java.util.concurrent.CompletionStage;

/** The way out to platforms, for who is no route: the same quota, breaker and credential as for everybody. */
@FunctionalInterface
public interface CallPort {
    /** @return fails as the call itself does: transient, with {@link CredentialUnusable}, or with an open breaker */
    CompletionStage<PlatformAnswer> call(PlatformRequest request);
}
