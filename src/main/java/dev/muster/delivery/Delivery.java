package dev.muster.delivery;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One webhook as received here: the raw bytes and what came with them, immutable.
 *
 * @param id our own id, ordered by time
 * @param organization whose it is
 * @param platform the sender, such as {@code patreon}
 * @param integration which of the organization's accounts there, such as {@code default}
 * @param receivedAt when its last byte came
 * @param headers lower-case names; several values joined by a comma; without those that carry secrets
 * @param body the bytes as they came, before any parsing; secrets in it are masked
 * @param kind what the platform says happened ({@code members:update}); null where only the body tells
 * @param recordKey which object it is about, for ordering and coalescing; null where it is about several
 */
public record Delivery(
        long id,
        String organization,
        String platform,
        String integration,
        Instant receivedAt,
        Map<String, String> headers,
        byte[] body,
        @Nullable String kind,
        @Nullable String recordKey) {

    /** The header with the id of the run that pulled it; only on what was pulled. */
    public static final String RUN = "muster-run";

    /** The header of one from which an erasure took a person: {@code part} or {@code whole}. */
    public static final String ERASED = "muster-erased";

    /** Without headers and body: they hold signatures and people, and messages of Camel show bodies as text. */
    @Override
    public String toString() {
        return "Delivery[" + id + " of " + platform + "/" + integration + ", " + body.length + " bytes]";
    }

    /** By id alone: Camel looks bodies up by hash, and the headers and bytes are long. */
    @Override
    public int hashCode() {
        return Long.hashCode(id);
    }
}
