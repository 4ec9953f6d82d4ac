package dev.muster.audit;

import static java.util.Objects.requireNonNullElseGet;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where a chain ends.
 *
 * @param number which of the chains it is, from 1; the hub's own says how many there are beside it
 * @param begunAfter how many entries stand before the chain
 * @param seq of the last entry; 0 where there is none yet
 * @param hash of the last entry; null where there is none yet. Never changed by anyone.
 * @param mac empty where it was not sealed yet
 */
record ChainHead(String organization, long number, long begunAfter, long seq, byte @Nullable [] hash, String mac) {
    boolean isNew() {
        return mac.isEmpty() && seq == 0 && hash == null && number == 0;
    }

    byte[] last(ChainLink link) {
        return requireNonNullElseGet(hash, () -> link.beginning(organization, begunAfter));
    }

    /** What its seal is about. */
    byte[] sealed() {
        byte[] name = organization.getBytes(StandardCharsets.UTF_8);
        byte[] last = hash == null ? new byte[0] : hash;
        return ByteBuffer.allocate(3 * Long.BYTES + 2 * Integer.BYTES + name.length + last.length)
                .putLong(number)
                .putLong(begunAfter)
                .putLong(seq)
                .putInt(name.length)
                .put(name)
                .putInt(last.length)
                .put(last)
                .array();
    }

    boolean holds(AuditSeal seal) {
        return seal.holds(sealed(), mac);
    }

    ChainHead numbered(long newNumber) {
        return new ChainHead(organization, newNumber, begunAfter, seq, hash, mac);
    }

    ChainHead at(long newSeq, byte[] newHash) {
        return new ChainHead(organization, number, begunAfter, newSeq, newHash, mac);
    }

    ChainHead sealedBy(AuditSeal seal) {
        return new ChainHead(organization, number, begunAfter, seq, hash, seal.seal(sealed()));
    }
}
