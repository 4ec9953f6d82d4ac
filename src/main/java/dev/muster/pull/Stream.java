package dev.muster.pull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.normalize.JqSource;
import dev.muster.normalize.Selection;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One list of a platform that is read to its end again and again.
 *
 * @param method GET, or POST for lists that are asked for by a body
 * @param body makes the body of a POST: jq of {@code {since, place, size, id, settings}}; null for none
 * @param path below the account's base URL; may hold {@code {setting}} and, with {@code each}, {@code {id}}
 * @param query parameter to value, which may hold the same
 * @param items the list on a page
 * @param incremental how only what changed is asked for; null where the platform cannot
 * @param fullEvery how often everything is read in spite of that; null for never
 * @param schedule null where only people start it
 * @param after the streams that are read before this one
 * @param each the stream of whose every record this one has a list; null where it is one list
 * @param onePath where one record is read by its id; null where that is not possible
 */
record Stream(
        String name,
        String method,
        @Nullable JqSource body,
        String path,
        Map<String, String> query,
        Map<String, String> headers,
        Paging paging,
        Selection items,
        @Nullable Incremental incremental,
        @Nullable Duration fullEvery,
        @Nullable Schedule schedule,
        List<String> after,
        @Nullable Each each,
        @Nullable String onePath) {

    Stream {
        query = Map.copyOf(query);
        headers = Map.copyOf(headers);
        after = List.copyOf(after);
    }

    /**
     * How only what changed is asked for.
     *
     * @param cursor of an item
     * @param parameter that is sent in the query; empty where a body says it
     * @param value of it, with {@code {since}}
     * @param overlap how much of what was read is read again: changes may become visible late
     * @param replaces whether the value stands in the place of what {@code query} says for the parameter, not behind it
     * @param ordered whether items come in the order of their cursor, oldest first
     */
    record Incremental(
            Selection cursor,
            String parameter,
            String value,
            boolean replaces,
            CursorFormat format,
            Duration overlap,
            boolean ordered) {}

    /**
     * A list for each record of another stream.
     *
     * @param id of an item of that stream
     */
    record Each(String stream, Selection id) {
        private static final int LENGTH_MAX = 512;

        /** The ids of a page's items; of what is none, nothing. */
        Set<String> ids(JsonNode items) {
            Set<String> found = new LinkedHashSet<>();
            for (JsonNode item : items) {
                JsonNode one = id.from(item);
                String text = one.isTextual() || one.isIntegralNumber() ? one.asText() : "";
                if (!text.isBlank() && text.length() <= LENGTH_MAX && text.indexOf('\0') < 0) {
                    found.add(text);
                }
            }
            return found;
        }
    }

    /** When a stream is read. */
    sealed interface Schedule {
        /** The first moment after {@code from} and not before {@code now}. */
        Instant next(Instant from, Instant now);
    }

    /** At a steady pace. */
    record Every(Duration pace) implements Schedule {
        @Override
        public Instant next(Instant from, Instant now) {
            Instant next = from.plus(pace);
            return next.isBefore(now) ? now : next;
        }
    }

    /** By the clock, in UTC. */
    record Cron(org.quartz.CronExpression expression) implements Schedule {
        @Override
        public Instant next(Instant from, Instant now) {
            java.util.Date next;
            synchronized (expression) {
                next = expression.getNextValidTimeAfter(java.util.Date.from(now));
            }
            // an expression of the past alone never comes again
            return next == null ? Instant.ofEpochMilli(Long.MAX_VALUE / 2) : next.toInstant();
        }
    }
}
