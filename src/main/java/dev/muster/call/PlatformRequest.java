package dev.muster.call;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One call that has to be made. It holds no credential: that is added when its turn has come.
 *
 * @param platform the stem of the platform's file
 * @param organization whose account it is
 * @param integration the account, unique among the platform's integrations
 * @param flow on whose behalf, such as {@code webhook}, {@code pull:supporters} or {@code push:audience}; flows of one
 *     credential share its quota fairly
 * @param method in capitals
 * @param path begins with a slash; with the query, encoded; below the integration's base URL
 * @param headers beside those of the platform and of the credential
 * @param body empty for none; never changed by anyone
 * @param lastLook asked when its turn has come
 */
public record PlatformRequest(
        String platform,
        String organization,
        String integration,
        String flow,
        CallPriority priority,
        String method,
        String path,
        Map<String, String> headers,
        byte[] body,
        LastLook lastLook) {
    public PlatformRequest {
        headers = Map.copyOf(headers);
    }

    /** Leaves as it is. */
    public PlatformRequest(
            String platform,
            String organization,
            String integration,
            String flow,
            CallPriority priority,
            String method,
            String path,
            Map<String, String> headers,
            byte[] body) {
        this(platform, organization, integration, flow, priority, method, path, headers, body, LastLook.NONE);
    }

    /** Reads something. */
    public static PlatformRequest get(
            String platform, String organization, String integration, String flow, CallPriority priority, String path) {
        return new PlatformRequest(
                platform, organization, integration, flow, priority, "GET", path, Map.of(), new byte[0]);
    }

    /** Neither headers nor body. */
    @Override
    public String toString() {
        return method + ' ' + path + " (" + platform + '/' + integration + " of " + organization + ')';
    }

    /** By identity alone: Camel looks bodies up by hash. */
    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    @SuppressWarnings("ReferenceEquality")
    public boolean equals(@Nullable Object other) {
        return this == other;
    }
}
