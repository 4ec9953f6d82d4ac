package dev.muster.decide;

import dev.muster.canonical.RecordKey;

/**
 * Two people who share an e-mail address and may be one; a person decides.
 *
 * @param keyA the smallest source of the one that has the address; smaller than {@code keyB}
 * @param keyB the smallest source of the other that has it
 * @param email the address, in lower case
 * @param reason why they were not joined, for a person
 */
public record DuplicateCandidate(RecordKey keyA, RecordKey keyB, String email, String reason) {}
