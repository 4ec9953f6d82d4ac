package dev.muster.audit;

import java.util.List;

/**
 * What became of a verification.
 *
 * @param chains how many chains were read
 * @param entries how many entries of them
 * @param redacted of these, how many lost their values to an erasure
 * @param before how many entries are from before the chains: they are counted, and not sealed
 * @param found for each chain the first place where it is not as it was written, and whether its end is forged; empty where
 *     nothing was found
 */
public record AuditVerdict(long chains, long entries, long redacted, long before, List<Tampering> found) {
    public AuditVerdict {
        found = List.copyOf(found);
    }

    /** Whether the log is as it was written. */
    public boolean isIntact() {
        return found.isEmpty();
    }
}
