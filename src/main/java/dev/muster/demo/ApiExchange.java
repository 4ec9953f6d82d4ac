package dev.muster.demo;

import java.util.Map;

/**
 * One call to a simulated platform and its answer, byte for byte.
 *
 * @param path with the query, as it was asked
 * @param requestHeaders by name, without regard to case; of several the first
 * @param responseHeaders by name, without regard to case; of several the first
 */
public record ApiExchange(
        String method,
        String path,
        Map<String, String> requestHeaders,
        byte[] requestBody,
        int status,
        Map<String, String> responseHeaders,
        byte[] responseBody) {}
