package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.db.Ids;
import dev.muster.delivery.Problem;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which part of a list is asked for: lists run from the newest to the oldest id.
 *
 * @param before only ids below this one
 * @param limit the most items
 */
record Page(long before, int limit) {
    private static final int LIMIT_DEFAULT = 50;
    static final int LIMIT_MAX = 500;

    /**
     * One part of a list.
     *
     * @param before where the next part begins; null where this was the last
     */
    record Part<T>(List<T> items, @Nullable Long before) {}

    /** The answer that holds one part of a list. */
    static ObjectNode answer(Part<ObjectNode> part) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.putArray("items").addAll(part.items());
        next(node, part.before());
        return node;
    }

    /** Says in an answer where to go on; null where this was the last part. */
    static void next(ObjectNode answer, @Nullable Long before) {
        answer.put("next", before == null ? null : Ids.format(before));
    }

    /** @throws Refusal (400) where {@code cursor} or {@code limit} is none */
    static Page of(Map<String, String> query) {
        long before = Long.MAX_VALUE;
        String cursor = query.get("cursor");
        if (cursor != null) {
            before = id(cursor, "The parameter 'cursor'");
        }
        int limit = LIMIT_DEFAULT;
        String text = query.get("limit");
        if (text != null) {
            limit = limit(text);
        }
        return new Page(before, limit);
    }

    private static int limit(String text) {
        try {
            int limit = Integer.parseInt(text);
            if (limit >= 1 && limit <= LIMIT_MAX) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw bad("The parameter 'limit' is '" + Problem.clip(text) + "': write a whole number from 1 to " + LIMIT_MAX);
    }

    /** @param where it stands, for the message */
    static long id(String text, String where) {
        return Ids.parse(text)
                .orElseThrow(() -> bad(where + " is '" + Problem.clip(text)
                        + "': an id is 13 letters and digits, such as " + Ids.format(0x0A1B2C3D4E5F6071L)));
    }

    static Refusal bad(String message) {
        return new Refusal(FailureCode.BAD_REQUEST, 400, message);
    }
}
