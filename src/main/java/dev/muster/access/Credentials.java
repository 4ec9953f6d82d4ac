package dev.muster.access;

import org.jspecify.annotations.Nullable;

/**
 * What a request shows of who sent it.
 *
 * @param authorization the header Authorization; null where there is none
 * @param cookie the header Cookie; null where there is none
 * @param csrf the header X-CSRF-Token; null where there is none
 * @param method in capitals, such as {@code GET}
 * @param peer the address it came from, as far as that is believed: failures are counted by it
 * @param secure whether it came by TLS, as far as that is believed
 */
public record Credentials(
        @Nullable String authorization,
        @Nullable String cookie,
        @Nullable String csrf,
        String method,
        String peer,
        boolean secure) {

    /** Without a cookie. */
    public static Credentials of(@Nullable String authorization, String method, String peer) {
        return new Credentials(authorization, null, null, method, peer, false);
    }

    /** Whether the request only reads. */
    boolean reads() {
        return method.equals("GET") || method.equals("HEAD");
    }

    /** Without the secrets. */
    @Override
    public String toString() {
        return "Credentials[" + method + " from " + peer + "]";
    }
}
