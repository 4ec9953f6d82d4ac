package dev.muster.credential;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Where a secret belongs. It is sealed together with this, so that a row that was moved to another organization or
 * integration opens no more.
 *
 * @param name such as {@code clientSecret}
 */
record SecretPlace(String organization, String platform, String integration, String name) {
    private static final String VERSION = "muster secret 1";

    /** Each part with its length before it: no two places have the same. */
    byte[] associated() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            for (String part : new String[] {VERSION, organization, platform, integration, name}) {
                byte[] text = part.getBytes(StandardCharsets.UTF_8);
                out.writeInt(text.length);
                out.write(text);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
