package dev.muster.delivery;

import dev.muster.delivery.MessageTemplate.Message;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A plain digest over a message that begins with the secret: weaker than {@link HmacScheme}, for platforms that know no
 * better.
 */
final class HashScheme extends SignedMessageScheme {
    private final MessageTemplate template;
    private final SecretFormat format;
    private final SignatureDigest digest;

    HashScheme(SignatureSettings settings) {
        super(settings);
        this.template = settings.message();
        this.format = settings.secretFormat();
        this.digest = settings.digest();
    }

    @Override
    int signatureBytes() {
        return digest.bytes();
    }

    @Override
    boolean holds(String secret, Message message, List<byte[]> signatures) {
        byte @Nullable [] key = format.decode(secret);
        if (key == null) {
            return false;
        }
        byte[] expected;
        try {
            MessageDigest hash = MessageDigest.getInstance(digest.digest());
            template.feed(message, key, hash::update);
            expected = hash.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This Java has no " + digest.digest(), e);
        }
        boolean any = false;
        for (byte[] signature : signatures) {
            any |= MessageDigest.isEqual(expected, signature);
        }
        return any;
    }
}
