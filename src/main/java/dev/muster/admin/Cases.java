package dev.muster.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which of the cases that wait for a person, or did, a request is about.
 *
 * @param status in which they are; null for all
 */
record Cases(@Nullable String status) {
    private static final String OPEN = "open";

    static Cases of(ApiCall call) {
        String status = call.text("status", OPEN);
        return new Cases(status.equals("all") ? null : status);
    }

    boolean isOpen() {
        return status == null || status.equals(OPEN);
    }

    /** @param alias of the listing's table, with a dot */
    Page.Part<ObjectNode> list(Listing listing, String alias, Page page, Map<String, Object> filters) {
        boolean onlyOpen = OPEN.equals(status);
        if (status != null && !onlyOpen) {
            filters.put("status", status);
        }
        return listing.list(page, onlyOpen ? alias + "status = 'open'" : null, filters);
    }
}
