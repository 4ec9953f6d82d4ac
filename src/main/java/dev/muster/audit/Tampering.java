package dev.muster.audit;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something in the audit log that this hub did not write so.
 *
 * @param organization of which chain; {@link AuditEntry#HUB} for the hub's own
 * @param seq the place in the chain; null where it is about the chain as a whole
 * @param entryId of the entry there, or where one is missing of the next after it; null where there is none
 * @param at when that entry was written; null where there is none
 * @param message for a person
 */
public record Tampering(
        Kind kind,
        String organization,
        @Nullable Long seq,
        @Nullable Long entryId,
        @Nullable Instant at,
        String message) {
    /** What was done. */
    public enum Kind {
        /** An entry is not as it was written. */
        CHANGED("changed"),
        /** An entry is gone from within the chain. */
        MISSING("missing"),
        /** An entry is there that was not written into the chain. */
        ADDED("added"),
        /** The last entries of the chain are gone. */
        CUT("cut"),
        /** Values were redacted, and no erasure says why. */
        REDACTED("redacted"),
        /** The end of the chain was not sealed with this hub's key. */
        FORGED("forged"),
        /** A whole chain is gone, or was begun a second time. */
        CHAIN_GONE("chain-gone");

        private final String id;

        Kind(String id) {
            this.id = id;
        }

        /** As it stands in the API. */
        public String id() {
            return id;
        }
    }
}
