package dev.muster.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.admin.Contract;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;

/**
 * Sends valid, nearly valid and hostile requests for every operation that a hub's OpenAPI document describes, and holds each
 * answer against it. What the request with a number is depends on the seed, on the number and on what the hub held at the
 * beginning. The hub is one to be thrown away: whatever can be changed is.
 */
public final class Fuzzer {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Contract CONTRACT = Contract.load();
    private static final Pattern INSIDES = Pattern.compile(
            "\\bat [a-z]+(\\.[\\w$]+)+\\(|\\b(java|javax|org|com|io|dev)(\\.[a-z]\\w*)+\\.[A-Z]\\w*|SQLITE_|PSQL|SELECT .* FROM ");
    private static final int SESSIONS = 20;
    private static final int SHOWN_MAX = 4_000;

    private final int port;
    private final String token;
    private final long seed;
    private final ApiDocument document;
    private final Pool pool = new Pool();
    private final List<String> tokens = new ArrayList<>();
    private final List<String> sessions = new ArrayList<>();
    private final Map<String, Integer> answers = new TreeMap<>();
    private final AtomicInteger next = new AtomicInteger();
    private final List<String> failures = new ArrayList<>();
    private long slowestMillis;
    private String slowest = "";

    /**
     * @param token of an admin
     * @param keys further tokens, such as those of single organizations
     */
    public Fuzzer(int port, String token, List<String> keys, long seed) throws IOException {
        this.port = port;
        this.token = token;
        this.seed = seed;
        this.tokens.addAll(keys);
        try (RawClient client = new RawClient(port)) {
            this.document = ApiDocument.of(get(client, "/api/openapi.json"));
            harvest(client);
            for (int i = 0; i < SESSIONS; i++) {
                sessions.add(signIn(client));
            }
        }
        keys.forEach(key -> pool.add("token", key));
        pool.add("token", token);
    }

    /** @param statuses how often each operation was answered with each status, by its id, a space and the status */
    public record Outcome(int requests, Map<String, Integer> statuses, List<String> failures, String slowest) {
        /** The operations of which no request was ever answered as one that is well. */
        public List<String> neverWell(ApiDocument document) {
            return document.operations().stream()
                    .map(ApiDocument.Operation::id)
                    .filter(id -> statuses.keySet().stream().noneMatch(key -> key.startsWith(id + " 2")))
                    .toList();
        }
    }

    public ApiDocument document() {
        return document;
    }

    /** Sends so many requests by so many connections at once, and stops at the tenth that was not answered well. */
    public Outcome run(int requests, int connections) {
        AtomicReference<Throwable> defect = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            Thread thread = new Thread(() -> {
                try (RawClient client = new RawClient(port)) {
                    for (int number = next.getAndIncrement(); number < requests; number = next.getAndIncrement()) {
                        send(client, number);
                        synchronized (failures) {
                            if (failures.size() >= 10) {
                                return;
                            }
                        }
                    }
                } catch (Throwable e) {
                    defect.set(e);
                }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        if (defect.get() != null) {
            throw new IllegalStateException("The fuzzer itself failed, seed " + seed, defect.get());
        }
        return new Outcome(Math.min(next.get(), requests), answers, failures, slowest);
    }

    // --- what is there ----------------------------------------------------------------------------------------

    private String get(RawClient client, String address) throws IOException {
        RawClient.Answer answer = client.send(
                ("GET " + address + " HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer " + token + "\r\n\r\n")
                        .getBytes(StandardCharsets.ISO_8859_1),
                false);
        return answer.status() == 200 ? answer.body() : "{}";
    }

    /** The head of a browser that is signed in. */
    private String signIn(RawClient client) throws IOException {
        String body = "{\"token\":\"" + token + "\"}";
        RawClient.Answer answer = client.send(
                ("POST /api/session HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: "
                                + body.length() + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.ISO_8859_1),
                false);
        return "Cookie: " + answer.headers().getOrDefault("set-cookie", "").split(";", 2)[0] + "\r\nX-CSRF-Token: "
                + JSON.readTree(answer.body()).path("csrfToken").asText();
    }

    /** Whatever lists show, and each thing that can be looked at by an id or a name that a list has shown. */
    private void harvest(RawClient client) throws IOException {
        for (int round = 0; round < 2; round++) {
            for (ApiDocument.Operation operation : document.operations()) {
                if (!operation.reads() || operation.open()) {
                    continue;
                }
                for (int i = 0; i < (operation.inPath().isEmpty() ? 1 : 4); i++) {
                    Values values = new Values(document, pool, new Random(seed + i));
                    StringBuilder address = new StringBuilder(operation.template());
                    for (ApiDocument.Parameter one : operation.inPath()) {
                        String mark = "{" + one.name() + "}";
                        address.replace(
                                address.indexOf(mark),
                                address.indexOf(mark) + mark.length(),
                                encoded(thing(values, operation, one)));
                    }
                    String sign = "?";
                    for (ApiDocument.Parameter one : operation.inQuery()) {
                        if (one.required() || one.name().equals("status") && i > 0) {
                            address.append(sign)
                                    .append(one.name())
                                    .append('=')
                                    .append(encoded(values.valid(one.schema(), one.name())
                                            .asText()));
                            sign = "&";
                        }
                    }
                    pool.learn(operation.resource(), JSON.readTree(get(client, address.toString())));
                }
            }
        }
    }

    /** What stands in a path mostly names something that is there. */
    private String thing(Values values, ApiDocument.Operation operation, ApiDocument.Parameter parameter) {
        List<String> things = pool.things(operation.resource());
        boolean isFirst = operation.inPath().get(0).equals(parameter);
        return isFirst && !parameter.schema().has("enum") && !things.isEmpty() && values.chance(70)
                ? values.oneOf(things)
                : values.valid(parameter.schema(), parameter.name()).asText();
    }

    // --- one request --------------------------------------------------------------------------------------------

    /** @param path the decoded segments behind {@code /api} */
    private record Request(ApiDocument.Operation operation, String method, List<String> path, byte[] bytes) {}

    private void send(RawClient client, int number) {
        Request request = request(number);
        String problem;
        int status = 0;
        try {
            RawClient.Answer answer =
                    client.send(request.bytes(), request.method().equals("HEAD"));
            status = answer.status();
            problem = problem(request, answer);
            noteTime(request, number, answer.millis());
        } catch (IOException | RuntimeException e) {
            problem = "no answer: " + e;
            client.close();
        }
        synchronized (failures) {
            answers.merge(request.operation().id() + " " + status, 1, Integer::sum);
            if (!problem.isEmpty()) {
                failures.add("seed " + seed + ", request " + number + ": " + problem + "\n" + shown(request.bytes()));
            }
        }
    }

    private synchronized void noteTime(Request request, int number, long millis) {
        if (millis > slowestMillis) {
            slowestMillis = millis;
            slowest = millis + " ms: request " + number + ", "
                    + shown(request.bytes()).split("\r\n", 2)[0];
        }
    }

    /** What is wrong with the answer; empty where nothing is. */
    private String problem(Request request, RawClient.Answer answer) throws IOException {
        String said = answer.status() + " " + answer.contentType() + " " + clip(answer.body());
        if (answer.status() >= 500) {
            return "answered " + said;
        }
        List<String> differences = CONTRACT.differences(
                request.method(), request.path(), answer.status(), answer.contentType(), answer.body());
        if (!differences.isEmpty()) {
            return "not as described, " + differences + ": " + said;
        }
        boolean isProblem = answer.contentType().equals("application/problem+json");
        if (answer.status() >= 400) {
            if (INSIDES.matcher(answer.body()).find()) {
                return "shows the hub's insides: " + said;
            }
            if (isProblem
                    && !answer.body().isEmpty()
                    && JSON.readTree(answer.body()).path("status").asInt() != answer.status()) {
                return "another status in the body: " + said;
            }
        } else if (isProblem) {
            return "a problem that is none: " + said;
        }
        return answer.body().contains(token) ? "shows the admin token: " + said : "";
    }

    private Request request(int number) {
        Random random = new Random(seed * 1_000_003 + number * 7_919L);
        Values values = new Values(document, pool, random);
        ApiDocument.Operation operation =
                document.operations().get(number % document.operations().size());
        // 0 valid, 1 nearly valid, 2 hostile
        int spirit = random.nextInt(3);
        int spoils = spirit == 0 ? 0 : spirit == 1 ? 100 : 40;
        boolean once = spirit == 1;
        int spoilt = once ? random.nextInt(4) : -1;

        List<String> path = new ArrayList<>();
        StringBuilder target = new StringBuilder("/api");
        for (String segment : operation.template().substring("/api/".length()).split("/")) {
            String text = segment;
            if (segment.startsWith("{")) {
                ApiDocument.Parameter one = named(operation.inPath(), segment.substring(1, segment.length() - 1));
                boolean bad = (!once || spoilt == 0) && values.chance(spoils);
                text = bad ? values.hostileText() : thing(values, operation, one);
            } else if (spirit == 2 && values.chance(5)) {
                text = values.hostileText();
            }
            // a dot segment would lead elsewhere before anybody looks at it
            String written = text.equals(".") || text.equals("..") ? "%2e" : encoded(text);
            target.append('/').append(written);
        }
        if (spirit == 2 && values.chance(5)) {
            target.append(values.oneOf(List.of("/", "//", "/%00", "/x", ";a=b", "/%ff%fe", "/+", "/%2f")));
        }
        for (String segment : target.substring("/api".length()).split("/")) {
            if (!segment.isEmpty()) {
                path.add(URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8));
            }
        }
        query(operation, values, (!once || spoilt == 1) ? spoils : 0, target);

        String method = operation.method();
        if (spirit == 2 && values.chance(8)) {
            method = values.oneOf(List.of("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"));
        }
        StringBuilder head =
                new StringBuilder(method).append(' ').append(target).append(" HTTP/1.1\r\nHost: hub\r\n");
        byte[] body = body(operation, values, (!once || spoilt == 2) ? spoils : 0, head);
        if (operation.id().equals("openSession")) {
            head.append(address(random));
        }
        headers(values, (!once || spoilt == 3) ? spoils : 0, head, random);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        if (body.length > 0 || !operation.reads()) {
            if (spirit == 2 && values.chance(10)) {
                head.append("Transfer-Encoding: chunked\r\n\r\n");
                bytes.writeBytes(head.toString().getBytes(StandardCharsets.UTF_8));
                if (body.length > 0) {
                    bytes.writeBytes((Integer.toHexString(body.length) + "\r\n").getBytes(StandardCharsets.UTF_8));
                    bytes.writeBytes(body);
                    bytes.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
                }
                bytes.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.UTF_8));
                return new Request(operation, method, path, bytes.toByteArray());
            }
            head.append("Content-Length: ").append(body.length).append("\r\n");
        }
        head.append("\r\n");
        bytes.writeBytes(head.toString().getBytes(StandardCharsets.UTF_8));
        bytes.writeBytes(body);
        return new Request(operation, method, path, bytes.toByteArray());
    }

    private static ApiDocument.Parameter named(List<ApiDocument.Parameter> parameters, String name) {
        return parameters.stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void query(ApiDocument.Operation operation, Values values, int spoils, StringBuilder target) {
        List<String> pairs = new ArrayList<>();
        for (ApiDocument.Parameter one : operation.inQuery()) {
            boolean bad = values.chance(spoils / 2);
            if (one.required() && !bad || values.chance(35)) {
                String text = bad
                        ? values.hostileText()
                        : values.valid(one.schema(), one.name()).asText();
                pairs.add(one.name() + "=" + encoded(text));
                if (bad && values.chance(20)) {
                    pairs.add(one.name() + "=" + encoded(values.hostileText()));
                }
            }
        }
        if (values.chance(spoils / 8)) {
            pairs.add(values.oneOf(List.of("colour=red", "=", "a", "&&", "limit", "%00=%00", "cursor=", "a=b=c", "?")));
        }
        if (!pairs.isEmpty()) {
            target.append('?').append(String.join("&", pairs));
        }
    }

    private byte[] body(ApiDocument.Operation operation, Values values, int spoils, StringBuilder head) {
        boolean takesOne = !operation.body().isMissingNode();
        if (!takesOne && !values.chance(spoils / 10) || takesOne && !operation.needsBody() && values.chance(40)) {
            return new byte[0];
        }
        JsonNode tree = takesOne ? values.valid(operation.body(), "") : values.hostile();
        String type = ApiDocument.JSON_TYPE;
        byte[] bytes;
        if (values.chance(spoils * 3 / 4)) {
            bytes = values.spoiled(tree).toString().getBytes(StandardCharsets.UTF_8);
        } else if (values.chance(spoils / 2)) {
            bytes = values.broken(tree.toString()).getBytes(StandardCharsets.UTF_8);
        } else if (values.chance(spoils / 4)) {
            bytes = values.chance(50)
                    ? tree.toString().getBytes(StandardCharsets.UTF_16)
                    : new byte[] {'{', '"', (byte) 0xff, (byte) 0xc0, '"', ':', '1', '}'};
        } else {
            bytes = tree.toString().getBytes(StandardCharsets.UTF_8);
        }
        if (values.chance(spoils / 3)) {
            // half of a surrogate pair is no UTF-8, but JSON can write it
            String text = new String(bytes, StandardCharsets.UTF_8);
            bytes = text.replaceFirst(":\"[^\"\\\\]*\"", ":\"\\\\ud83d\\\\u0000\"")
                    .getBytes(StandardCharsets.UTF_8);
        }
        if (values.chance(spoils / 6)) {
            type = values.oneOf(List.of(
                    "",
                    "text/plain",
                    "application/xml",
                    "application/x-www-form-urlencoded",
                    "multipart/form-data; boundary=x",
                    "multipart/form-data",
                    "application/json; charset=utf-16",
                    "APPLICATION/JSON;;",
                    "a/b/c, d",
                    "x".repeat(500)));
        }
        if (!type.isEmpty()) {
            head.append("Content-Type: ").append(type).append("\r\n");
        }
        return bytes;
    }

    private void headers(Values values, int spoils, StringBuilder head, Random random) {
        if (values.chance(80)) {
            head.append("Authorization: Bearer ").append(token).append("\r\n");
        } else if (values.chance(70)) {
            head.append("Authorization: Bearer ").append(values.oneOf(tokens)).append("\r\n");
        } else if (values.chance(30)) {
            head.append(values.oneOf(sessions)).append("\r\n");
        } else {
            head.append(address(random));
            String guess = values.oneOf(List.of(
                    "",
                    "Authorization: Bearer",
                    "Authorization: Bearer wrong",
                    "Authorization: Basic YTpi",
                    "Authorization: Bearer mk_0SA3B6BFP2JR6_" + "a".repeat(43),
                    "Authorization: bearer  \t x",
                    "Authorization: Bearer eyJhbGciOiJub25lIn0.e30.",
                    "Authorization: Bearer " + "a".repeat(5_000),
                    "Cookie: muster_session=" + "a".repeat(43),
                    "Cookie: muster_session=\"; muster_session=; =",
                    "Cookie: " + "a=b; ".repeat(300),
                    "Authorization: Bearer mk_ZZZZZZZZZZZZZ_x",
                    "Authorization: Bearer \u00ff\u00fe",
                    "X-CSRF-Token: a"));
            head.append(guess).append(guess.isEmpty() ? "" : "\r\n");
        }
        if (values.chance(15)) {
            String key = values.chance(spoils / 3)
                    ? headerText(values)
                    : values.oneOf(List.of("k1", "k2", "k" + random.nextInt(1_000_000)));
            head.append("Idempotency-Key: ").append(key).append("\r\n");
        }
        if (values.chance(10)) {
            String match = values.chance(50 + spoils / 2)
                    ? values.oneOf(List.of(
                            "*", "\"1.x\"", "W/\"1\"", "\"999999999999999999.a\"", "\"", "1", headerText(values)))
                    : "\"1.abc\"";
            head.append(values.chance(50) ? "If-Match: " : "If-None-Match: ")
                    .append(match)
                    .append("\r\n");
        }
        if (values.chance(spoils / 5)) {
            head.append(values.oneOf(List.of(
                            "Accept: text/html",
                            "Accept: application/xml;q=x",
                            "Accept-Language: \u00ff",
                            "Accept-Encoding: gzip",
                            "CamelHttpUri: http://127.0.0.1:9",
                            "CamelHttpResponseCode: 500",
                            "breadcrumbId: ../x",
                            "X-Forwarded-Proto: https",
                            "X-Forwarded-Proto: \u0001".replace("\u0001", "x"),
                            "Origin: null",
                            "X-HTTP-Method-Override: DELETE",
                            "Range: bytes=0-1",
                            "If-Modified-Since: x",
                            "TE: trailers",
                            "Host2: " + "h".repeat(1_000),
                            "Expect: 100-continue",
                            "traceparent: 00-zz")))
                    .append("\r\n");
        }
    }

    /** Wrong tokens are counted by address, which is locked out then: each guess has an address of its own. */
    private static String address(Random random) {
        return "X-Forwarded-For: 192." + random.nextInt(256) + "." + random.nextInt(256) + "." + random.nextInt(256)
                + "\r\n";
    }

    /** Without what would end the line: that is for the attack on the door. */
    private static String headerText(Values values) {
        StringBuilder text = new StringBuilder();
        values.hostileText().chars().filter(one -> one >= ' ' && one != 127).forEach(one -> text.append((char) one));
        return text.toString();
    }

    private static String encoded(String text) {
        StringBuilder encoded = new StringBuilder();
        for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
            char letter = (char) (one & 0xff);
            if (letter < 128 && (Character.isLetterOrDigit(letter) || "-._~".indexOf(letter) >= 0)) {
                encoded.append(letter);
            } else {
                encoded.append('%').append(String.format("%02X", one & 0xff));
            }
        }
        return encoded.toString();
    }

    private static String clip(String text) {
        return text.length() > SHOWN_MAX / 4 ? text.substring(0, SHOWN_MAX / 4) + "…" : text;
    }

    private String shown(byte[] request) {
        String text = new String(request, StandardCharsets.UTF_8)
                .replace(token, "(token)")
                .replace("\0", "\\0");
        return text.length() > SHOWN_MAX ? text.substring(0, SHOWN_MAX) + "…" : text;
    }
}
