package dev.muster.delivery;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a request carries its signatures, and in which form. */
sealed interface SignatureCarrier {
    /** More than any rotation needs; the rest of a longer list is not looked at. */
    int SIGNATURES_MAX = 16;

    /**
     * What was carried.
     *
     * @param texts the signatures before any decoding
     * @param timestamp the time that came with them; null where they come without one
     */
    record Carried(List<String> texts, @Nullable String timestamp) {}

    /** @return null where the request carries no signature at all */
    @Nullable
    Carried read(SignedRequest request);

    /** The whole value of a header, after a prefix. */
    record Header(String name, String prefix) implements SignatureCarrier {
        @Override
        public @Nullable Carried read(SignedRequest request) {
            return whole(request.headers().get(name), prefix);
        }
    }

    /** The whole value of a form field, after a prefix. */
    record FormField(String name, String prefix) implements SignatureCarrier {
        @Override
        public @Nullable Carried read(SignedRequest request) {
            return whole(request.body().form().text(name), prefix);
        }
    }

    /** A header with a list such as {@code v1,<sig> v1,<sig> v1a,<sig>}; only one version counts. */
    record SpaceList(String name, String version) implements SignatureCarrier {
        @Override
        public @Nullable Carried read(SignedRequest request) {
            String value = request.headers().get(name);
            return value == null || value.isBlank() ? null : new Carried(of(value, version), null);
        }

        static List<String> of(String value, String version) {
            List<String> texts = new ArrayList<>(1);
            int start = 0;
            while (start < value.length() && texts.size() < SIGNATURES_MAX) {
                int end = end(value, ' ', start);
                int comma = end(value, ',', start);
                if (comma < end && comma - start == version.length() && value.startsWith(version, start)) {
                    texts.add(value.substring(comma + 1, end));
                }
                start = end + 1;
            }
            return texts;
        }
    }

    /** A header with a list such as {@code t=1767225600,v1=<sig>,v1=<sig>,v0=<sig>}; other keys are not looked at. */
    record Pairs(String name, String version, @Nullable String timestampKey) implements SignatureCarrier {
        @Override
        public @Nullable Carried read(SignedRequest request) {
            String value = request.headers().get(name);
            if (value == null || value.isBlank()) {
                return null;
            }
            List<String> texts = new ArrayList<>(1);
            String timestamp = null;
            int start = 0;
            while (start < value.length() && texts.size() < SIGNATURES_MAX) {
                int end = end(value, ',', start);
                int equals = end(value, '=', start);
                if (equals < end) {
                    String key = value.substring(start, equals).strip();
                    String text = value.substring(equals + 1, end).strip();
                    if (key.equals(version)) {
                        texts.add(text);
                    } else if (timestamp == null && key.equals(timestampKey)) {
                        timestamp = text;
                    }
                }
                start = end + 1;
            }
            return new Carried(texts, timestamp);
        }
    }

    private static @Nullable Carried whole(@Nullable String value, String prefix) {
        if (value == null || value.isBlank()) {
            return null;
        }
        boolean prefixed = value.regionMatches(true, 0, prefix, 0, prefix.length());
        return new Carried(prefixed ? List.of(value.substring(prefix.length()).strip()) : List.of(), null);
    }

    private static int end(String value, char symbol, int from) {
        int at = value.indexOf(symbol, from);
        return at < 0 ? value.length() : at;
    }
}
