package dev.muster.access;

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
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What opens the admin API. Only its SHA-256 is held, in memory and on disk. */
public final class AdminToken {
    private static final Logger LOG = LoggerFactory.getLogger(AdminToken.class);
    private static final String FILE = "admin-token.sha256";
    private static final String SCHEME = "Bearer ";
    private static final String BASIC = "Basic ";
    private static final int RANDOM_BYTES = 32;
    private static final int HASH_BYTES = 32;
    private static final int FINGERPRINT_BYTES = 8;

    /** Who shows it. */
    static final Caller CALLER = new Caller("admin", "admin token", Role.ADMIN.permissions(), null);

    private final byte[] hash;

    private AdminToken(byte[] hash) {
        this.hash = hash;
    }

    /**
     * The token of the settings, or else the one made at the first start, which is told to the log that one time.
     *
     * @param configured MUSTER_ADMIN_TOKEN; null where it is not set
     * @param data the data directory
     */
    public static AdminToken of(@Nullable String configured, Path data) {
        if (configured != null) {
            return new AdminToken(sha256(configured));
        }
        Path file = data.resolve(FILE);
        try {
            if (Files.exists(file)) {
                return new AdminToken(read(file));
            }
            byte[] random = new byte[RANDOM_BYTES];
            new SecureRandom().nextBytes(random);
            String token = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
            byte[] hash = sha256(token);
            write(file, HexFormat.of().formatHex(hash) + "\n");
            LOG.warn(
                    "The admin API's token is {} . It is shown this once: keep it, and give it to clients as"
                            + " MUSTER_ADMIN_TOKEN. To have a new one, delete {} and start again.",
                    token,
                    file);
            return new AdminToken(hash);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "The admin token's file " + file + " cannot be used. Repair its permissions, or set"
                            + " MUSTER_ADMIN_TOKEN.",
                    e);
        }
    }

    private static byte[] read(Path file) throws IOException {
        String text = Files.readString(file).strip();
        try {
            byte[] hash = HexFormat.of().parseHex(text);
            if (hash.length == HASH_BYTES) {
                return hash;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new IllegalStateException("The file " + file + " does not hold a SHA-256 in hex. Delete it to have a new"
                + " admin token made, or set MUSTER_ADMIN_TOKEN.");
    }

    private static void write(Path file, String text) throws IOException {
        FileAttribute<?>[] ownerOnly =
                FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                        ? new FileAttribute<?>[] {
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                        }
                        : new FileAttribute<?>[0];
        try (SeekableByteChannel channel = Files.newByteChannel(
                file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
    }

    /** Whether an Authorization header holds the token. Takes the same time for every wrong one. */
    boolean opens(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return false;
        }
        return matches(authorization.substring(SCHEME.length()).strip());
    }

    /** As the API asks it, or as a browser sends it: with any name, and the token as the password. */
    boolean opensConsole(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
            return opens(authorization);
        }
        try {
            byte[] pair = Base64.getDecoder()
                    .decode(authorization.substring(BASIC.length()).strip());
            String text = new String(pair, StandardCharsets.UTF_8);
            return matches(text.substring(text.indexOf(':') + 1));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    boolean matches(String token) {
        return MessageDigest.isEqual(hash, sha256(token));
    }

    /** Tells one token from another, and nothing else of it. */
    String fingerprint() {
        return HexFormat.of().formatHex(Secret.sha256(hash), 0, FINGERPRINT_BYTES);
    }

    private static byte[] sha256(String token) {
        byte[] bytes = token.getBytes(StandardCharsets.UTF_8);
        try {
            return Secret.sha256(bytes);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }
}
