package dev.muster.credential;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.AesGcmKey;
import com.google.crypto.tink.aead.AesGcmParameters;
import com.google.crypto.tink.util.SecretBytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The key that seals the vault's own keys. It is in the environment or in a file, never in the database. */
public final class OuterKey {
    private static final Logger LOG = LoggerFactory.getLogger(OuterKey.class);
    private static final String FILE = "encryption.key";
    private static final int KEY_BYTES = 32;
    private static final int IV_BYTES = 12;
    private static final int TAG_BYTES = 16;
    private static final int HEX_DIGITS = 64;

    private final String fingerprint;
    private final Aead aead;

    private OuterKey(byte[] key) {
        try {
            AeadConfig.register();
            this.fingerprint = fingerprintOf(key);
            AesGcmKey aes = AesGcmKey.builder()
                    .setParameters(AesGcmParameters.builder()
                            .setKeySizeBytes(KEY_BYTES)
                            .setIvSizeBytes(IV_BYTES)
                            .setTagSizeBytes(TAG_BYTES)
                            .setVariant(AesGcmParameters.Variant.NO_PREFIX)
                            .build())
                    .setKeyBytes(SecretBytes.copyFrom(key, InsecureSecretKeyAccess.get()))
                    .build();
            this.aead = KeysetHandle.newBuilder()
                    .addEntry(KeysetHandle.importKey(aes).withFixedId(1).makePrimary())
                    .build()
                    .getPrimitive(RegistryConfiguration.get(), Aead.class);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("AES-256-GCM is not to be had on this JVM", e);
        } finally {
            Arrays.fill(key, (byte) 0);
        }
    }

    /**
     * The keys to use, the one that seals first.
     *
     * @param configured ENCRYPTION_KEY; null where it is not set: then {@code encryption.key} in the data directory, made
     *     at the first start
     * @param previous ENCRYPTION_KEY_PREVIOUS; null for none
     * @throws IllegalArgumentException if one of them is no key; says what is
     */
    public static List<OuterKey> of(@Nullable String configured, @Nullable String previous, Path data) {
        List<OuterKey> keys = new ArrayList<>();
        keys.add(configured == null ? ofFile(data.resolve(FILE)) : parse("ENCRYPTION_KEY", configured));
        if (previous != null) {
            keys.add(parse("ENCRYPTION_KEY_PREVIOUS", previous));
        } else if (configured != null && Files.exists(data.resolve(FILE))) {
            // what was sealed before there was an ENCRYPTION_KEY
            keys.add(ofFile(data.resolve(FILE)));
        }
        return List.copyOf(keys);
    }

    /** @param where it stands, for the message, which never holds the key */
    static OuterKey parse(String where, String text) {
        String stripped = text.strip();
        try {
            byte[] key = stripped.length() == HEX_DIGITS
                    ? HexFormat.of().parseHex(stripped)
                    : Base64.getDecoder().decode(stripped.replace('-', '+').replace('_', '/'));
            if (key.length == KEY_BYTES) {
                return new OuterKey(key);
            }
            Arrays.fill(key, (byte) 0);
        } catch (IllegalArgumentException e) {
            // said below, without what was written
        }
        throw new IllegalArgumentException(
                where + " is no key: it has to be 32 random bytes in base 64 (44 characters, as"
                        + " `openssl rand -base64 32` makes) or in hex (64 digits); it has " + stripped.length()
                        + " characters");
    }

    private static OuterKey ofFile(Path file) {
        try {
            if (!Files.exists(file)) {
                byte[] key = new byte[KEY_BYTES];
                new SecureRandom().nextBytes(key);
                write(file, Base64.getEncoder().encode(key));
                Arrays.fill(key, (byte) 0);
                LOG.warn(
                        "ENCRYPTION_KEY is not set: {} was made, and opens the secrets that are stored. Back it up apart"
                                + " from the database; hubs that share a database need the same ENCRYPTION_KEY",
                        file);
            }
            return parse(file.toString(), Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "The key file " + file + " cannot be used. Repair its permissions, or set ENCRYPTION_KEY.", e);
        }
    }

    private static void write(Path file, byte[] text) throws IOException {
        FileAttribute<?>[] ownerOnly =
                FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                        ? new FileAttribute<?>[] {
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                        }
                        : new FileAttribute<?>[0];
        try (SeekableByteChannel channel = Files.newByteChannel(
                file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly)) {
            ByteBuffer bytes = ByteBuffer.wrap(text);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }

    private static String fingerprintOf(byte[] key) throws GeneralSecurityException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update("muster outer key".getBytes(StandardCharsets.US_ASCII));
        digest.update(key);
        return HexFormat.of().formatHex(digest.digest(), 0, 8);
    }

    /** Tells one key from another, and nothing about it. */
    String fingerprint() {
        return fingerprint;
    }

    Aead aead() {
        return aead;
    }

    @Override
    public String toString() {
        return "OuterKey[" + fingerprint + "]";
    }
}
