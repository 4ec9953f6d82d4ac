package dev.muster.platform;

import java.util.Map;

/**
 * How a platform's API is called: the {@code api} section of its file.
 *
 * @param baseUrl scheme, host and port; {@code <PLATFORM>_BASE_URL} replaces it (a test double)
 * @param through the Kamelet that makes the HTTP requests, of a platform with a client of its own; empty for camel-http
 * @param headers sent with every call; {@code {apiKey}} stands for the integration's key
 * @param responseBytesMax a larger answer is refused
 */
public record ApiSettings(String baseUrl, String through, Map<String, String> headers, int responseBytesMax) {}
