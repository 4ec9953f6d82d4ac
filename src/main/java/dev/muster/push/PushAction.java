package dev.muster.push;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.normalize.JqSource;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One kind of call that a target knows, as its file describes it.
 *
 * @param method in capitals
 * @param path begins with a slash; {@code {name}} is a setting of the account or, where each record has a call of its own,
 *     a member of the record's input
 * @param record makes the item of one record; null where the input itself is the item
 * @param body makes the request's body of {@code {records, settings}}; null where there is none
 * @param results tells of {@code {status, answer, records}} what became of each record; null where a 2xx means all of them
 * @param each whether every record has a call of its own
 * @param idempotent whether the same call twice does no more than once
 * @param done statuses beside 2xx that mean that nothing is left to do
 * @param later statuses that say "not yet", and after how long the record is told again; no try is counted
 */
record PushAction(
        String method,
        String path,
        Map<String, String> headers,
        @Nullable JqSource record,
        @Nullable JqSource body,
        @Nullable JqSource results,
        boolean each,
        boolean idempotent,
        Set<Integer> done,
        Map<Integer, Duration> later) {
    private static final Pattern PLACE = Pattern.compile("\\{([A-Za-z0-9_]+)}");

    PushAction {
        headers = Map.copyOf(headers);
        done = Set.copyOf(done);
        later = Map.copyOf(later);
    }

    /** What the path is made of, beside its own words. */
    Set<String> places() {
        return PLACE.matcher(path).results().map(place -> place.group(1)).collect(Collectors.toSet());
    }

    /**
     * The path with its places filled in, each value encoded.
     *
     * @param input of the record; a missing node for a batch
     * @throws UnmappableRecord where a place has no value
     */
    String path(Map<String, String> settings, JsonNode input) throws UnmappableRecord {
        Matcher places = PLACE.matcher(path);
        StringBuilder filled = new StringBuilder();
        while (places.find()) {
            String name = places.group(1);
            JsonNode own = input.path(name);
            String value = own.isValueNode() && !own.isNull() ? own.asText() : settings.get(name);
            if (value == null || value.isBlank()) {
                throw new UnmappableRecord("The path " + path + " needs {" + name
                        + "}: it is neither a setting of the integration nor known of the record");
            }
            places.appendReplacement(
                    filled,
                    Matcher.quoteReplacement(
                            URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20")));
        }
        return places.appendTail(filled).toString();
    }
}
