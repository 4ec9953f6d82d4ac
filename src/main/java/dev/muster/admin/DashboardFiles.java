package dev.muster.admin;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The files of the dashboard, as a browser is answered them: with a strong ETag each, and compressed where the browser
 * takes that. Kept in memory once asked for; there are few.
 */
public final class DashboardFiles {
    private static final String FOLDER = "/dashboard/";
    private static final String FIRST_PAGE = "index.html";

    /** No dot leads a name, so that no path leads out of the folder. */
    private static final Pattern PATH =
            Pattern.compile("(?:[a-z]{1,32}/){0,2}[A-Za-z][A-Za-z0-9-]{0,63}(?:\\.[a-z]{1,8}){1,3}");

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml",
            "txt", "text/plain; charset=utf-8");

    private final Map<String, Held> files = new ConcurrentHashMap<>();

    /**
     * What a browser is answered.
     *
     * @param body empty where there is none
     */
    public record Answer(int status, Map<String, String> headers, byte[] body) {
        public Answer {
            headers = Map.copyOf(headers);
        }
    }

    private record Held(String type, String tag, byte[] plain, byte[] packed) {}

    /**
     * Answers a request for a file: 200, 304 where the browser has it already, 404 where there is none.
     *
     * @param path below the dashboard's folder; empty for the first page
     * @param acceptEncoding the header of that name
     * @param ifNoneMatch the header of that name
     */
    public Answer answer(String path, @Nullable String acceptEncoding, @Nullable String ifNoneMatch) {
        Held file = file(path.isEmpty() ? FIRST_PAGE : path);
        Map<String, String> headers = new HashMap<>();
        if (file == null) {
            headers.put("Content-Type", "text/plain; charset=utf-8");
            byte[] text = "There is no such file of the dashboard, which is at /\n".getBytes(StandardCharsets.UTF_8);
            return new Answer(404, headers, text);
        }
        boolean packed = takesGzip(acceptEncoding) && file.packed().length < file.plain().length;
        // the two forms are two representations, and a strong tag belongs to one
        headers.put("ETag", '"' + file.tag() + (packed ? "-gzip\"" : "\""));
        headers.put("Vary", "Accept-Encoding");
        if (ifNoneMatch != null
                && (ifNoneMatch.contains(file.tag()) || ifNoneMatch.strip().equals("*"))) {
            return new Answer(304, headers, new byte[0]);
        }
        headers.put("Content-Type", file.type());
        if (packed) {
            headers.put("Content-Encoding", "gzip");
        }
        return new Answer(200, headers, packed ? file.packed() : file.plain());
    }

    private static boolean takesGzip(@Nullable String acceptEncoding) {
        return acceptEncoding != null
                && Arrays.stream(acceptEncoding.split(",", 32))
                        .map(one -> one.replace(" ", ""))
                        .anyMatch(one ->
                                one.equals("gzip") || one.startsWith("gzip;q=") && !one.matches("gzip;q=0(\\.0*)?"));
    }

    private @Nullable Held file(String path) {
        String type = PATH.matcher(path).matches() ? TYPES.get(path.substring(path.lastIndexOf('.') + 1)) : null;
        return type == null ? null : files.computeIfAbsent(path, name -> read(name, type));
    }

    private static @Nullable Held read(String path, String type) {
        try (InputStream in = DashboardFiles.class.getResourceAsStream(FOLDER + path)) {
            if (in == null) {
                return null;
            }
            byte[] plain = in.readAllBytes();
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(plain);
            String tag = Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, 18));
            return new Held(type, tag, plain, packed(plain));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] packed(byte[] plain) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(plain.length / 3);
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        }
        return out.toByteArray();
    }
}
