package dev.muster.delivery;

import dev.muster.delivery.MessageTemplate.Message;
import dev.muster.delivery.MessageTemplate.Part;
import dev.muster.delivery.SignatureCarrier.Carried;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the schemes share that sign a message made from the request: finding the signatures, the message and the time.
 */
abstract sealed class SignedMessageScheme implements SignatureScheme permits HmacScheme, HashScheme, Ed25519Scheme {
    private final SignatureSettings settings;
    private final SignatureCarrier carrier;
    private final SignatureEncoding encoding;
    private final boolean signsId;
    private final boolean signsTimestamp;
    private final boolean signsAddress;

    SignedMessageScheme(SignatureSettings settings) {
        this.settings = settings;
        this.carrier = SignatureScheme.given(settings.carrier(), "a place of the signature");
        this.encoding = SignatureScheme.given(settings.encoding(), "an encoding");
        this.signsId = settings.message().has(Part.ID);
        this.signsTimestamp = settings.message().has(Part.TIMESTAMP);
        this.signsAddress =
                settings.message().has(Part.URI) || settings.message().has(Part.URL);
    }

    /** Has one of the signatures been made with this secret over this message? */
    abstract boolean holds(String secret, Message message, List<byte[]> signatures);

    /** How many bytes every signature of this scheme has. */
    abstract int signatureBytes();

    @Override
    public final Verification verify(SignedRequest request, List<String> secrets, Instant now) {
        Carried carried = carrier.read(request);
        if (carried == null) {
            return Verification.MISSING;
        }
        String id = signsId ? header(request, settings.idHeader()) : "";
        String timestamp = !signsTimestamp
                ? ""
                : settings.timestampHeader() == null
                        ? carried.timestamp()
                        : header(request, settings.timestampHeader());
        byte @Nullable [] body = settings.signedFormField() == null
                ? request.body().bytes()
                : request.body().form().bytes(settings.signedFormField());
        if (id == null || timestamp == null || body == null) {
            return Verification.MISSING;
        }
        List<byte[]> signatures = decoded(carried.texts());
        if (signatures.isEmpty()) {
            return Verification.WRONG;
        }
        Message message = message(request, body, id, timestamp);
        for (String secret : secrets) {
            if (holds(secret, message, signatures)) {
                return settings.window().open(timestamp, request.body(), now)
                        ? Verification.VERIFIED
                        : Verification.OUTSIDE_REPLAY_WINDOW;
            }
        }
        return Verification.WRONG;
    }

    @Override
    public Optional<String> problemWith(String secret) {
        return Optional.ofNullable(settings.secretFormat().problemWith(secret));
    }

    private static @Nullable String header(SignedRequest request, @Nullable String name) {
        String value = name == null ? null : request.headers().get(name);
        return value == null || value.isEmpty() ? null : value;
    }

    private List<byte[]> decoded(List<String> texts) {
        List<byte[]> signatures = new ArrayList<>(texts.size());
        for (String text : texts) {
            // two characters a byte is the longest of the encodings
            byte @Nullable [] bytes = text.length() <= 2 * signatureBytes() ? encoding.decode(text) : null;
            if (bytes != null && bytes.length == signatureBytes()) {
                signatures.add(bytes);
            }
        }
        return signatures;
    }

    private Message message(SignedRequest request, byte[] body, String id, String timestamp) {
        String url = signsAddress ? url(request.uri()) : "";
        return new Message(body, timestamp, id, request.method(), signsAddress ? pathAndQuery(url) : "", url);
    }

    private String url(String uri) {
        String url = settings.origin() == null ? uri : settings.origin() + pathAndQuery(uri);
        return settings.unescape().isEmpty() ? url : unescaped(url, settings.unescape());
    }

    private static String pathAndQuery(String url) {
        int authority = url.indexOf("://");
        if (authority < 0) {
            return url;
        }
        for (int at = authority + 3; at < url.length(); at++) {
            char symbol = url.charAt(at);
            if (symbol == '/') {
                return url.substring(at);
            }
            if (symbol == '?') {
                return "/" + url.substring(at);
            }
        }
        return "/";
    }

    /** Decodes the percent-escapes of these characters and of no other. */
    private static String unescaped(String url, String characters) {
        if (url.indexOf('%') < 0) {
            return url;
        }
        StringBuilder text = new StringBuilder(url.length());
        for (int at = 0; at < url.length(); at++) {
            char symbol = url.charAt(at);
            int high = symbol == '%' && at + 2 < url.length() ? Character.digit(url.charAt(at + 1), 16) : -1;
            int low = high >= 0 ? Character.digit(url.charAt(at + 2), 16) : -1;
            if (low >= 0 && characters.indexOf(high << 4 | low) >= 0) {
                text.append((char) (high << 4 | low));
                at += 2;
            } else {
                text.append(symbol);
            }
        }
        return text.toString();
    }
}
