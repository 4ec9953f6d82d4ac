package dev.muster.platform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * When an account that changes too much is stopped, and a person is asked.
 *
 * @param share of the organization's golden records of an entity
 * @param window within which they are counted
 * @param atLeast how many are always allowed
 * @param removalsOnly whether only those count of which the account says that they are removed there
 * @param webhooks whether what arrives by webhook counts and is stopped too
 */
public record BrakeSettings(double share, Duration window, int atLeast, boolean removalsOnly, boolean webhooks) {
    /** The name of the setting. */
    public static final String NAME = "brake";

    /** What holds for an account that says nothing: pulls that would remove a fifth of the people are stopped. */
    public static final BrakeSettings DEFAULT = new BrakeSettings(0.2, Duration.ofHours(1), 100, true, false);

    /** Of an account that is never stopped. */
    public static final BrakeSettings OFF = new BrakeSettings(1, Duration.ZERO, Integer.MAX_VALUE, true, false);

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, Predicate<JsonNode>> KEYS = Map.of(
            "share",
            JsonNode::isNumber,
            "window",
            JsonNode::isTextual,
            "atLeast",
            JsonNode::canConvertToInt,
            "counts",
            JsonNode::isTextual,
            "webhooks",
            JsonNode::isBoolean);
    private static final Duration WINDOW_MIN = Duration.ofMinutes(1);
    private static final Duration WINDOW_MAX = Duration.ofDays(7);

    /**
     * Reads the setting.
     *
     * @param text {@code off}, or JSON such as {@code {"share":0.2,"window":"PT1H","atLeast":100}}
     * @return empty for off
     * @throws IllegalArgumentException where it is neither; the message goes on after the setting's name
     */
    public static Optional<BrakeSettings> of(String text) {
        if (text.strip().equals("off")) {
            return Optional.empty();
        }
        JsonNode node;
        try {
            node = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw wrong("is not understood");
        }
        if (node == null || !node.isObject()) {
            throw wrong("is not understood");
        }
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            Predicate<JsonNode> form = KEYS.get(field.getKey());
            if (form == null) {
                throw wrong("has no key " + field.getKey());
            }
            if (!form.test(field.getValue())) {
                throw wrong("cannot read the value of " + field.getKey());
            }
        }
        double share = node.path("share").asDouble(DEFAULT.share);
        int atLeast = node.path("atLeast").asInt(DEFAULT.atLeast);
        String counts = node.path("counts").asText("changes");
        if (!(share > 0 && share <= 1)
                || atLeast < 1
                || !Set.of("changes", "removals").contains(counts)) {
            throw wrong("needs a share above 0 up to 1, atLeast from 1, and counts as changes or removals");
        }
        return Optional.of(new BrakeSettings(
                share,
                window(node.path("window").asText(DEFAULT.window.toString())),
                atLeast,
                counts.equals("removals"),
                node.path("webhooks").asBoolean(true)));
    }

    private static Duration window(String text) {
        try {
            Duration window = Duration.parse(text);
            if (window.compareTo(WINDOW_MIN) >= 0 && window.compareTo(WINDOW_MAX) <= 0) {
                return window;
            }
        } catch (DateTimeException e) {
            // said below
        }
        throw wrong("needs a window from PT1M to P7D");
    }

    private static IllegalArgumentException wrong(String why) {
        return new IllegalArgumentException(
                why + ": write off, or { share: 0.2, window: PT1H, atLeast: 100, counts: changes, webhooks: true }");
    }

    /** How many may be changed where there are so many. */
    public long allowed(long total) {
        return Math.max(atLeast, (long) Math.floor(share * total));
    }
}
