package dev.muster.journey;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import dev.muster.RunningHub;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator sees of the routes in a real browser. Skipped where there is none. */
class HawtioPageTest {
    @TempDir
    Path directory;

    @Test
    void operatorSeesTheRoutesAndNoError() {
        List<String> errors = new CopyOnWriteArrayList<>();
        try (Chromium chromium = Chromium.start();
                RunningHub hub =
                        RunningHub.start(directory, Map.of("PATREON_WEBHOOK_SECRET", "a-secret-of-this-test"));
                Page page = chromium.browser().newPage(new Browser.NewPageOptions().setViewportSize(1400, 800))) {
            page.setDefaultTimeout(Chromium.PATIENCE_MILLIS);
            page.onPageError(errors::add);
            page.navigate(hub.managementUri("/hawtio").toString());
            page.getByText("routes", new Page.GetByTextOptions().setExact(true))
                    .first()
                    .click();
            page.getByText("Routes", new Page.GetByTextOptions().setExact(true))
                    .last()
                    .click();

            for (String route : List.of("receive", "patreon", "normalize", "dead-letter")) {
                // in the tree: the table shows them twenty at a time
                assertThat(page.getByText(route, new Page.GetByTextOptions().setExact(true))
                                .first())
                        .isVisible();
            }
            assertThat(errors).isEmpty();
        }
    }
}
