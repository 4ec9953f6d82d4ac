package dev.muster.delivery;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Makes one key of several values, such that different values never make the same key, and none is long. */
final class JoinedKey {
    /** A longer key is replaced by its digest: it has to fit into an index. */
    private static final int LENGTH_MAX = 256;

    private JoinedKey() {}

    static String of(List<String> values) {
        if (values.size() == 1) {
            return bounded(values.get(0));
        }
        StringBuilder key = new StringBuilder();
        for (String value : values) {
            if (!key.isEmpty()) {
                key.append('|');
            }
            key.append(value.replace("\\", "\\\\").replace("|", "\\|"));
        }
        return bounded(key.toString());
    }

    private static String bounded(String key) {
        if (key.length() <= LENGTH_MAX) {
            return key;
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return "sha256:" + HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This Java has no SHA-256", e);
        }
    }
}
