package dev.muster.admin;

import dev.muster.delivery.HttpAnswer;
import dev.muster.failure.Refusal;
import java.util.List;

/** What the admin API has below one name, such as {@code /api/integrations}. */
public interface AdminResource {
    /** The first segment behind {@code /api}. */
    String name();

    /**
     * Answers a request of a caller who may.
     *
     * @param rest the segments behind the name
     * @throws Refusal where it cannot be done as asked
     */
    HttpAnswer answer(AdminRequest request, List<String> rest);

    /** Whether this request may come from nobody: it proves itself otherwise, by a state that the hub gave out. */
    default boolean isOpen(AdminRequest request) {
        return false;
    }

    /** Whether it looks itself at what the caller may and which organization it sees. */
    default boolean guardsItself() {
        return false;
    }
}
