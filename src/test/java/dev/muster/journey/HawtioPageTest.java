package dev.muster.journey;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.AriaRole;
import dev.muster.RunningHub;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator sees of the routes in a real browser. Skipped where there is none. */
class HawtioPageTest {
    private static final List<String> BROWSERS = List.of("chromium", "chromium-browser", "google-chrome");
    private static final double PATIENCE_MILLIS = 60_000;

    @TempDir
    Path directory;

    @Test
    void operatorSeesTheRoutesAndNoError() {
        Optional<Path> browser = browser();
        assumeThat(browser)
                .as("No Chromium is on the PATH; `apt-get install chromium` brings one")
                .isPresent();
        List<String> errors = new CopyOnWriteArrayList<>();
        try (RunningHub hub = RunningHub.start(directory, Map.of("PATREON_WEBHOOK_SECRET", "a-secret-of-this-test"));
                Playwright playwright = Playwright.create(
                        new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
                Browser chromium = playwright
                        .chromium()
                        .launch(new BrowserType.LaunchOptions()
                                .setExecutablePath(browser.orElseThrow())
                                .setTimeout(PATIENCE_MILLIS)
                                // a container's user may not make the browser's own sandbox
                                .setArgs(List.of("--no-sandbox")));
                Page page = chromium.newPage(new Browser.NewPageOptions().setViewportSize(1400, 800))) {
            page.setDefaultTimeout(PATIENCE_MILLIS);
            page.onPageError(errors::add);
            page.navigate(hub.managementUri("/hawtio").toString());
            page.getByText("routes", new Page.GetByTextOptions().setExact(true))
                    .first()
                    .click();
            page.getByText("Routes", new Page.GetByTextOptions().setExact(true))
                    .last()
                    .click();

            for (String route : List.of("receive", "patreon", "normalize", "dead-letter")) {
                assertThat(page.getByRole(
                                AriaRole.GRIDCELL,
                                new Page.GetByRoleOptions().setName(route).setExact(true)))
                        .isVisible();
            }
            assertThat(errors).isEmpty();
        }
    }

    private static Optional<Path> browser() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(folder -> BROWSERS.stream().map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
