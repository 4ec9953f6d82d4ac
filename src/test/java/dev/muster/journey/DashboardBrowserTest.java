package dev.muster.journey;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static com.microsoft.playwright.assertions.PlaywrightAssertions.setDefaultAssertionTimeout;
import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.RequestOptions;
import dev.muster.RunningHub;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The dashboard in a real browser. {@code -Dmuster.pictures=FOLDER} keeps a picture of each page.
 */
class DashboardBrowserTest {
    private static final int PHONE = 380;
    private static final int FIRST_PAGE_BYTES_MAX = 200_000;
    private static final List<String> PAGES = List.of(
            "overview",
            "operations",
            "members",
            "conflicts",
            "duplicates",
            "dead-letters",
            "alerts",
            "integrations",
            "syncs",
            "flows",
            "audit",
            "settings");
    private static final String MARKUP = "<img src=x onerror=alert(1)>";
    private static final String CONFLICTS = """
            {"items":[{"id":"0R8AAAAAAAAAD","kind":"sources","organization":"default","entity":"member",
            "recordId":"%s","field":"phone","status":"open","standing":[{"platform":"club","externalId":"1","value":"1"}],
            "rivals":[{"platform":"patreon","externalId":"2","value":"2"}],"operationId":null,
            "createdAt":"2026-05-01T09:30:00Z","updatedAt":"2026-05-01T09:30:00Z"}],"next":null}""";

    @TempDir
    private static Path directory;

    private static Chromium chromium;
    private static PlatformHub hub;
    private static String member;

    private final DashboardStub stub = new DashboardStub();
    private final List<String> errors = new CopyOnWriteArrayList<>();
    private BrowserContext context;
    private Page page;
    private int visits;

    @BeforeAll
    static void start() {
        chromium = Chromium.start();
        setDefaultAssertionTimeout(Chromium.PATIENCE_MILLIS / 2);
        hub = PlatformHub.in(directory).withClub().start();
        hub.club("person", "1", "\"email\":\"ana@example.org\",\"first\":\"Ana\",\"last\":\"Lee\"");
        hub.club("person", "2", "\"email\":\"bo@example.org\",\"first\":\"" + MARKUP + "\"");
        hub.settled();
        member = hub.get("/api/members?email=ana@example.org").at("/items/0/id").asText();
    }

    @AfterAll
    static void stop() {
        if (hub != null) {
            hub.close();
        }
        if (chromium != null) {
            chromium.close();
        }
    }

    @BeforeEach
    void open() {
        open(1280, ColorScheme.LIGHT);
    }

    private void open(int width, ColorScheme scheme) {
        close();
        context = chromium.browser()
                .newContext(new Browser.NewContextOptions()
                        .setViewportSize(width, 850)
                        .setColorScheme(scheme));
        context.setDefaultTimeout(Chromium.PATIENCE_MILLIS / 2);
        context.addInitScript("localStorage.setItem('muster.signed-in', 'yes')");
        // the cookie stays with the context
        assertThat(context.request()
                        .post(
                                hub.uri("/api/session").toString(),
                                RequestOptions.create().setData(Map.of("token", RunningHub.TOKEN)))
                        .status())
                .isEqualTo(200);
        stub.install(context);
        page = context.newPage();
        page.onPageError(errors::add);
        page.onConsoleMessage(message -> {
            if (message.type().equals("error")) {
                errors.add(message.text() + " at " + message.location());
            }
        });
    }

    @AfterEach
    void close() {
        if (context != null) {
            context.close();
            context = null;
        }
    }

    private void go(String place) {
        // another address each time: a page that only gets another fragment is not loaded anew
        page.navigate(hub.uri("/?" + ++visits + "#/" + place).toString());
        page.locator("main h1").waitFor();
        assertThat(page.locator("main [aria-busy=true], main .bones")).hasCount(0);
    }

    @ParameterizedTest
    @CsvSource({"1280, LIGHT", "1280, DARK", "380, LIGHT", "380, DARK"})
    void everyPageOpensWithoutErrorAndForEverybody(int width, ColorScheme scheme) {
        stub.with("GET /api/conflicts", CONFLICTS.formatted(member));
        open(width, scheme);
        for (String place : PAGES) {
            go(place);
            judge(place, width, scheme);
        }
        go("members/" + member);
        judge("member", width, scheme);
        go("operations");
        page.locator("main [data-item]").first().click();
        page.getByText("Delivered").waitFor();
        judge("operation", width, scheme);
        go("integrations");
        page.locator("main [data-item]").first().click();
        page.getByText("The last test").waitFor();
        judge("integration", width, scheme);
    }

    private void judge(String place, int width, ColorScheme scheme) {
        picture(place + "-" + (width == PHONE ? "phone-" : "") + scheme.name().toLowerCase(Locale.ROOT));
        assertThat(errors).as(place).isEmpty();
        assertThat(page.evaluate("[document.documentElement, document.querySelector('main')]"
                        + ".every(one => one.scrollWidth <= one.clientWidth)"))
                .as("%s fits into %d pixels", place, width)
                .isEqualTo(true);
        assertThat(violations()).as("%s, %s", place, scheme).isEmpty();
    }

    private void picture(String name) {
        Optional.ofNullable(System.getProperty("muster.pictures"))
                .ifPresent(folder -> page.screenshot(new Page.ScreenshotOptions()
                        .setPath(Path.of(folder, name + ".png"))
                        .setFullPage(true)));
    }

    /** What keeps somebody out: contrast, names, roles, order, as axe-core judges them. */
    private List<?> violations() {
        if (page.evaluate("typeof window.axe").equals("undefined")) {
            page.evaluate(axe());
        }
        return (List<?>)
                page.evaluate(
                        "axe.run(document, {resultTypes: ['violations']}).then(answer => answer.violations"
                                + ".filter(one => ['serious', 'critical'].includes(one.impact))"
                                + ".map(one => one.id + ': ' + one.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' | ')))");
    }

    private static String axe() {
        try (InputStream in = AxeBuilder.class.getResourceAsStream("/axe.min.js")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8) + "\n;undefined";
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void firstPageIsUnder200KilobytesWithItsCharts() {
        go("overview");
        page.locator(".u-over").first().waitFor();

        Number bytes = (Number) page.evaluate("performance.getEntries().filter(one => one.transferSize > 0"
                + " && !one.name.includes('/api/')).reduce((sum, one) => sum + one.transferSize, 0)");

        assertThat(bytes.intValue()).isBetween(20_000, FIRST_PAGE_BYTES_MAX);
    }

    @Test
    void wrongTokenIsRefusedAndTheRightOneOpens() {
        context.close();
        context = chromium.browser().newContext();
        stub.install(context);
        page = context.newPage();
        page.navigate(hub.uri("/").toString());

        page.getByLabel("API key or admin token").fill("wrong");
        page.keyboard().press("Enter");
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("not known here");

        page.getByLabel("API key or admin token").fill(RunningHub.TOKEN);
        page.keyboard().press("Enter");
        assertThat(page.locator("h1")).hasText("Overview");

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Sign out"))
                .click();
        assertThat(page.locator("h1")).hasText("Sign in");
        page.reload();
        assertThat(page.locator("h1")).hasText("Sign in");
    }

    @Test
    void keyIsMadeShownOnceAndRevoked() {
        go("settings");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Make a key…"))
                .click();
        page.getByLabel("Name").fill("night desk");
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Make").setExact(true))
                .click();
        assertThat(page.getByLabel("The new key")).hasValue(Pattern.compile("mk_\\S{20,}"));
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("It is kept"))
                .click();

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Revoke night desk"))
                .click();
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Revoke").setExact(true))
                .click();
        assertThat(page.getByText("Revoked")).isVisible();
    }

    @Test
    void keysLeadEverywhere() {
        go("overview");
        page.keyboard().press("g");
        page.keyboard().press("m");
        assertThat(page.locator("h1")).hasText("Members");
        assertThat(page.locator("nav [aria-current=page]")).containsText("Members");
        page.locator("main [data-item]").first().waitFor();

        page.keyboard().press("j");
        page.keyboard().press("j");
        page.keyboard().press("k");
        assertThat(page.locator("main [data-item]").first()).isFocused();

        page.keyboard().press("/");
        assertThat(page.getByLabel("E-mail, name or id")).isFocused();
        page.keyboard().type("ana@example.org?");
        assertThat(page.getByLabel("E-mail, name or id")).hasValue("ana@example.org?");
        page.keyboard().press("Escape");

        page.keyboard().press("?");
        assertThat(page.getByRole(AriaRole.DIALOG)).containsText("to the search");
    }

    @Test
    void filterIsInTheAddress() {
        go("members");
        page.getByLabel("E-mail, name or id").fill("ana@example.org");
        assertThat(page.locator("main [data-item]")).hasCount(1);

        assertThat(page.url()).endsWith("#/members?search=ana%40example.org");
        page.reload();
        assertThat(page.getByLabel("E-mail, name or id")).hasValue("ana@example.org");
        assertThat(page.locator("main [data-item]")).hasCount(1);
    }

    @Test
    void whatTheApiSaysStaysText() {
        go("members");

        assertThat(page.getByText(MARKUP)).isVisible();
        assertThat(page.locator("main img")).hasCount(0);
    }

    @Test
    void fieldIsOverriddenAndGivenBack() {
        go("members/" + member);
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Override Last name"))
                .click();
        page.getByLabel("Value").fill("Lee-Smith");
        page.getByLabel("Why").fill("She told us");
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Override").setExact(true))
                .click();
        assertThat(page.locator("h1")).hasText("Ana Lee-Smith");
        assertThat(page.getByText("She told us").first()).isVisible();
        assertThat(hub.get("/api/members/" + member).path("lastName").asText()).isEqualTo("Lee-Smith");

        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Lift the override of Last name"))
                .click();
        assertThat(page.locator("h1")).hasText("Ana Lee");
        assertThat(errors).isEmpty();
    }

    @Test
    void flowIsStoppedAndStarted() {
        go("flows");
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Stop redrive"))
                .click();
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Stop").setExact(true))
                .click();
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Start redrive"))
                .click();
        assertThat(page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Stop redrive")))
                .isVisible();
        assertThat(errors).isEmpty();
    }

    @Test
    void conflictIsResolvedByOneKey() {
        String id = "0R8AAAAAAAAAD";
        stub.with("GET /api/conflicts", CONFLICTS.formatted(member));
        stub.with("POST /api/conflicts/" + id + "/resolve", "{\"id\":\"" + id + "\"}");
        go("conflicts");
        page.getByText("Accept incoming").waitFor();

        stub.with("GET /api/conflicts", "{\"items\":[],\"next\":null}");
        page.keyboard().press("2");
        assertThat(page.getByText("Nothing to decide")).isVisible();

        Map.Entry<String, JsonNode> act = stub.done.get(0);
        assertThat(act.getKey()).isEqualTo("POST /api/conflicts/" + id + "/resolve");
        assertThat(act.getValue().path("choice").asText()).isEqualTo("accept_incoming");
    }

    @Test
    void whatTheHubDoesNotHaveIsSaidCalmly() {
        stub.lacks("GET /api/flows");
        go("flows");

        assertThat(page.getByText("This hub does not have the flows yet")).isVisible();
        assertThat(page.getByRole(AriaRole.ALERT)).hasCount(0);
    }

    @Test
    void hubThatGoesAwayIsSaidAndComesBackByItself() {
        go("overview");
        stub.away(true);
        assertThat(page.getByText("The hub cannot be reached")).isVisible();
        Locator platforms = page.getByRole(AriaRole.TABLE, new Page.GetByRoleOptions().setName("Platforms"));
        assertThat(platforms).isVisible();

        stub.away(false);
        assertThat(page.getByText("The hub cannot be reached")).isHidden();
    }

    @Test
    void chosenSchemeIsKept() {
        go("overview");
        page.getByRole(
                        AriaRole.BUTTON,
                        new Page.GetByRoleOptions().setName("Dark").setExact(true))
                .click();
        page.reload();

        assertThat(page.locator("html")).hasAttribute("data-theme", "dark");
    }
}
