package dev.muster.delivery;

import org.jspecify.annotations.Nullable;

/**
 * What a signature can be about.
 *
 * @param method in upper case, such as {@code POST}
 * @param uri the URL as the sender knows it, with scheme and host; or only path and query, where the platform's file
 *     names the origin
 * @param headers looked up without regard to case
 * @param body the bytes as they came
 * @param pathSecret the secret part of the path, decoded; null where the path has none
 */
public record SignedRequest(
        String method,
        String uri,
        Headers headers,
        RawBody body,
        @Nullable String pathSecret) {
    public SignedRequest(String method, String uri, Headers headers, byte[] body, @Nullable String pathSecret) {
        this(method, uri, headers, RawBody.of(body), pathSecret);
    }

    /** Never shows a secret. */
    @Override
    public String toString() {
        return "SignedRequest[" + method + "]";
    }
}
