package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.delivery.Problem;
import java.util.List;
import java.util.Map;

/**
 * Which of the cases that wait for a person, or did, a request is about.
 *
 * @param isOpen whether those that wait are meant
 * @param isClosed whether those that are closed are
 * @param closed how the table calls these
 */
record Cases(boolean isOpen, boolean isClosed, String closed) {
    private static final String OPEN = "open";

    /** @throws dev.muster.failure.Refusal 400 where {@code status} is neither open, nor all, nor that of closed ones */
    static Cases of(AdminRequest request, String closed) {
        String status = request.query().getOrDefault("status", OPEN);
        List<String> statuses = List.of(OPEN, closed, "all");
        if (!statuses.contains(status)) {
            throw Page.bad("The parameter 'status' is '" + Problem.clip(status) + "': write one of " + statuses);
        }
        return new Cases(!status.equals(closed), !status.equals(OPEN), closed);
    }

    /** @param alias of the listing's table, with a dot */
    Page.Part<ObjectNode> list(Listing listing, String alias, Page page, Map<String, Object> filters) {
        if (!isOpen) {
            filters.put("status", closed);
        }
        return listing.list(page, isClosed ? null : alias + "status = 'open'", filters);
    }
}
