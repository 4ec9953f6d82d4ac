package dev.muster.delivery;

import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** How bytes are written as text in a signature. Reading never throws, and each signature has one spelling only. */
enum SignatureEncoding {
    /** Upper or lower case. */
    HEX {
        @Override
        byte @Nullable [] decode(String text) {
            int length = text.length();
            if (length % 2 != 0) {
                return null;
            }
            byte[] bytes = new byte[length / 2];
            for (int at = 0; at < bytes.length; at++) {
                int high = digit(text.charAt(2 * at));
                int low = digit(text.charAt(2 * at + 1));
                if (high < 0 || low < 0) {
                    return null;
                }
                bytes[at] = (byte) (high << 4 | low);
            }
            return bytes;
        }
    },
    /** The standard alphabet, padded or not. */
    BASE64 {
        @Override
        byte @Nullable [] decode(String text) {
            return canonical(text, Base64.getDecoder(), Base64.getEncoder());
        }
    },
    /** The alphabet for URLs, padded or not. */
    BASE64URL {
        @Override
        byte @Nullable [] decode(String text) {
            return canonical(text, Base64.getUrlDecoder(), Base64.getUrlEncoder());
        }
    };

    /** Longer than any signature or key. */
    private static final int TEXT_MAX = 4_096;

    /** @return null where the text is not of this encoding */
    abstract byte @Nullable [] decode(String text);

    private static int digit(char symbol) {
        return symbol < 128 ? Character.digit(symbol, 16) : -1;
    }

    private static byte @Nullable [] canonical(String text, Base64.Decoder decoder, Base64.Encoder encoder) {
        if (text.length() > TEXT_MAX) {
            return null;
        }
        try {
            byte[] bytes = decoder.decode(text);
            // the decoder ignores the last symbol's spare bits: without this, four texts would be the same signature
            String spelling = encoder.encodeToString(bytes);
            int bare = spelling.indexOf('=') < 0 ? spelling.length() : spelling.indexOf('=');
            boolean same = text.equals(spelling) || text.length() == bare && spelling.startsWith(text);
            return same ? bytes : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
