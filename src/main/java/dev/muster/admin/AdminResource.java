package dev.muster.admin;

import dev.muster.delivery.HttpAnswer;
import dev.muster.failure.Refusal;
import java.util.List;

/** What the admin API has below one name, such as {@code /api/integrations}. */
public interface AdminResource {
    /** The first segment behind {@code /api}. */
    String name();

    /**
     * Answers a request that showed the admin token.
     *
     * @param rest the segments behind the name
     * @throws Refusal where it cannot be done as asked
     */
    HttpAnswer answer(AdminRequest request, List<String> rest);

    /** Whether this request may come without the admin token: it proves itself otherwise, by a state that the hub gave out. */
    default boolean isOpen(AdminRequest request) {
        return false;
    }
}
