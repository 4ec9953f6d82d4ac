package dev.muster.push;

import com.fasterxml.jackson.databind.JsonNode;
import dev.muster.decide.SourceRecord;
import dev.muster.golden.Pushed;
import dev.muster.golden.ValuesJson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the target said of one record.
 *
 * @param error its words where it refused
 * @param record canonical fields as the target has them, as far as its answer shows
 */
record PushResult(Outcome outcome, @Nullable String externalId, String error, Map<String, Object> record) {

    /** How it went. */
    enum Outcome {
        DONE,
        REFUSED,
        RETRY,
        /** The person said no there: they are not to be written to. */
        WITHDRAWN
    }

    private static PushResult plain(Outcome outcome, String error) {
        return new PushResult(outcome, null, error, Map.of());
    }

    /** Where the answer's status says it for all. */
    static List<PushResult> all(List<PushVerdict> verdicts, boolean isQuestion) {
        return verdicts.stream()
                .map(verdict -> plain(isQuestion ? Outcome.RETRY : Outcome.DONE, ""))
                .toList();
    }

    /** Where nobody can say: for a person to look at. */
    static List<PushResult> unread(List<PushVerdict> verdicts, String why) {
        return verdicts.stream()
                .map(verdict ->
                        plain(Outcome.REFUSED, "it may have taken it, but its answer cannot be read (results): " + why))
                .toList();
    }

    /**
     * Reads what {@code results} made: a list of {@code {index or key, status, externalId, error, record}}, where status is a
     * number as of HTTP, or ok, refused, retry or withdrawn; of a question, there or absent. A record that it
     * does not name was accepted; of a question, it is not there.
     */
    static List<PushResult> of(JsonNode list, List<PushVerdict> verdicts, boolean isQuestion) {
        Map<String, Integer> byKey = new HashMap<>();
        for (int i = 0; i < verdicts.size(); i++) {
            String key = verdicts.get(i).key();
            if (key != null) {
                byKey.put(key.toLowerCase(Locale.ROOT), i);
            }
        }
        List<PushResult> results = new ArrayList<>(all(verdicts, isQuestion));
        for (JsonNode one : list) {
            Integer index = one.path("index").isInt()
                    ? Integer.valueOf(one.path("index").intValue())
                    : byKey.get(one.path("key").asText("").toLowerCase(Locale.ROOT));
            if (index != null && index >= 0 && index < results.size()) {
                results.set(index, read(one));
            }
        }
        return results;
    }

    private static PushResult read(JsonNode one) {
        Outcome outcome = one.path("status").isInt()
                ? ofStatus(one.path("status").intValue())
                : switch (one.path("status").asText("ok")) {
                    case "refused", "failed" -> Outcome.REFUSED;
                    case "retry", "absent" -> Outcome.RETRY;
                    case "withdrawn" -> Outcome.WITHDRAWN;
                    default -> Outcome.DONE;
                };
        String externalId = one.path("externalId").asText("");
        JsonNode record = one.path("record");
        return new PushResult(
                outcome,
                externalId.isEmpty() || externalId.equals("null") ? null : externalId,
                one.path("error").asText(""),
                record.isObject() ? ValuesJson.read(record.toString()) : Map.of());
    }

    private static Outcome ofStatus(int status) {
        if (status < 300) {
            return Outcome.DONE;
        }
        return status == 429 || status >= 500 ? Outcome.RETRY : Outcome.REFUSED;
    }

    /** Whether the target has what it was to be told: everything that it shows. */
    boolean isThere(Pushed wanted) {
        if (outcome != Outcome.DONE) {
            return false;
        }
        for (Map.Entry<String, Object> field : record.entrySet()) {
            Object told = wanted.fields().get(field.getKey());
            if (told != null && !SourceRecord.sameMeaning(told, field.getValue())) {
                return false;
            }
        }
        return true;
    }
}
