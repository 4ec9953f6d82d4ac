package dev.muster.audit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * How the entries of a chain are hashed. Every field goes in with its length before it, so that no two entries read alike.
 */
final class ChainLink {
    static final String REDACTED = "{\"redacted\":true}";
    static final int SALT_BYTES = 16;
    private static final int ABSENT = -1;

    private final MessageDigest sha256;
    private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES);

    ChainLink() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256, but this one has not", e);
        }
    }

    /** What the first entry of a chain has for the one before it. */
    byte[] beginning(String organization, long begunAfter) {
        text("muster audit chain");
        text(organization);
        number(begunAfter);
        return sha256.digest();
    }

    /** Of an entry's values. */
    byte[] digest(byte[] salt, String changes, @Nullable String reason) {
        bytes(salt);
        text(changes);
        text(reason);
        return sha256.digest();
    }

    byte[] hash(byte[] before, long seq, long id, long createdAt, AuditEntry entry, byte[] digest) {
        bytes(before);
        number(seq);
        number(id);
        number(createdAt);
        text(entry.organization());
        text(entry.actor());
        text(entry.action());
        text(entry.entity());
        number(entry.recordId());
        text(entry.subject());
        number(entry.operationId());
        bytes(digest);
        return sha256.digest();
    }

    private void text(@Nullable String text) {
        bytes(text == null ? null : text.getBytes(StandardCharsets.UTF_8));
    }

    private void number(@Nullable Long value) {
        bytes(value == null ? null : number.clear().putLong(value).array());
    }

    private void bytes(byte @Nullable [] bytes) {
        length(bytes == null ? ABSENT : bytes.length);
        if (bytes != null) {
            sha256.update(bytes);
        }
    }

    private void length(int length) {
        sha256.update((byte) (length >>> 24));
        sha256.update((byte) (length >>> 16));
        sha256.update((byte) (length >>> 8));
        sha256.update((byte) length);
    }
}
