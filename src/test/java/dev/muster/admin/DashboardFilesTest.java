package dev.muster.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DashboardFilesTest {
    private static final Path FOLDER = Path.of(System.getProperty("basedir", ""), "src/main/resources/dashboard");
    private static final Pattern IMPORTED = Pattern.compile("(?:from|import)\\s*\\(?['\"](\\.[^'\"]+)['\"]");

    private final DashboardFiles files = new DashboardFiles();

    private static String text(DashboardFiles.Answer answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    @Test
    void nothingAskedForIsTheFirstPage() {
        DashboardFiles.Answer answer = files.answer("", null, null);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.headers()).containsEntry("Content-Type", "text/html; charset=utf-8");
        assertThat(text(answer)).startsWith("<!DOCTYPE html>");
    }

    @ParameterizedTest
    @CsvSource({
        "style.css, text/css; charset=utf-8",
        "app.js, text/javascript; charset=utf-8",
        "icon.svg, image/svg+xml",
        "pages/login.js, text/javascript; charset=utf-8",
        "vendor/uPlot.iife.min.js, text/javascript; charset=utf-8",
        "vendor/uPlot-LICENSE.txt, text/plain; charset=utf-8"
    })
    void eachFileHasItsType(String path, String type) {
        assertThat(files.answer(path, null, null).headers()).containsEntry("Content-Type", type);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nothing.js",
                "pages",
                "pages/",
                "../application.properties",
                "pages/../../application.properties",
                "%2e%2e/application.properties",
                "./app.js",
                "/app.js",
                "pages//login.js",
                "app.js\0",
                "app.class",
                ".js"
            })
    void nothingElseIsAnswered(String path) {
        assertThat(files.answer(path, null, null).status()).isEqualTo(404);
    }

    @Test
    void whatTheBrowserHasIsNotSentAgain() {
        DashboardFiles.Answer first = files.answer("app.js", "gzip, deflate, br", null);
        DashboardFiles.Answer again =
                files.answer("app.js", "gzip, deflate, br", first.headers().get("ETag"));
        DashboardFiles.Answer other = files.answer("app.js", "gzip", "\"something\", \"else\"");

        assertThat(first.headers().get("ETag")).matches("\"[\\w-]{24}-gzip\"");
        assertThat(again.status()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        assertThat(again.headers()).containsEntry("ETag", first.headers().get("ETag"));
        assertThat(other.status()).isEqualTo(200);
    }

    @Test
    void whoTakesGzipGetsIt() throws IOException {
        DashboardFiles.Answer plain = files.answer("app.js", null, null);
        DashboardFiles.Answer packed = files.answer("app.js", "br, gzip", null);

        assertThat(plain.headers()).doesNotContainKey("Content-Encoding").containsEntry("Vary", "Accept-Encoding");
        assertThat(packed.headers()).containsEntry("Content-Encoding", "gzip");
        assertThat(packed.headers().get("ETag")).isNotEqualTo(plain.headers().get("ETag"));
        assertThat(new GZIPInputStream(new ByteArrayInputStream(packed.body())).readAllBytes())
                .isEqualTo(plain.body());
        assertThat(files.answer("app.js", "gzip;q=0, identity", null).headers()).doesNotContainKey("Content-Encoding");
    }

    @Test
    void theWholeDashboardIsUnder200KilobytesOnTheWire() {
        int bytes = all().stream()
                .mapToInt(path -> files.answer(path, "gzip", null).body().length)
                .sum();

        assertThat(bytes).isBetween(10_000, 200_000);
    }

    @Test
    void everythingThatAFileAsksForIsThere() throws IOException {
        for (String path : all()) {
            if (!path.endsWith(".js") || path.startsWith("vendor/")) {
                continue;
            }
            Matcher imported = IMPORTED.matcher(Files.readString(FOLDER.resolve(path)));
            while (imported.find()) {
                Path target = FOLDER.resolve(path).resolveSibling(imported.group(1));
                if (!imported.group(1).contains("$")) {
                    assertThat(target.normalize()).as("%s imports it", path).exists();
                }
            }
        }
    }

    @Test
    void noMarkupIsMadeOfText() throws IOException {
        for (String path : all()) {
            if (!path.startsWith("vendor/")) {
                assertThat(Files.readString(FOLDER.resolve(path)))
                        .as(path)
                        .doesNotContain(
                                "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", " style=", "eval(")
                        .doesNotContainPattern("(?:src|href)=\"https?:");
            }
        }
    }

    private static List<String> all() {
        try (Stream<Path> walk = Files.walk(FOLDER)) {
            return walk.filter(Files::isRegularFile)
                    .map(path -> FOLDER.relativize(path).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
