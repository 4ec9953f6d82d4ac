package dev.muster.pull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.call.CallPriority;
import dev.muster.call.PlatformRequest;
import dev.muster.failure.Defect;
import dev.muster.failure.FailureCode;
import dev.muster.normalize.InvalidValue;
import dev.muster.normalize.JqSource;
import dev.muster.platform.AccountSettings;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The request for a page: made of the platform's file, the account's settings and the place that the platform named. */
final class PageRequest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern NAME = Pattern.compile("\\{([A-Za-z][A-Za-z0-9_-]*)}");

    private PageRequest() {}

    static PlatformRequest of(PullTurn turn, String baseUrl) {
        Stream stream = turn.stream();
        Walk walk = turn.walk();
        String record = turn.record();
        String onePath = stream.onePath();
        JqSource body = record == null ? stream.body() : null;
        Map<String, String> values = new LinkedHashMap<>(turn.integration().settings());
        String id = record == null ? walk.id() : record;
        if (id != null) {
            values.put("id", id);
        }
        String path;
        if (record != null && onePath != null) {
            path = filled(onePath, values, turn, true);
        } else if (stream.paging().kind().isAddress() && !walk.place().isEmpty()) {
            path = below(baseUrl, walk.place());
        } else {
            path = first(turn, values);
        }
        return new PlatformRequest(
                turn.key().platform(),
                turn.key().organization(),
                turn.key().integration(),
                "pull:" + stream.name(),
                record == null ? CallPriority.BULK : CallPriority.PROMPT,
                record == null ? stream.method() : "GET",
                path,
                body == null ? stream.headers() : typed(stream.headers()),
                body == null ? new byte[0] : body(body, turn),
                leaving -> {
                    turn.called(leaving.path());
                    return leaving;
                });
    }

    private static Map<String, String> typed(Map<String, String> headers) {
        Map<String, String> typed = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        typed.put("Content-Type", "application/json");
        typed.putAll(headers);
        return typed;
    }

    /** What is absent is null: {@code since} without a filter, {@code place} of the first page of a token's list. */
    private static byte[] body(JqSource body, PullTurn turn) {
        Walk walk = turn.walk();
        ObjectNode input = JSON.createObjectNode()
                .put("since", walk.since().isEmpty() ? null : walk.since())
                .put("place", walk.place().isEmpty() ? null : walk.place())
                .put("size", turn.stream().paging().size())
                .put("id", walk.id());
        ObjectNode settings = input.putObject("settings");
        turn.integration().settings().forEach(settings::put);
        try {
            return JSON.writeValueAsBytes(body.calculate(input));
        } catch (InvalidValue | JsonProcessingException odd) {
            throw new Defect(
                    FailureCode.MAPPING_FAILED,
                    "The body of the stream " + turn.stream().name() + " of "
                            + turn.key().platform() + " makes nothing of "
                            + input.without("settings") + ": " + odd.getMessage()
                            + ". Mend body in the platform's file",
                    odd);
        }
    }

    private static String first(PullTurn turn, Map<String, String> values) {
        Stream stream = turn.stream();
        Map<String, String> query = new LinkedHashMap<>();
        stream.query().forEach((name, value) -> query.put(name, filled(value, values, turn, false)));
        Stream.Incremental incremental = stream.incremental();
        if (incremental != null
                && !incremental.parameter().isEmpty()
                && !turn.walk().since().isEmpty()) {
            String filter = incremental.value().replace("{since}", turn.walk().since());
            // a filter that is there already goes on standing
            query.merge(
                    incremental.parameter(),
                    filled(filter, values, turn, false),
                    (a, b) -> incremental.replaces() ? b : a + "," + b);
        }
        stream.paging().ask(turn.walk().place(), query);
        StringBuilder path = new StringBuilder(filled(stream.path(), values, turn, true));
        query.forEach((name, value) -> path.append(path.indexOf("?") < 0 ? '?' : '&')
                .append(encoded(name))
                .append('=')
                .append(encoded(value)));
        return path.toString();
    }

    private static String filled(String template, Map<String, String> values, PullTurn turn, boolean inPath) {
        Matcher names = NAME.matcher(template);
        StringBuilder text = new StringBuilder();
        while (names.find()) {
            String value = values.get(names.group(1));
            if (value == null || value.isBlank()) {
                throw new Defect(
                        FailureCode.CREDENTIAL_MISSING,
                        "The stream " + turn.stream().name() + " of "
                                + turn.key().platform() + " needs the setting "
                                + names.group(1) + ", which the integration '"
                                + turn.key().integration() + "' has not. Set it ("
                                + variable(turn.key().platform(), names.group(1))
                                + " for the integration made of the environment), then start the stream again");
            }
            names.appendReplacement(text, Matcher.quoteReplacement(inPath ? encoded(value) : value));
        }
        return names.appendTail(text).toString();
    }

    /** The settings without which a stream cannot be asked for. */
    static Set<String> needed(Stream stream) {
        List<String> templates = new ArrayList<>(stream.query().values());
        templates.add(stream.path());
        if (stream.incremental() != null) {
            templates.add(stream.incremental().value());
        }
        Set<String> needed = new TreeSet<>();
        for (String template : templates) {
            Matcher names = NAME.matcher(template);
            while (names.find()) {
                needed.add(names.group(1));
            }
        }
        needed.remove("id");
        needed.remove("since");
        return needed;
    }

    /** The variable that gives a setting to the integration made of the environment. */
    static String variable(String platform, String setting) {
        return platform.toUpperCase(Locale.ROOT).replace('-', '_') + '_' + AccountSettings.upperSnake(setting);
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /**
     * The path of an address that a platform named.
     *
     * @throws Defect if it leads to another host than the account's: credentials go there only
     */
    static String below(String baseUrl, String address) {
        URI base = URI.create(baseUrl.isEmpty() ? "https://invalid.invalid" : baseUrl);
        URI uri;
        try {
            uri = URI.create(address.replace(" ", "%20")
                    .replace("[", "%5B")
                    .replace("]", "%5D")
                    .replace("|", "%7C"));
        } catch (IllegalArgumentException e) {
            throw new Defect(FailureCode.FETCH_REFUSED, "The next page is said to be at something that is no address");
        }
        boolean relative = uri.getScheme() == null && uri.getRawAuthority() == null;
        boolean same = uri.getUserInfo() == null
                && base.getScheme().equalsIgnoreCase(String.valueOf(uri.getScheme()))
                && base.getHost().equalsIgnoreCase(String.valueOf(uri.getHost()))
                && port(base) == port(uri);
        if (!relative && !same) {
            throw new Defect(
                    FailureCode.FETCH_REFUSED,
                    "The next page is said to be at " + uri.getScheme() + "://" + uri.getHost()
                            + ", and the account is at " + base.getScheme() + "://" + base.getHost()
                            + ": pages are read from the account's own host only. Correct the base URL of the integration,"
                            + " or ask the platform");
        }
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        if (!path.startsWith("/")) {
            throw new Defect(
                    FailureCode.FETCH_REFUSED,
                    "The next page is said to be at an address without a path that begins with a slash");
        }
        String prefix = base.getRawPath() == null ? "" : base.getRawPath();
        if (!relative && !prefix.isEmpty() && path.startsWith(prefix + "/")) {
            path = path.substring(prefix.length());
        }
        return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    }

    private static int port(URI uri) {
        if (uri.getPort() >= 0) {
            return uri.getPort();
        }
        return "http".equalsIgnoreCase(uri.getScheme()) ? 80 : 443;
    }
}
