package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.db.Ids;
import dev.muster.delivery.HttpAnswer;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Refusal;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which part of a list is asked for: lists run from the newest to the oldest id.
 *
 * @param before only ids below this one
 * @param limit the most items
 */
record Page(long before, int limit) {
    static final int LIMIT_DEFAULT = 50;
    static final int LIMIT_MAX = 500;

    /**
     * One part of a list.
     *
     * @param before where the next part begins; null where this was the last
     */
    record Part<T>(List<T> items, @Nullable Long before) {}

    /** The answer that holds one part of a list. */
    static HttpAnswer answer(Part<ObjectNode> part) {
        ObjectNode node = Rows.JSON.createObjectNode();
        node.putArray("items").addAll(part.items());
        next(node, part.before());
        return HttpAnswer.ok(node);
    }

    /** Says in an answer where to go on; null where this was the last part. */
    static void next(ObjectNode answer, @Nullable Long before) {
        answer.put("next", before == null ? null : Ids.format(before));
    }

    static Refusal bad(String message) {
        return new Refusal(FailureCode.BAD_REQUEST, 400, message);
    }

    static Refusal notFound(String what, String id) {
        return new Refusal(FailureCode.NOT_FOUND, 404, "There is no " + what + " " + id.toUpperCase(Locale.ROOT));
    }
}
