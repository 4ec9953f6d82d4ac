package dev.muster.access;

import java.util.Map;
import java.util.TreeMap;

/** What browsers are told with every answer. */
public final class SecurityHeaders {
    /** Nothing from elsewhere, nothing inline, no frame around it. */
    private static final String PAGE_POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self';"
            + " connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static final String API_POLICY = "default-src 'none'; frame-ancestors 'none'";

    private SecurityHeaders() {}

    /**
     * With a page and what belongs to it: kept, but asked about each time, so that no old script meets a new page.
     *
     * @param secure whether it goes by TLS: only then browsers are told to come by TLS always
     */
    public static Map<String, String> page(boolean secure) {
        Map<String, String> headers = headers(PAGE_POLICY, secure);
        headers.put("Cache-Control", "no-cache");
        return headers;
    }

    /** With an answer of the API: as with a page, and it is kept nowhere. */
    public static Map<String, String> api(boolean secure) {
        Map<String, String> headers = headers(API_POLICY, secure);
        headers.put("Cache-Control", "no-store");
        return headers;
    }

    private static Map<String, String> headers(String policy, boolean secure) {
        Map<String, String> headers = new TreeMap<>();
        headers.put("Content-Security-Policy", policy);
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put("X-Frame-Options", "DENY");
        headers.put("Referrer-Policy", "no-referrer");
        headers.put(
                "Permissions-Policy",
                "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()");
        headers.put("Cross-Origin-Opener-Policy", "same-origin");
        headers.put("Cross-Origin-Resource-Policy", "same-origin");
        if (secure) {
            headers.put("Strict-Transport-Security", "max-age=31536000");
        }
        return headers;
    }
}
