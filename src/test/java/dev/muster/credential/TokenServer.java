package dev.muster.credential;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A token endpoint as strict as the strictest: a refresh token works once, and PKCE is checked. */
final class TokenServer implements AutoCloseable {
    static final String CLIENT = "client-1";
    static final String SECRET = "client-secret-Zq81";

    private final HttpServer server;
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final Set<String> refreshTokens = new HashSet<>(Set.of("refresh-0"));
    private final Map<String, String> challenges = new HashMap<>();
    final List<Map<String, String>> asked = new ArrayList<>();
    final List<String> refused = new ArrayList<>();
    private int given;
    volatile int failWith;
    volatile long lifetime = 3_600;
    volatile CountDownLatch gate = new CountDownLatch(0);
    volatile CountDownLatch entered = new CountDownLatch(1);

    TokenServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setExecutor(executor);
        server.createContext("/token", this::token);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    synchronized void code(String code, String challenge) {
        challenges.put(code, challenge);
    }

    synchronized int count() {
        return asked.size();
    }

    private void token(HttpExchange exchange) throws IOException {
        Map<String, String> form = new HashMap<>();
        for (String pair : new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8).split("&")) {
            int equals = pair.indexOf('=');
            form.put(pair.substring(0, equals), URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
        }
        entered.countDown();
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        String body;
        int status = 200;
        synchronized (this) {
            asked.add(form);
            if (failWith != 0) {
                status = failWith;
                body = "{}";
            } else {
                String error = judged(form);
                if (error.isEmpty()) {
                    given++;
                    refreshTokens.add("refresh-" + given);
                    body = "{\"access_token\":\"access-" + given + "\",\"refresh_token\":\"refresh-" + given
                            + "\",\"expires_in\":" + lifetime + ",\"token_type\":\"bearer\",\"scope\":null}";
                } else {
                    refused.add(error);
                    status = 400;
                    body = "{\"error\":\"" + error + "\",\"error_description\":\"" + form.get("refresh_token") + "\"}";
                }
            }
        }
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private String judged(Map<String, String> form) {
        if ("urn:ietf:params:oauth:grant-type:jwt-bearer".equals(form.get("grant_type"))) {
            return form.getOrDefault("assertion", "").split("\\.").length == 3 ? "" : "invalid_grant";
        }
        if (!CLIENT.equals(form.get("client_id")) || !SECRET.equals(form.get("client_secret"))) {
            return "invalid_client";
        }
        return switch (form.getOrDefault("grant_type", "")) {
            case "client_credentials" -> "";
            case "refresh_token" -> refreshTokens.remove(form.get("refresh_token")) ? "" : "invalid_grant";
            case "authorization_code" -> {
                String challenge = challenges.remove(form.get("code"));
                yield challenge != null && challenge.equals(s256(form.getOrDefault("code_verifier", "")))
                        ? ""
                        : "invalid_grant";
            }
            default -> "unsupported_grant_type";
        };
    }

    private static String s256(String verifier) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII)));
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }
}
