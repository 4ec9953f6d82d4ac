package dev.muster.delivery;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The signed text of a scheme, such as {@code {id}.{timestamp}.{body}}: read once, then fed to a digest piece by piece.
 */
final class MessageTemplate {
    /** What may stand in braces. */
    enum Part {
        BODY,
        TIMESTAMP,
        ID,
        METHOD,
        /** Path and query. */
        URI,
        /** The whole URL. */
        URL,
        SECRET;

        private String placeholder() {
            return "{" + name().toLowerCase(Locale.ROOT) + "}";
        }
    }

    /** Takes the message's bytes in order. */
    interface Sink {
        void update(byte[] bytes);
    }

    private record Piece(@Nullable Part part, byte[] literal) {}

    private static final byte[] NONE = {};

    private final List<Piece> pieces;

    private MessageTemplate(List<Piece> pieces) {
        this.pieces = pieces;
    }

    /** @throws IllegalArgumentException where a placeholder is unknown or a brace is left open */
    static MessageTemplate of(String text) {
        List<Piece> pieces = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            int open = text.indexOf('{', at);
            if (open != at) {
                String literal = text.substring(at, open < 0 ? text.length() : open);
                pieces.add(new Piece(null, literal.getBytes(StandardCharsets.UTF_8)));
                at += literal.length();
            } else {
                int close = text.indexOf('}', open);
                String placeholder = text.substring(open, close < 0 ? text.length() : close + 1);
                pieces.add(new Piece(part(placeholder), NONE));
                at += placeholder.length();
            }
        }
        return new MessageTemplate(List.copyOf(pieces));
    }

    private static Part part(String placeholder) {
        for (Part part : Part.values()) {
            if (part.placeholder().equals(placeholder)) {
                return part;
            }
        }
        throw new IllegalArgumentException("\"" + placeholder + "\" is not one of "
                + Stream.of(Part.values()).map(Part::placeholder).collect(Collectors.joining(" ")));
    }

    boolean has(Part wanted) {
        return pieces.stream().anyMatch(piece -> piece.part() == wanted);
    }

    /** The values of one request. A part that the template does not have may be left empty. */
    record Message(byte[] body, String timestamp, String id, String method, String uri, String url) {}

    /** @param secret the key's bytes, where the template has them */
    void feed(Message message, byte[] secret, Sink sink) {
        for (Piece piece : pieces) {
            Part part = piece.part();
            sink.update(part == null ? piece.literal() : bytes(part, message, secret));
        }
    }

    private static byte[] bytes(Part part, Message message, byte[] secret) {
        return switch (part) {
            case BODY -> message.body();
            case TIMESTAMP -> utf8(message.timestamp());
            case ID -> utf8(message.id());
            case METHOD -> utf8(message.method());
            case URI -> utf8(message.uri());
            case URL -> utf8(message.url());
            case SECRET -> secret;
        };
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
