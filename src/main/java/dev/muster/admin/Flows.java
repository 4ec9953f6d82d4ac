package dev.muster.admin;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The routes of this hub, as far as operators have to do with them. */
public interface Flows {
    /**
     * One route.
     *
     * @param state as the API names it, such as {@code started}
     * @param from where its messages come from, without options
     * @param exchanges so many went through since it was started, of which {@code failed}
     * @param inflight so many are under way
     * @param since when it was started; null while it is not
     * @param mayStop not where the API itself comes by it
     */
    record Flow(
            String id,
            @Nullable String description,
            String state,
            String from,
            long exchanges,
            long failed,
            long inflight,
            long meanMillis,
            long lastMillis,
            @Nullable Instant since,
            boolean mayStop) {}

    /** All of them, in the order of their ids. */
    List<Flow> all();

    Optional<Flow> find(String id);

    /** What it has under way ends first. */
    void stop(String id);

    void start(String id);
}
