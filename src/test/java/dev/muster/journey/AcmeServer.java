package dev.muster.journey;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import dev.muster.StubPlatform;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Acme, as docs/adding/platform.md tells of it: strict about every request, and once too busy. What it finds wrong is kept
 * for the test, beside being refused.
 */
final class AcmeServer implements AutoCloseable {
    static final int MEMBERS = 120;
    private static final int PAGE = 100;
    private static final String CLUB = "/v1/clubs/lakeside";
    private static final String TOKEN = "acme-token";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final StubPlatform server;
    private final List<String> wrongs = new CopyOnWriteArrayList<>();
    private final Map<String, JsonNode> readers = new ConcurrentHashMap<>();
    private final Map<String, Boolean> stopped = new ConcurrentHashMap<>();
    private final AtomicBoolean busy = new AtomicBoolean(true);

    AcmeServer() throws IOException {
        server = new StubPlatform(this::answer);
    }

    /** Someone of the club: odd ones wanted the newsletter, and every fourth lapsed. */
    static ObjectNode member(int number) {
        ObjectNode member = JSON.createObjectNode();
        member.put("id", "m-" + number).put("email", number == 1 ? "ana@example.com" : "m" + number + "@example.com");
        member.put("first_name", number == 1 ? "Ana" : "First" + letters(number));
        member.put("last_name", number == 1 ? "Lee" : "Last" + letters(number));
        member.put("newsletter", wants(number) ? "yes" : "no").put("status", pays(number) ? "paid" : "lapsed");
        return member.put(
                "updated_at",
                Instant.parse("2026-05-20T11:59:00Z").plusSeconds(number).toString());
    }

    private static boolean wants(int number) {
        return number % 2 == 1;
    }

    private static boolean pays(int number) {
        return number % 4 != 3;
    }

    /** So that nobody passes for somebody else. */
    private static String letters(int number) {
        return "" + (char) ('a' + number / 26) + (char) ('a' + number % 26) + (char) ('a' + number * 7 % 26);
    }

    /** Whom Acme has to be told to label: who pays, and wanted the newsletter. */
    static List<String> patronsWhoWantIt() {
        List<String> addresses = new ArrayList<>();
        for (int number = 1; number <= MEMBERS; number++) {
            if (wants(number) && pays(number)) {
                addresses.add(member(number).path("email").asText());
            }
        }
        return addresses;
    }

    String origin() {
        return server.origin();
    }

    List<String> paths() {
        return server.paths();
    }

    List<String> wrongs() {
        return List.copyOf(wrongs);
    }

    /** What it was told of its readers, by address. */
    Map<String, JsonNode> readers() {
        return new TreeMap<>(readers);
    }

    Map<String, Boolean> stopped() {
        return new TreeMap<>(stopped);
    }

    private void answer(HttpExchange call) throws IOException {
        String path = call.getRequestURI().getPath();
        String body = new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        if (path.equals("/oauth/token")) {
            token(call, form(body));
        } else if (!("Bearer " + TOKEN).equals(call.getRequestHeaders().getFirst("Authorization"))) {
            refuse(call, 401, path + " without the token");
        } else {
            switch (call.getRequestMethod() + ' ' + path) {
                case "GET " + CLUB -> send(call, JSON.createObjectNode().put("id", "lakeside"));
                case "GET " + CLUB + "/members" -> page(call);
                case "POST " + CLUB + "/newsletter" -> newsletter(call, JSON.readTree(body));
                case "POST " + CLUB + "/newsletter/stop" -> {
                    for (JsonNode reader : JSON.readTree(body).path("readers")) {
                        stopped.put(reader.path("email").asText(), true);
                    }
                    send(call, JSON.createObjectNode());
                }
                default -> refuse(call, 404, call.getRequestMethod() + ' ' + path + " is not here");
            }
        }
    }

    private void token(HttpExchange call, Map<String, String> form) throws IOException {
        Map<String, String> right = Map.of(
                "grant_type", "client_credentials",
                "client_id", "muster",
                "client_secret", "of-the-application",
                "scope", "members");
        if (!form.equals(right)) {
            refuse(call, 401, "a token was asked for with " + form.keySet());
            return;
        }
        send(
                call,
                JSON.createObjectNode()
                        .put("access_token", TOKEN)
                        .put("token_type", "Bearer")
                        .put("expires_in", 3600));
    }

    private void page(HttpExchange call) throws IOException {
        Map<String, String> query = form(call.getRequestURI().getRawQuery());
        if (!"updated_at".equals(query.get("sort")) || !"100".equals(query.get("per_page"))) {
            refuse(call, 400, "a page was asked for with " + query);
            return;
        }
        if (busy.getAndSet(false)) {
            call.getResponseHeaders().add("Retry-After", "1");
            StubPlatform.status(call, 429);
            return;
        }
        Instant since = Instant.parse(query.getOrDefault("updated_since", "1970-01-01T00:00:00Z"));
        List<ObjectNode> found = new ArrayList<>();
        for (int number = 1; number <= MEMBERS; number++) {
            ObjectNode member = member(number);
            if (!Instant.parse(member.path("updated_at").asText()).isBefore(since)) {
                found.add(member);
            }
        }
        int page = Integer.parseInt(query.get("page"));
        ObjectNode answer = JSON.createObjectNode().put("pages", Math.max(1, (found.size() + PAGE - 1) / PAGE));
        ArrayNode members = answer.putArray("members");
        found.stream().skip((page - 1L) * PAGE).limit(PAGE).forEach(members::add);
        send(call, answer);
    }

    private void newsletter(HttpExchange call, JsonNode body) throws IOException {
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode told = answer.putArray("readers");
        if (body.path("readers").isEmpty() || body.path("readers").size() > 50) {
            refuse(call, 400, "readers: " + body.path("readers").size());
            return;
        }
        for (JsonNode reader : body.path("readers")) {
            String address = reader.path("email").asText();
            if (!patronsWhoWantIt().contains(address)) {
                wrongs.add(address + " did not want the newsletter, or needs no label");
            }
            if (readers.put(address, reader) != null) {
                wrongs.add(address + " was told twice");
            }
            told.addObject().put("email", address).put("status", 200).put("id", "reader-" + address);
        }
        send(call, answer);
    }

    private void refuse(HttpExchange call, int status, String why) throws IOException {
        wrongs.add(why);
        StubPlatform.status(call, status);
    }

    private static Map<String, String> form(String text) {
        Map<String, String> form = new HashMap<>();
        for (String pair : text == null ? new String[0] : text.split("&")) {
            int equals = pair.indexOf('=');
            form.put(pair.substring(0, equals), URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
        }
        return form;
    }

    private static void send(HttpExchange call, JsonNode answer) throws IOException {
        byte[] bytes = JSON.writeValueAsBytes(answer);
        call.getResponseHeaders().add("Content-Type", "application/json");
        call.getResponseHeaders().add("X-RateLimit-Remaining", "15");
        call.getResponseHeaders().add("X-RateLimit-Reset", "1");
        call.sendResponseHeaders(200, bytes.length);
        call.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.close();
    }
}
