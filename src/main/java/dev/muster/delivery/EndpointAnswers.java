package dev.muster.delivery;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a platform asks of an endpoint beside taking deliveries: validation requests, challenges, pings, handshakes.
 * They are answered on the spot, and nothing is stored: {@code webhook.answers}.
 *
 * <pre>{@code
 * answers:
 *   - {method: GET, status: 200}                                     # HEAD is answered with it
 *   - {method: POST, when: {json: /type, equals: 0}, status: 204}    # only with a good signature
 *   - {method: GET, when: {query: hub.mode, equals: subscribe}, body: {query: hub.challenge}}
 *   - {method: POST, signed: false, when: {json: /challenge}, body: {json: /challenge}}
 *   - method: OPTIONS
 *     when: {header: WebHook-Request-Origin, equals: [events.example.com]}
 *     headers: {Allow: POST, WebHook-Allowed-Origin: {header: WebHook-Request-Origin}, WebHook-Allowed-Rate: "120"}
 * }</pre>
 */
public final class EndpointAnswers {
    /** Answers nothing. */
    public static final EndpointAnswers NONE = new EndpointAnswers(List.of());

    /** A longer challenge is not echoed. */
    private static final int ECHO_LENGTH_MAX = 1_024;

    private static final String PLAIN_TEXT = "text/plain; charset=utf-8";

    /**
     * An answer ready to be sent.
     *
     * @param status 200 to 299
     * @param contentType of the body
     * @param headers more headers
     * @param body empty for HEAD
     * @param needsSignature whether it may be given only to a request whose signature was verified
     */
    public record Answer(
            int status, String contentType, Map<String, String> headers, String body, boolean needsSignature) {}

    /** Methods a rule can be for. */
    enum Method {
        GET,
        HEAD,
        OPTIONS,
        POST,
        PUT
    }

    /** @param among in lower case; empty where any value will do */
    private record Condition(RequestField field, List<String> among) {
        boolean holds(@Nullable String query, Headers headers, RawBody body) {
            String value = field.value(query, headers, body);
            return value != null && (among.isEmpty() || among.contains(value.toLowerCase(Locale.ROOT)));
        }
    }

    /** A text that is fixed, or the echo of a value of the request. */
    private record Text(
            String literal,
            @Nullable RequestField echo,
            @Nullable String member) {
        static final Text EMPTY = new Text("", null, null);

        /** @return null where there is nothing to echo, or nothing that should be */
        @Nullable
        String of(@Nullable String query, Headers headers, RawBody body) {
            if (echo == null) {
                return literal;
            }
            String value = echo.value(query, headers, body);
            if (value == null
                    || value.length() > ECHO_LENGTH_MAX
                    || value.chars().anyMatch(Character::isISOControl)) {
                return null;
            }
            return member == null ? value : "{\"" + escaped(member) + "\":\"" + escaped(value) + "\"}";
        }

        private static String escaped(String text) {
            return new String(JsonStringEncoder.getInstance().quoteAsString(text));
        }
    }

    private record Rule(
            Method method,
            List<Condition> conditions,
            int status,
            String contentType,
            Map<String, Text> headers,
            Text body,
            boolean needsSignature) {

        boolean isFor(String asked) {
            return method.name().equals(asked) || method == Method.GET && asked.equals("HEAD");
        }
    }

    private final List<Rule> rules;

    private EndpointAnswers(List<Rule> rules) {
        this.rules = rules;
    }

    /**
     * Reads the {@code webhook.answers} list of a platform's file.
     *
     * @throws IllegalArgumentException with all problems, one a line
     */
    public static EndpointAnswers of(JsonNode list) {
        List<String> problems = new ArrayList<>();
        Section owner = new Section(JsonNodeFactory.instance.objectNode().set("answers", list), "/webhook", problems);
        EndpointAnswers answers = read(owner);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("\n", problems));
        }
        return answers;
    }

    /**
     * The answer to a request that is no delivery.
     *
     * @param method in upper case
     * @param query as it stands in the URL, without the question mark
     * @return empty where the request is to be treated as any other
     */
    public Optional<Answer> answer(String method, @Nullable String query, Headers headers, RawBody body) {
        for (Rule rule : rules) {
            if (rule.isFor(method) && holds(rule.conditions(), query, headers, body)) {
                Answer answer = answer(rule, method, query, headers, body);
                if (answer != null) {
                    return Optional.of(answer);
                }
            }
        }
        return Optional.empty();
    }

    private static boolean holds(List<Condition> conditions, @Nullable String query, Headers headers, RawBody body) {
        for (Condition condition : conditions) {
            if (!condition.holds(query, headers, body)) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable Answer answer(
            Rule rule, String method, @Nullable String query, Headers headers, RawBody body) {
        String text = rule.body().of(query, headers, body);
        Map<String, String> more = new LinkedHashMap<>();
        for (Map.Entry<String, Text> header : rule.headers().entrySet()) {
            String value = header.getValue().of(query, headers, body);
            if (value == null) {
                return null;
            }
            more.put(header.getKey(), value);
        }
        return text == null
                ? null
                : new Answer(
                        rule.status(),
                        rule.contentType(),
                        more,
                        method.equals("HEAD") ? "" : text,
                        rule.needsSignature());
    }

    /** @param owner the section that may have a key {@code answers} */
    static EndpointAnswers read(Section owner) {
        List<Rule> rules = new ArrayList<>();
        for (Section section : owner.sections("answers")) {
            Rule rule = rule(section);
            if (rule != null) {
                rules.add(rule);
            }
        }
        return rules.isEmpty() ? NONE : new EndpointAnswers(List.copyOf(rules));
    }

    private static @Nullable Rule rule(Section section) {
        Method method = method(section);
        List<Condition> conditions = new ArrayList<>();
        for (Section when : section.sections("when")) {
            Condition condition = condition(when);
            if (condition != null) {
                conditions.add(condition);
            }
        }
        Integer status = section.number("status", 200, 299);
        Text body = text(section, "body");
        boolean json = body.member() != null;
        String contentType = section.text("contentType", json ? "application/json" : PLAIN_TEXT);
        if (body.echo() != null && contentType.toLowerCase(Locale.ROOT).contains("html")) {
            section.problem(
                    "contentType", "must not be HTML where the body echoes the request: it could carry a script");
        }
        Map<String, Text> headers = new LinkedHashMap<>();
        Section named = section.section("headers");
        section.value("headers").fieldNames().forEachRemaining(name -> headers.put(name, text(named, name)));
        Boolean signed = section.truth("signed");
        section.end();
        if (method == null) {
            return null;
        }
        if (method == Method.POST && conditions.isEmpty()) {
            section.problem("would answer every POST and store none: say with when which ones are meant");
        }
        return new Rule(
                method,
                List.copyOf(conditions),
                status == null ? 200 : status,
                contentType,
                headers,
                body,
                signed == null ? method == Method.POST || method == Method.PUT : signed);
    }

    private static @Nullable Method method(Section section) {
        String name = section.text("method");
        for (Method method : Method.values()) {
            if (method.name().equals(name)) {
                return method;
            }
        }
        section.problem("method", "must be one of GET, HEAD, OPTIONS, POST and PUT");
        return null;
    }

    private static @Nullable Condition condition(Section when) {
        RequestField field = RequestField.read(when);
        List<String> among = new ArrayList<>();
        when.texts("equals").forEach(value -> among.add(value.toLowerCase(Locale.ROOT)));
        when.end();
        return field == null ? null : new Condition(field, List.copyOf(among));
    }

    private static Text text(Section section, String key) {
        JsonNode value = section.value(key);
        if (value.isMissingNode()) {
            return Text.EMPTY;
        }
        if (value.isObject()) {
            Section echo = section.section(key);
            RequestField field = RequestField.read(echo);
            String member = echo.text("member");
            echo.end();
            return field == null ? Text.EMPTY : new Text("", field, member);
        }
        String literal = value.asText();
        if (!value.isValueNode() || literal.getBytes(StandardCharsets.UTF_8).length > ECHO_LENGTH_MAX) {
            section.problem(
                    key, "must be a short text, or name a value of the request to echo, such as {query: challenge}");
        }
        return new Text(literal, null, null);
    }
}
