package dev.muster.journey;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Request;
import com.microsoft.playwright.Route;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Answers in a browser's stead what the hub does not answer yet, and lets everything else through to the hub.
 * Each of these answers goes when the hub has it.
 */
final class DashboardStub {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NOTHING = "{\"items\":[],\"next\":null}";
    private static final String MISSING =
            "{\"type\":\"urn:muster:problem:unknown-endpoint\",\"title\":\"unknown endpoint\","
                    + "\"status\":404,\"detail\":\"There is nothing here\"}";
    private static final String TIME = "2026-05-01T09:30:00Z";

    /** What was done, as {@code METHOD path}, with its body. */
    final List<Map.Entry<String, JsonNode>> done = new CopyOnWriteArrayList<>();

    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private volatile boolean isAway;

    DashboardStub() {
        answers.put("GET /api/traffic", traffic());
        answers.put("GET /api/audit", """
                {"items":[{"id":"0R8AAAAAAAAAA","at":"%s","actor":"maria","action":"override.set","entity":"member",
                "recordId":"0R8AAAAAAAAAB","operationId":null,"changes":{"phone":{"before":null,"after":"1"}},
                "reason":"She called"}],"next":null}""".formatted(TIME));
        answers.put("GET /api/alerts", """
                {"items":[{"id":"a-1","rule":"dead-letters","severity":"warning","message":"Dead letters grow","platform":"club",
                "organization":"default","openedAt":"%s","acknowledgedAt":null,"resolvedAt":null}],"next":null}""".formatted(TIME));
        answers.put("GET /api/alerts/channels", """
                {"items":[{"name":"night","kind":"email","lastSentAt":null,"lastError":null}]}""");
    }

    DashboardStub with(String methodAndPath, String json) {
        answers.put(methodAndPath, json);
        return this;
    }

    /** As a hub answers that was built without that part. */
    void lacks(String methodAndPath) {
        answers.put(methodAndPath, MISSING);
    }

    /** Whether nothing of the API can be reached. */
    void away(boolean away) {
        isAway = away;
    }

    void install(BrowserContext context) {
        context.route(address -> URI.create(address).getPath().startsWith("/api/"), this::answer);
    }

    private void answer(Route route) {
        Request request = route.request();
        String path = URI.create(request.url()).getPath();
        String asked = request.method() + ' ' + path;
        if (isAway) {
            route.abort();
            return;
        }
        if (!request.method().equals("GET")) {
            done.add(Map.entry(asked, json(request.postData())));
        }
        String answer = path.endsWith("/timeline") ? NOTHING : answers.get(asked);
        if (answer == null) {
            route.resume();
        } else {
            fulfil(route, answer);
        }
    }

    private static void fulfil(Route route, String body) {
        boolean isMissing = body.equals(MISSING);
        route.fulfill(new Route.FulfillOptions()
                .setStatus(isMissing ? 404 : 200)
                .setContentType(isMissing ? "application/problem+json" : "application/json")
                .setBody(body));
    }

    private static JsonNode json(String text) {
        try {
            return text == null || text.isEmpty() ? JSON.createObjectNode() : JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String traffic() {
        String minute =
                "{\"accepted\":%d,\"duplicates\":0,\"refused\":{},\"operations\":{\"success\":%d},\"pushes\":{},\"calls\":{},"
                        + "\"latencyMillis\":{\"mean\":20,\"p50\":20,\"p95\":90,\"p99\":140}%s}";
        return "{\"from\":\"2026-05-01T09:00:00Z\",\"to\":\"2026-05-01T09:03:00Z\",\"platforms\":["
                + minute.formatted(60, 58, ",\"platform\":\"club\"")
                + "],\"series\":{\"from\":\"2026-05-01T09:00:00Z\",\"stepSeconds\":60,\"platforms\":{\"club\":["
                + minute.formatted(10, 10, "") + ',' + minute.formatted(20, 19, "") + "]}}}";
    }
}
