package dev.muster.delivery;

import dev.muster.delivery.MessageTemplate.Message;
import java.security.MessageDigest;
import java.util.List;
import javax.crypto.Mac;

/** A keyed digest over a message: what most platforms do. */
final class HmacScheme extends SignedMessageScheme {
    private static final byte[] SECRET_IS_THE_KEY = {};

    private final MessageTemplate template;
    private final HmacKeys keys;
    private final int signatureBytes;

    HmacScheme(SignatureSettings settings) {
        super(settings);
        this.template = settings.message();
        this.keys = new HmacKeys(settings.digest(), settings.secretFormat());
        this.signatureBytes = settings.digest().bytes();
    }

    @Override
    int signatureBytes() {
        return signatureBytes;
    }

    @Override
    boolean holds(String secret, Message message, List<byte[]> signatures) {
        Mac mac = keys.get(secret);
        if (mac == null) {
            return false;
        }
        template.feed(message, SECRET_IS_THE_KEY, mac::update);
        byte[] expected = mac.doFinal();
        boolean any = false;
        for (byte[] signature : signatures) {
            any |= MessageDigest.isEqual(expected, signature);
        }
        return any;
    }
}
