package dev.muster.delivery;

import dev.muster.delivery.MessageTemplate.Message;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.SignatureException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import org.jspecify.annotations.Nullable;

/**
 * Standard Webhooks 1.0: {@code v1} (secret {@code whsec_…}) and {@code v1a} (public key {@code whpk_…}) over
 * {@code id.timestamp.body}, in headers named {@code webhook-…} or, from Svix, {@code svix-…}.
 */
final class StandardWebhooksScheme implements SignatureScheme {
    private static final String PUBLIC_KEY_PREFIX = "whpk_";
    private static final byte[] SECRET_IS_THE_KEY = {};

    private static final int HMAC_BYTES = SignatureDigest.SHA256.bytes();

    private final MessageTemplate template;
    private final ReplayWindow window;
    private final SecretFormat secretFormat;
    private final HmacKeys hmacKeys;
    private final Ed25519Keys ed25519Keys =
            new Ed25519Keys(new SecretFormat(SecretFormat.Kind.BASE64, PUBLIC_KEY_PREFIX));

    StandardWebhooksScheme(SignatureSettings settings) {
        this.template = settings.message();
        this.window = settings.window();
        this.secretFormat = settings.secretFormat();
        this.hmacKeys = new HmacKeys(SignatureDigest.SHA256, secretFormat);
    }

    @Override
    public Verification verify(SignedRequest request, List<String> secrets, Instant now) {
        Headers headers = request.headers();
        boolean standard = headers.get("webhook-signature") != null;
        String list = headers.get(standard ? "webhook-signature" : "svix-signature");
        String id = headers.get(standard ? "webhook-id" : "svix-id");
        String timestamp = headers.get(standard ? "webhook-timestamp" : "svix-timestamp");
        if (list == null || id == null || timestamp == null || list.isBlank() || id.isEmpty() || timestamp.isEmpty()) {
            return Verification.MISSING;
        }
        String otherId = headers.get(standard ? "svix-id" : "webhook-id");
        if (otherId != null && !otherId.equals(id)) {
            // the id that is not signed could otherwise be the one that duplicates are known by
            return Verification.WRONG;
        }
        Message message = new Message(request.body().bytes(), timestamp, id, request.method(), "", "");
        List<byte[]> symmetric = decoded(list, "v1", HMAC_BYTES);
        List<byte[]> asymmetric = decoded(list, "v1a", Ed25519Keys.SIGNATURE_BYTES);
        for (String secret : secrets) {
            boolean holds = secret.startsWith(PUBLIC_KEY_PREFIX)
                    ? holdsAsymmetric(secret, message, asymmetric)
                    : holdsSymmetric(secret, message, symmetric);
            if (holds) {
                return window.open(timestamp, request.body(), now)
                        ? Verification.VERIFIED
                        : Verification.OUTSIDE_REPLAY_WINDOW;
            }
        }
        return Verification.WRONG;
    }

    @Override
    public Optional<String> problemWith(String secret) {
        if (secret.startsWith(PUBLIC_KEY_PREFIX)) {
            return ed25519Keys.verifier(secret) == null
                    ? Optional.of("the public key is not the base64 of 32 bytes after whpk_")
                    : Optional.empty();
        }
        return Optional.ofNullable(secretFormat.problemWith(secret));
    }

    private static List<byte[]> decoded(String list, String version, int length) {
        List<byte[]> signatures = new ArrayList<>(1);
        for (String text : SignatureCarrier.SpaceList.of(list, version)) {
            byte @Nullable [] bytes = SignatureEncoding.BASE64.decode(text);
            if (bytes != null && bytes.length == length) {
                signatures.add(bytes);
            }
        }
        return signatures;
    }

    private boolean holdsSymmetric(String secret, Message message, List<byte[]> signatures) {
        Mac mac = signatures.isEmpty() ? null : hmacKeys.get(secret);
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

    private boolean holdsAsymmetric(String publicKey, Message message, List<byte[]> signatures) {
        int count = Math.min(signatures.size(), Ed25519Keys.SIGNATURES_MAX);
        for (byte[] signature : signatures.subList(0, count)) {
            Signature verifier = ed25519Keys.verifier(publicKey);
            if (verifier == null) {
                return false;
            }
            template.feed(message, SECRET_IS_THE_KEY, bytes -> update(verifier, bytes));
            if (Ed25519Keys.holds(verifier, signature)) {
                return true;
            }
        }
        return false;
    }

    private static void update(Signature verifier, byte[] bytes) {
        try {
            verifier.update(bytes);
        } catch (SignatureException e) {
            throw new IllegalStateException("An initialised verifier refused its message", e);
        }
    }
}
