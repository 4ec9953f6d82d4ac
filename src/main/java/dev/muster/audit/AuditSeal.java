package dev.muster.audit;

/** Seals the ends of the chains with a key that whoever can write the database does not have. */
public interface AuditSeal {
    /** A code that nobody makes without the key. */
    String seal(byte[] content);

    /** Whether a code is the key's for this content. */
    boolean holds(byte[] content, String mac);
}
