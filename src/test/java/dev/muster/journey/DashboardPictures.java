package dev.muster.journey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.FilePayload;
import com.microsoft.playwright.options.RequestOptions;
import dev.muster.RunningHub;
import dev.muster.demo.SimulatedPlatforms;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Takes the pictures of the documents, {@code mvn -q test -Dtest=DashboardPictures}: a season of the simulated platforms, and a person at
 * the desk. No part of the suite: its name does not end in Test. The charts' earlier minutes are the season's own, repeated.
 */
class DashboardPictures {
    private static final Path FOLDER = RunningHub.project().resolve("docs/pictures");
    private static final long SEED = 2_026;
    private static final int PEOPLE = 60;
    private static final double EVENTS_PER_SECOND = 3;
    private static final Duration SEASON_MAX = Duration.ofMinutes(4);
    private static final int HEIGHT = 860;
    private static final int OVERVIEW_HEIGHT = 1_040;
    private static final int BYTES_MAX = 150_000;

    @TempDir
    private Path directory;

    private PlatformHub hub;
    private Page page;

    @Test
    void takeThem() throws Exception {
        Files.createDirectories(FOLDER);
        PlatformHub.Setting setting = PlatformHub.in(directory)
                .edit("config/survivorship.yaml", "birthDate: review", "birthDate: review\n      phone: review");
        try (Chromium chromium = Chromium.start();
                SimulatedPlatforms platforms = SimulatedPlatforms.startForDemo(SEED, setting.address());
                PlatformHub started = setting.with(platforms.environment())
                        .with(platforms.pushEnvironment())
                        .with("MUSTER_PULL_LOOK_MS", "500")
                        .start()) {
            hub = started;
            platforms.season().playSeason(PEOPLE, EVENTS_PER_SECOND);
            platforms.awaitQuiet(SEASON_MAX);
            await().atMost(SEASON_MAX).until(() -> hub.column("SELECT COUNT(*) FROM sync_operations WHERE status < 2")
                    .contains("0"));
            hub.repeatTraffic();
            String ana = platforms.world().showcaseEmail();
            String member =
                    hub.get("/api/members?email=" + ana).at("/items/0/id").asText();

            open(chromium, 1280, OVERVIEW_HEIGHT);
            take("overview", "overview", ".u-over");
            open(chromium, 1280, HEIGHT);
            take("operation", "operations/" + operation(member), "text=Before");
            take("member", "members/" + member, "main table");
            take("conflicts", "conflicts/" + ofLatinNames("/api/conflicts", "recordId"), ".versus");
            take("duplicates", "duplicates/" + ofLatinNames("/api/duplicates", "recordA"), "main table");
            dryRun();
            open(chromium, 380, 780);
            take("phone", "members/" + member, "main table");
        }
    }

    /** One that changed a person. */
    private String operation(String member) {
        for (JsonNode entry : hub.get("/api/audit?recordId=" + member).path("items")) {
            if (entry.path("operationId").isTextual() && entry.path("changes").size() > 2) {
                return entry.path("operationId").asText();
            }
        }
        throw new IllegalStateException("No operation changed " + member);
    }

    /** A case about somebody whose name the fonts of any machine can write. */
    private String ofLatinNames(String list, String record) {
        JsonNode items = hub.get(list).path("items");
        for (JsonNode item : items) {
            String name = hub.get("/api/members/" + item.path(record).asText())
                    .path("firstName")
                    .asText();
            if (name.matches("[\\p{IsLatin} ]+")) {
                return item.path("id").asText();
            }
        }
        return items.path(0).path("id").asText();
    }

    /** As small as PNG goes; the browser is in a hurry. */
    private static void write(BufferedImage picture, Path file) throws IOException {
        BufferedImage plain = new BufferedImage(picture.getWidth(), picture.getHeight(), BufferedImage.TYPE_INT_RGB);
        plain.getGraphics().drawImage(picture, 0, 0, null);
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        ImageWriteParam param = writer.getDefaultWriteParam();
        param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        param.setCompressionQuality(0);
        // an image stream writes over what is there, and leaves the rest
        Files.deleteIfExists(file);
        try (ImageOutputStream out = ImageIO.createImageOutputStream(file.toFile())) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(plain, null, null), param);
        } finally {
            writer.dispose();
        }
    }

    private void open(Chromium chromium, int width, int height) {
        BrowserContext context = chromium.browser()
                .newContext(new Browser.NewContextOptions()
                        .setViewportSize(width, height)
                        .setColorScheme(ColorScheme.LIGHT));
        context.addInitScript("localStorage.setItem('muster.signed-in', 'yes')");
        context.request()
                .post(
                        hub.uri("/api/session").toString(),
                        RequestOptions.create().setData(Map.of("token", RunningHub.TOKEN)));
        page = context.newPage();
    }

    /** What would be, if the campaign's currency were another. */
    private void dryRun() throws IOException {
        String file = Files.readString(directory.resolve("home/config/platforms/patreon.yaml"));
        String changed = file.replace("default: USD", "default: EUR");
        assertThat(changed).isNotEqualTo(file);
        go("dry-run", "dry-run");
        page.getByLabel("Choose the changed file")
                .setInputFiles(
                        new FilePayload("patreon.yaml", "application/yaml", changed.getBytes(StandardCharsets.UTF_8)));
        page.getByText("Try it").click();
        page.getByText("would be different").first().scrollIntoViewIfNeeded();
        page.locator("main table")
                .first()
                .evaluate("table => table.closest('section').previousElementSibling.scrollIntoView({block: 'start'})");
        keep("dry-run");
    }

    private void take(String name, String place, String shown) throws Exception {
        go(name, place);
        page.locator(shown).first().waitFor();
        page.waitForFunction("document.querySelectorAll('main [aria-busy=true], main .bones').length === 0");
        keep(name);
    }

    private void go(String name, String place) {
        page.navigate(hub.uri("/?" + name + "#/" + place).toString());
    }

    private void keep(String name) throws IOException {
        Path file = FOLDER.resolve(name + ".png");
        write(ImageIO.read(new ByteArrayInputStream(page.screenshot())), file);
        assertThat(Files.size(file)).as(name).isLessThan(BYTES_MAX);
    }
}
