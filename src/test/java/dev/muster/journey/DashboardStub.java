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

    DashboardStub without(String methodAndPath) {
        answers.remove(methodAndPath);
        return this;
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
        route.fulfill(
                new Route.FulfillOptions().setContentType("application/json").setBody(body));
    }

    private static JsonNode json(String text) {
        try {
            return text == null || text.isEmpty() ? JSON.createObjectNode() : JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String traffic() {
        return """
                {"from":"2026-05-01T09:00:00Z","to":"2026-05-01T09:03:00Z","step":60,"platforms":[{"platform":"club",
                "totals":{"accepted":60,"refused":1,"success":58,"failed":1,"dead":1,"latencyP50":20,"latencyP95":90,
                "latencyP99":140},"series":{"at":["2026-05-01T09:00:00Z","2026-05-01T09:01:00Z","2026-05-01T09:02:00Z"],
                "accepted":[10,20,30],"success":[10,19,29],"failed":[0,1,0],"latencyP95":[50,null,90]}}]}""";
    }
}
