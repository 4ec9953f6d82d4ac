package dev.muster.delivery;

import dev.muster.delivery.MessageTemplate.Message;
import java.security.Signature;
import java.security.SignatureException;
import java.util.List;
import java.util.Optional;

/** An Ed25519 signature over a message; the secrets are the platform's public keys. */
final class Ed25519Scheme extends SignedMessageScheme {
    private static final byte[] NOTHING_SECRET = {};

    private final MessageTemplate template;
    private final Ed25519Keys keys;

    Ed25519Scheme(SignatureSettings settings) {
        super(settings);
        this.template = settings.message();
        this.keys = new Ed25519Keys(settings.secretFormat());
    }

    @Override
    int signatureBytes() {
        return Ed25519Keys.SIGNATURE_BYTES;
    }

    @Override
    boolean holds(String publicKey, Message message, List<byte[]> signatures) {
        int count = Math.min(signatures.size(), Ed25519Keys.SIGNATURES_MAX);
        for (byte[] signature : signatures.subList(0, count)) {
            Signature verifier = keys.verifier(publicKey);
            if (verifier == null) {
                return false;
            }
            template.feed(message, NOTHING_SECRET, bytes -> update(verifier, bytes));
            if (Ed25519Keys.holds(verifier, signature)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Optional<String> problemWith(String publicKey) {
        return keys.verifier(publicKey) == null
                ? Optional.of("the public key is not an Ed25519 key of 32 bytes in the stated encoding")
                : Optional.empty();
    }

    private static void update(Signature verifier, byte[] bytes) {
        try {
            verifier.update(bytes);
        } catch (SignatureException e) {
            throw new IllegalStateException("An initialised verifier refused its message", e);
        }
    }
}
